"""Data with known truth: synthetic tasks of which the table of latents and label is known exactly.

``task(family, **knobs)`` makes one; it draws samples and states what is true of them. Importing this package imports
nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from umlkit.synth.tasks import Task

__all__ = ["task"]


def task(family: str = "mixed", *, seed: int = 0, **knobs: Any) -> Task:
    """A task with known truth.

    Args:
        family: one of :data:`umlkit.synth.options.FAMILIES`.
        seed: decides how levels are observed (random maps); the truth does not depend on it.
        knobs: of the family, each independent of the others; those left out have their defaults.

    Returns:
        A task: ``.truth`` is a :class:`umlkit.runs.records.synth.Truth`; ``.draw(n, seed, stream=...)`` gives samples,
        the same from the same arguments everywhere; ``.fresh(seed)`` gives others without end.

    Raises:
        umlkit.errors.InputError: no such family or knob, or a value out of range.
    """
    from umlkit.synth.knobs import options_of
    from umlkit.synth.tasks import Task

    made = Task(family, options_of(family, knobs), seed)
    _ = made.table  # knobs that ask for too many levels are refused here
    return made
