"""The sink: what goes to which stream, what is escaped, and what a vanished reader does."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from umlkit.errors import InputError, InterruptedRun, Problem, VerdictError
from umlkit.output import Output, printable, wrapped
from umlkit.output.progress import INTERVAL
from umlkit.runs.records.error import ErrorRecord


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def streams() -> dict[str, io.StringIO]:
    return {"stdout": io.StringIO(), "stderr": io.StringIO()}


def written(streams: dict[str, io.StringIO]) -> tuple[str, str]:
    return streams["stdout"].getvalue(), streams["stderr"].getvalue()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, é 中 [/]", "plain, é 中 [/]"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b1m", "\\x9b1m"),
        ("\u202eevil", "\\u202eevil"),
        ("\udcff", "\\udcff"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\u00a0b", "a\u00a0b"),
    ],
)
def test_what_would_steer_a_terminal_is_shown_escaped(text, shown):
    assert printable(text) == shown


def test_text_mode_sends_results_to_stdout_and_the_rest_to_stderr(streams):
    output = Output(**streams)

    output.result_text("result")
    output.result_json({"a": 1})
    output.note("note")
    output.warn("look")
    output.detail("detail")

    assert written(streams) == ("result\n", "note\nwarning: look\n")


def test_json_mode_sends_one_document_to_stdout(streams):
    output = Output(json=True, **streams)

    output.result_text("result")
    output.table("t", ["a"], [["1"]])
    output.note("note")
    output.warn("look")
    output.result_json({"class": "[/]\x1b"})

    assert json.loads(written(streams)[0]) == {"class": "[/]\x1b"}
    assert "\x1b" not in written(streams)[0]
    assert written(streams)[1] == "warning: look\n"


def test_json_never_holds_nan(streams):
    with pytest.raises(ValueError, match="JSON"):
        Output(json=True, **streams).result_json({"a": float("nan")})


def test_quiet_says_nothing_but_results_and_errors(streams):
    output = Output(quiet=True, verbose=True, **streams)

    output.note("note")
    output.warn("look")
    output.detail("detail")
    with output.progress("step") as step:
        step.update(1)
    output.result_text("ume")
    output.error(InputError("wrong"))

    assert written(streams) == ("ume\n", "error: wrong\n")


def test_verbose_shows_details(streams):
    Output(verbose=True, **streams).detail("detail")

    assert written(streams) == ("", "detail\n")


def test_an_error_is_told_with_all_its_lines(streams):
    problem = Problem("unknown key", "r.yaml:1:2", found="\x1b[1m", allowed="a, b", closest="a", try_next="umlkit x")

    Output(**streams).error(InputError(problem, "second"))

    assert written(streams)[1] == (
        "error: r.yaml:1:2: unknown key\n  found: \\x1b[1m\n  allowed: a, b\n  did you mean: a\n  try: umlkit x\n"
        "error: second\n"
    )


@pytest.mark.parametrize("error", [VerdictError("said"), InterruptedRun("said")])
def test_a_verdict_and_an_interruption_are_not_called_errors(error, streams):
    Output(**streams).error(error)

    assert written(streams)[1] == "said\n"


def test_an_error_is_one_json_object_on_one_line_with_json(streams):
    Output(json=True, **streams).error(InputError(Problem("wrong", where="a\nb")))

    out, err = written(streams)
    assert out == ""
    assert err.count("\n") == 1
    assert json.loads(err) == {
        "schema": "umlkit.error/1",
        "exit_code": 2,
        "problems": [
            {"what": "wrong", "where": "a\nb", "found": None, "allowed": None, "closest": None, "try_next": None}
        ],
    }


def test_an_error_is_the_document_that_its_record_describes(streams):
    document = json.loads((Path(__file__).parents[1] / "golden" / "error-1.json").read_text())
    (first, second) = document["problems"]

    Output(json=True, **streams).error(InputError(Problem(**first), Problem(**second)))

    assert json.loads(written(streams)[1]) == document
    assert ErrorRecord.model_validate_json(written(streams)[1]).document() == document


def test_a_table_shows_markup_as_it_stands_and_loses_nothing(streams):
    long = "x" * 300

    Output(**streams).table("t [/]", ["name [red]", "n"], [["[/]", "1"], ["a\x1bb", "22"], [long, "3"]])

    shown = written(streams)[0]
    assert "t [/]" in shown
    assert "name [red]" in shown
    assert "[/]" in shown.splitlines()[4]
    assert "a\\x1bb" in shown
    assert shown.count("x") == 300 + len("\\x1b") - 3


def test_a_piped_table_has_no_colours_and_no_trailing_blanks(streams, monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    Output(**streams).table("t", ["a", "b"], [["1", "text"]])

    shown = written(streams)[0]
    assert "\x1b" not in shown
    assert all(line == line.rstrip() for line in shown.splitlines())


def test_a_short_step_leaves_no_line(streams):
    clock = Clock()

    with Output(clock=clock, **streams).progress("train", 100) as step:
        clock.now = INTERVAL - 0.1
        step.update(99)

    assert written(streams) == ("", "")


def test_a_long_step_gives_a_line_per_interval(streams):
    clock = Clock()

    with Output(clock=clock, **streams).progress("train", 100) as step:
        for second in range(35):
            clock.now = float(second)
            step.update(second, "loss 0.5")

    assert written(streams)[1].splitlines() == [f"train: {n}/100 loss 0.5" for n in (10, 20, 30)]


def test_a_bar_is_drawn_only_on_a_terminal_outside_ci(monkeypatch):
    shown = {}
    for ci in ("", "true"):
        monkeypatch.setenv("CI", ci)
        monkeypatch.setenv("TERM", "xterm")
        stderr = Terminal()
        output = Output(stdout=io.StringIO(), stderr=stderr)
        with output.progress("train [/]", 2) as step:
            step.update(1, "[/]")
            output.note("note [/]")
            with output.progress("inner") as inner:
                inner.update(1)
        shown[ci] = stderr.getvalue()

    assert "train [/]" in shown[""]
    assert "note [/]" in shown[""]
    assert shown["true"] == "note [/]\n"


def test_what_the_encoding_lacks_is_escaped():
    raw = io.BytesIO()
    stdout = io.TextIOWrapper(raw, encoding="ascii")

    Output(stdout=stdout, stderr=io.StringIO()).result_text("é")

    assert raw.getvalue() == b"\\xe9\n"


def test_a_reader_that_went_away_is_no_failure():
    script = (
        "from umlkit.output import Output\no = Output()\nfor i in range(20000): o.result_text('x' * 80)\no.note('end')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()

    assert process.stderr is not None
    assert process.stderr.read() == "end\n"
    assert process.wait() == 0
    process.stderr.close()


@pytest.mark.parametrize("json_", [False, True])
def test_a_text_longer_than_anybody_reads_is_cut_in_an_error(json_, streams):
    Output(json=json_, **streams).error(InputError(Problem("has no rows", found="x" * 10**6)))

    err = written(streams)[1]
    assert len(err) < 3000
    assert "characters) ... xxx" in err


def test_wide_characters_take_two_columns_of_a_line() -> None:
    line = wrapped("東京 " * 30 + "と大阪" * 40 + " 0.12 ± 0.03", bullet="- ")
    rows = line.splitlines()
    assert all(cell_len(row) <= 80 for row in rows)
    assert rows[0].startswith("- 東京 東京") and rows[1].startswith("  ")
    assert "0.12 ± 0.03" in line
    assert "".join(line.split()) == "-" + "東京" * 30 + "と大阪" * 40 + "0.12±0.03"
