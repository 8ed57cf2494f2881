"""Where predictions may go: checked before anything heavy is imported, and nothing of the user's is written over."""

from __future__ import annotations

from pathlib import Path

from umlkit.errors import InputError, Problem, closest, listed

PREFIX = "p:"
"""Stands before a class's name in the header, so that a class called ``id`` is no second id."""
ENDINGS = (".csv", ".jsonl", ".npz")


def check_target(to: Path, *, data: Path) -> None:
    """InputError unless ``to`` may be written: a known ending, a folder that exists, no file of another's."""
    problems = []
    if to.suffix.lower() not in ENDINGS:
        problems.append(
            Problem(
                "not an ending that predictions are written to",
                where=f"--to {to}",
                found=to.suffix or "no ending",
                allowed=listed(ENDINGS),
                closest=closest(to.suffix, ENDINGS) if to.suffix else None,
            )
        )
    if not to.parent.is_dir():
        problems.append(Problem("no such folder", where=f"--to {to}", found=str(to.parent)))
    elif to.is_dir():
        problems.append(Problem("is a folder", where=f"--to {to}", try_next=f"--to {to / 'predictions.csv'}"))
    elif to.exists() and (to.samefile(data) if data.exists() else False):
        problems.append(Problem("is the data file itself", where=f"--to {to}", try_next="name another file"))
    elif to.exists() and not _is_ours(to):
        problems.append(
            Problem(
                "already exists and holds no predictions of umlkit, so it is left alone",
                where=f"--to {to}",
                try_next="name another file, or remove it",
            )
        )
    if problems:
        raise InputError(*problems)


def _is_ours(path: Path) -> bool:
    """Whether the file looks like predictions that an earlier call wrote; only those are replaced."""
    start = path.read_bytes()[:4096]
    ending = path.suffix.lower()
    if not start:
        return True
    if ending == ".csv":
        return start.startswith(b"id,class,") and PREFIX.encode() in start
    if ending == ".jsonl":
        return start.startswith(b'{"id": ') and b'"probabilities": {' in start

    import numpy as np  # only here: other endings are told without it

    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {"id", "class", "probabilities", "classes"} <= set(arrays.files)
    except (OSError, ValueError):
        return False
