"""A task with known truth, and as many samples of it as one likes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from umlkit.runs.records.synth import Truth
from umlkit.synth.additive import Additive, best_additive
from umlkit.synth.latents import Latents, build
from umlkit.synth.observation import Observation, observe
from umlkit.synth.options import Family
from umlkit.synth.pooling import Pooled, best_pool
from umlkit.synth.streams import Stream
from umlkit.synth.table import Floats, Ints, Table
from umlkit.synth.truth import truth_of

DATA = "data"
FRESH = "fresh"


@dataclass(frozen=True, eq=False)
class Sample:
    """Samples of a task.

    Attributes:
        x: modality -> what is seen of it (n, D), float32.
        y: (n,) the label, 0 .. C - 1.
        levels: (n, M) the level of every modality, which is all that it tells.
    """

    x: Mapping[str, NDArray[np.float32]]
    y: Ints
    levels: Ints

    def __len__(self) -> int:
        """N."""
        return len(self.y)


@dataclass(frozen=True, eq=False)
class Task:
    """One synthetic task.

    Attributes:
        family: name of its family.
        options: its knobs.
        seed: decides how levels are observed; the table is that of the knobs alone.
    """

    family: str
    options: Family
    seed: int

    @property
    def names(self) -> tuple[str, ...]:
        """The modalities: x1, x2 .."""
        return tuple(f"x{m + 1}" for m in range(self.options.modalities))

    @property
    def table(self) -> Table:
        """P(levels, label)."""
        return self._latents.table

    @cached_property
    def truth(self) -> Truth | None:
        """What is true of the task; None where ``code_noise`` hides levels, of which no truth is known."""
        return None if self.options.code_noise > 0 else truth_of(self.table, self.names)

    def draw(self, n: int, seed: int, *, stream: str = DATA) -> Sample:
        """Samples, the first of which do not depend on n.

        Args:
            n: how many.
            seed: of the samples.
            stream: a name; samples of another name are others.
        """
        joint = self.table.joint
        luck = Stream(seed, f"{stream}/cells").uniforms(n)
        cells = np.searchsorted(np.cumsum(joint.ravel()), luck, side="right")
        *levels, y = np.unravel_index(np.minimum(cells, np.flatnonzero(joint)[-1]), joint.shape)
        seen = {o.name: o(shown, seed=seed, stream=stream) for o, shown in zip(self._observed, levels, strict=True)}
        return Sample(seen, y.astype(np.int64), np.stack(levels, axis=1).astype(np.int64))

    def fresh(self, seed: int, *, batch: int = 1000) -> Iterator[Sample]:
        """Samples without end, ``batch`` at a time, none of them among those that ``draw`` gives by itself."""
        number = 0
        while True:
            yield self.draw(batch, seed, stream=f"{FRESH}/{number}")
            number += 1

    def posterior(self, levels: Ints) -> Floats:
        """(n, M) levels -> (n, C) P(y | all modalities), what a perfect model says."""
        return np.asarray(self.table.posterior(tuple(range(self.table.modalities)))[tuple(levels.T)])

    @cached_property
    def pool(self) -> Pooled:
        """The best pool of the modalities' posteriors."""
        return best_pool(self.table)

    @cached_property
    def additive(self) -> Additive:
        """The best sum of one function per modality."""
        return best_additive(self.table)

    @cached_property
    def _latents(self) -> Latents:
        return build(self.options.mixed())

    @cached_property
    def _observed(self) -> tuple[Observation, ...]:
        knobs, codes = self.options.mixed(), self._latents.codes
        return tuple(observe(name, code, knobs, seed=self.seed) for name, code in zip(self.names, codes, strict=True))
