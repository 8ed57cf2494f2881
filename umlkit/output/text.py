"""Text as it is shown: a user's, with escapes for what would steer a terminal or cannot be encoded; lists and times."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TextIO

# No-break space, zero-width joiner and non-joiner, ideographic space: not "printable", yet part of ordinary writing.
_ORDINARY = frozenset("\u00a0\u200c\u200d\u3000")


WIDTH = 80
"""Columns of a line that is read, on a terminal and in a file alike."""
_KEPT = "\u00a0±\u00a0"  # a number and its half-width stay on one line
_WIDE = "\u1100"
"""The first character that takes two columns of a terminal; below it a character is a column."""
LONGEST = 2000
"""Characters of a line of an error."""


def printable(text: str, *, keep: str = "") -> str:
    r"""``text`` with control characters, direction overrides and lone surrogates shown as escapes (``\x1b``).

    Args:
        text: anything.
        keep: control characters that stay as they are, such as a line break.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _ORDINARY or c in keep else _escaped(c) for c in text)


def shortened(text: str) -> str:
    """``text``, or its two ends where it is longer than anybody reads: a header of a megabyte is no message."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 60]} ... ({len(text):,} characters) ... {text[-20:]}"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def encodable(text: str, stream: TextIO) -> str:
    """``text`` as far as the stream's encoding has it; the rest as escapes."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def enumerated(said: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``; nothing for none."""
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def duration(seconds: float) -> str:
    """A time in one unit, as exact as one plans by: ``0 s``, ``4.2 s``, ``42 s``, ``12 min``, ``1.7 h``."""
    if seconds < 99.5:
        return f"{seconds:.1f} s" if 0.05 <= seconds < 9.95 else f"{max(0.0, seconds):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 99.5 * 60 else f"{seconds / 3600:.1f} h"


def wrapped(sentence: str, *, bullet: str = "") -> str:
    """A sentence in lines of at most 80 columns; what user names hold stays on them, control characters escaped.

    For what is read. A path or a command stays on one line however long it is, so that it can be copied.
    """
    kept = printable(sentence).replace(" ± ", _KEPT)
    rest = " " * len(bullet)
    if all(c < _WIDE for c in kept):
        filled = textwrap.fill(kept, WIDTH, initial_indent=bullet, subsequent_indent=rest, break_on_hyphens=False)
    else:
        filled = bullet + f"\n{rest}".join(_lines(kept, WIDTH - len(bullet)))
    return filled.replace(_KEPT, " ± ")


def _lines(text: str, width: int) -> Iterator[str]:
    """Words put into lines of at most so many columns of a terminal; one that is wider than that is broken."""
    from rich.cells import cell_len, chop_cells  # here, as most commands print no wide character

    line = ""
    for word in text.split(" "):
        if line and cell_len(line) + 1 + cell_len(word) > width:
            yield line
            line = ""
        *full, line = chop_cells(f"{line} {word}" if line else word, width) or [""]
        yield from full
    yield line


def is_number(cell: str) -> bool:
    """Whether a table's cell belongs in a column of numbers: a number, a dash, or nothing."""
    stripped = cell.strip().rstrip("%").lstrip("+-\u2212")
    return not stripped or stripped == "-" or stripped.replace(".", "", 1).replace(",", "").isdecimal()
