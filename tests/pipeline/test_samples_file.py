"""The file of probe samples: ids, rows and labels are those of the data, also where the measurement is cross-fitted."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.conftest import document

Call = Callable[..., tuple[int, str, str]]

SMALL = """\
name: small
data: {path: small.npz, label: y, modalities: {a: {encoder: linear}, b: {encoder: linear}}}
train: {epochs: 2, batch_size: 64}
probe: {budget: quick}
"""


def lines(root: Path) -> list[dict[str, str]]:
    (path,) = root.glob("probes/*-samples.csv")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_probe_sample_is_a_line_with_its_id_label_and_losses(folder: Path, call: Call) -> None:
    measured = document(Path("out/probe.json").read_text())
    found = lines(Path("out"))
    labels = np.load("tiny.npz")["y"]
    names = ["[/red]", "a,b", "two\nlines"]
    assert len(found) == measured["n_probe"]
    assert all(line["label"] == names[labels[int(line["row"])]] for line in found)
    assert [line["id"] for line in found] == [line["row"] for line in found]
    for rung in measured["ladder"]:
        mean = np.mean([float(line[f"loss:{rung['name']}"]) for line in found])
        assert mean == pytest.approx(rung["log_loss"]["value"], rel=1e-4)
    gain = np.mean([float(line["gain"]) for line in found])
    assert gain == pytest.approx(measured["contribution"]["total"]["nats"]["value"], abs=1e-5)
    assert "fold" not in found[0] and "weight" not in found[0]


@pytest.mark.parametrize("kept", [0, 300, -1])
def test_it_is_written_again_where_it_is_not_whole(folder: Path, call: Call, kept: int) -> None:
    (path,) = Path("out/probes").glob("*-samples.csv")
    before = path.read_bytes()
    path.write_bytes(before[:kept])
    assert call("probe", "tiny.yaml", "--out", "out")[0] == 0
    assert path.read_bytes() == before


def test_it_is_written_again_where_it_is_gone_and_named(folder: Path, call: Call) -> None:
    (path,) = Path("out/probes").glob("*-samples.csv")
    before = path.read_text()
    path.unlink()
    code, _, err = call("probe", "tiny.yaml", "--out", "out")
    assert code == 0 and "training" not in err
    assert path.read_text() == before
    assert f"sample by sample: {path}" in err


def test_clean_keeps_that_of_the_present_recipe_and_lists_that_of_another(folder: Path, call: Call) -> None:
    code, out, _ = call("clean", "tiny.yaml", "--out", "out")
    assert code == 0 and "samples.csv" not in out
    code, out, _ = call("clean", "tiny.yaml", "--out", "out", "--set", "train.lr=0.5")
    assert code == 0 and "samples.csv" in out


def test_a_cross_fitted_measurement_lists_every_sample_once_with_its_own_id_and_fold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    stream = np.random.default_rng(0)
    y = stream.integers(0, 2, 120)
    shown = {f"X_{name}": y[:, None] + stream.normal(size=(120, 2)) for name in "ab"}
    np.savez(tmp_path / "small.npz", y=y, id=[f"s{i * 7 % 120}" for i in range(120)], **shown)
    (tmp_path / "small.yaml").write_text(SMALL)
    monkeypatch.chdir(tmp_path)
    code, out, err = call("probe", "small.yaml", "--out", "out", "--json")
    assert code == 0, err
    found, measured = lines(Path("out")), document(out)
    assert measured["folds"] == 5 and len(found) == measured["n_probe"]
    assert {line["fold"] for line in found} == {f"fold-{k}" for k in range(1, 6)}
    rows = [int(line["row"]) for line in found]
    assert rows == sorted(set(rows))
    assert [line["id"] for line in found] == [f"s{row * 7 % 120}" for row in rows]
    assert [line["label"] for line in found] == [str(y[row]) for row in rows]
    gaps = {gap["rung"]: gap for gap in measured["emap"]}
    assert gaps["kernel-additive"]["gap"]["nats"]["value"] == 0
    assert {one["n"] for one in measured["reliance"]} == {measured["n_probe"]}
