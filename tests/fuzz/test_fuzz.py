"""Spoiled recipes, data, measurements and command lines end as documented: exit code, words, and nothing left behind.

The cases are the same in every run. A few are judged every day; a thousand by `pytest -m slow tests/fuzz`, or by
`python -m tests.benchmarks.fuzz`, which prints the counts.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.cases import plain
from tests.fuzz.judging import Case, judge
from tests.fuzz.running import Tally, fuzz
from tests.fuzz.sources import sources
from umlkit.cli import main as frame


def told(tally: Tally) -> str:
    return "\n".join(f"{case.words} {case.environ}: {verdict.faults}" for case, verdict in tally.failed) or "nothing"


@pytest.mark.parametrize("name", sorted(sources()))
def test_what_fuzzing_starts_from_is_valid(name: str, tmp_path: Path) -> None:
    case = Case(("data", "r.yaml", "--json"), plain(sources()[name]), codes=frozenset({0}))
    assert judge(case, tmp_path / "case").faults == ()


def test_spoiled_input_ends_as_documented(tmp_path: Path) -> None:
    tally = fuzz(80, tmp_path, models=("csv",))

    assert told(tally) == "nothing"
    assert {verdict.code for _, verdict in tally.verdicts} >= {0, 2}


@pytest.mark.slow
def test_a_thousand_spoiled_inputs_end_as_documented(tmp_path: Path) -> None:
    tally = fuzz(1000, tmp_path, models=sources())

    print(tally)
    assert told(tally) == "nothing"
    assert len(tally.verdicts) == 1000


def crash(*_: object, **__: object) -> int:
    raise ZeroDivisionError("x")


def litter(*_: object, **__: object) -> int:
    Path("left").write_text("x")
    raise frame.InputError("no")


def swallow(*_: object, **__: object) -> int:
    return 0


@pytest.mark.parametrize(
    ("app", "codes", "kind"), [(crash, {0, 2}, "traceback"), (litter, {0, 2}, "leftovers"), (swallow, {2}, "code")]
)
def test_the_judge_sees_what_it_looks_for(
    app: object, codes: set[int], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame, "app", app)
    verdict = judge(Case(("data",), codes=frozenset(codes)), tmp_path / "case")
    assert any(fault.startswith(kind) for fault in verdict.faults)
