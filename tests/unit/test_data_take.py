"""The cut: numpy's own notation, a small part of it, never evaluated."""

from __future__ import annotations

import numpy as np
import pytest

from umlkit.data.take import cut

VALUES = np.arange(3 * 4 * 5).reshape(3, 4, 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[:, :, :2]", VALUES[:, :, :2]),
        ("[:, 1]", VALUES[:, 1]),
        ("[:, ..., -1]", VALUES[..., -1]),
        (" [ : , 1:3 , ::2 ] ", VALUES[:, 1:3, ::2]),
        ("[:, ::-1]", VALUES[:, ::-1]),
        ("[:]", VALUES),
    ],
)
def test_a_cut_is_what_numpy_makes_of_it(text: str, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(cut(VALUES, text), expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (":, :4", "brackets"),
        ("[]", "sample axis"),
        ("[:2, :]", "sample axis"),
        ("[..., 1]", "sample axis"),
        ("[:, [1, 2]]", "no integer"),
        ("[:, __import__('os')]", "no integer"),
        ("[:, None]", "no integer"),
        ("[:, ::0]", "step of 0"),
        ("[:, ..., ...]", "once"),
        ("[:, 9]", "does not fit"),
        ("[:, :, :, :]", "more items"),
        ("[:, 4:]", "leaves nothing"),
        ("[:, 99999999999]", "no integer"),
    ],
)
def test_anything_else_is_refused_with_its_reason(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        cut(VALUES, text)
