"""``run.json``: the mark by which a directory is known to be a run's."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from umlkit.runs.records.common import Record


class RunMarker(Record):
    """``run.json``. It says no more than what it is; what was run stands in the files beside it."""

    KIND: ClassVar[str] = "umlkit.run"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = "umlkit run RECIPE"

    schema_: Literal["umlkit.run/1"] = Field(default="umlkit.run/1", alias="schema")
