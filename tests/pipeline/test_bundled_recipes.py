"""Every bundled recipe reads its data without a warning, plans its run, and (slow) shows what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from umlkit.cli.main import main
from umlkit.recipe import bundled


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", bundled.names())
def test_its_data_raise_no_suspicion_and_can_be_measured(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", name, "--json"]) == 0

    report = json.loads(capsys.readouterr().out)
    assert report["leaks"] == []
    assert [part["count"] for part in report["near_duplicates"]] == [0, 0]
    assert report["measurable"]
    assert report["warnings"] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", bundled.names())
def test_its_run_is_planned_and_nothing_written(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", name, "--dry-run", "--json"]) == 0

    plan = json.loads(capsys.readouterr().out)
    assert {model["action"] for model in plan["models"]} == {"train"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("source", ["made:docstrings", "made:motions", "made:wrong-join"])
def test_init_writes_a_recipe_for_its_source(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    label = {"made:docstrings": "subject", "made:motions": "movement", "made:wrong-join": "target"}[source]

    assert main(["init", source, "--label", label, "--to", "mine.yaml"]) == 0
    assert main(["data", "mine.yaml"]) == 0

    assert f'source: "{source}"' in Path("mine.yaml").read_text()


@pytest.mark.slow
def test_the_sensors_of_a_screwdriver_ask_for_umt(capsys: pytest.CaptureFixture[str]) -> None:
    run = run_of("motions", capsys)

    assert run["advice"]["headline"] == "umt"
    assert run["advice"]["probability"] > 0.95
    assert run["test"]["metrics"]["accuracy"] > 0.85


@pytest.mark.slow
def test_a_table_adds_to_the_text_of_docstrings(capsys: pytest.CaptureFixture[str]) -> None:
    run = run_of("docstrings", capsys)

    losses = {rung["name"]: rung["log_loss"]["value"] for rung in run["probe"]["ladder"]}
    assert losses["ume"] < losses["unimodal:text"] < losses["unimodal:code"]


@pytest.mark.slow
def test_rows_of_other_samples_weigh_nothing_in_ume(tmp_path: Path) -> None:
    assert main(["train", "wrong-join", "--method", "ume"]) == 0

    (result,) = tmp_path.glob("runs/wrong-join/seed-0/all/models/ume-*/result.json")
    weights = json.loads(result.read_text())["report"]["weights"]
    assert weights["misplaced"] == pytest.approx(0, abs=0.02)
    assert min(weights["left"], weights["right"]) > 0.5


def run_of(name: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["run", name, "--json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document
