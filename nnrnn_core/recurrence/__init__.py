"""h_t = φ(V h_{t−1} + drive_t): the loop over time, its gradient, and all that makes both fast."""

from .unroll import total_gradients, unroll

__all__ = ["total_gradients", "unroll"]
