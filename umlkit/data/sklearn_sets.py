"""The sets that scikit-learn ships, as arrays or columns under their own names: ``sklearn:digits`` and its like."""

from __future__ import annotations

from typing import Any

import numpy as np

from umlkit.data.raw import Raw, from_arrays


def open_set(source: str) -> Raw:
    """A shipped set: ``digits`` has the arrays ``images`` and ``data``, the others are tables of named columns.

    All have ``target`` as label and ``class_names``.

    Args:
        source: one of :data:`umlkit.data.shipped.SETS`.
    """
    # Imported here: scikit-learn takes a second, and most commands read a file.
    from sklearn import datasets

    name = source.partition(":")[2]
    bunch = getattr(datasets, f"load_{name}")()
    if name == "digits":
        arrays = {"images": bunch.images, "data": bunch.data}
    else:
        arrays = {str(key): bunch.data[:, i] for i, key in enumerate(bunch.feature_names)}
    return from_arrays({**arrays, **_labels(bunch)}, name=source, table=name != "digits", label="target")


def _labels(bunch: Any) -> dict[str, Any]:
    return {"target": bunch.target, "class_names": np.asarray(bunch.target_names).astype(str)}
