"""``made:wrong-join``: pictures of digits, and beside them a modality whose rows belong to other samples.

As when two files are joined by the wrong column: what is joined looks like any other modality, and its values are
good pictures, yet it tells nothing of the label.
"""

from __future__ import annotations

import numpy as np

from umlkit.data.raw import Raw, from_arrays

SEED = 0


def open_set(source: str) -> Raw:
    """Arrays ``images`` (1797, 8, 8), ``misplaced`` of the same shape, and ``target``, the digit of ``images``.

    ``misplaced[i] = images[order[i]]``, with ``order`` a permutation drawn uniformly, so that it is independent of
    ``target``. The pictures are scikit-learn's (UCI Optical Recognition of Handwritten Digits).
    """
    # Imported here: scikit-learn takes a second, and most commands read a file.
    from sklearn.datasets import load_digits

    bunch = load_digits()
    order = np.random.default_rng(SEED).permutation(len(bunch.images))
    arrays = {
        "images": bunch.images,
        "misplaced": bunch.images[order],
        "target": bunch.target,
        "class_names": np.asarray(bunch.target_names).astype(str),
    }
    return from_arrays(arrays, name=source, label="target")
