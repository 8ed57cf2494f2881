"""From a data set to samples of a role that batches are taken from: in memory where they are few, else streamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from umlkit.data.kinds import Preprocess
from umlkit.data.kinds.base import RaggedPreprocess
from umlkit.data.records import Dataset, Doubles, Ints, ModalityArray, Samples
from umlkit.data.spread import spread
from umlkit.rows import Rows

if TYPE_CHECKING:
    import torch

BUDGET = 64 * 2**20
"""Bytes up to which the standardised samples of a whole data set are kept in memory.

About a fifth of what Python with torch takes anyway: below, streaming would save nothing that anybody feels; above, the
memory of a process must not go with the data."""
LOOKED_AT = 64
"""Samples from which the size of all is taken; exact where all samples have one shape."""


def samples(
    dataset: Dataset,
    rows: Ints,
    preprocess: Mapping[str, Preprocess],
    modalities: Sequence[str],
    device: torch.device | str = "cpu",
    weights: Doubles | None = None,
) -> Samples:
    """The samples ``rows`` of these modalities, with their weights (n,) of mean 1 where they have any."""
    # Imported here: reading and describing data need no torch.
    import torch

    small = few({name: dataset.modalities[name] for name in preprocess}, preprocess)
    inputs = {
        name: rows_of(dataset.modalities[name], rows, preprocess[name], device=device, in_memory=small)
        for name in modalities
    }
    return Samples(
        inputs=inputs,
        labels=torch.from_numpy(dataset.labels[rows]).to(device),
        weights=None if weights is None else torch.from_numpy(weights.astype(np.float32)).to(device),
    )


def all_rows(modalities: Mapping[str, ModalityArray], preprocess: Mapping[str, Preprocess]) -> dict[str, Rows]:
    """Every sample of these modalities, on the CPU: those of a file to predict for."""
    small = few(modalities, preprocess)
    return {
        name: rows_of(modality, np.arange(len(modality)), preprocess[name], device="cpu", in_memory=small)
        for name, modality in modalities.items()
    }


def few(modalities: Mapping[str, ModalityArray], preprocess: Mapping[str, Preprocess]) -> bool:
    """Whether all samples of all modalities together are small enough to be kept in memory, standardised.

    By the whole data set and not by role, so that a larger one never takes more memory than a smaller one does.
    """
    return sum(standardised_bytes(modality, preprocess[name]) for name, modality in modalities.items()) <= BUDGET


def standardised_bytes(modality: ModalityArray, preprocess: Preprocess) -> int:
    """Bytes that all samples of a modality would take as float32, from a look at a few spread over all of them."""
    if not len(modality):
        return 0
    looked_at = modality.rows(spread(np.arange(len(modality)), LOOKED_AT))
    made = preprocess.pack(looked_at).flat if isinstance(preprocess, RaggedPreprocess) else preprocess.apply(looked_at)
    return made.nbytes * len(modality) // len(looked_at)


def rows_of(
    modality: ModalityArray, rows: Ints, preprocess: Preprocess, *, device: torch.device | str, in_memory: bool
) -> Rows:
    """The samples ``rows`` of one modality.

    Args:
        modality: settled.
        rows: (n,) row numbers.
        preprocess: fitted.
        device: where batches go.
        in_memory: preprocess all of them now and keep them; else batch by batch, or, where that is costly, once into a
            temporary file.
    """
    import torch

    from umlkit.data.ragged import RaggedRows
    from umlkit.data.spilled import spilled
    from umlkit.data.streamed import StreamedRows

    if not in_memory and len(rows):  # a role may have no samples
        return (
            spilled(modality, rows, preprocess, device)
            if preprocess.costly
            else StreamedRows(modality, rows, preprocess, device)
        )
    if isinstance(preprocess, RaggedPreprocess):
        return RaggedRows(preprocess.pack(modality.rows(rows)), padding=preprocess.padding, device=device)
    return torch.from_numpy(preprocess.apply(modality.rows(rows))).to(device)
