"""What the YAML parser complains about, in the words of somebody who does not know the grammar of YAML."""

from __future__ import annotations

import re
from typing import Any

import yaml

from umlkit.errors import Problem
from umlkit.output import printable

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


def odd_character(error: yaml.reader.ReaderError, text: str, name: str) -> Problem:
    """The problem of a character that may not occur in YAML."""
    before = text[: error.position]
    line, column = before.count("\n") + 1, error.position - before.rfind("\n")
    character = chr(error.character) if isinstance(error.character, int) else str(error.character)
    return Problem(
        "holds a character that YAML does not allow",
        where=f"{name}:{line}:{column}",
        found=printable(character),
        try_next='remove it, or write it in double quotes as an escape: "\\x1b"',
    )


def broken(error: yaml.MarkedYAMLError, text: str, name: str) -> Problem:
    """The problem of a text that is not YAML, with the line that shows it."""
    unclosed = re.search(r"while (scanning a quoted|parsing a flow)", error.context or "")
    mark: Any = error.context_mark if unclosed else error.problem_mark or error.context_mark
    lines = text.splitlines()
    number = min(mark.line, len(lines) - 1) if mark else 0
    line = lines[number] if lines else ""
    what, try_next = _plain_words(error, line, mark.column if mark else 0)
    where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
    return Problem(what, where=where, found=printable(line.strip())[:80] or None, try_next=try_next)


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
