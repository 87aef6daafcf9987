"""The stages of notebook 07: right answers in several forms, and a stage that fails holds up no other."""

from __future__ import annotations

import re
from typing import Any

import nbformat
import numpy as np
import pytest

import badges
from editions import solved, tags
from nnrnn_core import dynamics
from widgets import checks
from widgets.checks.assembly_whole import STAGES

RIGHT = {name: kits for name, (_, kits) in STAGES.items()}


def test_the_kits_own_stages_pass_their_checks_and_a_stub_of_either_kind_is_not_done_yet():
    for name, (check, kits) in STAGES.items():
        assert check(kits).right, name
        for answer in (None, ...):
            verdict = check(lambda *_, answer=answer: answer)
            assert not verdict.done and "Not done yet" in repr(verdict)


def test_numbers_in_place_of_a_groups_list_and_rates_left_to_the_optimiser_are_right():
    def left_out(network: Any, rate: float) -> list[dict[str, Any]]:
        first, second = RIGHT["rate_groups"](network, rate)
        return [first, {"params": second["params"]}]

    assert checks.rate_groups(left_out).right


def test_a_stage_that_fails_is_taken_from_the_kit_and_holds_up_no_other():
    for failing in RIGHT:
        parts = checks.built_parts(**{**RIGHT, failing: lambda *_: 0})
        assert set(parts.own) == set(RIGHT) - {failing}
        assert failing in repr(parts).partition("The kit's")[2]
        assert getattr(parts, failing) is RIGHT[failing]
    assert repr(checks.built_parts(**RIGHT)) == "All six parts are yours."
    assert "none yet" in repr(checks.built_parts())
    with pytest.raises(ValueError, match=r"the stages are orthogonal_factor,.*got P"):
        checks.built_parts(P=RIGHT)


def test_the_right_numbers_are_right_however_they_are_found():
    assert checks.free_parameters(lambda n: n * n - n // 2).right
    assert checks.squared_modulus(lambda g, a, t: g * (g + t * np.sin(a))).right

    def by_eigenvalues(gamma: float, theta: float, t: float) -> Any:
        block = dynamics.rotation_blocks(gamma, theta) + np.array([[0, 0], [t, 0]])
        return np.abs(np.linalg.eigvals(block)[0]) ** 2

    assert checks.squared_modulus(by_eigenvalues).right


def test_the_notebooks_solutions_are_thirty_lines_with_the_module_around_them():
    notebook = solved(nbformat.read(badges.ROOT / "notebooks/07_build_the_nnrnn.ipynb", as_version=4))
    lines = 0
    for cell in notebook.cells:
        if "exercise" in tags(cell) and re.findall(r"^def (\w+)", cell.source, re.MULTILINE)[0] in STAGES:
            lines += len(cell.source.splitlines())
        if cell.source.startswith("class Built("):
            module = cell.source.partition("\n\n\n")[0]
            lines += sum(bool(line.strip()) for line in module.splitlines())
    assert 20 < lines <= 30
