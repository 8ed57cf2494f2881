"""Cores and threads, room on the disk, and permission to write."""

from __future__ import annotations

import os
import shutil
from types import SimpleNamespace

import pytest

from umlkit.doctor import machine


@pytest.fixture(autouse=True)
def four_cores(monkeypatch, tmp_path):
    """A machine of four cores without a quota and without words about threads."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
    monkeypatch.setattr(machine, "QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(machine, "OLD_QUOTA", tmp_path / "cfs_quota_us")
    for name in ("UMLKIT_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("quota", "cores"), [("max 100000", 4), ("150000 100000", 1.5), ("800000 100000", 4), ("", 4)])
def test_a_containers_quota_counts(quota, cores):
    machine.QUOTA.write_text(quota + "\n")

    assert machine.usable_cores() == cores


@pytest.mark.parametrize(("quota", "cores"), [("-1", 4), ("200000", 2)])
def test_the_older_control_groups_count_too(quota, cores, monkeypatch, tmp_path):
    machine.OLD_QUOTA.write_text(quota)
    monkeypatch.setattr(machine, "OLD_PERIOD", tmp_path / "period")
    machine.OLD_PERIOD.write_text("100000")

    assert machine.usable_cores() == cores


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("OMP_NUM_THREADS", "4", None),
        ("OMP_NUM_THREADS", "8", "export OMP_NUM_THREADS=4"),
        ("UMLKIT_THREADS", "5", "export UMLKIT_THREADS=4"),
        ("UMLKIT_THREADS", "many", "unset UMLKIT_THREADS"),
        ("OMP_NUM_THREADS", "0", "unset OMP_NUM_THREADS"),
    ],
)
def test_more_threads_than_cores_are_noted(name, value, mend, monkeypatch):
    monkeypatch.setenv(name, value)

    found = machine.threads()

    assert (found.status, found.mend) == ("ok" if mend is None else "note", mend)
    assert f"{name}={value}" in found.found


def test_a_folder_that_can_be_written_to_is_well_and_nothing_is_left_in_it(tmp_path):
    found = machine.runs_folder(tmp_path / "runs" / "mine")

    assert (found.status, found.mend) == ("ok", None)
    assert str(tmp_path) in found.found
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_broken(tmp_path, monkeypatch):
    def refused(*_: object, **__: object):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(machine.tempfile, "TemporaryDirectory", refused)

    found = machine.runs_folder(tmp_path)

    assert (found.status, "permission denied" in found.found) == ("broken", True)
    assert found.mend


@pytest.mark.parametrize(("free", "status"), [(2e9, "ok"), (5e8, "note"), (1e6, "broken")])
def test_little_room_is_noted_and_none_is_broken(free, status, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=int(free)))

    for found in (machine.runs_folder(tmp_path), machine.temporary_folder()):
        assert found.status == status
        assert (found.mend is None) is (status == "ok")


def test_no_temporary_folder_is_broken(monkeypatch):
    def none() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(machine.tempfile, "gettempdir", none)

    assert (machine.temporary_folder().status, machine.temporary_folder().mend) == ("broken", "export TMPDIR=DIR")
