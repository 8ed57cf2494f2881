"""How a step under way is shown: one line that never wraps, what it gives up when narrow, and what is left of it."""

from __future__ import annotations

import io
import re

import pytest

from umlkit.output import Output
from umlkit.output.progress import INTERVAL, Composed, Standing, composed, draws_bars
from umlkit.output.text import duration

FULL = Standing("[3/10] umt student", 300, 45, ("select 0.4100", "loss 0.4321", "best 0.3987"), 42.0)
HIDE, SHOW, ERASE = "\x1b[?25l", "\x1b[?25h", "\x1b[2K"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch):
    """A terminal of some width, outside CI."""
    for name in ("CI", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")

    def of(columns: int) -> Terminal:
        monkeypatch.setenv("COLUMNS", str(columns))
        return Terminal()

    return of


def visible(text: str) -> list[str]:
    """What stood on the terminal's lines, one after the other."""
    return [line for line in re.split(r"[\r\n]", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)) if line.strip()]


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (110, Composed(FULL.label, 24, "45/300 select 0.4100 loss 0.4321 best 0.3987 up to 42 s left")),
        (80, Composed(FULL.label, 10, "45/300 select 0.4100 loss 0.4321 best 0.3987 <42 s")),
        (77, Composed(FULL.label, 21, "45/300 loss 0.4321 best 0.3987 <42 s")),
        (56, Composed(FULL.label, 0, "45/300 loss 0.4321 best 0.3987 <42 s")),
        (37, Composed("[3/10] umt …", 0, "45/300 best 0.3987 <42 s")),
        (27, Composed("[3/10] umt st…", 0, "45/300 <42 s")),
        (20, Composed("[3/10] umt s…", 0, "45/300")),
        (3, Composed("", 0, "45/300")),
    ],
)
def test_a_narrow_line_gives_up_the_less_important_first(width, line):
    assert composed(FULL, width) == line


@pytest.mark.parametrize("width", range(20, 140))
@pytest.mark.parametrize("label", ["x", "[3/10] unimodal-audio screen-2", "模态的名字很长很长很长很长很长很长"])
def test_a_line_never_is_wider_than_it_may_be(width, label):
    from rich.cells import cell_len

    line = composed(Standing(label, 300, 45, FULL.figures, 3700.0), width)

    assert cell_len(line.label) + 1 + (line.bar + 1 if line.bar else 0) + cell_len(line.rest) <= width


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "0 s"),
        (0.04, "0 s"),
        (4.24, "4.2 s"),
        (9.96, "10 s"),
        (99.4, "99 s"),
        (99.6, "2 min"),
        (725, "12 min"),
        (5969, "99 min"),
        (5971, "1.7 h"),
    ],
)
def test_a_duration_is_read_at_a_glance(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize("columns", [80, 40])
def test_what_is_drawn_fits_the_terminal_and_leaves_nothing(columns, terminal):
    stderr = terminal(columns)
    output = Output(stdout=io.StringIO(), stderr=stderr)

    with output.progress(FULL.label, 300) as step:
        step.update(45, *FULL.figures, left=42.0)
        output.note("a note")
        step.update(300, *FULL.figures, left=0.0)

    shown = visible(stderr.getvalue())
    drawn = [line for line in shown if line.startswith("[3/10]")]
    assert "a note" in shown
    assert any("300/300" in line and "best 0.3987" in line for line in drawn)
    assert max(map(len, drawn)) <= columns - len("^C") - 1
    assert stderr.getvalue().rindex(HIDE) < stderr.getvalue().rindex(SHOW)
    assert stderr.getvalue().rindex("300/300") < stderr.getvalue().rindex(ERASE)


@pytest.mark.parametrize("end", [KeyboardInterrupt, ValueError])
def test_whatever_ends_a_step_its_line_is_gone_and_the_cursor_is_back(end, terminal):
    stderr = terminal(80)
    output = Output(stdout=io.StringIO(), stderr=stderr)

    with pytest.raises(end), output.progress("outer") as outer, output.progress("inner", 2) as inner:
        outer.update(1)
        inner.update(1)
        raise end

    output.note("said after")
    assert stderr.getvalue().endswith("said after\n")
    assert stderr.getvalue().rindex(HIDE) < stderr.getvalue().rindex(SHOW)
    assert stderr.getvalue().rindex("outer") < stderr.getvalue().rindex(ERASE)


def test_no_color_draws_without_colour(terminal, monkeypatch):
    drawn = {}
    for colour in ("with", "without"):
        if colour == "without":
            monkeypatch.setenv("NO_COLOR", "1")
        stderr = terminal(80)
        with Output(stdout=io.StringIO(), stderr=stderr).progress("train", 2) as step:
            step.update(1)
        drawn[colour] = re.findall(r"\x1b\[[0-9;]*[39][0-9][0-9;]*m", stderr.getvalue())

    assert drawn["with"]
    assert not drawn["without"]


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("TERM", "dumb")])
def test_no_bar_is_drawn_where_it_could_not_be_seen(name, value, terminal, monkeypatch):
    assert draws_bars(terminal(80))

    monkeypatch.setenv(name, value)

    assert not draws_bars(terminal(80))


def test_a_log_gets_all_figures_and_the_time_left():
    now, stderr = [0.0], io.StringIO()

    with Output(stdout=io.StringIO(), stderr=stderr, clock=lambda: now[0]).progress(FULL.label, 300) as step:
        now[0] = INTERVAL
        step.update(45, *FULL.figures, left=42.0)

    assert stderr.getvalue() == ("[3/10] umt student: 45/300 select 0.4100 loss 0.4321 best 0.3987 up to 42 s left\n")
