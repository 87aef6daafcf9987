"""The activations φ that `unroll` takes, under their public name."""

from .recurrence.activations import NONLINEARITIES, Activation, Identity, ModReLU, ReLU, Tanh, identity, relu, tanh

__all__ = ["NONLINEARITIES", "Activation", "Identity", "ModReLU", "ReLU", "Tanh", "identity", "relu", "tanh"]
