"""Samples that nearly repeat one of the training part: a leak that no comparison bit for bit sees.

Every modality is sketched in at most 32 numbers whose Euclidean distances are, up to a quarter, those of the samples
(Johnson and Lindenstrauss 1984), in units in which two samples at random are about 1 apart. A sample of validation or
test nearly repeats a training sample when the two are within :data:`NEAR` in every modality and ten times nearer than
training samples usually are to each other, so that crowded data raise no alarm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from umlkit.data.kinds import KINDS
from umlkit.data.kinds.sketch import Sketch
from umlkit.data.missing import by_blocks
from umlkit.data.records import Floats, Ints, ModalityArray
from umlkit.data.spread import spread

NEAR = 0.02
CROWDED = 0.1
FEWEST_NUMBERS = 5
"""Samples of fewer numbers lie near each other by chance."""
MOST_TRAIN, MOST_ASKED = 50_000, 5_000


@dataclass(frozen=True)
class NearRepeats:
    """How many samples of a part nearly repeat a training sample.

    Attributes:
        part: ``val`` or ``test``.
        count: samples that do, and are no exact repeats.
        checked: samples looked at.
        example: (row of the part, row of train) of the nearest such pair; None where there is none.
    """

    part: str
    count: int
    checked: int
    example: tuple[int, int] | None


def near_repeats(
    modalities: Mapping[str, ModalityArray], sample_keys: Ints, parts: Mapping[str, Ints]
) -> tuple[NearRepeats, ...]:
    """Near repeats of training samples in every other part.

    Args:
        modalities: by name.
        sample_keys: (N,) from :func:`umlkit.data.duplicates.keys`; exact repeats are not counted again.
        parts: name -> rows, ``train`` among them.
    """
    train = spread(parts["train"], MOST_TRAIN)
    if len(train) < 2 or sum(_numbers(modality) for modality in modalities.values()) < FEWEST_NUMBERS:
        return ()
    sketches = {name: KINDS[m.kind].sketch(m, train) for name, m in modalities.items()}
    known = {name: _sketched(sketch, modalities[name], train) for name, sketch in sketches.items()}
    limit = min(NEAR, CROWDED * _usual_distance(_joined(known)))
    found = []
    for part, rows in parts.items():
        asked = spread(rows, MOST_ASKED)
        if part == "train" or not len(asked):
            continue
        seen = {name: _sketched(sketch, modalities[name], asked) for name, sketch in sketches.items()}
        nearest = _nearest(_joined(known), _joined(seen))
        apart = np.max([np.linalg.norm(seen[name] - known[name][nearest], axis=1) for name in known], axis=0)
        near = (apart <= limit) & ~np.isin(sample_keys[asked], sample_keys[parts["train"]])
        first = int(np.argmin(np.where(near, apart, np.inf)))
        example = (int(asked[first]), int(train[nearest[first]])) if near.any() else None
        found.append(NearRepeats(part, int(near.sum()), len(asked), example))
    return tuple(found)


def _sketched(sketch: Sketch, modality: ModalityArray, rows: Ints) -> Floats:
    return np.concatenate([sketch(modality.rows(some)) for some in by_blocks(modality.values, rows)])


def _numbers(modality: ModalityArray) -> int:
    return FEWEST_NUMBERS if modality.is_text else int(np.prod(modality.sample_shape))


def _joined(sketches: Mapping[str, Floats]) -> Floats:
    joined: Floats = np.hstack(list(sketches.values())) / np.float32(np.sqrt(len(sketches)))
    return joined


def _nearest(known: Floats, asked: Floats) -> Ints:
    from sklearn.neighbors import NearestNeighbors  # a second to import, and only this report needs it

    found: Ints = NearestNeighbors(n_neighbors=1).fit(known).kneighbors(asked, return_distance=False)[:, 0]
    return found


def _usual_distance(known: Floats) -> float:
    """Median distance of a training sample to its nearest other one."""
    from sklearn.neighbors import NearestNeighbors

    distances, _ = NearestNeighbors(n_neighbors=2).fit(known).kneighbors(spread(known, 1000))
    return float(np.median(distances[:, 1]))
