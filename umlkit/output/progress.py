"""How a step under way is shown: a line that is drawn anew on a terminal, or now and then a line of its own in a log.

On a terminal every step has exactly one line, never wrapped: what a narrow window has no room for is left out, in the
order of :func:`composed`. When the step ends, or is interrupted, its line is gone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TextIO

from umlkit.output.text import duration, printable

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.live import Live

INTERVAL = 10.0
"""Seconds between two lines of progress where no bar can be drawn."""

BAR = 8
"""Columns that a bar needs at least; the longest is :data:`LONGEST_BAR`."""
LONGEST_BAR = 24
_ECHO = 3  # columns left free at the end of a line, where the terminal may echo ^C; it would wrap the line
_PER_SECOND = 4


class Step(Protocol):
    """One step under way, as :meth:`umlkit.output.Output.progress` gives it."""

    def update(self, done: int, *figures: str, left: float | None = None) -> None:
        """Say how it stands.

        Args:
            done: how many of the total are done.
            figures: such as ``loss 0.4321``; where there is little room the first are left out first.
            left: seconds that it takes at most from here, at the pace so far.
        """


@dataclass(frozen=True)
class Standing:
    """How a step stands, as its :class:`Step` was told last."""

    label: str
    total: int | None
    done: int = 0
    figures: tuple[str, ...] = ()
    left: float | None = None

    @property
    def count(self) -> str:
        """``45/300``, or ``45`` where the end is not known."""
        return f"{self.done}" if self.total is None else f"{self.done}/{self.total}"


@dataclass(frozen=True)
class Composed:
    """What a line holds: a label, a bar of so many columns (0 for none), and the rest."""

    label: str
    bar: int
    rest: str


def draws_bars(stream: TextIO) -> bool:
    """Whether bars can be drawn on ``stream``: a terminal that can move its cursor, outside CI."""
    return stream.isatty() and not os.environ.get("CI") and os.environ.get("TERM") not in ("dumb", "unknown")


def composed(standing: Standing, width: int) -> Composed:
    """The richest line of at most ``width`` columns.

    Given up one after the other: words about the time left, all figures but the last two, the bar, all but the last
    figure, the end of the label, that figure, the time left.
    """
    from rich.cells import cell_len

    least = min(cell_len(standing.label), 10)
    for keep, bar, words, label in (
        (len(standing.figures), BAR, True, 24),
        (len(standing.figures), BAR, False, 24),
        (2, BAR, False, 24),
        (2, 0, False, 24),
        (1, 0, False, least),
        (0, 0, False, least),
    ):
        rest = _rest(standing, keep, words=words)
        needed = min(cell_len(standing.label), label)
        room = width - cell_len(rest) - 1 - (bar + 1 if bar else 0)
        if room >= needed:
            return _filled(standing.label, rest, room, bar)
    return _filled(standing.label, standing.count, max(0, width - cell_len(standing.count) - 1), 0)


def _rest(standing: Standing, keep: int, *, words: bool) -> str:
    figures = standing.figures[len(standing.figures) - keep :] if keep < len(standing.figures) else standing.figures
    left = [] if standing.left is None else [_left(standing.left, words=words)]
    return " ".join([standing.count, *figures, *left])


def _left(seconds: float, *, words: bool) -> str:
    return f"up to {duration(seconds)} left" if words else f"<{duration(seconds)}"


def _filled(label: str, rest: str, room: int, bar: int) -> Composed:
    """The label cut to ``room`` columns; what it leaves free makes the bar longer."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(label) > room:
        return Composed(set_cell_size(label, room - 1) + "…" if room > 1 else "", bar, rest)
    return Composed(label, min(LONGEST_BAR, bar + room - cell_len(label)) if bar else 0, rest)


class Silent:
    """Progress that nobody watches."""

    def update(self, done: int, *figures: str, left: float | None = None) -> None:
        """Say nothing."""


class Lines:
    """Progress as a line every :data:`INTERVAL` seconds, none before the first interval has passed."""

    def __init__(
        self, label: str, total: int | None, *, say: Callable[[str], None], clock: Callable[[], float]
    ) -> None:
        self._label, self._total, self._say, self._clock = label, total, say, clock
        self._last = clock()

    def update(self, done: int, *figures: str, left: float | None = None) -> None:
        """Say it where the last line is long enough ago."""
        now = self._clock()
        if now - self._last < INTERVAL:
            return
        self._last = now
        standing = Standing(self._label, self._total, done, figures, left)
        self._say(f"{self._label}: {_rest(standing, len(figures), words=True)}")


class Bars:
    """The lines at the bottom of a terminal, one for each step under way.

    Args:
        console: of the stream that they are drawn on.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._steps: list[_Bar] = []

    @contextmanager
    def step(self, label: str, total: int | None) -> Iterator[Step]:
        """A line for one step, for as long as the context lasts."""
        from rich.live import Live

        bar = _Bar(label, total)
        self._steps.append(bar)
        live = None
        try:
            if len(self._steps) == 1:
                live = Live(
                    self,
                    console=self._console,
                    refresh_per_second=_PER_SECOND,
                    transient=True,
                    redirect_stdout=False,
                    redirect_stderr=False,
                )
                live.start()
            yield bar
        finally:
            try:
                if live is not None:
                    self._end(live)
            finally:
                self._steps.remove(bar)

    def say(self, text: str) -> None:
        """Print ``text`` above the lines."""
        self._console.print(text, end="", markup=False, highlight=False, soft_wrap=True)

    @property
    def active(self) -> bool:
        """Whether any line is drawn."""
        return bool(self._steps)

    def _end(self, live: Live) -> None:
        try:
            live.stop()
        finally:
            self._console.show_cursor(show=True)  # a second Ctrl-C may have fallen into stop()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.progress_bar import ProgressBar
        from rich.segment import Segment

        for number, bar in enumerate(list(self._steps)):
            if number:
                yield Segment.line()
            standing = bar.standing
            line = composed(standing, max(1, options.max_width - _ECHO))
            yield Segment(f"{line.label} ")
            if line.bar:
                drawn = ProgressBar(
                    total=standing.total, completed=standing.done, width=line.bar, pulse=standing.total is None
                )
                yield from console.render(drawn, options)
                yield Segment(" ")
            yield Segment(line.rest)


class _Bar:
    def __init__(self, label: str, total: int | None) -> None:
        self.standing = Standing(printable(label), total)

    def update(self, done: int, *figures: str, left: float | None = None) -> None:
        told = self.standing
        self.standing = Standing(told.label, told.total, done, tuple(map(printable, figures)), left)
