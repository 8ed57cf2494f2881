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
