"""TEACHING.md: minutes add up, presets load, links lead somewhere, and its numbers are those of the library."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import nbformat
import numpy as np
import pytest

import badges
import widgets
from lab_pictures import PICTURES, made_by
from nnrnn_core import SequenceModel, dynamics, tasks
from widgets.figures.shear import shear
from widgets.labs.playing import LESSON

pytestmark = pytest.mark.integration

TEXT = (badges.ROOT / "notebooks/TEACHING.md").read_text("utf-8")
LABS = {
    "shear": "ShearLab", "schur": "SchurLab", "growth": "GrowthLab", "spectrum": "SpectrumLab", "memory": "MemoryLab",
    "gradient": "GradientLab", "assemble": "AssembleLab", "nnrnn": "TrainingLab",
}  # fmt: skip
THERE = {path.name[:2]: path.name for path in badges.NOTEBOOKS}


def part(heading: str) -> str:
    """What stands under a heading, up to the next of its rank or of a higher one."""
    (_, _, rest) = TEXT.partition(f"\n{heading}\n")
    assert rest, heading
    return re.split(rf"\n#{{1,{len(heading.split()[0])}}} ", rest)[0]


def rows(text: str) -> list[list[str]]:
    """The rows of a table, without its head; a bar that is written \\| is none."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def tables(text: str) -> Iterator[list[list[str]]]:
    for block in re.split(r"\n\s*\n", text):
        if block.lstrip().startswith("|"):
            yield rows(block)


# ---- minutes


def test_the_minutes_of_every_plan_add_up():
    plans = [*tables(part("### One lecture of 75 minutes")), *tables(part("### A week: four times 75 minutes"))]
    assert len(plans) == 5
    for *lines, total in plans:
        assert sum(int(line[0]) for line in lines) == 75
        assert total[0] == "**75**"


def test_the_times_of_the_notebooks_are_those_that_they_say_themselves():
    (table,) = tables(part("### All of it"))
    *lines, total = table
    for name, *minutes in ([line[0], *map(int, line[1:4])] for line in lines if line[0][1:3] in THERE):
        path = badges.ROOT / "notebooks" / THERE[name[1:3]]
        first = nbformat.read(path, as_version=4).cells[0].source
        (time,) = re.findall(r"\*Time:\* (.*)", first)
        core, optional = re.search(r"(\d+) minutes", time), sum(map(int, re.findall(r"\((\d+)(?: or more)?\)", time)))
        assert core and minutes == [int(core[1]), optional, int(core[1]) + optional], name
    assert [int(cell.strip("*")) for cell in total[1:4]] == [sum(int(line[i]) for line in lines) for i in (1, 2, 3)]
    assert {line[0][1:3] for line in lines} == set(THERE), "every notebook has its line"


def test_the_map_gives_each_notebook_its_core_and_the_time_of_all_of_it():
    (table,) = tables(part("### All of it"))
    seen = nbformat.read(badges.ROOT / "notebooks" / THERE["00"], as_version=4).cells[4].source
    for line in table[1:-1]:  # 00 is one piece
        number, core, whole = line[0][1:3], int(line[1]), int(line[3])
        (low, high) = re.search(rf"\*\*\[{number} .*\| (\d+) to (\d+) min \|", seen).groups()
        assert (int(low), int(high)) == (core, 5 * math.ceil(whole / 5)), number


def test_a_plateau_of_200_updates_lasts_as_long_as_is_said():
    assert round(200 / LESSON) == 17 and "200 updates pass (17 seconds" in TEXT
    assert f"*lesson pace* is {LESSON:.0f} updates a second" in TEXT


# ---- presets, links, pictures


PRESETS = rows(part("## Presets to click"))


@cache
def lab_of(name: str) -> Any:
    """The lab into which a class pastes all presets of its kind."""
    return getattr(widgets, name)()


