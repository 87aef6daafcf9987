"""What an entry of the gallery is, and how a builder becomes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from ...checks import number, whole_number
from ..form import SquareMatrix, Time


class Parameter(NamedTuple):
    """low ≤ value ≤ high: a parameter of a specimen, as a slider needs it.

    Attributes
    ----------
    default : float
        An int says that the parameter takes whole numbers only.
    low, high : float
        The ends, both allowed.
    step : float
        Of a slider.
    words : str
        What it is.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.gallery["shear"].parameters["radius"].default
    0.9
    """

    default: float
    low: float
    high: float
    step: float
    words: str


@dataclass(frozen=True)
class Specimen:
    """V = specimen(**parameters), (n, n) in float64 or complex128: a matrix of the gallery.

    Attributes
    ----------
    title : str
        A few words, for a button.
    sentence : str
        What it is.
    look_at : str
        What to look at in it.
    parameters : mapping from str to Parameter
        Those not given are at their defaults.
    time : {"discrete", "continuous"}
        Whether it is a V of h_t = V h_{t−1} or an A of x' = A x.
    build : callable
        The matrix from all its parameters, unchecked.

    Raises
    ------
    ValueError
        When called with a parameter that it does not have, that is out of range, or that must be whole and is not.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> specimen = dynamics.gallery["delay_line"]
    >>> specimen.title, specimen.time
    ('Delay line', 'discrete')
    >>> specimen(size=2, alpha=1.1)
    array([[0. , 0. ],
           [1.1, 0. ]])
    """

    title: str
    sentence: str
    look_at: str
    parameters: Mapping[str, Parameter]
    time: Time
    build: Callable[..., SquareMatrix]

    def __call__(self, **parameters: float) -> SquareMatrix:
        for name in parameters:
            if name not in self.parameters:
                known = ", ".join(self.parameters)
                raise ValueError(f"{self.title} has no parameter {name} (got {parameters[name]}); it has {known}")
        chosen = {name: _checked(name, parameters.get(name, p.default), p) for name, p in self.parameters.items()}
        return self.build(**chosen)


def entry(
    title: str, sentence: str, look_at: str, *, time: Time = "discrete", **parameters: Parameter
) -> Callable[[Callable[..., SquareMatrix]], Specimen]:
    """Makes a builder an entry of the gallery, under the builder's name, with its arguments as parameters."""
    return lambda build: Specimen(title, sentence, look_at, MappingProxyType(parameters), time, build)


def size(default: int, high: int = 200) -> Parameter:
    """The number of units."""
    return Parameter(default, 2, high, 1, "number of units")


def gain(default: float, words: str) -> Parameter:
    """A factor from 0 to 1.5."""
    return Parameter(default, 0.0, 1.5, 0.01, words)


SEED = Parameter(0, 0, 99, 1, "which draw of the random numbers")


def _checked(name: str, value: object, parameter: Parameter) -> float:
    if not isinstance(parameter.default, int):
        return number(name, value, parameter.low, parameter.high)
    if isinstance(value, float) and value.is_integer():  # a slider's 7.0 is a 7
        value = int(value)
    return whole_number(name, value, int(parameter.low), int(parameter.high))
