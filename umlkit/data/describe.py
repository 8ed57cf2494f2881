"""What ``umlkit data`` says of a data set: its modalities, and how many samples of each class serve each purpose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, cast

import numpy as np

from umlkit.data import duplicates
from umlkit.data.kinds import KINDS
from umlkit.data.kinds.columns import column_names
from umlkit.data.leaks import leaks
from umlkit.data.missing import column_ranges
from umlkit.data.near import NearRepeats, near_repeats
from umlkit.data.records import ROLES, Dataset, Ints, ModalityArray, Roles
from umlkit.data.weights import Weights
from umlkit.runs.records.data import (
    ClassEntry,
    DataRecord,
    LeakEntry,
    LeftOutEntry,
    Missing,
    ModalityEntry,
    NearEntry,
    NoteEntry,
    RoleCounts,
)


def describe(dataset: Dataset, roles: Roles, weights: Weights | None = None) -> DataRecord:
    """Counts, kinds, shapes, ranges, what is missing, constant, repeated or suspicious; no model looks at anything."""
    groups, first = dataset.groups, roles.first
    parts = {part: roles.rows(part) for part in ("train", "val", "test")}
    return DataRecord(
        name=dataset.name,
        samples=len(dataset),
        label=dataset.label_name,
        classes=_classes(dataset, roles, weights),
        modalities=tuple(_modality(name, modality, roles.train) for name, modality in dataset.modalities.items()),
        roles=_counts({role: len(roles.rows(role)) for role in ROLES}),
        groups=None if groups is None else len(np.unique(groups)),
        groups_by_role=None
        if groups is None
        else _counts({role: len(np.unique(groups[roles.rows(role)])) for role in ROLES}),
        split="made" if roles.made else "stated",
        within_groups=roles.within_groups,
        duplicates=duplicates.within(first),
        near_duplicates=tuple(_near(found, dataset.ids) for found in near_repeats(dataset.modalities, first, parts)),
        leaks=tuple(LeakEntry(**vars(leak)) for leak in leaks(dataset.modalities, dataset.labels, roles.train)),
        notes=tuple(_notes(dataset, roles)),
        measurable=roles.not_measurable is None,
        folds=max(1, len(roles.folds)),
        reason=roles.not_measurable,
        needed=roles.needed,
        left_out=tuple(LeftOutEntry(**vars(one)) for one in dataset.left_out),
        reading=(*dataset.reading, *roles.reading, *(weights.reading if weights else ())),
        warnings=(*dataset.warnings, *roles.warnings),
    )


def _classes(dataset: Dataset, roles: Roles, weights: Weights | None) -> tuple[ClassEntry, ...]:
    size = len(dataset.classes)
    total = np.bincount(dataset.labels, minlength=size)
    shares = None if weights is None else np.bincount(dataset.labels[roles.train], weights=weights.by_role["train"])
    by_role = {role: _per_class(dataset.labels[roles.rows(role)], size) for role in ROLES}
    return tuple(
        ClassEntry(
            name=name,
            value=value,
            samples=int(total[c]),
            by_role=_counts({role: int(by_role[role][c]) for role in ROLES}),
            weight=None if shares is None else float(shares[c] / by_role["train"][c]),
        )
        for c, (name, value) in enumerate(zip(dataset.classes, dataset.class_values, strict=True))
    )


def _per_class(labels: Ints, size: int) -> Ints:
    return np.bincount(labels, minlength=size).astype(np.int64)


def _counts(by_role: dict[Literal["train", "select", "probe", "test"], int]) -> RoleCounts:
    return RoleCounts(**by_role)


def _near(found: NearRepeats, ids: Sequence[str]) -> NearEntry:
    example = None if found.example is None else (ids[found.example[0]], ids[found.example[1]])
    part = cast(Literal["val", "test"], found.part)
    return NearEntry(part=part, count=found.count, checked=found.checked, example=example)


def _modality(name: str, modality: ModalityArray, train: Ints) -> ModalityEntry:
    return ModalityEntry(
        name=name,
        kind=modality.kind,
        sample=KINDS[modality.kind].describe(modality),
        shape=tuple(modality.sample_shape),
        dtype=str(modality.values.dtype),
        source=modality.source,
        take=modality.take,
        columns=modality.columns,
        missing=KINDS[modality.kind].missing(modality),
        when_missing=cast(Missing, modality.missing),
        range=KINDS[modality.kind].range_of(modality),
        constant=_constant(modality, train),
    )


def _notes(dataset: Dataset, roles: Roles) -> Iterator[NoteEntry]:
    """What preprocessing fitted on the training samples says of the samples of every role."""
    for name, modality in dataset.modalities.items():
        fitted = KINDS[modality.kind].fit(modality, roles.train)
        for role in ROLES:
            yield from (NoteEntry(modality=name, role=role, text=x) for x in fitted.notes(modality, roles.rows(role)))


def _constant(modality: ModalityArray, train: Ints) -> tuple[str, ...]:
    """Names or numbers of the columns that hold one value among the training samples."""
    if modality.values.ndim != 2 or modality.is_text:
        return ()
    low, high = column_ranges(modality.values, train)
    names = column_names(modality)
    return tuple(names[i] for i in np.flatnonzero(~(low < high)))