@pytest.mark.parametrize("row", PRESETS, ids=lambda row: f"{row[0]}: {row[1]}")
def test_a_preset_loads_and_its_lab_says_what_the_table_says(row: list[str]):
    _, _, seen, preset = row
    preset = preset.strip("`")
    lab = lab_of(LABS[next(iter(json.loads(preset)))])
    lab.load_preset(preset)
    assert seen == "press Play" or seen.replace("\\|", "|") in lab.status
    assert json.loads(lab.preset).items() >= {(k, v) for k, v in json.loads(preset).items() if np.isscalar(v)}


def test_every_link_leads_somewhere():
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", TEXT):
        file, _, anchor = link.partition("#")
        assert not file or (badges.ROOT / "notebooks" / file).exists(), link
        anchors = [re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in TEXT.splitlines()
                   if line.startswith("#")]  # fmt: skip
        assert not anchor or anchor in anchors, link


def test_every_notebook_has_its_rows():
    for number in (f"{i:02d}" for i in range(11)):
        assert re.search(rf"\[{number}\]\({THERE.get(number, number)}", TEXT), number
        for heading in ("## Exam questions", "## When you are late"):
            assert number in [row[0] for row in rows(part(heading))], number


def test_a_section_that_is_named_is_there():
    named = re.findall(r"(\d\d)(?:\]\([\w.]+\))?(?: \|)?,? sections? (\d(?:(?:, | and )\d)*)", TEXT)
    assert len(named) >= 10
    for number, sections in named:
        if number in THERE:
            cells = nbformat.read(badges.ROOT / "notebooks" / THERE[number], as_version=4).cells
            headings = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
            for section in re.findall(r"\d", sections):
                assert re.search(rf"^## {section} · ", headings, re.MULTILINE), f"{number}, section {section}"


def test_every_picture_of_a_lab_is_shown():
    for picture in PICTURES:
        assert f"![{picture.title}](images/{picture.file})" in TEXT


# ---- numbers


@cache
def line(alpha: float, size: int = 50) -> np.ndarray:
    return dynamics.gallery["delay_line"](size=size, alpha=alpha)


def total(V: np.ndarray) -> float:
    return float(dynamics.fisher_memory(V, np.eye(len(V))[0], 199).sum())


def recurrent_numbers() -> tuple[int, int]:
    """Of an LSTM and of an nnRNN of 128 units: the free numbers in their recurrent matrices."""
    lstm = SequenceModel("lstm", 1, 128, 1).recurrent.weight_hh_l0.numel()
    V = SequenceModel("nnrnn", 1, 128, 1).V
    return lstm, sum(parameter.numel() for parameter in V.parameters())


