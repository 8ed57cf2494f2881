"""What ``umlkit data`` says of a data set: its modalities, and how many samples of each class serve each purpose."""

from __future__ import annotations

from typing import Literal, cast

import numpy as np

from umlkit.data import duplicates
from umlkit.data.missing import non_finite
from umlkit.data.records import ROLES, Dataset, Ints, ModalityArray, Roles
from umlkit.runs.records.data import ClassEntry, DataRecord, Missing, ModalityEntry, RoleCounts


def describe(dataset: Dataset, roles: Roles) -> DataRecord:
    """Counts, kinds, shapes, missing values and duplicates; no model looks at anything."""
    groups = dataset.groups
    return DataRecord(
        name=dataset.name,
        samples=len(dataset),
        label=dataset.label_name,
        classes=_classes(dataset, roles),
        modalities=tuple(_modality(name, modality) for name, modality in dataset.modalities.items()),
        roles=_counts({role: len(roles.rows(role)) for role in ROLES}),
        groups=None if groups is None else len(np.unique(groups)),
        groups_by_role=None
        if groups is None
        else _counts({role: len(np.unique(groups[roles.rows(role)])) for role in ROLES}),
        split="made" if roles.made else "stated",
        within_groups=roles.within_groups,
        duplicates=duplicates.within(duplicates.keys(dataset.modalities)),
        measurable=roles.not_measurable is None,
        reason=roles.not_measurable,
        needed=roles.needed,
        reading=(*dataset.reading, *roles.reading),
        warnings=(*dataset.warnings, *roles.warnings),
    )


def _classes(dataset: Dataset, roles: Roles) -> tuple[ClassEntry, ...]:
    size = len(dataset.classes)
    total = np.bincount(dataset.labels, minlength=size)
    by_role = {role: _per_class(dataset.labels[roles.rows(role)], size) for role in ROLES}
    return tuple(
        ClassEntry(
            name=name,
            value=value,
            samples=int(total[c]),
            by_role=_counts({role: int(by_role[role][c]) for role in ROLES}),
        )
        for c, (name, value) in enumerate(zip(dataset.classes, dataset.class_values, strict=True))
    )


def _per_class(labels: Ints, size: int) -> Ints:
    return np.bincount(labels, minlength=size).astype(np.int64)


def _counts(by_role: dict[Literal["train", "select", "probe", "test"], int]) -> RoleCounts:
    return RoleCounts(**by_role)


def _modality(name: str, modality: ModalityArray) -> ModalityEntry:
    return ModalityEntry(
        name=name,
        kind=cast(Literal["vector", "image", "spectrogram"], modality.kind),
        shape=tuple(modality.sample_shape),
        dtype=str(modality.values.dtype),
        source=modality.source,
        take=modality.take,
        columns=modality.columns,
        missing=non_finite(modality.values).nan,
        when_missing=cast(Missing, modality.missing),
    )
