"""What a GradientLab shows: how far a network's products of Jacobians stretch, forward and backward in time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

import numpy as np

from nnrnn_core import checks, dynamics
from nnrnn_core.reading import is_schur_matrix

from ..figures.gradient import Stretch, alone, exponents_sentence, gradient_sentence, largest, rms, smallest
from .matrices import CARRIED, Source
from .matrix_state import MatrixState

NONLINEARITIES = {"identity": "linear", "tanh": "tanh", "relu": "ReLU", "modrelu": "modReLU"}
LARGEST, LONGEST = 200, 500  # rows, steps
WARM_UP = 100  # steps before the first one that is shown: the state at rest is not typical
ALL = 40  # rows up to which every k is worked out
POINTS, FEW = 40, 12  # numbers of k for more rows; while a slider moves
WORK = 20_000  # rows times steps of a long run, about a fifth of a second


@dataclass(frozen=True)
class GradientState(MatrixState):
    """Products of the Jacobians J_t = D_t g V of h_t = φ(g V h_(t−1) + strength · noise + b), with T and without.

    nonlinearity   φ: "identity", "tanh", "relu" or "modrelu"
    length         how many steps, 1 to 500
    gain           g, a factor of V, up to 10
    strength       of the noise that enters every unit at every step, 0 to 100
    bias           b, of every unit; with modReLU its threshold
    seed           of the noise
    details        whether the root mean square, the exponents and singular values of T = 0, and the long run are drawn
    """

    nonlinearity: str = "identity"
    length: int = 60
    gain: float = 1.0
    strength: float = 0.2
    bias: float = 0.0
    seed: int = 0
    details: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.one_of("nonlinearity", self.nonlinearity, NONLINEARITIES)
        checks.whole_number("length", self.length, 1, LONGEST)
        checks.number("gain", self.gain, 0, 10, above=True)
        checks.number("strength", self.strength, 0, 100)
        checks.number("bias", self.bias, -100, 100)
        checks.whole_number("seed", self.seed, 0)
        if not isinstance(self.details, bool):
            raise ValueError(f"details must be True or False; got {self.details!r}")
        if self.source.size > LARGEST:
            raise ValueError(f"this lab takes matrices of up to {LARGEST} rows; this one has {self.source.size}")
        if not (self.source.is_real or self.is_linear):
            raise ValueError(
                f"{self.source.title} is complex, and {NONLINEARITIES[self.nonlinearity]} is a function of real "
                "numbers: choose linear"
            )

    @classmethod
    def of(cls, source: Source, time: dynamics.Time | None = None) -> Self:
        return cls(source).checked(time)

    def checked(self, time: dynamics.Time | None = None) -> Self:
        """This state, if its matrix is one of discrete time. ValueError otherwise."""
        if "continuous" in (time, self.source.time):
            raise ValueError(
                f"{self.source.title} is the A of x' = A x, and gradients here are those of h_t = φ(V h_(t−1) + …): "
                "give dynamics.propagator(A, 0.1), what A does in a tenth of the unit of time"
            )
        super().of(self.source, time)
        return self

    def with_source(self, source: Source) -> Self:
        """Another matrix, all of its T, under the same circumstances."""
        return replace(self, source=source, scale=1.0).checked()

    @property
    def is_linear(self) -> bool:
        return self.nonlinearity == "identity"

    # ---- what is shown
    def stretch(self, exact: bool) -> Stretch:
        """Of the network; not exact: at few k."""
        return _stretch(self, exact)

    def without_T(self, exact: bool) -> Stretch:
        """Of the same network with T = 0."""
        return _stretch(replace(self, scale=0.0), exact)

    @property
    def rate(self) -> float:
        """The spectral radius of g V."""
        return self.gain * self.source.rate("discrete")

    @property
    def rates(self) -> np.ndarray:
        """log |λ| of g V, the largest first."""
        with np.errstate(divide="ignore"):
            moduli = np.sort(np.log(np.abs(self.source.eigenvalues)))[::-1]
        return np.asarray(moduli + np.log(self.gain))

    @property
    def long_time(self) -> np.ndarray:
        """The exponents in the long run: of a linear network log |λ| (Yamamoto 1967), of another one by QR."""
        return self.rates if self.is_linear else _long_time(replace(self, length=1))

    def jacobians(self, steps: int) -> np.ndarray:
        """J_1, J_2, …: (steps, n, n)."""
        V = self.gain * _dense(self.source, self.scale)
        return np.broadcast_to(V, (steps, *V.shape)) if self.is_linear else _slopes(self, V, steps)[:, :, None] * V

    def table(self) -> dict[str, np.ndarray]:
        """After k steps forward, or k steps back from the last one."""
        shown, normal = self.stretch(True), self.without_T(True)
        columns = {"k": shown.steps}
        for name in ("forward", "backward"):
            logs = getattr(shown, name)
            columns |= {f"{name}_largest": largest(logs), f"{name}_rms": rms(logs), f"{name}_smallest": smallest(logs)}
            columns[f"{name}_without_T"] = largest(getattr(normal, name))
        return {**columns, "eigenvalues_alone": alone(self.rate, shown.steps)}

    def exponents(self) -> dict[str, np.ndarray]:
        return {
            "finite_time": self.stretch(True).finite,
            "finite_time_without_T": self.without_T(True).finite,
            "long_time": self.long_time,
            "log_eigenvalues": self.rates,
        }

    def tables(self) -> dict[str, dict[str, np.ndarray]]:
        numbers = np.arange(1, self.source.size + 1)
        return {**super().tables(), "Exponents, per step": {"i": numbers, **self.exponents()}}

    def arrays(self) -> dict[str, np.ndarray]:
        return {**self.table(), **self.exponents()}

    def sentence(self) -> str:
        return self.sentence_of(self.stretch(True), self.without_T(True), True)

    def sentence_of(self, shown: Stretch, normal: Stretch, exact: bool) -> str:
        """The sentence about these curves; not exact: without what takes long to find out."""
        name = NONLINEARITIES[self.nonlinearity]
        says = gradient_sentence(shown, normal, self.rate, name, self.scale, self.details)
        after = f" {exponents_sentence(shown, self.long_time if self.details else None)}" if exact else ""
        return f"{says}{after}{self.of_doubt(exact)}"

    def code_lines(self) -> list[str]:
        source = self.source
        known = self.scale != 1 and not is_schur_matrix(source.matrix) and (source.name or source.size <= CARRIED)
        real = ".real" if source.is_real else ""
        count = self.length if source.size <= ALL else POINTS
        return [
            *source.eigenvalues_code(self.scale),
            *([] if known else [source.parts_code]),
            f"W = {self.gain!r} * {'(P @ (blocks + T) @ P.T)' if is_schur_matrix(source.matrix) else 'V'}",
            f"W_0 = {self.gain!r} * (P @ blocks @ P.conj().T){real}  # T = 0",
            *(_LINEAR if self.is_linear else self._driven_code()),
            f"k = np.unique(np.linspace(0, {self.length}, {min(count, self.length)} + 1).round().astype(int))",
            *_CODE.format(length=self.length, gain=self.gain).splitlines(),
            "long_time = log_eigenvalues  # of a linear network" if self.is_linear else self._long_code(),
            *_FIGURE.format(typical='"with T, rms": backward_rms, ' if self.details else "").splitlines(),
        ]

    def _driven_code(self) -> list[str]:
        return _DRIVEN.format(
            warm_up=WARM_UP, seed=self.seed, strength=self.strength, phi=self.nonlinearity, bias=self.bias
        ).splitlines()

    def _long_code(self) -> str:
        warm_up, steps = _long_run(self.source.size)
        return f"long_time = dynamics.lyapunov_exponents(jacobians(W, {steps}), warmup={warm_up})"


_LINEAR = ["def jacobians(W, steps):", "    return np.repeat(W[None], steps, axis=0)", ""]
_DRIVEN = """def jacobians(W, steps):
    noise = np.random.default_rng({seed}).standard_normal(({warm_up} + steps, len(W)))
    path = dynamics.trajectory(W, {strength!r} * noise, "{phi}", {bias!r})
    return path.slopes[{warm_up}:, :, None] * W
