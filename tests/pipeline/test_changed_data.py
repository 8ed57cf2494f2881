"""Data that somebody writes over while a run uses them: nothing is finished from two data sets."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.pipeline.conftest import write_data
from umlkit.methods.unimodal.method import Unimodal

TRAIN = ("train", "tiny.yaml", "--out", "out", "--method", "unimodal:audio")


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Have something happen at the end of every training of a single modality."""

    def arrange(happens: Callable[[], Any]) -> None:
        train = Unimodal.train

        def trained(self: Any, task: Any) -> Any:
            found = train(self, task)
            happens()
            return found

        monkeypatch.setattr(Unimodal, "train", trained)

    return arrange


def test_nothing_is_finished_when_the_data_changed_and_the_next_call_reads_them_anew(
    fresh: Path, call, meanwhile
) -> None:
    meanwhile(lambda: write_data(fresh / "tiny.npz", seed=1))

    code, _, err = call(*TRAIN)

    assert code == 1
    assert "tiny.npz: the data have changed since this run began" in err
    assert not list(fresh.glob("out/**/result.json")) and not list(fresh.glob("out/**/*checkpoint*"))

    assert call(*TRAIN)[0] == 0  # the same data are written once more: no change
    assert len(list(fresh.glob("out/**/result.json"))) == 1


def test_a_file_that_was_only_touched_or_replaced_by_its_like_is_the_same_data(fresh: Path, call, meanwhile) -> None:
    def touch() -> None:
        (fresh / "copy").write_bytes((fresh / "tiny.npz").read_bytes())
        (fresh / "copy").replace(fresh / "tiny.npz")
        os.utime(fresh / "tiny.npz", ns=(1, 1))

    meanwhile(touch)

    assert call(*TRAIN)[0] == 0
    assert len(list(fresh.glob("out/**/result.json"))) == 1


def test_a_file_that_is_gone_meanwhile_is_still_in_use(fresh: Path, call, meanwhile) -> None:
    meanwhile(lambda: (fresh / "tiny.npz").unlink(missing_ok=True))

    assert call(*TRAIN)[0] == 0


def test_one_array_of_a_folder_that_changed_is_noticed(fresh: Path, call, meanwhile) -> None:
    held = np.load("tiny.npz")
    (fresh / "d").mkdir()
    for name in ("X_audio", "X_video", "y"):
        np.save(fresh / "d" / f"{name}.npy", held[name])
    meanwhile(lambda: np.save(fresh / "d" / "X_video.npy", held["X_video"] + 1))

    code, _, err = call(*TRAIN, "--set", "data.path=d")

    assert code == 1 and "the data have changed" in err


def test_data_that_change_while_they_are_read_are_refused(fresh: Path, call, monkeypatch: pytest.MonkeyPatch) -> None:
    from umlkit.pipeline import session

    def written_over(loaded: Any) -> Any:
        found = read(loaded)
        write_data(fresh / "tiny.npz", seed=1)
        return found

    read = session.read
    monkeypatch.setattr(session, "read", written_over)

    code, _, err = call(*TRAIN)

    assert code == 2 and "tiny.npz: has changed while it was read" in err and not (fresh / "out").exists()
