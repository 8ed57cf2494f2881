"""Outputs in several files: read as one, rewritten as one, and recognised where one is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.pipeline.conftest import document
from umlkit import rows
from umlkit.methods import inference
from umlkit.pipeline import outputs

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two chunks of 32 samples in a file."""
    for module in (rows, inference, outputs):
        monkeypatch.setattr(module, "CHUNK", 32)
    monkeypatch.setattr(outputs, "SHARD", 70 * 32 * 2)


def shards(out: Path, model: str, split: str) -> list[Path]:
    return sorted(out.glob(f"seed-0/all/outputs/{model}-*/{split}-*.safetensors"))


@pytest.mark.usefixtures("small_shards")
def test_run_in_shards_gives_what_a_run_in_single_files_gives(fresh: Path, finished: Path, call: Call) -> None:
    assert call("train", "tiny.yaml", "--method", "umt", "--out", "here")[0] == 0

    parts = shards(fresh / "here", "unimodal-audio", "train")
    assert [path.name for path in parts][:2] == ["train-00000.safetensors", "train-00001.safetensors"]
    (whole,) = shards(finished / "out", "unimodal-audio", "train")
    for name, values in load_file(whole).items():
        joined = np.concatenate([load_file(part)[name] for part in parts])
        np.testing.assert_allclose(joined, values, rtol=1e-5, atol=1e-6)
    metrics = [
        document(call("evaluate", "tiny.yaml", "--method", "umt", "--split", "val", "--out", out, "--json")[1])
        for out in ("here", str(finished / "out"))
    ]
    assert metrics[0]["metrics"]["log_loss"] == pytest.approx(metrics[1]["metrics"]["log_loss"], abs=1e-4)


@pytest.mark.usefixtures("small_shards")
def test_set_that_lacks_a_shard_is_not_taken_for_a_whole_one(fresh: Path, call: Call) -> None:
    call("train", "tiny.yaml", "--method", "unimodal", "--out", "here")
    lost = shards(fresh / "here", "unimodal-audio", "train")[-1]
    lost.unlink()

    code, _, err = call("train", "tiny.yaml", "--method", "umt", "--out", "here")

    assert code == 2
    assert lost.name in err
    assert "missing" in err


def test_files_of_an_earlier_writing_with_more_shards_are_removed(fresh: Path, call: Call) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outputs, "SHARD", 1)
        for module in (rows, inference, outputs):
            patch.setattr(module, "CHUNK", 64)
        call("train", "tiny.yaml", "--method", "unimodal", "--out", "here")
    assert len(shards(fresh / "here", "unimodal-audio", "train")) > 1

    call("train", "tiny.yaml", "--method", "unimodal", "--out", "here", "--force")

    assert len(shards(fresh / "here", "unimodal-audio", "train")) == 1