def computed() -> dict[str, str]:
    """What stands in the text, beside its number as the library has it."""
    arranged = made_by("02_the_schur_form.ipynb", "schur-02", "schur-13")["arranged"]
    peaks = {name: dynamics.transient_growth(V, 400).max() for name, V in arranged.items()}
    random, grcar = dynamics.gallery["random"](), dynamics.gallery["grcar"]()
    chain = dynamics.gallery["table6"](size=100, d=0, alpha=1.05, beta=0)
    balanced = dynamics.gallery["balanced_network"]()
    loose, small = np.array([[0, 3], [-1 / 3, 0]]), np.diag([2.0, 3.0], -1)
    best = math.log(math.log(0.4) / math.log(0.5)) / math.log(0.5 / 0.4)
    J = dynamics.fisher_memory(line(1.0, 10), np.eye(10)[0], 9)
    lstm, nnrnn = recurrent_numbers()
    normal = {gain: dynamics.gallery["random_orthogonal"](size=20, gain=gain) for gain in (0.9, 0.95)}
    first = {gain: dynamics.fisher_memory(V, np.eye(20)[0], 0)[0] for gain, V in normal.items()}
    return {
        "3.9, ": f"{peaks['one layer']:.1f}, ",
        "4·10⁶": f"{peaks['dense'] / 1e6:.0f}·10⁶",
        "3·10²⁵": f"{peaks['chain'] / 1e25:.0f}·10²⁵",
        "departure 7": f"departure {dynamics.henrici(line(1.0)):.0f}",
        "9.03": f"{dynamics.henrici(balanced):.2f}",
        "the largest weight is 5.73": f"the largest weight is {abs(balanced).max():.2f}",
        "best start 2.47-fold at step 4": f"best start {dynamics.transient_growth(random, 9).max():.2f}-fold at step "
        f"{dynamics.transient_growth(random, 9).argmax()}",
        "0.72": f"{dynamics.typical_growth(random, 4)[4]:.2f}",
        "25.5 against 125": f"{dynamics.typical_growth(chain, 99).max():.1f} against {1.05**99:.0f}",
        "peaks at 2470": f"peaks at {round(dynamics.transient_growth(grcar, 60).max(), -1):.0f}",
        "7.43 to 0.0008": f"{total(line(1.05)):.2f} to {total(line(1.05).T):.4f}",
        "holds 16.7": f"holds {total(line(1.2)):.1f}",
        "13 700": f"{round(dynamics.activity(line(1.2))[-1], -2):,.0f}".replace(",", " "),
        "length 2.15": f"length {np.linalg.norm(shear(2) @ [0, 1]):.2f}",
        "best k is 1.25": f"best k is {best:.2f}",
        "k = 1 gives 3": f"k = 1 gives {max(3 * (0.5**k - 0.4**k) / 0.1 for k in range(9)):.0f}",
        "√(9 + 1/9 − 2) = 2.67": f"√(9 + 1/9 − 2) = {dynamics.henrici(loose):.2f}",
        "6-fold at k = 2": f"{dynamics.transient_growth(small, 4).max():.0f}-fold at k = "
        f"{dynamics.transient_growth(small, 4).argmax()}",
        "‖V²‖_F/√3 = 3.46": f"‖V²‖_F/√3 = {dynamics.typical_growth(small, 2)[2]:.2f}",
        "0.2/0.001 = 200": f"0.2/0.001 = {(1.2 - 1) / 0.001:.0f}",
        "1/5; 5; 1 + 1/2 + … + 1/10 = 2.93": f"1/{1 / J[4]:.0f}; {1 / J[4]:.0f}; 1 + 1/2 + … + 1/10 = {J.sum():.2f}",
        "0.9⁵⁰ = 0.0052": f"0.9⁵⁰ = {0.9**50:.4f}",
        "= 1.44, so \\|λ\\| = 1.2": f"= {1 + 0.44:.2f}, so \\|λ\\| = {_modulus(0.44):.1f}",
        "1/(1 + 4/10) = 0.714": f"1/(1 + 4/10) = {tasks.NoisyMemory(delays=10, noise=0.5).floor:.3f}",
        "65536": str(lstm),
        "16320": str(nnrnn),
        "1 − 32/40 = 0.2": f"1 − 32/40 = {1 - 32 / 40:.1f}",
        "from 5.42 to 13.48": "from {:.2f} to {:.2f}".format(
            *(dynamics.transient_growth(shear(c), 40).max() for c in (2, 5))
        ),
        "some ‖Vᵏ‖ is at least 100": f"some ‖Vᵏ‖ is at least {0.1 / 0.001:.0f}",
        "from 0.19 to 0.0975": f"from {first[0.9]:.2f} to {first[0.95]:.4f}",
        "A. 10 ✓": f"A. {1 / dynamics.fisher_memory(line(1.0), np.eye(50)[0], 9)[9]:.0f} ✓",
        "stays above 0.833": f"stays above {tasks.NoisyMemory().floor:.3f}",
        "stays at 0.96": f"stays at {tasks.NoisyMemory().baseline:.2f}",
    }  # fmt: skip


