"""Lists of numbers of different lengths as one array: padded at the end with NaN to the longest.

What reads sequences takes trailing steps that are NaN throughout for padding. A list without any step is NaN
throughout.
"""

from __future__ import annotations

import numpy as np

from umlkit.data.mapped import scratch
from umlkit.data.records import Array, Ints


def padded(steps: Array, lengths: Ints) -> Array:
    """Steps end to end, (sum of lengths, ...), as (N, T, ...) with T the longest length.

    Lists of one length keep their type and are a view; others become floats wide enough for their values.

    Args:
        steps: the steps of all lists, one list behind the other.
        lengths: (N,) how many steps each list has.
    """
    longest, inner = int(lengths.max(initial=0)), steps.shape[1:]
    if (lengths == longest).all():
        whole: Array = steps.reshape(len(lengths), longest, *inner)
        return whole
    target = scratch((len(lengths), longest, *inner), np.result_type(steps.dtype, np.float32))
    ends = np.cumsum(lengths)
    for row, (end, length) in enumerate(zip(ends.tolist(), lengths.tolist(), strict=True)):
        target[row, :length] = steps[end - length : end]
        target[row, length:] = np.nan
    return target
