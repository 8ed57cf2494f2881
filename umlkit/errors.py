"""Every error that a user can meet, its exit code, and the closest-match helper that their messages share.

A user's mistake is an :class:`InputError`: one or more :class:`Problem` records, each saying what is wrong, where,
what was found, what is allowed, the closest match, and the next command. The command line prints them and exits with
``exit_code``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_VERDICT = 3
EXIT_INTERRUPTED = 75
EXIT_SIGINT = 130


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with what the user gave.

    Attributes:
        what: the mistake, in one sentence without a full stop.
        where: file, ``file:line:column``, sample or option.
        found: what stood there.
        allowed: what may stand there.
        closest: the nearest allowed value, where there is one.
        try_next: the command or the line to write next.
    """

    what: str
    where: str | None = None
    found: str | None = None
    allowed: str | None = None
    closest: str | None = None
    try_next: str | None = None

    def lines(self) -> list[str]:
        """The problem as lines of plain text, the first one complete in itself."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        details = [
            f"  {label}: {value}"
            for label, value in (
                ("found", self.found),
                ("allowed", self.allowed),
                ("did you mean", self.closest),
                ("try", self.try_next),
            )
            if value is not None
        ]
        return [head, *details]


class UmlkitError(Exception):
    """Base of all errors that umlkit raises on purpose; the run failed (exit 1) unless a subclass says otherwise."""

    exit_code = EXIT_FAILED

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(p if isinstance(p, Problem) else Problem(p) for p in problems)
        super().__init__("\n".join(line for p in self.problems for line in p.lines()))


class InputError(UmlkitError):
    """Bad usage, recipe or data: the user's to mend (exit 2). Holds every problem found, not only the first."""

    exit_code = EXIT_USAGE


class RunError(UmlkitError):
    """The run failed for a reason that is not a mistake in the input: a full disk, a diverging loss (exit 1)."""


class VerdictError(UmlkitError):
    """A verdict that the caller asked about is negative (exit 3)."""

    exit_code = EXIT_VERDICT


class InterruptedRun(UmlkitError):  # noqa: N818 -- it is no error
    """The run stopped at a point from which the same command goes on: a signal or ``--max-minutes`` (exit 75)."""

    exit_code = EXIT_INTERRUPTED


@contextmanager
def noted(problems: list[Problem]) -> Iterator[None]:
    """Keep the problems of an :class:`InputError` and go on, so that what is wrong elsewhere is found as well."""
    try:
        yield
    except InputError as error:
        problems.extend(error.problems)


def closest(found: str, allowed: Iterable[str]) -> str | None:
    """The allowed name most like ``found``, or None where nothing is like it."""
    names = list(allowed)
    by_folded = {name.casefold(): name for name in names}
    transposed = [name for folded, name in by_folded.items() if sorted(folded) == sorted(found.casefold())]
    if transposed:
        return transposed[0]
    match = difflib.get_close_matches(found.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[match[0]] if match else None


def listed(names: Iterable[str], *, limit: int = 12) -> str:
    """Names as ``a, b, c``, cut after ``limit`` with a count of the rest."""
    every = list(names)
    shown = ", ".join(every[:limit])
    return shown if len(every) <= limit else f"{shown} and {len(every) - limit} more"
