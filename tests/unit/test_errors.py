"""The closest match: for whoever mistyped a name."""

from __future__ import annotations

import pytest

from umlkit.errors import closest

METHODS = ("umt", "ume", "joint", "residual")


@pytest.mark.parametrize(
    ("found", "meant"),
    [("uem", "ume"), ("utm", "umt"), ("JOINT", "joint"), ("residul", "residual"), ("jiont", "joint"), ("xyz", None)],
)
def test_swapped_letters_count_for_less_than_other_letters(found: str, meant: str | None) -> None:
    assert closest(found, METHODS) == meant
