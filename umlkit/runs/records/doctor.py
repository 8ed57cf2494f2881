"""What ``umlkit doctor`` found, as a document."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from umlkit.runs.records.common import Part, Record, Seconds

Status = Literal["ok", "note", "broken"]


class Finding(Part):
    """One thing that was looked at."""

    check: str = Field(description="what was looked at, such as `torch` or `training on cpu`")
    status: Status = Field(description="ok; note: umlkit works, yet look at it; broken: it keeps umlkit from working")
    found: str = Field(description="how it stands")
    mend: str | None = Field(default=None, description="the command or the line that mends it, or adds what is missing")
    seconds: Seconds | None = Field(default=None, description="that a training test took; null for other checks")


class DoctorRecord(Record):
    """The result of ``umlkit doctor --json``."""

    KIND: ClassVar[str] = "umlkit.doctor"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = "umlkit doctor --json"

    schema_: Literal["umlkit.doctor/1"] = Field(default="umlkit.doctor/1", alias="schema")
    umlkit: str = Field(description="version of umlkit")
    python: str = Field(description="version of Python")
    torch: str | None = Field(description="version of torch; null where it cannot be imported")
    devices: tuple[str, ...] = Field(description="where networks can run, the fastest first; the CPU is the last")
    healthy: bool = Field(description="whether nothing is broken")
    findings: tuple[Finding, ...]
