"""Every JSON document has its golden file: what umlkit once wrote it still reads, and writes again to the letter."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

import umlkit
from umlkit.errors import InputError
from umlkit.runs.records.activity import RunRecord
from umlkit.runs.records.common import Record

GOLDEN = Path(__file__).parents[1] / "golden"


def kinds_below(record: type[Record]) -> Iterator[type[Record]]:
    """Every record that umlkit defines, whichever module it is in."""
    for kind in record.__subclasses__():
        if kind.__module__.startswith("umlkit."):
            yield kind
        yield from kinds_below(kind)


def every_record() -> list[type[Record]]:
    for module in pkgutil.walk_packages(umlkit.__path__, "umlkit."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return sorted(kinds_below(Record), key=lambda record: record.KIND)


def golden(record: type[Record]) -> Path:
    return GOLDEN / f"{record.KIND.removeprefix('umlkit.')}-{record.VERSION}.json"


@pytest.mark.parametrize("record", every_record(), ids=lambda record: record.KIND)
def test_the_golden_document_is_read_and_written_back(record: type[Record]) -> None:
    document = json.loads(golden(record).read_text(encoding="utf-8"))
    assert document["schema"] == f"{record.KIND}/{record.VERSION}"
    assert record.read(golden(record)).document() == document


@pytest.mark.parametrize("record", every_record(), ids=lambda record: record.KIND)
def test_a_fresh_document_states_the_version_that_its_class_says(record: type[Record]) -> None:
    assert record.model_fields["schema_"].default == f"{record.KIND}/{record.VERSION}"


def test_no_golden_file_is_left_without_its_record() -> None:
    assert {path.name for path in GOLDEN.glob("*.json")} == {golden(record).name for record in every_record()}


def test_a_record_without_a_golden_file_would_be_seen() -> None:
    class New(Record):
        KIND: ClassVar[str] = "umlkit.new"
        VERSION: ClassVar[int] = 1

    New.__module__ = "umlkit.new"
    try:
        assert New in every_record()
        assert not golden(New).exists()
    finally:
        New.__module__ = "tests"


def older() -> list[Path]:
    return sorted((GOLDEN / "older").glob("*.json"))


def holds(present: object, past: object) -> bool:
    """Whether everything that ``past`` says stands in ``present``, but for the version."""
    if isinstance(past, dict):
        return isinstance(present, dict) and all(holds(present.get(k), v) for k, v in past.items() if k != "schema")
    if isinstance(past, list):
        return isinstance(present, list) and len(present) == len(past) and all(map(holds, present, past))
    return bool(present == past)


@pytest.mark.parametrize("path", older(), ids=lambda path: path.stem)
def test_a_document_of_an_older_version_is_read_and_nothing_of_it_is_lost(path: Path) -> None:
    past = json.loads(path.read_text(encoding="utf-8"))
    record = next(r for r in every_record() if past["schema"].partition("/")[0] == r.KIND)
    present = record.read(path).document()
    assert present["schema"] == f"{record.KIND}/{record.VERSION}" != past["schema"]
    assert holds(present, past)


@pytest.mark.parametrize("content", ['"probe": 3', '"probe": {}', '"test": []'])
def test_what_no_older_version_ever_wrote_is_refused_and_not_migrated(tmp_path: Path, content: str) -> None:
    (tmp_path / "result.json").write_text(f'{{"schema": "umlkit.run-result/1", {content}}}')
    with pytest.raises(InputError, match="was not written by umlkit as it stands"):
        RunRecord.read(tmp_path / "result.json")
