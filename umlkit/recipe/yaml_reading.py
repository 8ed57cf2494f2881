"""YAML to plain values, with the place of each, and every trap of YAML refused in plain words.

The parser's events are read directly: a tag is refused where it stands (none runs code, none converts), an alias is
followed under a cap, a key that comes twice is reported with both lines. Keys are always text as written, so a modality
may be called ``on`` or ``1``. What an unquoted word means is said in :mod:`umlkit.recipe.scalars`.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from umlkit.errors import Problem
from umlkit.output import printable
from umlkit.recipe.positions import Path, Place, Places
from umlkit.recipe.scalars import NumberTooLongError, resolve

MOST_BYTES = 1_000_000
MOST_VALUES = 50_000
DEEPEST = 40

_NODES = (yaml.ScalarEvent, yaml.SequenceStartEvent, yaml.MappingStartEvent)


@dataclass
class Reading:
    """What reading a YAML text gave: its value, where everything was written, and what is wrong with it."""

    value: Any
    places: Places
    problems: list[Problem]


def read(text: str, name: str) -> Reading:
    """Read one YAML document.

    Args:
        text: the document.
        name: how messages call it: the file's path as the user wrote it.
    """
    builder = _Builder(text=text, name=name)
    value = builder.document()
    return Reading(value, builder.places, builder.problems)


def decode(content: bytes, name: str) -> str | Problem:
    """The text of a recipe file, or why it is none: too big, binary, or in another encoding than UTF-8."""
    if len(content) > MOST_BYTES:
        return Problem(
            "is too big for a recipe", where=name, found=f"{len(content):,} bytes", allowed=f"up to {MOST_BYTES:,}"
        )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Problem("is UTF-16 text", where=name, allowed="UTF-8", try_next="save it as UTF-8 in your editor")
    if b"\0" in content or content.startswith(b"PK\x03\x04"):
        return Problem("is a binary file, not a recipe", where=name, allowed="YAML text", try_next=_binary_hint(name))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        return Problem(
            "is not UTF-8 text",
            where=f"{name}:{line}:{column}",
            found=f"byte 0x{content[error.start]:02x}",
            try_next="save it as UTF-8 in your editor",
        )


def _binary_hint(name: str) -> str:
    return (
        f"a data file is given with its own ending: {name.removesuffix('.yaml').removesuffix('.yml')}.npz --label ..."
    )


class _StopReading(Exception):  # noqa: N818 -- ends the reading; the problem is noted already
    pass


@dataclass
class _Alias:
    """A finished value that an anchor names, and how many values it holds."""

    value: Any
    size: int


@dataclass
class _Builder:
    text: str
    name: str
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.places = Places(Place(key=self.name, value=self.name, origin=self.name))
        self._events = yaml.parse(self.text, Loader=yaml.SafeLoader)
        self._anchors: dict[str, _Alias] = {}
        self._open: set[str] = set()
        self._values = 0
        self._event: Any = None  # PyYAML's classes of events share no base that has a tag

    def document(self) -> Any:
        """The value of the only document; None for an empty one."""
        try:
            return self._document()
        except _StopReading:
            pass
        except yaml.reader.ReaderError as error:
            self.problems.append(self._odd_character(error))
        except yaml.MarkedYAMLError as error:
            self.problems.append(self._syntax(error))
        return None

    def _document(self) -> Any:
        self._skip_until(*_NODES, yaml.AliasEvent, yaml.StreamEndEvent)
        if isinstance(self._event, yaml.StreamEndEvent):
            return None
        value = self._node((), depth=0)
        if isinstance(self._next(), yaml.DocumentEndEvent) and not isinstance(self._next(), yaml.StreamEndEvent):
            self._report("holds a second document", "remove the line --- and what follows it")
        return value

    def _next(self) -> Any:
        self._event = next(self._events)
        return self._event

    def _skip_until(self, *kinds: type[yaml.Event]) -> None:
        while not isinstance(self._next(), kinds):
            pass

    def _node(self, path: Path, *, depth: int) -> Any:
        """The value that begins with the present event."""
        event = self._event
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(event, path)
        self._count(1)
        if depth > DEEPEST:
            self._report(f"is nested more than {DEEPEST} levels deep", None)
            raise _StopReading
        if event.tag is not None and event.tag != "!":
            self._refuse_tag(event.tag)
        before = self._values
        if event.anchor:
            self._open.add(event.anchor)
        value = self._content(event, path, depth=depth)
        if event.anchor:
            self._open.discard(event.anchor)
            self._anchors[event.anchor] = _Alias(value, self._values - before + 1)
        return value

    def _content(self, event: Any, path: Path, *, depth: int) -> Any:
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path, depth=depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path, depth=depth)
        if event.style is not None:
            return event.value
        try:
            return resolve(event.value)
        except NumberTooLongError as error:
            self._report(f"holds {error}", None)
            return None

    def _sequence(self, path: Path, *, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(self._next(), yaml.SequenceEndEvent):
            item = (*path, len(items))
            place = self._where(self._event)
            self.places[item] = Place(key=place, value=place, origin=self._origin(self._event))
            items.append(self._node(item, depth=depth + 1))
        return items

    def _mapping(self, path: Path, *, depth: int) -> dict[str, Any]:
        items: dict[str, Any] = {}
        lines: dict[str, int] = {}
        while not isinstance(self._next(), yaml.MappingEndEvent):
            key_event = self._event
            key = self._key(depth=depth)
            self._next()
            if key in items:
                self._report_twice(key, key_event, lines[key])
            lines.setdefault(key, key_event.start_mark.line + 1)
            self.places[(*path, key)] = Place(
                key=self._where(key_event), value=self._where(self._event), origin=self._origin(key_event)
            )
            value = self._node((*path, key), depth=depth + 1)
            if not _is_merge(key_event):
                items[key] = value
        return items

    def _key(self, *, depth: int) -> str:
        event = self._event
        if isinstance(event, yaml.ScalarEvent) and event.tag in (None, "!"):
            if _is_merge(event):
                self._report("merges another mapping with <<", "write the keys out")
            return str(event.value)
        self._report("holds a key that is no plain text", "write keys as plain words")
        if not isinstance(event, yaml.AliasEvent):
            self._node(("?",), depth=depth + 1)
        raise _StopReading

    def _aliased(self, event: Any, path: Path) -> Any:
        if event.anchor in self._open:
            self._report(f"*{event.anchor} stands inside what it names", "write the value out")
            raise _StopReading
        known = self._anchors.get(event.anchor)
        if known is None:
            self._report(
                f"*{event.anchor} is named nowhere above with &{event.anchor}", "quote text that begins with *"
            )
            return None
        self._count(known.size)
        value = copy.deepcopy(known.value)
        where = self._where(event)
        self.places.cover(path, value, Place(key=where, value=where, origin=self._origin(event)))
        return value

    def _count(self, more: int) -> None:
        self._values += more
        if self._values > MOST_VALUES:
            self._report(
                f"holds more than {MOST_VALUES:,} values once its aliases are written out", "write less, plainly"
            )
            raise _StopReading

    def _refuse_tag(self, tag: str) -> None:
        shown = tag.replace("tag:yaml.org,2002:", "!!")
        self._report("holds a tag; a recipe has none, and no tag runs anything", "write the value plainly", found=shown)

    def _report_twice(self, key: str, event: Any, first: int) -> None:
        self._report(f"{_quoted(key)} is written twice", "keep one of the two", found=f"also in line {first}", at=event)

    def _report(self, what: str, try_next: str | None, *, found: str | None = None, at: Any = None) -> None:
        where = self._where(at or self._event)
        self.problems.append(Problem(what, where=where, found=found, try_next=try_next))

    def _where(self, event: Any) -> str:
        mark = event.start_mark
        return f"{self.name}:{mark.line + 1}:{mark.column + 1}"

    def _origin(self, event: Any) -> str:
        return f"{self.name}:{event.start_mark.line + 1}"

    def _odd_character(self, error: yaml.reader.ReaderError) -> Problem:
        before = self.text[: error.position]
        line, column = before.count("\n") + 1, error.position - before.rfind("\n")
        character = chr(error.character) if isinstance(error.character, int) else str(error.character)
        return Problem(
            "holds a character that YAML does not allow",
            where=f"{self.name}:{line}:{column}",
            found=printable(character),
            try_next='remove it, or write it in double quotes as an escape: "\\x1b"',
        )

    def _syntax(self, error: yaml.MarkedYAMLError) -> Problem:
        unclosed = re.search(r"while (scanning a quoted|parsing a flow)", error.context or "")
        mark: Any = error.context_mark if unclosed else error.problem_mark or error.context_mark
        lines = self.text.splitlines()
        number = min(mark.line, len(lines) - 1) if mark else 0
        line = lines[number] if lines else ""
        what, try_next = _plain_words(error, line, mark.column if mark else 0)
        where = f"{self.name}:{mark.line + 1}:{mark.column + 1}" if mark else self.name
        return Problem(what, where=where, found=printable(line.strip())[:80] or None, try_next=try_next)


def _is_merge(event: Any) -> bool:
    return isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.style is None


def _quoted(text: str) -> str:
    return repr(printable(text)[:60])


_PLAIN_WORDS = (
    (r"'\\t' that cannot start", "is indented with a tab", "use spaces"),
    (r"mapping values are not allowed", "holds a second colon in one line", "quote a text that holds ': '"),
    (r"could not find expected ':'", "is a line without a colon where a key is due", "write `key: value`"),
    (r"unexpected end of stream", "begins a quoted text that does not end", "close the quotes"),
    (r"expected ',' or '\]'", "begins a list that is not closed", "close the list with ]"),
    (r"expected ',' or '\}'", "begins a { that is not closed", "close it with }"),
    (r"expected <block end>", "is indented unlike the lines above", "indent keys of one section alike"),
    (r"'[@`%]' that cannot start", "begins a value with a character that YAML reserves", "quote the value"),
    (r"unknown escape character", "holds an escape that YAML does not know", "use single quotes around text with \\"),
    (r"undefined tag handle", "holds a tag; a recipe has none", "write the value plainly"),
)


def _plain_words(error: yaml.MarkedYAMLError, line: str, column: int) -> tuple[str, str | None]:
    """What a syntax error means to somebody who does not know the grammar of YAML, and what to do."""
    said = f"{error.context or ''} {error.problem or ''}"
    if line[: len(line) - len(line.lstrip())].count("\t"):
        return "is indented with a tab", "use spaces"
    if "mapping values are not allowed" in said and ":" not in line[:column]:
        return "does not fit the line above", "indent both alike, or give the line above its colon"
    for pattern, what, try_next in _PLAIN_WORDS:
        if re.search(pattern, said):
            return what, try_next
    return f"is not YAML: {error.problem or error.context}", None
