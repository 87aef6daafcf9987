"""Settings: out of range is refused, and what was stays."""

import math

import pytest

from nnrnn_core import Settings
from oracles import as_installed


@pytest.mark.parametrize("name", ["rate", "rate_P", "smoothing", "momentum", "T_decay", "gamma_penalty"])
def test_a_number_out_of_range_is_refused_by_name_and_leaves_the_old_one(name):
    settings = Settings()
    before = settings.as_dict()
    for value in (math.nan, -1.0, math.inf, "0.1", True, None):
        with pytest.raises(ValueError, match=f"{name} must be .*got"):
            setattr(settings, name, value)
    assert settings.as_dict() == before


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("rate", 0, "above 0"),
        ("smoothing", 1, "below 1"),
        ("momentum", 1.0, "below 1"),
        ("optimiser", "sgd", "adam, rmsprop"),
        ("freeze_T", 1, "True or False"),
        ("hold_gamma", None, "True or False"),
        ("batch_size", 0, "at least 1"),
        ("batch_size", -3, "at least 1"),
        ("batch_size", 2.0, "whole number"),
        ("threads", True, "whole number"),
        ("gradient_clip", 0, "above 0"),
        ("gradient_clip", math.nan, "finite"),
    ],
)
def test_a_wrong_choice_is_refused_when_set_when_made_and_when_replaced(name, value, reason):
    settings = Settings()
    with pytest.raises(ValueError, match=reason):
        setattr(settings, name, value)
    with as_installed(), pytest.raises(ValueError, match=reason):
        Settings(**{name: value})
    with as_installed(), pytest.raises(ValueError, match=reason):
        settings.replace(**{name: value})
    assert settings == Settings()


def test_an_unknown_setting_lists_the_known_ones():
    with pytest.raises(AttributeError, match=r"rate_P.*threads"):
        Settings().rate_p = 0.1
    with pytest.raises(TypeError, match="learning_rate"):
        Settings(learning_rate=0.1)


@pytest.mark.parametrize(("name", "value"), [("rate_P", 0), ("T_decay", 0), ("momentum", 0), ("gradient_clip", None)])
def test_the_ends_of_the_ranges_are_allowed(name, value):
    assert getattr(Settings(**{name: value}), name) == value


def test_a_copy_goes_its_own_way():
    settings = Settings(rate=0.1)
    copy = settings.replace(batch_size=3)
    copy.rate = 0.2
    assert (settings.rate, settings.batch_size, copy.batch_size) == (0.1, 10, 3)
    assert Settings(**copy.as_dict()) == copy
