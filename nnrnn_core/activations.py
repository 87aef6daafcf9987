"""The activations φ that `unroll` takes, under their public name."""

from .recurrence.activations import NONLINEARITIES, Activation, Identity, ModReLU, ReLU, Tanh, identity, relu, tanh
from .recurrence.complex_modrelu import ComplexModReLU

__all__ = [
    "NONLINEARITIES",
    "Activation",
    "ComplexModReLU",
    "Identity",
    "ModReLU",
    "ReLU",
    "Tanh",
    "identity",
    "relu",
    "tanh",
]
