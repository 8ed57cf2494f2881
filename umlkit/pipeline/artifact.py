"""One trained model of a run, known by what it is made from before it exists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from umlkit.registry import MethodSpec, Options
from umlkit.runs.layout import RunDirectory

SHORT = 6
"""A short training has the recipe's epochs, divided by this, as its cap; its learning rate falls over that cap."""


@dataclass(frozen=True)
class Artifact:
    """One model to train.

    Attributes:
        label: ``<method>`` or ``unimodal-<modality>``; with the fingerprint it names the directory.
        title: what messages call it: the label, or the rung that it is trained for.
        spec: the method.
        options: the method's options.
        modalities: those it reads, in order.
        seed, fold: the unit of work.
        fingerprint: 8 hexadecimal digits.
        needs: the artifacts that have to be finished before it, in order.
        short: trained for at most a sixth of the epochs.
    """

    label: str
    title: str
    spec: MethodSpec
    options: Options
    modalities: tuple[str, ...]
    seed: int
    fold: str
    fingerprint: str
    needs: tuple[Artifact, ...] = ()
    short: bool = False

    @property
    def additive(self) -> bool:
        """Whether its logits are additive in the modalities, by architecture, what it builds on included."""
        return self.spec.additive(self.options) and all(need.additive for need in self.needs)

    def cap(self, epochs: int) -> int:
        """The cap on the epochs of its trainings, where a full one has ``epochs``."""
        return max(1, epochs // SHORT) if self.short else epochs

    def model_dir(self, directory: RunDirectory) -> Path:
        """Where its model lies in a run directory."""
        return directory.unit(self.seed, self.fold).model_dir(self.label, self.fingerprint)

    def outputs_dir(self, directory: RunDirectory) -> Path:
        """Where its outputs lie in a run directory."""
        return directory.unit(self.seed, self.fold).outputs_dir(self.label, self.fingerprint)

    def with_needs(self) -> Iterator[Artifact]:
        """What it builds on, deepest first, each once, then itself."""
        below = {part.fingerprint: part for need in self.needs for part in need.with_needs()}
        yield from below.values()
        yield self


def together(artifacts: Iterable[Artifact]) -> dict[str, Artifact]:
    """Fingerprint -> the artifacts and all that they build on, each once, in an order in which each can be trained.

    Two rungs may be one model; the first gives it its title.
    """
    found: dict[str, Artifact] = {}
    for artifact in artifacts:
        for part in artifact.with_needs():
            found.setdefault(part.fingerprint, part)
    return found
