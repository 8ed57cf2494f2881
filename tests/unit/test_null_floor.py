"""The benchmark of null floors in small: its tasks run, resume, and every candidate does what its name says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import null_floor
from tests.benchmarks.null_floor import CANDIDATES, Row
from tests.benchmarks.truth.designs import Spec
from tests.benchmarks.truth.floors import HEAD, KERNEL, less, re_paired
from umlkit.runs.records.common import Estimate


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Row]]:
    path = tmp_path_factory.mktemp("floor") / "floor.jsonl"
    knobs = {"strengths": (0.4, 0.3), "suppressor": 0.9, "observation": "none", "noise_dims": 0}
    strong = Spec("strong", "mixed", knobs, 600, seed=1, group="suppressor")
    path.write_text(json.dumps(null_floor.measure(strong, "quick")) + "\n")
    return path, [json.loads(path.read_text()), null_floor.measure(null_floor.alarms(0), "quick")]


def test_a_strong_suppressor_is_hidden_by_what_is_additive_and_by_nothing_else(
    measured: tuple[Path, list[Row]],
) -> None:
    present = {name for name, low in CANDIDATES.items() if low(measured[1][0]) > 0}
    assert present == set(CANDIDATES) - {HEAD, KERNEL}


def test_nothing_is_added_to_a_where_nothing_is_paired(measured: tuple[Path, list[Row]]) -> None:
    null = measured[1][1]
    assert null["d_ume"] == 0
    assert all(low(null) <= 0.01 for low in CANDIDATES.values())


def test_what_a_file_holds_is_not_done_again(
    measured: tuple[Path, list[Row]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "floor.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (measured[1][1], {**measured[1][0], "key": "paired-0"})))
    monkeypatch.setattr(null_floor, "measure", lambda spec, budget: pytest.fail(f"{spec.key} was done again"))
    assert [row["key"] for row in null_floor.rows(1, 1, path)] == ["alarms-0", "paired-0"]


def test_re_pairing_stays_within_class_and_part_and_breaks_pairs() -> None:
    y, parts = np.arange(60) % 2, [np.arange(40), np.arange(40, 60)]
    x = {name: np.arange(60.0)[:, None] for name in ("a", "b")}
    mixed = re_paired(x, y, parts, seed=0)
    moved = mixed["b"][:, 0].astype(int)
    assert np.array_equal(mixed["a"], x["a"])
    assert np.array_equal(y[moved], y)
    assert np.array_equal(moved < 40, np.arange(60) < 40)
    assert sorted(moved) == list(range(60))
    assert np.mean(moved == np.arange(60)) < 0.3


def test_variances_of_two_estimates_are_added() -> None:
    one, other = Estimate(value=5.0, low=2.0, high=8.0), Estimate(value=1.0, low=-3.0, high=5.0)
    assert less(one, other) == Estimate(value=4.0, low=-1.0, high=9.0)


def test_the_report_counts_alarms_and_power_by_candidate() -> None:
    estimates = {name: [0.02, 0.004, 0.03] for name in ("nothing", "re-paired", "additive head", "permuted residual")}
    row = {
        "group": "copies",
        "n": 500,
        "modalities": 2,
        "select": 100,
        "d_ume": 0.0,
        "seconds": {"nothing": 2.0, "re-paired": 1.0},
        "estimates": {**estimates, "additive kernel": [0.0, 0.0, 0.0]},
    }
    lines = {
        line[:18].strip(): line for line in null_floor.report([row, {**row, "d_ume": 0.1}]) if "alarms " in line[18:]
    }
    assert "alarms 1 of 1" in lines["nothing"]
    assert "alarms 0 of 1" in lines["0.25 M / n_select"]
    assert "alarms 0 of 1" in lines["additive kernel"]
    assert lines["re-paired"].endswith("power 1 of 1  cost +50%")
