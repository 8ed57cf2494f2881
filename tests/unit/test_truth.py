"""The benchmark of known truth in small: its tasks are what they say, its counts are those of what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.resuming import written
from tests.benchmarks.truth import reports, running
from tests.benchmarks.truth.designs import DESIGNS, Spec
from tests.benchmarks.truth.measuring import measure
from tests.benchmarks.truth.running import results
from umlkit import synth

XOR = Spec(
    "xor",
    "mixed",
    {"strengths": (0.3, 0.2), "interaction": 0.95, "classes": 2},
    1200,
    seed=3,
    group="interaction",
    rivals=True,
)


@pytest.fixture(scope="module")
def xor() -> dict[str, Any]:
    """Much paired signal, measured at the cheapest budget."""
    return measure(XOR, budgets=["quick"], fresh=3000)


def marked(row: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The row with another finding at quick."""
    return {**row, "budgets": {"quick": {**row["budgets"]["quick"], **changed}}}


def test_tasks_without_paired_signal_have_none() -> None:
    design, _ = DESIGNS["alarms"]
    for spec in map(design, range(21)):
        truth = synth.task(spec.family, seed=spec.seed, **spec.knobs).truth
        assert truth is not None
        assert truth.d_ume.nats == 0, spec


@pytest.mark.parametrize("name", ["power", "ranks"])
def test_tasks_with_paired_signal_have_some(name: str) -> None:
    design, _ = DESIGNS[name]
    for spec in map(design, range(8)):
        truth = synth.task(spec.family, seed=spec.seed, **spec.knobs).truth
        assert truth is not None
        assert truth.d_ume.nats > 0, spec


def test_the_last_modality_is_what_its_group_says() -> None:
    design, _ = DESIGNS["useless"]
    for spec in map(design, range(9)):
        truth = synth.task(spec.family, seed=spec.seed, **spec.knobs).truth
        assert truth is not None
        last = truth.modalities[-1]
        assert last.useless == (spec.group == "useless"), spec
        assert (last.alone.nats > 0) == (spec.group == "useful"), spec


def test_an_xor_is_found_and_called_what_it_is(xor: dict[str, Any]) -> None:
    found = xor["budgets"]["quick"]
    assert reports.present(found)
    assert found["paired"]["kind"] == reports.kind(xor) == "interaction"
    assert found["modalities"] == {"x1": "useful", "x2": "useful"}


def test_true_risks_are_those_of_the_models_that_a_was_read_from(xor: dict[str, Any]) -> None:
    found = xor["budgets"]["quick"]
    chosen, total = found["a"], found["a"]["total"]
    assert {"ume", chosen["rung"]} <= found["risks"].keys() <= {"ume", chosen["rung"], chosen["additive_rung"]}
    gain = found["risks"]["ume"] - found["risks"][chosen["rung"]]
    assert total["value"] == pytest.approx(gain, abs=1.5 * (total["high"] - total["low"]))
    assert gain > 0.1


def test_heads_on_frozen_encoders_are_measured_beside_it(xor: dict[str, Any]) -> None:
    found = xor["budgets"]["quick"]["rivals"]
    assert found.keys() == {"linear", "mlp", "linear, on select"}
    assert abs(found["linear"]) < 4, "a linear head cannot represent an XOR"
    assert found["linear"] < found["mlp"], "a linear head cannot represent an XOR"


def test_reports_count_what_is_called_present(xor: dict[str, Any]) -> None:
    missed = marked(xor, paired={**xor["budgets"]["quick"]["paired"], "verdict": "undecided"})
    assert reports.shares([xor, missed, missed], "quick").startswith("1 of 3 (0.333, at most 0.86")
    assert any("present 0.500 of 2" in line for line in reports.power([xor, missed], "quick"))


def test_false_alarms_are_counted_by_family_and_by_size(xor: dict[str, Any]) -> None:
    null = {**xor, "truth": {**xor["truth"], "d_ume": 0.0}}
    missed = marked(null, paired={**xor["budgets"]["quick"]["paired"], "verdict": "undecided"})
    lines = list(reports.alarms([{**null, "group": "copies"}, *[{**missed, "group": "shared"}] * 3, xor], "quick"))
    assert lines[0] == "4 tasks without paired signal"
    assert any(line.split()[:4] == ["copies", "1", "of", "1"] for line in lines)
    assert any(line.split()[:4] == ["shared", "0", "of", "3"] for line in lines)
    assert any(line.startswith("  n = 1200") and "1 of 4" in line for line in lines)
    assert any(line.startswith("all: 1 of 4 (0.250, at most 0.751") for line in lines)
    assert lines[-1] == "verdicts: present 1, undecided 3"
    (of_size,) = reports.nulls([{**missed, "group": "300"}], "quick")
    assert of_size.split()[:6] == ["n", "=", "300", "0", "of", "1"]


