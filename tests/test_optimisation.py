"""The parameter groups on torch's optimisers: rates, decay, and what is held back stands still."""

import itertools

import pytest
import torch
from torch import nn

from nnrnn_core import SequenceModel, Settings
from nnrnn_core.training import parameter_groups
from nnrnn_core.training.optimisation import OPTIMISERS, hold_back, make_optimiser, set_rates

SETTINGS = Settings(rate=0.01, rate_P=0.003, smoothing=0.9, momentum=0.8, T_decay=0.2)


def made() -> SequenceModel:
    generator = torch.Generator().manual_seed(1)
    return SequenceModel("nnrnn", 3, 6, 2, init="random", generator=generator, dtype=torch.float64)


def draw_gradients(model: nn.Module, generator: torch.Generator) -> None:
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)


def test_every_parameter_has_one_role():
    model = made()
    groups = parameter_groups(model)
    assert sorted(id(p) for group in groups.values() for p in group) == sorted(id(p) for p in model.parameters())
    V = model.V
    assert [groups["P"][0] is V.orthogonal.entries, groups["T"][0] is V.T_entries, groups["gamma"][0] is V.gamma] == [
        True
    ] * 3
    assert not any(parameter_groups(nn.Linear(2, 2))[role] for role in ("P", "T", "gamma"))


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_move_is_the_rule_of_the_textbook_with_some_parameters_held_back_at_times(name):
    """RMSprop as in Hinton's lecture 6e, Adam as in Kingma and Ba; T's decay is a part of its gradient."""
    model, source = made(), torch.Generator().manual_seed(2)
    optimiser = make_optimiser(model, name)
    roles = {id(p): role for role, group in parameter_groups(model).items() for p in group}
    memory = {id(p): (torch.zeros_like(p), torch.zeros_like(p), 0) for p in model.parameters()}
    for freeze, hold in itertools.product((False, True, False), (False, True)):
        settings = SETTINGS.replace(freeze_T=freeze, hold_gamma=hold)
        draw_gradients(model, source)
        hold_back(model.modules(), settings)
        expected = {}
        for p in model.parameters():
            role = roles[id(p)]
            if (role == "T" and freeze) or (role == "gamma" and hold):
                expected[id(p)] = p.detach().clone()
                continue
            m, v, k = memory[id(p)]
            g = p.grad + (0.2 * p.detach() if role == "T" else 0)
            m, v, k = 0.8 * m + 0.2 * g, 0.9 * v + 0.1 * g**2, k + 1
            memory[id(p)] = m, v, k
            rate = 0.003 if role == "P" else 0.01
            if name == "rmsprop":
                change = g / (v.sqrt() + 1e-8)
            else:
                change = m / (1 - 0.8**k) / ((v / (1 - 0.9**k)).sqrt() + 1e-8)
            expected[id(p)] = p.detach() - rate * change
        set_rates(optimiser, settings)
        optimiser.step()
        assert all(torch.allclose(p, expected[id(p)], rtol=1e-12, atol=1e-14) for p in model.parameters())


def test_T_scaled_by_zero_is_held_back():
    model = made()
    draw_gradients(model, torch.Generator().manual_seed(2))
    model.V.scale.fill_(0)
    hold_back(model.modules(), SETTINGS)
    assert model.V.T_entries.grad is None
    assert model.V.gamma.grad is not None
