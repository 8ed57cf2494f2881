"""What ends a command that was called with ``--json``: one object on one line of stderr.

:mod:`umlkit.output` writes it without this record, for it has to say errors before anything is imported; a test holds
the two together.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from umlkit.runs.records.common import Part, Record


class ProblemEntry(Part):
    """One thing that is wrong."""

    what: str = Field(description="the mistake, in one sentence")
    where: str | None = Field(description="file, file:line:column, sample or option")
    found: str | None = Field(description="what stood there")
    allowed: str | None = Field(description="what may stand there")
    closest: str | None = Field(description="the nearest allowed value")
    try_next: str | None = Field(description="the command or the line to write next")


class ErrorRecord(Record):
    """An error, an interruption, or a negative verdict; ``exit_code`` says which."""

    KIND: ClassVar[str] = "umlkit.error"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = "the same command with --json"

    schema_: Literal["umlkit.error/1"] = Field(default="umlkit.error/1", alias="schema")
    exit_code: Literal[1, 2, 3, 75, 130] = Field(description="of the process")
    problems: tuple[ProblemEntry, ...] = Field(min_length=1)
