"""A look at a few of many: at most so many, evenly spread from the first to the last, the same in every run."""

from __future__ import annotations

import numpy as np

from umlkit.data.records import Array


def spread(values: Array, most: int) -> Array:
    """At most ``most`` of the values (N, ...), texts in a file too, in their order; themselves where they are no more.

    Args:
        values: samples, cells, or the numbers of rows.
        most: at least 1.
    """
    if len(values) <= most:
        return values
    found: Array = values[np.linspace(0, len(values) - 1, most).astype(np.int64)]
    return found
