"""What the system refuses (a permission, a full disk, a folder in a file's place), in plain words with what mends it.

What may be written elsewhere, and how, is the command's own.
"""

from __future__ import annotations

import errno
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from umlkit.cli import failures
from umlkit.errors import Problem, RunError

ELSEWHERE = {
    "run": "write elsewhere with --out DIR",
    "train": "write elsewhere with --out DIR",
    "probe": "write elsewhere with --out DIR",
    "advise": "umlkit advise {run}/probe.json, which writes nothing",
    "evaluate": "take a copy: cp -r {run} DIR, and --out DIR",
    "predict": "write elsewhere with --to FILE",
    "init": "write elsewhere with --to FILE",
    "recipes": "write elsewhere with --to FILE",
    "synth": "name a FILE elsewhere",
}
"""By command; `clean` writes where the run is, or not at all."""

SPACE = "free some space, then call the same command again: what is finished is kept"
LARGER = "ulimit -f unlimited (the limit on a file's size), or a file system that takes larger files"
SHOWN = "the same command with > FILE, or with > /dev/null where the result is not wanted"


def refused(error: OSError, arguments: Sequence[str]) -> RunError:
    """The error that tells of what the system refused.

    Args:
        error: as the system said it.
        arguments: the command line without the program's name.
    """
    what = (error.strerror or str(error) or type(error).__name__).lower()
    where = error.filename if isinstance(error.filename, str) else None
    return RunError(Problem(what, where=where, try_next=_mended(error.errno or 0, where, arguments)))


def _mended(number: int, where: str | None, arguments: Sequence[str]) -> str | None:
    if number in {errno.ENOSPC, errno.EDQUOT}:
        return SPACE
    if number == errno.EFBIG:
        return LARGER
    if number == errno.EBADF:
        return SHOWN
    if where is None:
        return None
    if number in {errno.EACCES, errno.EPERM}:
        return _permitting(Path(where), arguments)
    if number == errno.EROFS:
        return _elsewhere(arguments)
    if number in {errno.EISDIR, errno.ENOTDIR, errno.EEXIST}:
        return f"move it away, as something of another kind belongs there: {_moving(Path(where))}"
    return None


def _elsewhere(arguments: Sequence[str]) -> str | None:
    """How the command that was called writes elsewhere; None where it does not."""
    said = ELSEWHERE.get(next((word for word in arguments if not word.startswith("-")), ""))
    run = failures.remembered()
    return None if said is None else said.format(run="RUN" if run is None else shlex.quote(str(run)))


def _permitting(path: Path, arguments: Sequence[str]) -> str | None:
    """What lifts the ban, or, where it is not one on reading a file, how to do without."""
    if os.path.isfile(path) and not os.access(path, os.R_OK):  # noqa: PTH113 -- never raises
        return shlex.join(["chmod", "u+r", str(path)])
    return ", or ".join(filter(None, (_allowing(path), _elsewhere(arguments)))) or None


def _allowing(path: Path) -> str | None:
    """The command that lets write: to the nearest folder that can be seen, else to the file; None where both may be.

    What stands for a file that is written anew takes its place, so that the folder alone decides.
    """
    folder = next((one for one in (path, *path.parents) if os.path.isdir(one)), path.parent)  # noqa: PTH112
    needed = os.W_OK | os.X_OK | (os.R_OK if folder == path else 0)
    if not os.access(folder, needed):
        return shlex.join(["chmod", "u+rwx", str(folder)])
    if os.path.isfile(path) and not os.access(path, os.W_OK):  # noqa: PTH113
        return shlex.join(["chmod", "u+w", str(path)])
    return None


def _moving(path: Path) -> str:
    """The command that clears the way: of the path itself, or of the file that stands where a folder should."""
    file = next((one for one in path.parents if os.path.isfile(one)), path)  # noqa: PTH113
    return shlex.join(["mv", str(file), f"{file}.old"])
