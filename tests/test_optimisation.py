"""The two optimisers are torch's, moved as one vector; what is held back stands still."""

import itertools

import pytest
import torch
from torch import nn

from nnrnn_core import SequenceModel, Settings
from nnrnn_core.training.optimisation import OPTIMISERS, hold_back, parameter_groups

SETTINGS = Settings(rate=0.01, rate_P=0.003, smoothing=0.9, momentum=0.8, T_decay=0.2)
names = pytest.mark.parametrize("name", OPTIMISERS)


def pair() -> tuple[SequenceModel, SequenceModel]:
    def made():
        options = {"init": "random", "generator": torch.Generator().manual_seed(1), "dtype": torch.float64}
        return SequenceModel("nnrnn", 3, 6, 2, **options)

    return made(), made()


def torchs(name: str, model: nn.Module) -> torch.optim.Optimizer:
    groups = [
        {
            "params": parameters,
            "lr": SETTINGS.rate_P if role == "P" else SETTINGS.rate,
            "weight_decay": SETTINGS.T_decay if role == "T" else 0.0,
        }
        for role, parameters in parameter_groups(model).items()
    ]
    if name == "adam":
        return torch.optim.Adam(groups, betas=(SETTINGS.momentum, SETTINGS.smoothing))
    return torch.optim.RMSprop(groups, alpha=SETTINGS.smoothing)


def draw_gradients(model: nn.Module, generator: torch.Generator) -> None:
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)


@names
def test_a_move_is_torchs_with_some_parameters_held_back_at_times(name):
    (ours, theirs), sources = pair(), [torch.Generator().manual_seed(2) for _ in range(2)]
    optimiser, oracle = OPTIMISERS[name](ours), torchs(name, theirs)
    for freeze, hold in itertools.product((False, True, False), (False, True)):
        settings = SETTINGS.replace(freeze_T=freeze, hold_gamma=hold)
        for model, source in zip((ours, theirs), sources, strict=True):
            draw_gradients(model, source)
            hold_back(model.modules(), settings)
        optimiser.gather()
        optimiser.step(settings)
        oracle.step()
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert torch.allclose(a, b, rtol=1e-12, atol=1e-14)


@names
@pytest.mark.parametrize("limit", [None, 0.5, 1e6])
def test_the_norm_and_the_clipping_are_torchs(name, limit):
    (ours, theirs), sources = pair(), [torch.Generator().manual_seed(2) for _ in range(2)]
    for model, source in zip((ours, theirs), sources, strict=True):
        draw_gradients(model, source)
    size = OPTIMISERS[name](ours).gather(limit)
    wanted = torch.nn.utils.clip_grad_norm_(theirs.parameters(), limit or float("inf"))
    assert size == pytest.approx(float(wanted), rel=1e-12)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(a.grad, b.grad, rtol=1e-5)  # torch divides by the norm and a millionth


@names
def test_what_is_remembered_comes_back_and_fits_only_its_own_parameters(name):
    (ours, theirs), source = pair(), torch.Generator().manual_seed(2)
    one, two = (OPTIMISERS[name](model) for model in (ours, theirs))
    draw_gradients(ours, source)
    one.gather()
    one.step(SETTINGS)
    two.load_state_dict(one.state_dict())
    theirs.load_state_dict(ours.state_dict())
    draw_gradients(ours, torch.Generator().manual_seed(3))
    draw_gradients(theirs, torch.Generator().manual_seed(3))
    for optimiser in (one, two):
        optimiser.gather()
        optimiser.step(SETTINGS)
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))
    with pytest.raises(ValueError, match="other parameters"):
        OPTIMISERS[name](SequenceModel("nnrnn", 3, 4, 2)).load_state_dict(one.state_dict())


@names
def test_without_any_gradient_nothing_moves(name):
    model, twin = pair()
    optimiser = OPTIMISERS[name](model)
    assert optimiser.gather(1.0) == 0
    optimiser.step(SETTINGS)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), twin.parameters(), strict=True))
