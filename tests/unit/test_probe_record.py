"""Reading probe.json: what is broken, foreign, newer or impossible is refused by name, never with a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from umlkit.errors import InputError
from umlkit.runs.records.common import Record
from umlkit.runs.records.probe import ProbeRecord

GOLDEN = Path(__file__).parents[1] / "golden" / "probe-3.json"


def refusal(path: Path, record: type[Record] = ProbeRecord) -> str:
    with pytest.raises(InputError) as error:
        record.read(path)
    assert error.value.problems
    assert str(path) in str(error.value)
    return str(error.value)


def changed(tmp_path: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    document = json.loads(GOLDEN.read_text())
    change(document)
    path = tmp_path / "probe.json"
    path.write_text(json.dumps(document))
    return path


def test_the_golden_document_is_read() -> None:
    assert ProbeRecord.read(GOLDEN).measured


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b'{"schema": "umlkit.probe/3", ', "is broken JSON"),
        (b"[" * 100_000, "is broken JSON"),
        (b"[1, 2]", "is not a JSON object"),
        (b"\xff\xfe\x00", "is not text"),
        (b"{}", "no schema"),
        (b'{"schema": 3}', "not a document of the kind umlkit.probe"),
        (b'{"schema": "umlkit.advice/2"}', "not a document of the kind umlkit.probe"),
        (b'{"schema": "umlkit.probe/0"}', "not a document of the kind umlkit.probe"),
        (b'{"schema": "umlkit.probe/one"}', "not a document of the kind umlkit.probe"),
        (b'{"schema": "umlkit.probe/4"}', "newer umlkit"),
        (b'{"schema": "umlkit.probe/3"}', "Field required"),
        (b'{"schema": "umlkit.probe/3", "name": "x", "measured": true}', "at least three probe samples"),
        (b'{"schema": "umlkit.probe/3", "x": ' + b"9" * 5000 + b"}", "is broken JSON"),
    ],
)
def test_what_is_no_probe_is_refused_by_name(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "probe.json"
    path.write_bytes(content)
    assert said in refusal(path)


def test_a_missing_file_and_a_folder_are_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    assert "umlkit probe RECIPE" in refusal(tmp_path / "nowhere.json")
    assert "is a folder" in refusal(tmp_path)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    path = tmp_path / "probe.json"
    path.write_text(GOLDEN.read_text().replace('"smallest_effect": 0.02', f'"smallest_effect": {value}'))
    assert "smallest_effect" in refusal(path)


def drop_ume(document: dict[str, Any]) -> None:
    document["candidates"] = [c for c in document["candidates"] if c["name"] != "ume"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (drop_ume, "lacks the candidate ume"),
        (lambda d: d["candidates"].append(d["candidates"][1]), "occurs twice"),
        (lambda d: d["candidates"][1].update(entries=[999]), "an entry that is not there"),
        (lambda d: d["candidates"][1].update(entries=[]), "at least 1 item"),
        (lambda d: d["loss_covariance"].pop(), "lower triangle"),
        (lambda d: d["loss_covariance"][3].append(0.0), "lower triangle"),
        (lambda d: d["loss_covariance"][3].__setitem__(1, 1e6), "is not a covariance"),
        (lambda d: d["correct_covariance"][3].__setitem__(3, -1.0), "is not a covariance"),
        (lambda d: d["loss_covariance"][3].__setitem__(3, 1e300), "is not a covariance"),
        (lambda d: d["entries"][3].update(log_loss=-1.0), "entries.3.log_loss"),
        (lambda d: d["entries"][3].update(log_loss=1e300), "entries.3.log_loss"),
        (lambda d: d["entries"][3].update(accuracy="0.5"), "entries.3.accuracy"),
        (lambda d: d["entries"][3].update(typo=1), "entries.3.typo"),
        (lambda d: d.update(df=7), "df must be"),
        (lambda d: d.update(unit="groups", groups=150), "covariances over groups are missing"),
    ],
)
def test_numbers_that_no_samples_give_are_refused(tmp_path: Path, change: Callable[..., Any], said: str) -> None:
    assert said in refusal(changed(tmp_path, change))


def test_many_problems_are_counted_and_not_all_listed(tmp_path: Path) -> None:
    def everywhere(document: dict[str, Any]) -> None:
        for entry in document["entries"]:
            entry["accuracy"] = 7

    said = refusal(changed(tmp_path, everywhere))
    assert said.count("accuracy") == 5
    assert "more problems" in said


class Second(Record):
    """A document in its second version: ``size`` was called ``length``."""

    KIND: ClassVar[str] = "umlkit.example"
    VERSION: ClassVar[int] = 2
    COMMAND: ClassVar[str] = "umlkit example"
    MIGRATIONS: ClassVar[Any] = {1: lambda d: {"schema": d["schema"], "size": d["length"]}}

    size: int


def test_an_older_document_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "example.json"
    path.write_text('{"schema": "umlkit.example/1", "length": 3}')
    assert Second.read(path) == Second(schema="umlkit.example/2", size=3)


def test_a_document_older_than_any_migration_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "example.json"
    path.write_text('{"schema": "umlkit.example/0", "length": 3}')
    assert "umlkit.example/2" in refusal(path, Second)


def test_a_record_does_not_change(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        ProbeRecord.read(GOLDEN).name = "other"  # type: ignore[misc]


def test_a_contribution_is_measured_from_a_rung_of_the_ladder(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda document: document["contribution"].update(ensemble="ume-tuned"))
    assert "the ladder lacks that" in refusal(path)
