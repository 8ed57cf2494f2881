"""What the kernels see of `train` and `select` under a choice of views, and its distances from the landmarks.

Legend of shapes: n samples, M modalities, W_m numbers that the kernel sees of modality m, L landmarks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from umlkit.data.records import Samples
from umlkit.methods.base import Task
from umlkit.methods.kernel.nystroem import Floats, squared_distances
from umlkit.methods.kernel.views import choice
from umlkit.methods.kernel.views.base import View
from umlkit.rows import CHUNK, Rows

Shown = NDArray[np.float32]
MOST_SAMPLES = 8192


@dataclass(frozen=True)
class Seen:
    """What the kernels see under one choice of views. The first L training samples are the landmarks.

    Attributes:
        names: modality -> view.
        views: by modality.
        train, select: (n, W_m) by modality.
    """

    names: Mapping[str, str]
    views: list[View]
    train: list[Shown]
    select: list[Shown]

    def landmarks(self, count: int) -> list[Shown]:
        """(L, W_m) by modality, L at most ``count``."""
        return [shown[:count] for shown in self.train]

    def among(self, count: int) -> list[Floats]:
        """Squared distances among the landmarks, (L, L) by modality."""
        return self._distances(self.landmarks(count), count)

    def of_train(self, count: int, *, samples: int | None = None) -> list[Floats]:
        """Squared distances of the first ``samples``, None for all, to the landmarks, (n, L) by modality."""
        return self._distances([shown[:samples] for shown in self.train], count)

    def of_select(self, count: int) -> list[Floats]:
        """The same of the samples of `select`."""
        return self._distances(self.select, count)

    def _distances(self, shown: list[Shown], count: int) -> list[Floats]:
        return [squared_distances(*pair) for pair in zip(shown, self.landmarks(count), strict=True)]


def some_of(n: int, seed: int) -> Tensor:
    """At most 8,192 row numbers in random order; the first of them are the landmarks."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))[:MOST_SAMPLES]


def seen(task: Task, names: Mapping[str, str], rows: Tensor) -> Seen:
    """What the kernels see of these training samples and of `select`, under a choice of views."""
    made, train, select = [], [], []
    for name, plan in task.blueprint.modalities.items():
        expert = task.experts[name]
        view = choice.view(names[name], plan, width=expert.width).to(task.train.labels.device)
        view.fit(_batches(view, name, task.train, expert.features["train"], rows))
        made.append(view)
        train.append(_looked_at(view, name, task.train, expert.features["train"], rows))
        of_select = torch.arange(len(task.select))
        select.append(_looked_at(view, name, task.select, expert.features["select"], of_select))
    return Seen(names, made, train, select)


def _looked_at(view: View, name: str, samples: Samples, features: Rows, rows: Tensor) -> Shown:
    """What a view shows (n, W) of samples, a chunk at a time."""
    with torch.no_grad():
        parts = [view(x, z).cpu().float() for x, z in _batches(view, name, samples, features, rows)]
    shown: Shown = torch.cat(parts).numpy()
    return shown


def _batches(view: View, name: str, samples: Samples, features: Rows, rows: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Inputs, empty where the view does not read them, and features of these rows, a chunk at a time."""
    for part in torch.split(rows, CHUNK):
        yield samples.inputs[name][part] if view.reads_inputs else torch.empty(0), features[part]
