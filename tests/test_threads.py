"""What a person waits for goes first."""

from threading import Thread

import numpy as np
import pytest

from nnrnn_core import dynamics
from nnrnn_core.threads import first

V = np.random.default_rng(0).standard_normal((40, 40)) / 6
AXIS = np.linspace(-1, 1, 5)
LONG = {
    "pseudospectra": lambda: dynamics.pseudospectrum(V, AXIS, AXIS),
    "growth of a small matrix": lambda: dynamics.transient_growth(V[:8, :8], 20),
    "growth of a large matrix": lambda: dynamics.transient_growth(V, 20),
}


@pytest.mark.parametrize("work", LONG)
def test_another_threads_work_waits_for_what_is_first_and_then_ends_as_ever(work):
    found = []
    other = Thread(target=lambda: found.append(LONG[work]()))
    with first():
        other.start()
        other.join(0.2)
        assert not found, "it must not end before"
        mine = LONG[work]()  # who is first does not wait for itself
    other.join(60)
    assert np.array_equal(found[0], mine)
