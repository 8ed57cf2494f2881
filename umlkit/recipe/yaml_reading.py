"""YAML to plain values, with the place of each, and every trap of YAML refused in plain words.

The parser's events are read directly: a tag is refused where it stands (none runs code, none converts), an alias is
followed under a cap, a key that comes twice is reported with both lines. Keys are always text as written, so a modality
may be called ``on`` or ``1``. What an unquoted word means is said in :mod:`umlkit.recipe.scalars`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import yaml

from umlkit.errors import Problem
from umlkit.output import printable
from umlkit.recipe import syntax
from umlkit.recipe.positions import Path, Place, Places
from umlkit.recipe.scalars import NumberTooLongError, resolve

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
            self.problems.append(syntax.odd_character(error, self.text, self.name))
        except yaml.MarkedYAMLError as error:
            self.problems.append(syntax.broken(error, self.text, self.name))
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


def _is_merge(event: Any) -> bool:
    return isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.style is None


def _quoted(text: str) -> str:
    return repr(printable(text)[:60])
