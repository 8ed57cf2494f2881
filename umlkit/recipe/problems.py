"""Validation errors in plain words: what is wrong, where, what was found, what is allowed, what is closest.

A value that may be of several kinds (``auto`` or a number) gives one error per kind; they are told as one.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from umlkit.errors import Problem, listed
from umlkit.output import printable
from umlkit.recipe import keys, scalars
from umlkit.recipe.positions import Path, Places, dotted

_SHOWN = 60
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")

_KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list, such as [a, b]",
    "dict_type": "keys with values, `key: value`",
    "model_type": "keys with values, `key: value`",
    "model_attributes_type": "keys with values, `key: value`",
    "int_parsing_size": "a number of fewer digits",
}


def from_validation(error: ValidationError, raw: Any, places: Places, *, under: Path = ()) -> list[Problem]:
    """The problems behind a validation error, in the order of the recipe's schema.

    Args:
        error: what validating the value at ``under`` raised.
        raw: the recipe as read, from its top.
        places: where everything was written.
        under: path of the value that was validated.
    """
    by_path: dict[Path, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        by_path.setdefault(_path(detail, raw, under), []).append(detail)
    outer = {path for path in by_path if any(p[: len(path)] == path and p != path for p in by_path)}
    return [
        _problem(details, path, raw, places)
        for path, details in by_path.items()
        if not (path in outer and all(detail["type"] in _KINDS for detail in details))
    ]


def _path(detail: ErrorDetails, raw: Any, under: Path) -> Path:
    """The error's path without the names that pydantic gives to the members of a union."""
    path = under
    *outer, last = (*detail["loc"],) or (None,)
    for part in outer:
        path = _step(path, part, raw)
    if last is None:
        return path
    return (*path, last) if detail["type"] in {"missing", "extra_forbidden"} else _step(path, last, raw)


def _step(path: Path, part: str | int, raw: Any) -> Path:
    here = keys.at(raw, path)
    if isinstance(here, dict):
        return (*path, part) if part in here else path
    return (*path, part) if isinstance(here, list) and isinstance(part, int) else path


def _problem(details: list[ErrorDetails], path: Path, raw: Any, places: Places) -> Problem:
    kind = details[0]["type"]
    if kind == "extra_forbidden":
        return unknown_key(path, raw, places)
    if kind == "missing":
        return _missing(path, places)
    if kind == "value_error":
        return _said_by_the_schema(details[0], path, places)
    return _wrong_value(details, path, keys.at(raw, path), places)


def unknown_key(path: Path, raw: Any, places: Places, *, what: str = "key", try_next: str | None = None) -> Problem:
    """The problem of a key that nothing knows at its place."""
    *outer, key = path
    known = keys.allowed(tuple(outer), raw)
    home = f" in {dotted(tuple(outer))}" if outer else ""
    return Problem(
        f"unknown {what} {named(str(key))}{home}",
        where=places.nearest(path)[0].key,
        allowed=None if known is None else listed(known, limit=20) or "no key at all",
        closest=keys.suggestion(str(key), tuple(outer), raw),
        try_next=try_next,
    )


def _missing(path: Path, places: Places) -> Problem:
    try_next = "data: {path: mydata.npz, label: y}" if path == ("data",) else None
    return Problem(f"{dotted(path)} is missing", where=places.nearest(path)[0].key, try_next=try_next)


def _said_by_the_schema(detail: ErrorDetails, path: Path, places: Places) -> Problem:
    said = str(detail.get("ctx", {}).get("error", detail["msg"]))
    place, exact = places.nearest(path)
    found = None if isinstance(detail["input"], dict | BaseModel) else shown(detail["input"])
    return Problem(f"{dotted(path)} {said}", where=place.value if exact else place.key, found=found)


