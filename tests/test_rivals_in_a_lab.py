"""A TrainingLab with each network that its own tests do not try: it trains, and what cannot be drawn is said."""

import numpy as np
import pytest

from nnrnn_core import tasks
from nnrnn_core.sequence_model import RECURRENTS
from widgets import TrainingLab


@pytest.mark.parametrize("model", [name for name in RECURRENTS if name not in ("nnrnn", "rnn", "exprnn")])
def test_a_lab_trains_every_network_and_shows_what_it_has(model):
    lab = TrainingLab(tasks.Copying(5), hidden_size=8, model=model)
    try:
        lab.step(2)
        assert lab.status.startswith("After 2 updates: loss")
        assert lab.experiment.training.model.name == model == lab.controls.model.value
        has_V = model not in ("lstm", "gru")
        assert lab.controls.whole_loss.disabled != has_V
        shown = lab.lines.array("eigenvalues", "x"), lab.lines.array("eigenvalues", "y")
        if has_V:
            values = lab.experiment.training.model.V.eigenvalues().numpy()
            found = shown[0] + 1j * shown[1]
            assert len(found) == len(values) == 8 and max(abs(found - value).min() for value in values) < 1e-6
        else:
            assert not np.isfinite(shown[0]).any()
            assert (
                f"{model} has no one recurrent matrix: eigenvalues, growth, memory, gradients are not drawn"
                in lab.status
            )
        again = TrainingLab.from_preset(lab.preset)
        assert again.experiment.training.model.name == model
        again.close()
    finally:
        lab.close()
