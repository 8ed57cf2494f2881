"""``umlkit doctor`` as a whole: on this machine, and on one whose torch is broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from umlkit.cli.main import main
from umlkit.doctor import examine
from umlkit.runs.records.doctor import DoctorRecord, Finding


def test_this_machine_can_train_and_nothing_is_left_behind(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(["doctor", "--json"]) == 0

    record = DoctorRecord.model_validate_json(capsys.readouterr().out)
    trainings = {f.check: f for f in record.findings if f.check.startswith("training on ")}
    assert record.healthy
    assert set(trainings) == {f"training on {device}" for device in record.devices}
    assert trainings["training on cpu"].status in {"ok", "note"}  # a note where the machine is too busy for it
    assert list(tmp_path.iterdir()) == []


def test_a_broken_torch_is_a_finding_and_no_crash(tmp_path):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise ImportError('libtorch_cpu.so: cannot open')")

    done = subprocess.run(
        [sys.executable, "-m", "umlkit", "doctor", "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
    )

    document, error = json.loads(done.stdout), json.loads(done.stderr)
    (found,) = [finding for finding in document["findings"] if finding["status"] == "broken"]
    assert (done.returncode, error["exit_code"]) == (1, 1)
    assert (document["torch"], document["healthy"], found["check"]) == (None, False, "torch")
    assert "libtorch_cpu.so" in found["found"]
    assert error["problems"][0]["try_next"] == found["mend"]


@pytest.fixture
def noted(monkeypatch):
    """An examination that finds one thing to look at."""
    finding = Finding(check="extra parquet", status="note", found="none", mend="pip install 'umlkit[parquet]'")
    record = DoctorRecord(umlkit="1", python="3", torch="2", devices=("cpu",), healthy=True, findings=(finding,))
    monkeypatch.setattr(examine, "examine", lambda *_: record)


def test_a_person_reads_a_table_and_the_commands_below_it(noted, capsys):
    assert main(["doctor"]) == 0

    shown = capsys.readouterr().out
    assert "extra parquet" in shown
    assert "  extra parquet: pip install 'umlkit[parquet]'\n" in shown
    assert shown.endswith("All is well.\n")
