"""What a notebook asks its reader: a guess before looking, and answers that are checked with a diagnosis."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .assembly import assembled, free_entries, gamma_penalty, orthogonal_factor, rotation_blocks
    from .assembly_whole import built_parts, rate_groups
    from .block import free_parameters, squared_modulus
    from .floors import entry_for, floor_of_normals
    from .forms import departure_of_a_pair, read_form, spend
    from .gradients import gradients_by_hand, two_steps_back
    from .growth import best_start
    from .memory import memory_curve
    from .powers import grows_far, growth_curve, radius_and_norm
    from .prediction import guesses, predict, show_guesses
    from .pseudospectra import level_grid
    from .race import losing_setting, lstm_parameters, lstm_width, paired, ribbon
    from .remembered import memory_of_a_normal, memory_within_range, total_from_unit
    from .resolvent import bound_of_a_point, far_above_kreiss, radius_of_a_link
    from .schur import henrici_two_ways
    from .shear import off_diagonal, shear_preset
    from .starts import beats_the_chain, peak_time, two_gains
    from .training import below_half, release_at
    from .verdict import Verdict
    from .xray import fair_ablation, invariant, share_of_T

# Where each name lives; imported when first asked for, so that only the checks of a training and of a
# network's parts need torch.
_HOMES = {
    "Verdict": "verdict",
    "assembled": "assembly",
    "beats_the_chain": "starts",
    "below_half": "training",
    "best_start": "growth",
    "bound_of_a_point": "resolvent",
    "built_parts": "assembly_whole",
    "departure_of_a_pair": "forms",
    "entry_for": "floors",
    "fair_ablation": "xray",
    "far_above_kreiss": "resolvent",
    "floor_of_normals": "floors",
    "free_entries": "assembly",
    "free_parameters": "block",
    "gamma_penalty": "assembly",
    "gradients_by_hand": "gradients",
    "grows_far": "powers",
    "growth_curve": "powers",
    "guesses": "prediction",
    "henrici_two_ways": "schur",
    "invariant": "xray",
    "level_grid": "pseudospectra",
    "losing_setting": "race",
    "lstm_parameters": "race",
    "lstm_width": "race",
    "memory_curve": "memory",
    "memory_of_a_normal": "remembered",
    "memory_within_range": "remembered",
    "off_diagonal": "shear",
    "orthogonal_factor": "assembly",
    "paired": "race",
    "peak_time": "starts",
    "predict": "prediction",
    "radius_and_norm": "powers",
    "radius_of_a_link": "resolvent",
    "rate_groups": "assembly_whole",
    "read_form": "forms",
    "release_at": "training",
    "ribbon": "race",
    "rotation_blocks": "assembly",
    "share_of_T": "xray",
    "shear_preset": "shear",
    "show_guesses": "prediction",
    "spend": "forms",
    "squared_modulus": "block",
    "total_from_unit": "remembered",
    "two_gains": "starts",
    "two_steps_back": "gradients",
}

__all__ = [
    "Verdict",
    "assembled",
    "beats_the_chain",
    "below_half",
    "best_start",
    "bound_of_a_point",
    "built_parts",
    "departure_of_a_pair",
    "entry_for",
    "fair_ablation",
    "far_above_kreiss",
    "floor_of_normals",
    "free_entries",
    "free_parameters",
    "gamma_penalty",
    "gradients_by_hand",
    "grows_far",
    "growth_curve",
    "guesses",
    "henrici_two_ways",
    "invariant",
    "level_grid",
    "losing_setting",
    "lstm_parameters",
    "lstm_width",
    "memory_curve",
    "memory_of_a_normal",
    "memory_within_range",
    "off_diagonal",
    "orthogonal_factor",
    "paired",
    "peak_time",
    "predict",
    "radius_and_norm",
    "radius_of_a_link",
    "rate_groups",
    "read_form",
    "release_at",
    "ribbon",
    "rotation_blocks",
    "share_of_T",
    "shear_preset",
    "show_guesses",
    "spend",
    "squared_modulus",
    "total_from_unit",
    "two_gains",
    "two_steps_back",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"widgets.checks has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
