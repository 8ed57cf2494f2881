"""What a person who watches a training is shown: its place among the models, epoch, losses, and time left at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from umlkit.output import Step
from umlkit.training.progress import EpochRecord


@dataclass(frozen=True)
class Place:
    """Which of the models to be trained this is.

    Attributes:
        number: from 1.
        of: how many there are.
    """

    number: int = 1
    of: int = 1

    def of_label(self, label: str) -> str:
        """``label`` with its place before it, where there are several: ``[3/10] umt``."""
        return f"[{self.number}/{self.of}] {label}" if self.of > 1 else label


@dataclass
class Watch:
    """Passes every epoch of one training on to a line of progress.

    The time left is that to the cap on epochs, at the mean pace of this sitting; patience may end training sooner.

    Attributes:
        step: the line.
        cap: epochs at most.
        earlier: epochs of an earlier sitting, in case the training goes on from them.
        epochs: those of this sitting.
    """

    step: Step
    cap: int
    earlier: Sequence[EpochRecord] = ()
    epochs: list[EpochRecord] = field(default_factory=list)

    def saw(self, epoch: EpochRecord) -> None:
        """Show how training stands after ``epoch``."""
        self.epochs.append(epoch)
        first = self.epochs[0].epoch
        known = [*(old for old in self.earlier if old.epoch < first), *self.epochs]
        best = min(record.select_loss for record in known)
        pace = sum(record.seconds for record in self.epochs) / len(self.epochs)
        trained = [] if epoch.train_loss is None else [f"loss {epoch.train_loss:.4f}"]
        self.step.update(
            epoch.epoch,
            f"select {epoch.select_loss:.4f}",
            *trained,
            f"best {best:.4f}",
            left=(self.cap - epoch.epoch) * pace,
        )
