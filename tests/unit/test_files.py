"""The files that data lie in: told from one another by their bytes, never by where they lie."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from umlkit.runs import files
from umlkit.runs.fingerprint import of_file


def write(path: Path, **content: str) -> Path:
    path.mkdir()
    for name, text in content.items():
        (path / f"{name}.npy").write_text(text)
    return path


def test_one_file_is_known_by_its_bytes_alone(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x")
    (tmp_path / "b.csv").write_text("x")
    assert files.content([tmp_path / "a.csv"]) == files.content([tmp_path / "b.csv"]) == of_file(tmp_path / "a.csv")


def test_a_folder_is_known_by_the_names_and_bytes_of_its_arrays_wherever_it_lies(tmp_path: Path) -> None:
    one = write(tmp_path / "one", a="1", b="2")
    shutil.copytree(one, tmp_path / "two")
    (tmp_path / "two" / "notes.txt").write_text("not data")
    same = files.content([one])
    assert same == files.content([tmp_path / "two"])
    assert same != files.content([write(tmp_path / "three", a="2", b="1")])
    assert same != files.content([write(tmp_path / "four", a="1", c="2")])


def test_the_order_of_several_files_counts_for_it_is_the_order_of_a_join(tmp_path: Path) -> None:
    folder = write(tmp_path / "one", a="1", b="2")
    a, b = folder / "a.npy", folder / "b.npy"
    assert files.content([a, b]) != files.content([b, a])


@pytest.mark.parametrize("change", ["grown", "touched", "replaced", "gone"])
def test_a_glance_tells_that_a_file_of_a_folder_has_changed(change: str, tmp_path: Path) -> None:
    import os

    folder = write(tmp_path / "one", a="1", b="2")
    before = files.stamp([folder])
    assert before == files.stamp([folder])
    file = folder / "b.npy"
    if change == "grown":
        file.write_text("22")
    elif change == "touched":
        os.utime(file, ns=(1, 1))
    elif change == "replaced":
        (folder / "new").write_text("2")
        (folder / "new").replace(file)
    else:
        file.unlink()
    assert files.stamp([folder]) != before


def test_a_file_that_is_gone_has_no_stamp(tmp_path: Path) -> None:
    assert files.stamp([tmp_path / "a.csv"]) is None
