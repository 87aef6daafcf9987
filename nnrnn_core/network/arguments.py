"""The arguments that torch.nn.RNN has, checked as torch checks them."""

from __future__ import annotations

import warnings
from numbers import Integral, Real


def check_as_torch(
    input_size: object,
    hidden_size: object,
    num_layers: object,
    bias: object,
    batch_first: object,
    dropout: object,
    bidirectional: object,
) -> None:
    """Refuse what torch.nn.RNN refuses, with its kinds of error and its words (callers of it rely on them), and the
    value; warn where it warns."""
    sizes = {"input_size": input_size, "hidden_size": hidden_size, "num_layers": num_layers}
    switches = {"bias": bias, "batch_first": batch_first, "bidirectional": bidirectional}
    for name, value in {**sizes, **switches}.items():
        kind = int if name in sizes else bool
        right = isinstance(value, bool) == (kind is bool) and isinstance(value, Integral)
        if not right:
            raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__} ({value!r})")
        if kind is int and int(value) <= 0:  # type: ignore[call-overload]
            raise ValueError(f"{name} must be greater than zero; got {value}")
    if isinstance(dropout, bool) or not isinstance(dropout, Real) or not 0 <= float(dropout) <= 1:
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element being zeroed; "
            f"got {dropout!r}"
        )
    if dropout and num_layers == 1:
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers "
            f"greater than 1, but got dropout={dropout} and num_layers={num_layers}",
            UserWarning,
            stacklevel=4,  # whoever made the network
        )
