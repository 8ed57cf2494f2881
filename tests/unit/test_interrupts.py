"""SIGTERM, Ctrl-C and the deadline stop a run where it can go on."""

import os
import signal
from collections.abc import Iterator

import pytest

from umlkit.errors import InterruptedRun
from umlkit.runs.interrupts import Interrupts


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def interrupts(clock: Clock) -> Iterator[Interrupts]:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored where the tests run under nohup
    made = Interrupts(clock)
    yield made
    made.uninstall()
    signal.signal(signal.SIGHUP, before)


def test_nothing_is_handled_before_installing(interrupts: Interrupts) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

    with interrupts.deferred():
        interrupts.check()

    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


@pytest.mark.parametrize(
    ("number", "error"),
    [(signal.SIGTERM, InterruptedRun), (signal.SIGHUP, InterruptedRun), (signal.SIGINT, KeyboardInterrupt)],
)
def test_signal_outside_a_deferred_section_raises_at_once(
    interrupts: Interrupts, number: int, error: type[BaseException]
) -> None:
    interrupts.install()

    with pytest.raises(error):
        os.kill(os.getpid(), number)
        pytest.fail("the signal was not raised")


def test_a_hangup_that_is_ignored_stays_so_as_under_nohup(interrupts: Interrupts) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        interrupts.install()
        os.kill(os.getpid(), signal.SIGHUP)
        interrupts.check()
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(("number", "error"), [(signal.SIGTERM, InterruptedRun), (signal.SIGINT, KeyboardInterrupt)])
def test_signal_in_a_deferred_section_waits_for_the_next_check(
    interrupts: Interrupts, number: int, error: type[BaseException]
) -> None:
    interrupts.install()
    done = []

    with pytest.raises(error), interrupts.deferred():
        os.kill(os.getpid(), number)
        done.append("the step")
        interrupts.check()
        done.append("the next step")

    assert done == ["the step"]


def test_signal_that_no_check_saw_is_raised_at_the_end_of_the_outermost_section(interrupts: Interrupts) -> None:
    interrupts.install()
    done = []

    with pytest.raises(InterruptedRun), interrupts.deferred():
        with interrupts.deferred():
            os.kill(os.getpid(), signal.SIGTERM)
        done.append("after the inner section")

    assert done == ["after the inner section"]


def test_second_ctrl_c_raises_at_once_in_a_deferred_section(interrupts: Interrupts) -> None:
    interrupts.install()

    with pytest.raises(KeyboardInterrupt), interrupts.deferred():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("the second Ctrl-C was not raised")


def test_request_is_raised_once(interrupts: Interrupts) -> None:
    interrupts.install()
    with pytest.raises(InterruptedRun), interrupts.deferred():
        interrupts.request(signal.SIGTERM)
        interrupts.check()

    interrupts.check()


def test_deadline_is_raised_when_it_has_passed_and_not_before(interrupts: Interrupts, clock: Clock) -> None:
    interrupts.install(max_minutes=2)

    clock.now = 119.9
    interrupts.check()
    clock.now = 120.0

    with pytest.raises(InterruptedRun, match="--max-minutes"):
        interrupts.check()


def test_uninstalling_gives_the_signals_back(interrupts: Interrupts) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    interrupts.install(max_minutes=0)

    interrupts.uninstall()
    interrupts.check()

    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
