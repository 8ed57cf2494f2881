"""A training that diverges ends with an error that says where and what to try, never with a silent NaN model."""

from __future__ import annotations

from torch import Tensor

from umlkit.errors import Problem, RunError
from umlkit.training.progress import Progress


def diverged(quantity: str, value: float, *, training: str, progress: Progress, peak: float) -> RunError:
    """The error for a number that is no longer finite.

    Args:
        quantity: what it is: ``loss``, ``gradient norm``.
        value: what it became.
        training: name of the training.
        progress: where it stands.
        peak: the recipe's learning rate.
    """
    return RunError(
        Problem(
            f"the {quantity} is {value}, so training was stopped",
            where=f"{training}: epoch {progress.epoch + 1}, step {progress.step}",
            found=f"learning rate {progress.lr:.3g}",
            allowed="finite numbers",
            try_next=f"--set train.lr={peak / 10:.1g}; else look for extreme values with `umlkit data`",
        )
    )


def culprit(loss: Tensor, norm: Tensor) -> tuple[str, float]:
    """Which of a step's loss and gradient norm is not finite, and its value; the loss where both are."""
    return ("gradient norm", norm.item()) if loss.isfinite() else ("loss", loss.item())
