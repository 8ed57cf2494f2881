"""The one output sink: the result to stdout, everything else to stderr. Nothing else in umlkit writes to either.

User text (names, classes, ids) may hold anything. It is never read as markup, and characters that would steer a
terminal are shown escaped. ``rich`` is imported only when something is drawn with it.
"""

from __future__ import annotations

import errno
import io
import json as json_module
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from umlkit.errors import EXIT_FAILED, EXIT_USAGE, UmlkitError
from umlkit.output.progress import Bars, Lines, Silent, Step, draws_bars
from umlkit.output.text import encodable, is_number, printable, shortened

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_PIPED_WIDTH = 160
_NAME = 24
"""Characters of a table's first column that are never folded, however narrow the terminal."""


class Output:
    """Where everything that a person or a script reads goes out.

    Args:
        json: one JSON document on stdout instead of text and tables.
        verbose: details too.
        quiet: no notes and no warnings; errors still show.
        stdout: where the result goes; default: the process's.
        stderr: where everything else goes; default: the process's.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        *,
        json: bool = False,
        verbose: bool = False,
        quiet: bool = False,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.json = json
        self.verbose = verbose
        self.quiet = quiet
        self.stdout = stdout or sys.stdout or _Closed()
        self.stderr = stderr or sys.stderr or _nowhere()
        self.clock = clock
        self._bars: Bars | None = None

    def result_text(self, result: RenderableType) -> None:
        """Text or anything that rich can draw, to stdout; nothing with ``--json``. Lines are never wrapped."""
        if self.json:
            return
        if isinstance(result, str):
            self._write(self.stdout, printable(result, keep="\n") + "\n")
        else:
            self._write(self.stdout, self._drawn(result))

    def result_json(self, document: Mapping[str, Any]) -> None:
        """One JSON document to stdout; nothing without ``--json``. ValueError where it holds NaN."""
        if self.json:
            self._write(self.stdout, json_module.dumps(document, indent=2, allow_nan=False) + "\n")

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table to stdout; nothing with ``--json``. Columns of numbers are aligned to the right."""
        if self.json:
            return
        from rich import box
        from rich.table import Table
        from rich.text import Text

        cells = [[printable(cell, keep="\n") for cell in row] for row in rows]
        table = Table(
            title=Text(printable(title)),
            title_justify="left",
            box=box.SIMPLE_HEAD,
            pad_edge=False,
            padding=(0, 1, 0, 0),
        )
        for index, column in enumerate(columns):
            numeric = bool(cells) and all(is_number(row[index]) for row in cells)
            name = index == 0 and all(len(cell) <= _NAME and "\n" not in cell for cell in (column, *_first(cells)))
            table.add_column(
                Text(printable(column)),
                justify="right" if numeric else "left",
                overflow="fold",
                width=max(Text(cell).cell_len for cell in (column, *_first(cells))) if name else None,
            )
        for row in cells:
            table.add_row(*(Text(cell) for cell in row))
        self._write(self.stdout, self._drawn(table))

    def note(self, text: str) -> None:
        """A line to stderr, for the person who watches; a script with ``--json`` gets it with ``--verbose`` alone."""
        if not self.quiet and (self.verbose or not self.json):
            self._say(text)

    def warn(self, text: str) -> None:
        """A line to stderr about something that the user should look at, though the command goes on."""
        if not self.quiet:
            self._say(f"warning: {text}")

    def detail(self, text: str) -> None:
        """A line to stderr that only ``--verbose`` shows."""
        if self.verbose and not self.quiet:
            self._say(text)

    def error(self, error: UmlkitError) -> None:
        """What ended a command, to stderr: every problem as text, or one JSON object on one line with ``--json``.

        An interruption and a negative verdict are said without the word "error".
        """
        if self.json:
            self._say(json_module.dumps(_error_document(error)))
            return
        prefix = "error: " if error.exit_code in (EXIT_FAILED, EXIT_USAGE) else ""
        for problem in error.problems:
            first, *rest = problem.lines()
            self._say("\n".join(shortened(printable(line)) for line in (prefix + first, *rest)))

    @contextmanager
    def progress(self, label: str, total: int | None = None) -> Iterator[Step]:
        """Show how a step goes: a bar where stderr is a terminal and ``CI`` is unset, else a line every 10 s.

        A step that ends sooner than the first line leaves no trace.
        """
        if self.quiet:
            yield Silent()
        elif draws_bars(self.stderr):
            self._bars = self._bars or Bars(self._console(self.stderr))
            with self._bars.step(label, total) as step:
                yield step
        else:
            yield Lines(label, total, say=self._say, clock=self.clock)

    def _say(self, text: str) -> None:
        line = printable(text, keep="\n") + "\n"
        if self._bars is not None and self._bars.active:
            self._bars.say(line)
        else:
            self._write(self.stderr, line)

    def _drawn(self, renderable: RenderableType) -> str:
        console = self._console(self.stdout)
        with console.capture() as captured:
            console.print(renderable)
        return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"

    def _console(self, stream: TextIO) -> Console:
        from rich.console import Console

        narrow = stream.isatty() or os.environ.get("COLUMNS")
        return Console(file=stream, highlight=False, markup=False, emoji=False, width=None if narrow else _PIPED_WIDTH)

    def _write(self, stream: TextIO, text: str) -> None:
        """Write and flush. A reader that went away (``| head``) is no failure: the rest goes nowhere, quietly."""
        try:
            stream.write(encodable(text, stream))
            stream.flush()
        except BrokenPipeError:
            discard(stream)


class _Closed(io.StringIO):
    """Standard output of a process that was started without one (``>&-``): a result that it loses is a failure."""

    def write(self, _text: str) -> int:
        raise OSError(errno.EBADF, "standard output is closed, so the result cannot be shown")


def _first(rows: Sequence[Sequence[str]]) -> list[str]:
    return [row[0] for row in rows]


def _nowhere() -> TextIO:
    """Where to write when the process was started with standard error closed (``2>&-``)."""
    return Path(os.devnull).open("w", encoding="utf-8")


def discard(stream: TextIO) -> None:
    """Send whatever is still written to ``stream`` nowhere, so that closing it at exit cannot fail."""
    with suppress(OSError, ValueError):
        null = os.open(Path(os.devnull), os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def _error_document(error: UmlkitError) -> dict[str, Any]:
    fields = ("what", "where", "found", "allowed", "closest", "try_next")
    texts = [{name: getattr(problem, name) for name in fields} for problem in error.problems]
    return {
        "schema": "umlkit.error/1",
        "exit_code": error.exit_code,
        "problems": [{name: text and shortened(text) for name, text in one.items()} for one in texts],
    }
