"""The answers of notebooks 00 and 01."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..figures.numbers import fixed, short
from ..figures.shear import shear, shear_sentence
from ..labs.shear import state_of
from .verdict import Verdict, as_number, asked, first_match

OPENING = (0, 6)  # c and k of the lab in notebook 00


def shear_preset(text: str) -> Verdict:
    """Whether `text` is a preset of a ShearLab that somebody else chose."""
    if not isinstance(text, str):
        return Verdict(f"A preset is a line of text, in quotes; this is {text!r}.")
    if not text.strip():
        return Verdict("Not done yet: put another's preset between the quotes.", done=False)
    if '"nnrnn"' in text:
        return Verdict("This is a preset of the training lab: TrainingLab.from_preset takes it (notebook 08).")
    try:
        c, k = state_of(text)
    except ValueError as problem:
        return Verdict(f"This preset will not do: {problem}.")
    if (c, k) == OPENING:
        return Verdict("Not done yet: this is how the lab opens. Put another's preset there.", done=False)
    return Verdict(f"Right. {shear_sentence(c, k)}", right=True)


def off_diagonal(function: Callable[[float, int], Any]) -> Verdict:
    """Whether `function(c, k)` is the entry above the diagonal of [[0.9, c], [0, 0.8]]^k: c (0.9^k − 0.8^k)/0.1."""
    cases = [(2.0, 1), (2.0, 3), (1.0, 6), (5.0, 10), (2.0, 0)]
    for c, k in cases:
        answer = asked(f"off_diagonal({short(c)}, {k})", function, c, k)
        if isinstance(answer, Verdict):
            return answer
        wanted = "return one number, the entry in the first row and second column of V^k"
        number = as_number(answer, wanted)
        if isinstance(number, str):
            return Verdict(number)
        right = float(np.linalg.matrix_power(shear(c), k)[0, 1])
        if not math.isclose(number, right, rel_tol=1e-6, abs_tol=1e-12):
            return Verdict(_shear_diagnosis(number, c, k, right))
    return Verdict("Right: c (0.9^k − 0.8^k) / (0.9 − 0.8). At c = 2 it peaks at k = 6, as ‖V^k‖₂ does.", True)


def _shear_diagnosis(number: float, c: float, k: int, right: float) -> str:
    V = np.linalg.matrix_power(shear(c), k)
    mistakes = {
        c * (0.9**k - 0.8**k): "The geometric sum has a denominator: divide by 0.9 − 0.8.",
        c * (0.8**k - 0.9**k) / 0.1: "The sign is wrong: 0.9^k is the larger of the two.",
        c * (0.9 ** (k + 1) - 0.8 ** (k + 1)) / 0.1: "That is the entry of V^(k+1): the exponents are one too large.",
        c * (0.9 ** (k - 1) - 0.8 ** (k - 1)) / 0.1: "That is the entry of V^(k−1): the exponents are one too small.",
        c**k: "The power of a matrix is not the power of its entries: multiply V by V and look.",
        c * k: "That would be so if both eigenvalues were 1; here the terms are 0.9^i 0.8^j.",
        c: "That is the entry of V itself; it changes with k.",
        float(np.linalg.norm(V, 2)): "That is the norm of V^k, its largest singular value; asked is one entry.",
        float(V[0, 0]): "That is the entry on the diagonal.",
    }
    found = f"off_diagonal({short(c)}, {k}) should be {fixed(right, 4)}; yours is {fixed(number, 4)}."
    return first_match(number, mistakes.items()) or f"{found} Write out V² and V³ first."
