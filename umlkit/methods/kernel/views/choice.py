"""Which views suit a modality, and which choices of them are compared on `select`.

Kernels compare numbers place by place. That suits vectors and tables (categories one-hot). Of pictures and spectrograms
it suits what is left when they are smoothed, and all of their pixels while these are few; of sequences, what random
filters let through, and what stands in which part; of texts, where they lie among the training texts. What the frozen
uni-modal model makes of a sample, which knows what to compare but has shed what its own modality does not need, is
compared too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from umlkit.methods.base import ModalityPlan
from umlkit.methods.kernel.views.base import FeaturesView, InputsView, View
from umlkit.methods.kernel.views.filtered import FilteredView
from umlkit.methods.kernel.views.segments import SegmentsView
from umlkit.methods.kernel.views.smoothed import SmoothedView
from umlkit.methods.kernel.views.words import WordsView

INPUTS, FEATURES = "inputs", "features"
SMOOTHED, FILTERED, SEGMENTS, WORDS = "smoothed", "filtered", "segments", "words"
VIEWS: Mapping[str, Callable[[ModalityPlan, int], View]] = {
    INPUTS: lambda plan, _: InputsView(plan),
    SMOOTHED: lambda *_: SmoothedView(),
    FILTERED: lambda plan, _: FilteredView(plan),
    SEGMENTS: lambda plan, _: SegmentsView(plan),
    WORDS: lambda plan, _: WordsView(plan),
    FEATURES: lambda _, width: FeaturesView(width),
}
FLAT = frozenset({"vector", "table"})
"""Kinds of which a place always means the same."""
PLACED = frozenset({"image", "spectrogram"})
"""Kinds of which it nearly does, more so when they are smoothed."""
MOST_INPUTS = 4096
OF_KIND = {"sequence": (FILTERED, SEGMENTS, FEATURES), "text": (WORDS, FEATURES)}
"""What is compared of the other kinds."""


def view(name: str, plan: ModalityPlan, *, width: int) -> View:
    """A view by name, of a modality whose encoder gives ``width`` features."""
    return VIEWS[name](plan, width)


def possible(plan: ModalityPlan) -> tuple[str, ...]:
    """The views that suit a modality, those of its inputs first."""
    if plan.kind in FLAT:
        return (INPUTS,)
    if plan.kind in PLACED:
        small = math.prod(plan.sample_shape) <= MOST_INPUTS
        return (SMOOTHED, INPUTS, FEATURES) if small else (SMOOTHED, FEATURES)
    return OF_KIND.get(plan.kind, (FEATURES,))


def choices(plans: Mapping[str, ModalityPlan]) -> list[dict[str, str]]:
    """What is compared: the first view of every modality's inputs, the second and so on; at last, all features.

    A modality that has fewer views of its inputs stays with the last of them, so that no view of inputs is compared
    beside another modality's features alone, which may lack what the two could tell together.
    """
    found = {name: possible(plan) for name, plan in plans.items()}
    most = max(len(views) for views in found.values())
    return [{name: _at(views, rank, most) for name, views in found.items()} for rank in range(most)]


def _at(views: tuple[str, ...], rank: int, most: int) -> str:
    """What of one modality's views is the choice number ``rank`` of ``most``."""
    of_inputs = [name for name in views if name != FEATURES] or [FEATURES]
    return views[-1] if rank == most - 1 else of_inputs[min(rank, len(of_inputs) - 1)]
