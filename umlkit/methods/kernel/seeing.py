"""What the kernels see of `train` and `select` under a choice of views, by its distances from the landmarks.

Legend of shapes: n samples, M modalities, W_m numbers that the kernel sees of modality m, L landmarks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

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

MOST_SAMPLES = 8192


@dataclass(frozen=True)
class Seen:
    """What the kernels see under one choice of views.

    Attributes:
        names: modality -> view.
        views: by modality.
        landmarks: (L, W_m) by modality.
        train, select: squared distances to the landmarks, (n, L) by modality.
        among: squared distances among the landmarks, (L, L) by modality.
    """

    names: Mapping[str, str]
    views: list[View]
    landmarks: list[NDArray[np.float32]]
    train: list[Floats]
    select: list[Floats]
    among: list[Floats]

    def of_landmarks(self, count: int) -> Seen:
        """The same of the first landmarks alone, at most ``count``."""
        first = slice(count)
        return replace(
            self,
            landmarks=[values[first] for values in self.landmarks],
            train=[distances[:, first] for distances in self.train],
            select=[distances[:, first] for distances in self.select],
            among=[distances[first, first] for distances in self.among],
        )


def some_of(n: int, seed: int) -> Tensor:
    """At most 8,192 row numbers in random order; the first of them are the landmarks."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))[:MOST_SAMPLES]


def seen(task: Task, names: Mapping[str, str], rows: Tensor, count: int) -> Seen:
    """Everything that the kernels need of the samples, under a choice of views."""
    made, landmarks, train, select, among = [], [], [], [], []
    for name, plan in task.blueprint.modalities.items():
        expert = task.experts[name]
        view = choice.view(names[name], plan, width=expert.width).to(task.train.labels.device)
        view.fit(torch.cat([expert.features["train"][part] for part in _parts(rows)]))
        of_train = _looked_at(view, name, task.train, expert.features["train"], rows)
        of_select = _looked_at(view, name, task.select, expert.features["select"], torch.arange(len(task.select)))
        made.append(view)
        landmarks.append(of_train[:count])
        train.append(squared_distances(of_train, of_train[:count]))
        select.append(squared_distances(of_select, of_train[:count]))
        among.append(squared_distances(of_train[:count], of_train[:count]))
    return Seen(names, made, landmarks, train, select, among)


def _looked_at(view: View, name: str, samples: Samples, features: Rows, rows: Tensor) -> NDArray[np.float32]:
    """What a view shows (n, W) of samples, a chunk at a time."""
    parts = []
    with torch.no_grad():
        for part in _parts(rows):
            x = samples.inputs[name][part] if view.reads_inputs else torch.empty(0)
            parts.append(view(x, features[part]).cpu().float())
    shown: NDArray[np.float32] = torch.cat(parts).numpy()
    return shown


def _parts(rows: Tensor) -> Iterator[Tensor]:
    """Row numbers, at most 256 at a time."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
