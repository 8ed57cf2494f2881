"""The bytes of a recipe file as text, or why they are none."""

from __future__ import annotations

from umlkit.errors import Problem

MOST_BYTES = 1_000_000


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
