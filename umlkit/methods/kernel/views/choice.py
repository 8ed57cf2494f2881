"""Which views suit a modality, and which choices of them are compared on `select`.

Kernels compare numbers place by place. That suits vectors and tables (categories one-hot). Of pictures and spectrograms
it suits what is left when they are smoothed, and all of their pixels while these are few. Of texts and sequences the
kernel sees what the frozen uni-modal model makes of them, which knows which places to compare but has shed what its own
modality does not need; of pictures that is compared too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from umlkit.methods.base import ModalityPlan
from umlkit.methods.kernel.views.base import FeaturesView, InputsView, View
from umlkit.methods.kernel.views.smoothed import SmoothedView

INPUTS, SMOOTHED, FEATURES = "inputs", "smoothed", "features"
FLAT = frozenset({"vector", "table"})
"""Kinds of which a place always means the same."""
PLACED = frozenset({"image", "spectrogram"})
"""Kinds of which it nearly does, more so when they are smoothed."""
MOST_INPUTS = 4096


def view(name: str, plan: ModalityPlan, *, width: int) -> View:
    """A view by name, of a modality whose encoder gives ``width`` features."""
    if name == FEATURES:
        return FeaturesView(width)
    return SmoothedView() if name == SMOOTHED else InputsView(plan)


def possible(plan: ModalityPlan) -> tuple[str, ...]:
    """The views that suit a modality, those of its inputs first."""
    if plan.kind in FLAT:
        return (INPUTS,)
    if plan.kind in PLACED:
        small = math.prod(plan.sample_shape) <= MOST_INPUTS
        return (SMOOTHED, INPUTS, FEATURES) if small else (SMOOTHED, FEATURES)
    return (FEATURES,)


def choices(plans: Mapping[str, ModalityPlan]) -> list[dict[str, str]]:
    """What is compared: the first view of every modality, the second of every one and so on; a last one stays."""
    found = {name: possible(plan) for name, plan in plans.items()}
    most = max(len(views) for views in found.values())
    return [{name: views[min(at, len(views) - 1)] for name, views in found.items()} for at in range(most)]