"""
_CODE = """
def stretched(J, name):
    logs = dynamics.log_singular_values(J, at=k.tolist())
    found = {{f"{{name}}_largest": np.exp(logs[:, 0]), f"{{name}}_smallest": np.exp(logs[:, -1])}}
    found[f"{{name}}_rms"] = np.sqrt(np.exp(2 * logs).mean(axis=1))
    return found, logs[-1] / {length}

J, J_0 = jacobians(W, {length}), jacobians(W_0, {length})
with np.errstate(all="ignore"):  # what is beyond float64, or 0
    forward, finite_time = stretched(J, "forward")
    backward, _ = stretched(J[::-1].conj().swapaxes(1, 2), "backward")
    forward_0, finite_time_without_T = stretched(J_0, "forward")
    backward_0, _ = stretched(J_0[::-1].conj().swapaxes(1, 2), "backward")
    log_eigenvalues = np.sort(np.log({gain!r} * np.abs(eigenvalues)))[::-1]
    eigenvalues_alone = ({gain!r} * np.abs(eigenvalues).max()) ** k
forward_largest, forward_smallest, forward_rms = forward.values()
backward_largest, backward_smallest, backward_rms = backward.values()
forward_without_T, backward_without_T = forward_0["forward_largest"], backward_0["backward_largest"]"""
_FIGURE = """
curves = {{"with T, largest": backward_largest, {typical}"T = 0, largest": backward_without_T}}
figure = go.Figure([go.Scatter(x=k[-1] - k, y=y, name=name) for name, y in curves.items()])
figure.update_yaxes(type="log")
figure"""


def _long_run(size: int) -> tuple[int, int]:
    """Steps of a long run: those that only turn the frame, and all."""
    steps = max(200, min(1000, WORK // size))
    return steps // 4, steps


def _dense(source: Source, scale: float) -> np.ndarray:
    """P (Λ + s T) P*, of a `SchurMatrix` in float64, which its own entries seldom have."""
    V = source.scaled(scale)
    if not is_schur_matrix(V):
        return np.asarray(V)
    P, form = dynamics.as_form(V)
    return np.asarray(P @ form @ P.T)


def _slopes(state: GradientState, V: np.ndarray, steps: int) -> np.ndarray:
    noise = np.random.default_rng(state.seed).standard_normal((WARM_UP + steps, len(V)))
    return dynamics.trajectory(V, state.strength * noise, state.nonlinearity, state.bias).slopes[WARM_UP:]


@lru_cache(maxsize=32)
def _stretch(state: GradientState, exact: bool) -> Stretch:
    points = FEW if not exact else state.length if state.source.size <= ALL else POINTS
    steps = np.unique(np.linspace(0, state.length, min(points, state.length) + 1).round().astype(int))
    J = state.jacobians(state.length)
    forward = dynamics.log_singular_values(J, steps.tolist())
    if state.is_linear:  # the products backward are the adjoints of those forward
        return Stretch(steps, forward, forward)
    return Stretch(steps, forward, dynamics.log_singular_values(J[::-1].swapaxes(1, 2), steps.tolist()))


@lru_cache(maxsize=16)
def _long_time(state: GradientState) -> np.ndarray:
    warm_up, steps = _long_run(state.source.size)
    return dynamics.lyapunov_exponents(state.jacobians(steps), warmup=warm_up)
