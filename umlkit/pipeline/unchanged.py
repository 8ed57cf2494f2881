"""Whether the data files are still those that the session read: large ones are read while training goes on.

A file that was only touched, moved or replaced by its like is the same data; one that is gone is still open.
"""

from __future__ import annotations

from pathlib import Path

from umlkit.errors import Problem, RunError
from umlkit.pipeline.identity import stamp
from umlkit.pipeline.session import Session
from umlkit.runs import files
from umlkit.training.checkpoint import remove_checkpoints


def check(session: Session, *, trained: Path | None = None) -> None:
    """Let nothing be finished that may be made of two data sets.

    Args:
        session: the opened run.
        trained: directory of what was just trained; its checkpoints go, as they may hold of both.

    Raises:
        RunError: a file has changed since the session read it.
    """
    present = stamp(session.loaded)
    if present is None or present == session.identity.stamp:
        return
    if files.content(session.loaded.data_files().values()) == session.identity.file:
        return
    if trained is not None:
        remove_checkpoints(trained)
    raise changed(session)


def changed(session: Session) -> RunError:
    """The error of data that were written over while they were in use."""
    return RunError(
        Problem(
            "the data have changed since this run began, so what was being made of them is not kept",
            where=session.dataset.name,
            try_next="the same command once more, which reads the data as they are now; what was finished before stays",
        )
    )
