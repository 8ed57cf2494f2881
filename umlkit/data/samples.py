"""From a data set to tensors: the samples of a role, every modality through what was fitted for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from umlkit.data.kinds import Preprocess
from umlkit.data.records import Dataset, Ints, Samples

if TYPE_CHECKING:
    import torch


def samples(
    dataset: Dataset,
    rows: Ints,
    preprocess: Mapping[str, Preprocess],
    modalities: Sequence[str],
    device: torch.device | str = "cpu",
) -> Samples:
    """The samples ``rows`` of these modalities as tensors on the device."""
    # Imported here: reading and describing data need no torch.
    import torch

    inputs = {
        name: torch.from_numpy(preprocess[name].apply(dataset.modalities[name].rows(rows))).to(device)
        for name in modalities
    }
    return Samples(inputs=inputs, labels=torch.from_numpy(dataset.labels[rows]).to(device))