def test_the_order_of_a_is_compared_with_that_of_the_truth(xor: dict[str, Any]) -> None:
    def row(d_ume: float, a: float) -> dict[str, Any]:
        total = {**xor["budgets"]["quick"]["a"]["total"], "value": a}
        found = marked(xor, a={**xor["budgets"]["quick"]["a"], "total": total})
        return {**found, "truth": {**xor["truth"], "d_ume": d_ume}}

    lines = list(reports.ranks([row(0.1, 0.2), row(0.2, 0.1), row(0.3, 0.3), row(0.0, 9.0)], "quick"))
    assert lines[0].startswith("rank correlation of A with true D_UME: 0.500 over 3")
    assert any(line.startswith("kind right: 3 of 3") for line in lines)


def test_useful_modalities_that_are_named_useless_are_counted(xor: dict[str, Any]) -> None:
    def row(verdict: str, alone: float) -> dict[str, Any]:
        truth = {**xor["truth"], "alone": {"x1": 0.1, "x2": alone}}
        return {**marked(xor, modalities={"x1": "useful", "x2": verdict}), "truth": truth, "group": "useful"}

    lines = list(reports.useless([row("useful", 0.2), row("useless", 0.2), row("useless", 0.01)], "quick"))
    assert lines[0].endswith("named useful 1, useless 2")
    assert "2 tell .05 bit alone or more, 1 named useless" in lines[1]


def test_a_rival_is_judged_at_the_level_that_it_has_where_nothing_is_paired(xor: dict[str, Any]) -> None:
    null = [{**marked(xor, rivals={"head": t}), "n": xor["n"]} for t in (1.0, 2.0, 3.0)]
    assert reports.critical(null, "quick", "head", xor["n"]) == pytest.approx(2 + 1.645, abs=1e-3)
    seen, unseen = (marked(xor, rivals={"head": t}) for t in (3.7, 3.6))
    (cell, *_), lines = reports.power([seen, unseen], "quick", null), list(reports.power([seen], "quick", null))
    assert "present 1.000 of 2, head 0.500, difference +0.500" in cell
    assert any("lower than head by over two standard errors: 0 of 1" in one for one in lines)
    error = (1 / 3 + 1.645**2 / 4) ** 0.5
    assert reports.critical(null, "quick", "head", xor["n"], lower_by=1) == pytest.approx(3.645 - error, abs=1e-3)
    assert any("were head's thresholds a standard error lower: 1.000, ours lower in 0 of 1" in one for one in lines)


def test_tasks_that_set_a_level_are_those_of_power_without_what_is_paired() -> None:
    for number in range(8):
        spec, paired = DESIGNS["nulls"][0](number), DESIGNS["power"][0](number)
        truth = synth.task(spec.family, seed=spec.seed, **spec.knobs).truth
        assert truth is not None and truth.d_ume.nats == 0
        assert (spec.n, spec.family) == (paired.n, paired.family)


def test_of_a_row_that_lacks_a_budget_that_one_alone_is_measured(
    xor: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def measured(spec: Spec, *, budgets: list[str]) -> dict[str, Any]:
        asked.append(budgets)
        return {**xor, "key": spec.key, "budgets": {"short": xor["budgets"]["quick"]}}

    monkeypatch.setattr(running, "measure", measured)
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({**xor, "key": "ranks-0"}) + "\n")
    (row,) = results("ranks", path, tasks=1, budgets=["quick", "short"], processes=1)
    assert asked == [["short"]]
    assert row["budgets"].keys() == {"quick", "short"}
    assert results("ranks", path, tasks=1, budgets=["quick", "short"], processes=1) == [row]


def test_budgets_are_compared_on_the_same_tasks(xor: dict[str, Any]) -> None:
    found = xor["budgets"]["quick"]
    less = {**found["a"], "total": {"value": 0.001, "low": -0.1, "high": 0.1}}
    lost = {**found, "paired": {**found["paired"], "verdict": "undecided"}, "a": less}
    both = ((found, found), (lost, {**found, "a": less}))
    rows = [{**xor, "budgets": {"quick": quick, "full": full}} for quick, full in both]
    lines = list(reports.beside(rows, "quick", "full"))
    assert "rank correlation 1.000 over 2 tasks" in lines[0]
    assert "present 0.500 and 1.000: 0.500 of it" in lines[1]


def test_what_is_in_the_file_is_not_measured_again(xor: dict[str, Any], tmp_path: Path) -> None:
    spec = DESIGNS["ranks"][0](0)
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({**xor, "key": spec.key}) + '\n{"key": "cut sh')
    (row,) = results("ranks", path, tasks=1, budgets=["quick"], processes=1)
    assert row["group"] == "interaction"
    assert len(written(path)) == 1
    assert path.read_text().count("\n") == len(path.read_text().splitlines()) == 1
