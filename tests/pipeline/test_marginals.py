"""Marginals on disk: written when a measurement needs them, from the models as they are, and used again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.pipeline.conftest import contents, document, write_data
from umlkit.cli.main import main
from umlkit.pipeline import marginals, mixing_plan
from umlkit.runs import tensors

Call = Callable[..., tuple[int, str, str]]

THREE = """\
name: three
data:
  path: three.npz
  label: y
  modalities: {a: {encoder: linear}, b: {encoder: linear}, c: {encoder: linear}}
train: {epochs: 2, batch_size: 128}
methods: {umt: {weight: 0.1, init: scratch}}
"""


def files(root: Path, name: str = "marginals-*") -> dict[str, Path]:
    """Model's folder and file's name -> file."""
    return {f"{p.parent.name}/{p.stem}": p for p in sorted(root.rglob(f"{name}.safetensors"))}


def held(label: str, name: str, root: Path = Path("out")) -> dict[str, Any]:
    """The arrays of the only model with this label."""
    (path,) = (p for p in files(root, name).values() if p.parent.name.rpartition("-")[0] == label)
    return tensors.load(path)[0]


def probe_again(call: Call, *words: str) -> tuple[str, str]:
    """Measure anew, without any training; stdout and stderr."""
    for path in Path("out/probes").iterdir():
        path.unlink()
    before = {name: data for name, data in contents(Path("out")).items() if "/models/" in name}
    code, out, err = call("probe", "tiny.yaml", "--out", "out", *words)
    assert code == 0, err
    assert "training" not in err
    assert before == {name: data for name, data in contents(Path("out")).items() if "/models/" in name}
    return out, err


def test_every_multi_modal_rung_has_its_marginals_and_a_gap(folder: Path, call: Call) -> None:
    measured = document(probe_again(call, "--json")[0])
    rungs = [rung["name"] for rung in measured["ladder"] if rung["name"] != "prior" and ":" not in rung["name"]]
    assert [gap["rung"] for gap in measured["emap"]] == rungs
    roles = [key.rpartition("/")[2] for key in files(Path("out"))]
    assert roles.count("marginals-probe") == roles.count("marginals-select") == len(rungs)
    for gap in measured["emap"]:
        assert (gap["gap"]["nats"]["value"] == 0) == gap["additive"]


def test_a_run_directory_without_marginals_gets_them_without_any_training(folder: Path, call: Call) -> None:
    first = document(probe_again(call, "--json")[0])
    before = {key: path.read_bytes() for key, path in files(Path("out")).items()}
    for path in files(Path("out")).values():
        path.unlink()
    assert document(probe_again(call, "--json")[0]) == first
    assert {key: path.read_bytes() for key, path in files(Path("out")).items()} == before


def test_finished_marginals_are_used_again_and_a_broken_file_is_written_again(folder: Path, call: Call) -> None:
    probe_again(call)
    stamps = {key: path.stat().st_mtime_ns for key, path in files(Path("out")).items()}
    broken = next(path for key, path in files(Path("out")).items() if key.startswith("umt-"))
    broken.write_bytes(broken.read_bytes()[:100])
    probe_again(call)
    changed = {key for key, path in files(Path("out")).items() if path.stat().st_mtime_ns != stamps[key]}
    assert {key.partition("-")[0] for key in changed} == {"umt"}


def test_few_probe_samples_of_two_modalities_have_the_grid_whose_diagonal_is_the_model(folder: Path) -> None:
    arrays, outputs = held("residual", "marginals-probe"), held("residual", "probe-*")
    n = len(outputs["rows"])
    assert arrays["grid"].shape == (n, n, 3)
    assert arrays["grid"][np.arange(n), np.arange(n)] == pytest.approx(outputs["logits"], abs=1e-4)


def test_references_are_rows_of_select_drawn_by_themselves_and_alike_for_every_model(folder: Path) -> None:
    every = [tensors.load(path)[0] for path in files(Path("out")).values()]
    first = every[0]["references"]
    select = held("residual", "select-*")["rows"]
    assert all(np.array_equal(arrays["references"], first) for arrays in every)
    assert first.shape == (2, min(200, len(select)))
    assert set(first.ravel()) <= set(select)
    assert not np.array_equal(first[0], first[1])


def test_more_samples_than_a_grid_is_made_of_are_streamed(
    folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    gridded = document(probe_again(call, "--json")[0])
    for path in files(Path("out")).values():
        path.unlink()
    monkeypatch.setattr(mixing_plan, "GRID", 10)
    monkeypatch.setattr(marginals, "CHUNK", 16)
    streamed = document(probe_again(call, "--json")[0])
    arrays = held("umt", "marginals-probe")
    assert "grid" not in arrays
    assert arrays["alone.1"].shape == arrays["own"].shape
    for one, other in zip(gridded["emap"], streamed["emap"], strict=True):
        assert one["gap"]["nats"]["value"] == pytest.approx(other["gap"]["nats"]["value"], abs=0.02)


def test_three_modalities_have_their_pairs_for_some_samples_where_all_would_be_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_data(tmp_path / "two.npz")
    two = dict(np.load(tmp_path / "two.npz"))
    stream = np.random.default_rng(1)
    shown = {name: np.eye(3)[two["y"]] + stream.normal(size=(520, 3)) for name in ("X_a", "X_b", "X_c")}
    np.savez(tmp_path / "three.npz", y=two["y"], **shown)
    (tmp_path / "three.yaml").write_text(THREE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(mixing_plan, "PAIRS", 90)
    assert main(["probe", "three.yaml", "--out", "out"]) == 0
    mixing, additive = held("residual", "marginals-probe"), held("ume", "marginals-probe")
    assert mixing["subset.0-2"].shape == (30, 3)
    assert len(mixing["some"]) == 30 and (np.diff(mixing["some"]) > 0).all()
    assert not [name for name in additive if name.startswith("subset")]  # they follow
    assert mixing["alone.2"].shape == (len(mixing["rows"]), 3)


def test_no_marginal_is_of_a_test_sample(folder: Path) -> None:
    splits = document(Path("out/data.json").read_text())["entries"]
    kept = held("ume", "marginals-probe")
    (identity,) = splits.values()
    test = {
        row
        for part in identity["splits"]["test"].split(",")
        for row in range(int(part.split("-")[0]), int(part.split("-")[-1]) + 1)
    }
    assert test and not test & {*kept["rows"].tolist(), *kept["references"].ravel().tolist()}


def test_an_interrupted_writing_leaves_nothing_half_done(folder: Path, call: Call) -> None:
    for path in files(Path("out")).values():
        path.unlink()
    shutil.rmtree("out/probes")
    assert call("probe", "tiny.yaml", "--out", "out", "--max-minutes", "0.0001")[0] == 75
    assert not list(Path("out").rglob("*.partial"))
    code, _, err = call("probe", "tiny.yaml", "--out", "out")
    assert code == 0, err
