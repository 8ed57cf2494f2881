"""The benchmark of known truth in small: its tasks are what they say, its counts are those of what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.resuming import written
from tests.benchmarks.truth import reports
from tests.benchmarks.truth.designs import DESIGNS, Spec
from tests.benchmarks.truth.measuring import measure
from tests.benchmarks.truth.running import results
from umlkit import synth

XOR = Spec(
    "xor", "mixed", {"strengths": (0.3, 0.2), "interaction": 0.95, "classes": 2}, 1200, seed=3, group="interaction"
)


@pytest.fixture(scope="module")
def xor() -> dict[str, Any]:
    """Much paired signal, measured at the cheapest budget."""
    return measure(XOR, budget="quick", fresh=3000)


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
    assert reports.present(xor)
    assert xor["probe"]["paired"]["kind"] == reports.kind(xor) == "interaction"
    assert [one["judged"]["verdict"] for one in xor["probe"]["modalities"]] == ["useful", "useful"]


def test_true_risks_are_those_of_the_models_at_hand(xor: dict[str, Any]) -> None:
    assert xor["risks"].keys() == {rung["name"] for rung in xor["probe"]["ladder"]} - {"prior"}
    read = {rung["name"]: rung["log_loss"] for rung in xor["probe"]["ladder"]}
    for rung, risk in xor["risks"].items():
        half = (read[rung]["high"] - read[rung]["low"]) / 2
        assert read[rung]["value"] == pytest.approx(risk, abs=2.5 * half), rung


def test_reports_count_what_is_called_present(xor: dict[str, Any]) -> None:
    missed = {**xor, "probe": {**xor["probe"], "paired": {**xor["probe"]["paired"], "verdict": "undecided"}}}
    assert reports.shares([xor, missed, missed]).startswith("1 of 3 (0.333, at most 0.86")
    assert any("present 1 of 2" in line for line in reports.power([xor, missed]))


def test_what_is_in_the_file_is_not_measured_again(xor: dict[str, Any], tmp_path: Path) -> None:
    spec = DESIGNS["ranks"][0](0)
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({**xor, "key": spec.key, "budget": "quick"}) + '\n{"key": "cut sh')
    (row,) = results("ranks", path, tasks=1, budget="quick", processes=1)
    assert row["group"] == "interaction"
    assert len(written(path)) == 1
    assert path.read_text().count("\n") == len(path.read_text().splitlines()) == 1
