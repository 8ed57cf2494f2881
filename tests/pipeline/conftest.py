"""A small data set, its recipe, and one finished run of it that the tests of this folder share."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from umlkit.cli.main import main

RECIPE = """\
name: tiny
data:
  path: tiny.npz
  label: y
  modalities:
    audio: {encoder: {name: mlp, hidden: 8, features: 4, dropout: 0.0, weight_decay: 0.01}}
    video: {encoder: linear}
train: {epochs: 3, batch_size: 128}
methods:
  umt: {weight: 0.1, init: scratch}
probe: {budget: full}
"""


def write_data(path: Path, *, n: int = 520, seed: int = 0) -> None:
    """Three classes, each modality informative, names with markup and commas."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    np.savez(
        path,
        X_audio=(np.eye(3)[y] + rng.normal(0, 1, (n, 3))).astype(np.float32),
        X_video=np.hstack([np.eye(3)[y] + rng.normal(0, 1.5, (n, 3)), rng.normal(0, 1, (n, 2))]).astype(np.float32),
        y=y,
        class_names=np.array(["[/red]", "a,b", "two\nlines"]),
    )


def run_in(folder: Path, **about: int) -> Path:
    """The folder with tiny.npz, tiny.yaml and the finished run directory ``out``; ``about`` goes to the data."""
    write_data(folder / "tiny.npz", **about)
    (folder / "tiny.yaml").write_text(RECIPE)
    assert main(["run", str(folder / "tiny.yaml"), "--out", str(folder / "out")]) == 0
    return folder


def copied(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a folder that a test may change; the working directory."""
    shutil.copytree(source, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tiny.npz, tiny.yaml and the finished run directory ``out``; read only."""
    return run_in(tmp_path_factory.mktemp("finished"))


@pytest.fixture
def folder(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the finished run that a test may change; the working directory."""
    return copied(finished, tmp_path, monkeypatch)


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data and the recipe alone; the working directory."""
    write_data(tmp_path / "tiny.npz")
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command line in this process: exit code, stdout, stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(list(words))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def contents(root: Path) -> dict[str, bytes]:
    """Every file below ``root`` by its relative name."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def document(text: str) -> dict[str, Any]:
    """The one JSON document that a stream holds."""
    found: dict[str, Any] = json.loads(text)
    return found
