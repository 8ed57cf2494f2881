"""Where everything of a run lies, and what is not a run's directory."""

import errno
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from umlkit.errors import InputError
from umlkit.runs.environment import describe
from umlkit.runs.fingerprint import fingerprint
from umlkit.runs.layout import RunDirectory


def everything(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory(tmp_path / "runs" / "digits").open(create=True)


def test_paths_are_those_of_the_documentation(run: RunDirectory) -> None:
    unit = run.unit(0)
    paths = (unit.model_dir("ume", "0a1b2c3d"), unit.outputs_dir("unimodal-left", "0a1b2c3d"))

    assert [path.relative_to(run.root).as_posix() for path in (*paths, run.probe_path("0a1b2c3d"))] == [
        "seed-0/all/models/ume-0a1b2c3d",
        "seed-0/all/outputs/unimodal-left-0a1b2c3d",
        "probes/0a1b2c3d.json",
    ]
    assert run.unit(3, "fold-1").path == run.root / "seed-3" / "fold-1"


def test_naming_paths_and_reading_creates_nothing(run: RunDirectory) -> None:
    run.open(create=False)
    unit = run.unit(0)
    unit.model_dir("ume", "0a1b2c3d")
    assert unit.models() == []
    assert run.units() == []

    assert everything(run.root) == {"run.json"}


def test_missing_run_is_refused_to_a_reader_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run here"):
        RunDirectory(tmp_path / "missing").open(create=False)

    assert everything(tmp_path) == set()


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("out", ["notes.txt", "notes.txt/run"])
def test_out_pointing_at_or_below_a_file_is_refused(tmp_path: Path, out: str, create: bool) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(InputError, match=r"notes\.txt: is a file"):
        RunDirectory(tmp_path / out).open(create=create)


@pytest.mark.parametrize("create", [True, False])
def test_directory_with_other_things_is_refused_and_left_alone(tmp_path: Path, create: bool) -> None:
    (tmp_path / "thesis.tex").write_text("mine")

    with pytest.raises(InputError, match="not a run's"):
        RunDirectory(tmp_path).open(create=create)

    assert everything(tmp_path) == {"thesis.tex"}


def test_empty_directory_becomes_a_run(tmp_path: Path) -> None:
    RunDirectory(tmp_path).open(create=True)

    assert json.loads((tmp_path / "run.json").read_text()) == {"schema": "umlkit.run/1"}


def test_directory_of_a_run_killed_while_it_was_made_becomes_a_run(tmp_path: Path) -> None:
    (tmp_path / ".run.json.0123.partial").write_text('{"sch')

    assert RunDirectory(tmp_path).open(create=True).marker.exists()


@pytest.mark.parametrize("marker", ["", "{}", "[]", "nonsense", '{"schema": "umlkit.run/2"}', '{"schema": "other"}'])
def test_foreign_broken_or_newer_run_json_is_refused_by_name(tmp_path: Path, marker: str) -> None:
    (tmp_path / "run.json").write_text(marker)

    with pytest.raises(InputError, match=r"run\.json"):
        RunDirectory(tmp_path).open(create=True)


@pytest.mark.parametrize("marker", [None, "", '{"sch'])
def test_a_directory_that_holds_models_is_a_runs_though_run_json_is_lost(run: RunDirectory, marker: str | None) -> None:
    run.unit(0).model_dir("ume", "0a1b2c3d").mkdir(parents=True)
    run.marker.unlink()
    if marker is not None:
        run.marker.write_text(marker)
    before = everything(run.root)

    run.open(create=False)
    assert (run.lost_marker, everything(run.root)) == (True, before)
    run.open(create=True)
    assert (run.lost_marker, json.loads(run.marker.read_text())) == (False, {"schema": "umlkit.run/1"})


def test_run_json_of_a_newer_umlkit_is_refused_where_models_are_too(run: RunDirectory) -> None:
    run.unit(0).model_dir("ume", "0a1b2c3d").mkdir(parents=True)
    run.marker.write_text('{"schema": "umlkit.run/2"}')

    with pytest.raises(InputError, match="newer"):
        run.open(create=True)


@pytest.mark.parametrize(("number", "said"), [(errno.EACCES, r"try: chmod u\+r .*run\.json"), (errno.EIO, "be read")])
def test_run_json_that_cannot_be_read_is_not_lost(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    run.unit(0).model_dir("ume", "0a1b2c3d").mkdir(parents=True)
    written = run.marker.stat()

    def refuse(*_: object, **__: object) -> str:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(InputError, match=said):
        run.open(create=True)
    with pytest.raises(InputError, match=said):
        _ = run.lost_marker
    assert run.marker.stat() == written


def test_a_folder_called_run_json_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "run.json").mkdir()

    with pytest.raises(InputError, match=r"run\.json"):
        RunDirectory(tmp_path).check()


def test_models_are_listed_with_label_fingerprint_and_whether_they_are_finished(run: RunDirectory) -> None:
    unit = run.unit(0)
    for label in ("ume", "unimodal-left"):
        unit.model_dir(label, "0a1b2c3d").mkdir(parents=True)
    (unit.model_dir("ume", "0a1b2c3d") / "result.json").touch()
    (unit.path / "models" / "stray").mkdir()
    run.unit(10, "fold-2").path.mkdir(parents=True)

    found = [(model.label, model.fingerprint, model.finished) for model in unit.models()]

    assert found == [("ume", "0a1b2c3d", True), ("unimodal-left", "0a1b2c3d", False)]
    assert [(unit.seed, unit.fold) for unit in run.units()] == [(0, "all"), (10, "fold-2")]


@pytest.mark.parametrize("modality", ["[/]", "a/b", "..", "left,right", "x\ny\x00", "ü" * 300, ""])
def test_any_name_of_a_modality_gives_one_folder_within_models(run: RunDirectory, modality: str) -> None:
    folder = run.unit(0).model_dir(f"unimodal-{modality}", "0a1b2c3d")
    folder.mkdir(parents=True)

    assert folder.resolve().parent == (run.unit(0).path / "models").resolve()
    assert len(run.unit(0).models()) == 1


def test_every_look_at_test_is_a_line_with_time_and_command(run: RunDirectory) -> None:
    for minute in (1, 2):
        run.log_test_read("umlkit run [/]", "ume, seed 0", now=lambda m=minute: datetime(2025, 1, 1, 12, m, tzinfo=UTC))

    lines = [json.loads(line) for line in run.test_reads.read_text().splitlines()]

    assert lines[0] == {"when": "2025-01-01T12:01:00+00:00", "command": "umlkit run [/]", "what": "ume, seed 0"}
    assert len(lines) == 2


def test_fingerprint_depends_on_content_alone() -> None:
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
    assert fingerprint([1, 2]) != fingerprint([2, 1])


def test_fingerprint_is_the_same_as_ever() -> None:
    """Golden: the BLAKE2b-32 hash of '{"format":1,"parts":{"method":"ume","seed":0}}', taken with b2sum -l 32."""
    assert fingerprint({"method": "ume", "seed": 0}) == "d7f6d229"


@pytest.mark.parametrize("parts", [float("nan"), float("inf")])
def test_fingerprint_refuses_what_is_not_json(parts: object) -> None:
    with pytest.raises(ValueError, match="JSON"):
        fingerprint(parts)


def test_environment_tells_versions_machine_and_commit(tmp_path: Path) -> None:
    said = describe(device="cpu", threads=2, folder=tmp_path)

    assert said.packages["torch"]
    assert (said.device, said.threads, said.git) == ("cpu", 2, None)
    assert said.cpu
