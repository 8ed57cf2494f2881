"""SIGTERM, SIGHUP, Ctrl-C and ``--max-minutes``: made exceptions at points from which the same command can go on.

Outside a deferred section a signal raises at once. Inside ``with interrupts.deferred():`` it only leaves a request,
and :meth:`Interrupts.check`, called between two steps, raises it; so a training is never cut within an update. A second
Ctrl-C raises at once wherever it falls. Nothing happens before :meth:`Interrupts.install`, so a Python user's own
handlers are left alone.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from umlkit.errors import InterruptedRun, Problem

HANDLED = [signal.SIGTERM, signal.SIGINT, *([signal.SIGHUP] if sys.platform != "win32" else [])]
GO_ON = "call the same command again: it goes on from here"


class Interrupts:
    """Requests to stop, by signal or by deadline.

    Args:
        clock: seconds, monotonic; tests inject their own.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._deadline: float | None = None
        self._requested: int | None = None
        self._depth = 0
        self._previous: dict[int, Any] = {}

    def install(self, *, max_minutes: float | None = None) -> None:
        """Handle SIGTERM, SIGINT and SIGHUP from now on, and stop after ``max_minutes`` where that is given.

        Python delivers signals to the main thread alone; from any other one only the deadline is set. Under ``nohup``
        SIGHUP stays without effect.
        """
        if max_minutes is not None:
            self._deadline = self._clock() + 60 * max_minutes
        if threading.current_thread() is threading.main_thread() and not self._previous:
            for number in HANDLED:
                if number not in (signal.SIGTERM, signal.SIGINT) and signal.getsignal(number) == signal.SIG_IGN:
                    continue
                self._previous[number] = signal.signal(number, self.request)

    def uninstall(self) -> None:
        """Give the signals back to whom they belonged, and forget deadline and requests."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous.clear()
        self._deadline = self._requested = None

    def ignore(self) -> None:
        """Let no signal change how the process ends: its work is done, and freeing torch's memory takes a while."""
        for number in HANDLED:
            signal.signal(number, signal.SIG_IGN)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Hold requests back until :meth:`check`, or until the outermost such section ends without an exception."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        if self._depth == 0 and self._requested is not None:
            self._raise(self._requested)

    def request(self, number: int, _frame: FrameType | None = None) -> None:
        """The signal handler: raise now, or at the next :meth:`check` where the section is deferred."""
        second = number == signal.SIGINT == self._requested
        self._requested = number
        if self._depth == 0 or second:
            self._raise(number)

    def check(self) -> None:
        """Raise what has been requested; cheap enough for every step.

        Raises:
            KeyboardInterrupt: after Ctrl-C.
            InterruptedRun: after SIGTERM or SIGHUP, or when the deadline has passed.
        """
        if self._requested is not None:
            self._raise(self._requested)
        if self._deadline is not None and self._clock() >= self._deadline:
            raise InterruptedRun(Problem("stopped: the time given by --max-minutes is over", try_next=GO_ON))

    def _raise(self, number: int) -> None:
        self._requested = None
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise InterruptedRun(Problem(f"stopped by {signal.Signals(number).name}", try_next=GO_ON))


interrupts = Interrupts()