def _wrong_value(details: list[ErrorDetails], path: Path, found: Any, places: Places) -> Problem:
    details = sorted(details, key=lambda detail: detail["type"] != "literal_error")
    wishes = list(dict.fromkeys(_wish(detail) for detail in details))
    words = [word for detail in details for word in _words(detail)]
    return Problem(
        f"{dotted(path)} is empty" if found in ("", [], {}) else f"{dotted(path)} must be {' or '.join(wishes)}",
        where=places.nearest(path)[0].value,
        found=None if found in ("", [], {}) else shown(found),
        allowed=listed(words) if len(words) > 1 else None,
        closest=_closest_word(found, words),
        try_next=_respelt(found, {detail["type"] for detail in details}),
    )


def _wish(detail: ErrorDetails) -> str:
    """What the value should have been, to follow "must be"."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in _KINDS:
        return _KINDS[kind]
    if kind == "literal_error":
        return "one of these words" if len(_words(detail)) > 1 else _words(detail)[0]
    wordings: Mapping[str, tuple[str, str]] = {
        "greater_than": ("above {}", "gt"),
        "greater_than_equal": ("at least {}", "ge"),
        "less_than": ("below {}", "lt"),
        "less_than_equal": ("at most {}", "le"),
        "multiple_of": ("a multiple of {}", "multiple_of"),
        "too_short": ("at least {} long", "min_length"),
        "too_long": ("at most {} long", "max_length"),
        "string_too_long": ("at most {} characters long", "max_length"),
    }
    if kind in wordings:
        words, name = wordings[kind]
        return words.format(_number(context[name]))
    return re.sub(r"^(Input|Value) should (be )?", "", detail["msg"])


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)


def _words(detail: ErrorDetails) -> list[str]:
    if detail["type"] != "literal_error":
        return []
    return re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))


def _closest_word(found: Any, words: list[str]) -> str | None:
    if not isinstance(found, str):
        return None
    if found.casefold() == "gpu" and "cuda" in words:
        return "cuda"
    match = difflib.get_close_matches(found.casefold(), words, n=1, cutoff=0.5)
    return match[0] if match else None


def _respelt(found: Any, kinds: set[str]) -> str | None:
    """The same value spelt as the schema wants it, where only its spelling is wrong."""
    numeric = kinds & {"int_type", "float_type", "bool_type"}
    if isinstance(found, str) and numeric:
        return _unquoted(found, boolean="bool_type" in kinds)
    if isinstance(found, float) and found.is_integer() and kinds & {"int_type", "int_from_float"} and abs(found) < 1e15:
        return f"write {int(found)}"
    if "string_type" in kinds and isinstance(found, bool | int | float):
        return f'write it in quotes: "{_scalar(found)}"'
    if "list_type" in kinds and not isinstance(found, list | dict) and found is not None:
        return f"write [{_scalar(found)}]"
    return None


def _unquoted(found: str, *, boolean: bool) -> str | None:
    if boolean:
        meant = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
        return f"write {meant[found.lower()]}" if found.lower() in meant else None
    plain = found.strip().replace("_", "")
    plain = plain.replace(",", "") if _THOUSANDS.fullmatch(plain) else plain
    if scalars.DECIMAL.fullmatch(plain) or scalars.FLOAT.fullmatch(plain):
        return f"write {plain} without quotes" if plain == found else f"write {plain}"
    return None


def named(name: str) -> str:
    """A name in quotes, on one line, cut where it is long."""
    return f"'{_cut(name)}'"


def shown(value: Any) -> str:
    """A value as the user would recognise it, on one line, cut where it is long."""
    if isinstance(value, dict):
        return f"the keys {listed(map(printable, map(str, value)), limit=5)}" if value else "no keys"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        return "empty text" if not value else f"the text {_cut(json.dumps(value, ensure_ascii=False))}"
    return _cut(_scalar(value))


def _scalar(value: Any) -> str:
    if value is None:
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else printable(str(value))


def _cut(text: str) -> str:
    text = printable(text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
