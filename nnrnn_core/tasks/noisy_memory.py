"""Noisy memory: the theorem on the Fisher memory of normal networks as a task."""

from __future__ import annotations

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ..checks import whole_number
from ..settings import Settings
from .task import Batch, Task

_ADAM = Settings(
    rate=5e-3, rate_P=5e-4, optimiser="adam", smoothing=0.999, momentum=0.9, batch_size=32, gradient_clip=5.0
)


class NoisyMemory(Task):
    """Say from the state h_t what the last inputs u_t, u_{t−1}, …, u_{t−delays+1} were, though the state is noisy.

        h_t = V h_{t−1} + v u_t + noise · ξ_t,   ‖v‖ = 1,   u_t, ξ_t ~ N(0, 1),   y_t = W h_t + c

    The loss is the mean squared error over the delays k = 0 … delays − 1, from time step `delays` on. Noise, linearity
    and ‖v‖ = 1 belong to the model: `model_options`.

    **The floor.** No normal V, whatever its width and its spectral radius, gets below 1/(1 + 1/(ε delays)), ε = noise².
    1. One input. Tell the reader all inputs but u_{t−k}: an aid, so the error can only fall. What is left of h_t is
       V^k v u_{t−k} plus Gaussian noise of covariance ε C, C = Σ_{j ≤ t} V^j (V^j)ᵀ. The best estimate of a variable of
       variance 1 has the error MSE_k = 1/(1 + J(k)) then, J(k) = (V^k v)ᵀ (ε C)⁻¹ V^k v. So MSE_k ≥ 1/(1 + J(k)).
    2. All of them. V = Σ λ_i w_i w_i* in an orthonormal basis makes J(k) = Σ_i |w_i* v|² |λ_i|^{2k} / (ε Σ_{j ≤ t}
       |λ_i|^{2j}): summed over k ≤ t it is ‖v‖²/ε = 1/ε, and over the delays ≤ t asked for at most that.
    3. The mean. 1/(1 + J) is convex in J (Jensen): mean MSE ≥ 1/(1 + mean J) ≥ 1/(1 + 1/(ε delays)).

    With the defaults 0.833. A delay line passes it: Σ J is not bounded by 1/ε for a non-normal V. It is a theorem on
    *linear* networks: a nonlinear one, even with orthogonal V, may go below.

    **The baseline** is what V = 0 achieves: u_t seen through the noise, nothing of the others: 1 − 1/((1 + ε) delays).

    Parameters
    ----------
    delays
        Number of inputs asked for, >= 1.
    noise
        Standard deviation of the noise in each unit at each step, > 0.
    length
        Time steps, > delays.

    References
    ----------
    Ganguli, Huh and Sompolinsky, Memory traces in dynamical systems, PNAS 2008, for the Fisher memory J.

    Examples
    --------
    >>> task = NoisyMemory(delays=20, noise=0.5)
    >>> round(task.floor, 3), round(task.baseline, 3)
    (0.833, 0.96)
    """

    name = "noisy-memory"
    score_name = "variance explained"
    tuned = dict.fromkeys(("nnrnn", "rnn", "exprnn"), _ADAM)

    def __init__(self, delays: int = 20, noise: float = 0.5, length: int = 80) -> None:
        whole_number("delays", delays, 1)
        whole_number("length", length, 1)
        if isinstance(noise, bool) or not 0 < noise < math.inf:
            raise ValueError(f"noise must be a finite number above 0 (without noise there is no bound); got {noise!r}")
        if length <= delays:
            raise ValueError(f"length must be above delays = {delays}, for scoring begins there; got {length}")
        self.delays, self.noise, self.length = delays, float(noise), length
        self.input_size, self.output_size = 1, delays
        variance = self.noise**2
        self.floor = 1 / (1 + 1 / (variance * delays))
        self.baseline = 1 - 1 / ((1 + variance) * delays)

    @property
    def model_options(self) -> dict[str, Any]:
        return {"nonlinearity": "identity", "unit_input": True, "state_noise": self.noise, "bias": False}

    def spec(self) -> dict[str, Any]:
        return {"name": self.name, "delays": self.delays, "noise": self.noise, "length": self.length}

    def sample(self, batch_size: int, generator: torch.Generator, index: int = 0) -> Batch:
        """targets[t, :, k] = u_{t−k}, 0 before the beginning."""
        whole_number("batch_size", batch_size, 1)
        u = torch.randn(self.length, batch_size, generator=generator, device=generator.device)
        padded = torch.cat([u.new_zeros(self.delays - 1, batch_size), u])
        targets = padded.unfold(0, self.delays, 1).flip(-1)
        weights = torch.ones_like(u)
        weights[: self.delays] = 0
        return Batch(u.unsqueeze(-1), targets, weights)

    def loss(self, outputs: Float[Tensor, "time batch outputs"], batch: Batch) -> Float[Tensor, ""]:
        """Mean squared error."""
        return batch.mean((outputs - batch.targets).square().mean(-1))

    def score(self, outputs: Float[Tensor, "time batch outputs"], batch: Batch) -> float:
        """Share of the targets' variance (1) that is explained: 1 − mean squared error."""
        return 1 - float(self.loss(outputs, batch))
