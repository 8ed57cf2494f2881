"""What every JSON document shares: a ``schema`` that names its kind and version, and one way to read and write it.

A document says ``"schema": "umlkit.<kind>/<version>"``. Reading refuses what is broken, of another kind, or newer than
this program, by name and with what to do; an older version is brought up to date first.
"""

from __future__ import annotations

import errno
import json
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from umlkit.errors import InputError, Problem
from umlkit.runs import atomic

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=10**15)]
Seconds = Annotated[float, Field(ge=0, le=1e12)]
Migration = Callable[[dict[str, Any]], dict[str, Any]]

SHOWN_PROBLEMS = 5


class KeptDocumentError(InputError):
    """The document is of a newer umlkit, or there and cannot be read: nothing that this one may write anew."""


class Part(BaseModel):
    """Base of documents and of what they are made of: frozen, no unknown key, no coercion, no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, populate_by_name=True)


class Estimate(Part):
    """A number with its 95% interval, ``low <= value <= high``."""

    value: float
    low: float
    high: float


class Difference(Part):
    """How much lower a risk is than another, in three units."""

    nats: Estimate
    bits: Estimate
    points: Estimate = Field(description="difference of accuracy, hundredths; positive where the loss's would be")


def not_cross_fitted(n: float, folds: int) -> float:
    """As many samples, read by models that never trained on one another's, as n read by those of K folds: n (K-1)/K."""
    return n * (folds - 1) / folds if folds > 1 else float(n)


class Record(Part):
    """Base of whole documents. A subclass sets ``KIND``, ``VERSION``, ``COMMAND`` and narrows ``schema_``.

    Attributes:
        KIND: the part of the schema's name before the slash, such as ``umlkit.probe``.
        VERSION: the version that this program writes.
        COMMAND: the command that writes such a document, for messages.
        MIGRATIONS: version v -> what turns a document of v into one of v + 1.
    """

    KIND: ClassVar[str]
    VERSION: ClassVar[int]
    COMMAND: ClassVar[str]
    MIGRATIONS: ClassVar[Mapping[int, Migration]] = {}

    schema_: str = Field(alias="schema", description="kind and version of this document")

    @classmethod
    def read(cls, path: Path, *, again: str | None = None) -> Self:
        """The document at ``path``.

        Args:
            path: the file.
            again: the command that writes it anew, where the caller knows more of that than ``COMMAND`` says.

        Raises:
            InputError: missing, empty, not JSON, of another kind, or with impossible content.
            KeptDocumentError: of a newer version, or the system does not let it be read.
        """
        command = again or cls.COMMAND
        text = _text(path, command)
        document = _parsed(text, path=path, command=command)
        version = _version(document, record=cls, path=path, command=command)
        if version < cls.VERSION:
            text = json.dumps(_migrated(document, version, record=cls, path=path, command=command))
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise InputError(*_problems(error, path=path, command=command)) from None

    def document(self) -> dict[str, Any]:
        """The document as JSON values, ``schema`` first."""
        return self.model_dump(mode="json", by_alias=True)

    def write(self, path: Path) -> None:
        """Write the document to ``path``, whole or not at all; its folder is made where it is missing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_json(path, self.document())


def _text(path: Path, command: str) -> str:
    if path.is_dir():
        raise InputError(Problem("is a folder, not a file", where=str(path), try_next=command))
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(Problem("no such file", where=str(path), try_next=command)) from None
    except UnicodeDecodeError:
        raise InputError(Problem("is not text, so not JSON", where=str(path), try_next=command)) from None
    except OSError as error:
        allowing = shlex.join(["chmod", "u+r", str(path)]) if error.errno == errno.EACCES else None
        problem = Problem("cannot be read", where=str(path), found=error.strerror, try_next=allowing)
        raise KeptDocumentError(problem) from None
    if not text.strip():
        raise InputError(Problem("is empty", where=str(path), try_next=f"write it again: {command}"))
    return text


def _parsed(text: str, *, path: Path, command: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        raise InputError(
            Problem("is broken JSON", where=where, found=error.msg, try_next=f"write it again: {command}")
        ) from None
    except (RecursionError, ValueError):
        raise InputError(Problem("is broken JSON", where=str(path), try_next=f"write it again: {command}")) from None
    if not isinstance(document, dict):
        found = type(document).__name__
        raise InputError(Problem("is not a JSON object", where=str(path), found=found, try_next=command))
    return document


def _version(document: dict[str, Any], *, record: type[Record], path: Path, command: str) -> int:
    """The version in ``schema``, between the oldest that can be migrated and the present one."""
    expected = f"{record.KIND}/{record.VERSION}"
    found = document.get("schema")
    kind, _, number = found.rpartition("/") if isinstance(found, str) else ("", "", "")
    version = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    if kind == record.KIND and version > record.VERSION:
        raise KeptDocumentError(
            Problem(
                "was written by a newer umlkit",
                where=str(path),
                found=str(found),
                allowed=f"up to {expected}",
                try_next="pip install --upgrade umlkit",
            )
        )
    if kind != record.KIND or (version != record.VERSION and version not in record.MIGRATIONS):
        raise InputError(
            Problem(
                f"is not a document of the kind {record.KIND}",
                where=str(path),
                found="no schema" if found is None else f"schema {found!r}"[:100],
                allowed=expected,
                try_next=command,
            )
        )
    return version


def unchanged(document: dict[str, Any]) -> dict[str, Any]:
    """The migration of a document whose next version only has more, all of it with defaults."""
    return document


def _migrated(
    document: dict[str, Any], version: int, *, record: type[Record], path: Path, command: str
) -> dict[str, Any]:
    for step in range(version, record.VERSION):
        try:
            document = record.MIGRATIONS[step](document)
        except (AttributeError, KeyError, TypeError, ValueError):  # no document that version ever wrote
            problem = Problem("was not written by umlkit as it stands", where=str(path), try_next=command)
            raise InputError(problem) from None
    return {**document, "schema": f"{record.KIND}/{record.VERSION}"}


def _problems(error: ValidationError, *, path: Path, command: str) -> list[Problem]:
    every = error.errors(include_url=False, include_context=False)
    problems = [
        Problem(
            found["msg"].removeprefix("Value error, "),
            where=": ".join([str(path), ".".join(str(part) for part in found["loc"])]).removesuffix(": "),
            found=_short(found["input"]),
        )
        for found in every[:SHOWN_PROBLEMS]
    ]
    rest = len(every) - SHOWN_PROBLEMS
    what = f"and {rest} more problems" if rest > 0 else "was not written by umlkit as it stands"
    return [*problems, Problem(what, where=str(path), try_next=f"write it again: {command}")]


def _short(value: Any) -> str | None:
    """A scalar as it stands; nothing for a whole part of the document."""
    return None if isinstance(value, dict | list | BaseModel) else repr(value)[:100]