def _modulus(t: float) -> float:
    """Of the eigenvalues of a block with γ = 1 and θ = π/2, and t below its diagonal."""
    return float(np.abs(np.linalg.eigvals([[0, -1], [1 + t, 0]])).max())


def test_every_number_is_that_of_the_library():
    wrong = {said: found for said, found in computed().items() if said != found or said not in TEXT}
    assert wrong == {}


def test_no_number_is_left_unasserted():
    """Of the decimal fractions and the numbers of three digits: each is computed above, or given in the question."""
    given = {"0.9", "0.8", "0.5", "0.4", "0.44", "0.1", "0.001", "0.2", "0.95", "1.05", "1.1", "1.2"}
    given |= {"126", "127", "128"}
    asserted = set(re.findall(r"\d+\.\d+|\d{3,}", " ".join(computed()))) | given
    for heading in ("## What students believe", "## Exam questions", "## Quiz bank"):
        found = set(re.findall(r"\d+\.\d+|\d{3,}", part(heading)))
        assert found <= asserted, heading


def test_the_random_statements_of_the_keys_hold():
    draw = np.random.default_rng(0)
    many = draw.standard_normal((1000, 4, 4)) * draw.uniform(0.1, 0.8, (1000, 1, 1))
    norms = np.stack([np.linalg.norm(np.linalg.matrix_power(many, k), 2, axis=(1, 2)) for k in range(1, 12)])
    assert ((norms.max(axis=0) > 1) == (norms[0] > 1)).all(), "Q6: growth exactly if ‖V‖ > 1"
    assert 100 < (norms[0] > 1).sum() < 900
    held = [total(gain * np.linalg.qr(draw.standard_normal((6, 6)))[0]) for gain in (0.9, 0.95)]
    assert np.allclose(held, 1, atol=1e-6), "Q9"
    slopes = draw.uniform(0, 0.9, (50, 6, 1))
    product = np.eye(6)
    for slope in slopes:
        product = slope * np.linalg.qr(draw.standard_normal((6, 6)))[0] @ product
    assert np.linalg.norm(product, 2) <= 0.9**50, "06"
    runs = draw.exponential(size=(100_000, 6))
    inside = (runs[:, 5] > runs[:, :5].min(axis=1)) & (runs[:, 5] < runs[:, :5].max(axis=1))
    assert inside.mean() == pytest.approx(2 / 3, abs=0.01), "Q17"


# ---- the quiz


def questions() -> dict[str, list[tuple[str, str, bool]]]:
    """Of each question its options: the text, the reason, whether it is the key."""
    found = {}
    for block in re.split(r"\n(?=\*\*Q\d+\*\*)", part("## Quiz bank"))[1:]:
        (number,) = re.findall(r"^\*\*(Q\d+)\*\* \(\d\d\)", block)
        options = re.findall(r"^- [A-D]\. (.*)$", block, re.MULTILINE)
        found[number] = [
            (option.split(" — ")[0].removesuffix(" ✓"), option.partition(" — ")[2], option.endswith("✓"))
            for option in options
        ]
    return found


def test_a_question_has_one_key_and_a_reason_for_every_other_option():
    quiz = questions()
    assert [*quiz] == [f"Q{i + 1}" for i in range(len(quiz))]
    for number, options in quiz.items():
        assert 3 <= len(options) <= 4, number
        assert sum(key for *_, key in options) == 1, number
        assert all(bool(reason) != key for _, reason, key in options), f"{number}: why does a wrong answer tempt?"
    places = [[key for *_, key in options].index(True) for options in quiz.values()]
    assert max(places.count(place) for place in range(4)) <= len(quiz) / 2, "the key is not always the same letter"


def test_the_plans_name_questions_that_there_are():
    named = {int(n) for n in re.findall(r"\bQ(\d+)\b", part("## Three routes"))}
    assert named <= {int(number[1:]) for number in questions()}
