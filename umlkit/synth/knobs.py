"""Knobs as a user gives them -> a family's options, with every problem in plain words. Light: no numpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from umlkit.errors import InputError, Problem, closest, listed
from umlkit.synth.options import FAMILIES, Family


def options_of(family: str, knobs: Mapping[str, Any]) -> Family:
    """The options of ``family`` with these knobs set.

    Raises:
        InputError: no such family, a knob that it does not have, or values that it does not take: all problems.
    """
    if family not in FAMILIES:
        raise InputError(
            Problem("unknown family", found=repr(family), allowed=listed(FAMILIES), closest=closest(family, FAMILIES))
        )
    kind = FAMILIES[family]
    try:
        return kind.model_validate({name: _value(value) for name, value in knobs.items()})
    except ValidationError as error:
        first = {str(e["loc"][0]) if e["loc"] else "": e for e in reversed(error.errors(include_url=False))}
        raise InputError(*(_problem(family, name, e) for name, e in reversed(first.items()))) from None


def plain(name: str) -> str:
    """A knob's name in a sentence."""
    return name.replace("_", " ")


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _problem(family: str, name: str, error: ErrorDetails) -> Problem:
    fields = FAMILIES[family].model_fields
    if not name:
        return Problem(str(error.get("ctx", {}).get("error", error["msg"])))
    if name in fields:
        wanted = _wanted(fields[name])
        return Problem(f"{plain(name)} must be {wanted}", found=repr(error["input"]))
    having = [other for other, kind in FAMILIES.items() if name in kind.model_fields]
    if having:
        return Problem(f"the family {family} has no {plain(name)}", allowed=f"in the families {listed(having)}")
    return Problem("unknown knob", found=repr(name), allowed=listed(fields, limit=30), closest=closest(name, fields))


def _wanted(field: FieldInfo) -> str:
    """What a knob may be, in words."""
    words = [word for word in get_args(field.annotation) if isinstance(word, str)]
    if words:
        return f"one of {listed(words)}"
    whole = int in (field.annotation, *get_args(field.annotation))
    low, high = (_limit(field, *names) for names in (("ge", "gt"), ("le", "lt")))
    if low is None:
        return (
            "a number from 0 to 1, or one a modality"
            if field.default is not None
            else "numbers between 0 and 1, one a class"
        )
    return f"a {'whole ' if whole else ''}number from {low:g} to {high:g}"


def _limit(field: FieldInfo, *names: str) -> float | None:
    found = [getattr(m, n) for m in field.metadata for n in names if getattr(m, n, None) is not None]
    return found[0] if found else None
