"""Four roles, kept apart: which sample trains, which selects, which is probed, and which is tested.

A split that the data state is kept; else umlkit makes one, stratified and with whole groups. The validation part is
then divided once into ``select`` and ``probe``, when each half is large enough to measure on; else the measurement is
cross-fitted, where the samples of train and validation are enough for that.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from umlkit.data import duplicates
from umlkit.data.crossfit import are_few, cross_fitted
from umlkit.data.division import divide
from umlkit.data.records import Dataset, Ints, Roles
from umlkit.errors import InputError, Problem, listed
from umlkit.recipe.data_schema import Split

LARGEST_VAL = 0.4
_FEWEST_A_CLASS = 3
_STEP = 0.025
_LEAST_OF_TRAIN = 0.5
"""Of the share that is asked for; a large group may fall to a validation that was made larger."""


def half_needed(classes: int) -> int:
    """How many samples `select` and `probe` need each: max(100, 10 C)."""
    return max(100, 10 * classes)


def assign(dataset: Dataset, split: Split | None) -> Roles:
    """Give every sample its role.

    Args:
        dataset: as read.
        split: the recipe's section; None takes its defaults. Shares that it states are kept; the default shares give
            validation up to .4 of the samples where that makes the measurement possible.

    Raises:
        InputError: a class or the groups are too few to be divided, or a class is not in the training part.
    """
    roles = divided(dataset, split)
    first = duplicates.keys(dataset.modalities)
    return replace(roles, warnings=_warnings(dataset, roles, first), first=first)


def divided(dataset: Dataset, split: Split | None) -> Roles:
    """The same without a look at the inputs: no warning of samples that occur twice."""
    made = split or Split()
    if dataset.given_split is None:
        roles = _made(dataset, made, enlarge=not ({"train", "val", "test"} & made.model_fields_set))
    else:
        roles = _given(dataset, made)
    _check_parts(dataset, roles)
    _check_training_classes(dataset, roles)
    if not len(roles.probe):
        roles = cross_fitted(dataset, roles, seed=made.seed)
        roles = replace(roles, reading=(*roles.reading, *_without_shares(dataset, made, roles)))
    return roles


def _made(dataset: Dataset, split: Split, *, enlarge: bool) -> Roles:
    _check_class_sizes(dataset, fewest=_FEWEST_A_CLASS, parts="train, validation and test")
    _check_group_count(dataset, fewest=3)
    every = np.arange(len(dataset), dtype=np.int64)
    first = None
    for val in _val_shares(
        len(dataset), len(dataset.classes), base=split.val, most=LARGEST_VAL if enlarge else split.val
    ):
        shares = (1 - val - split.test, val, split.test)
        parts = _parts(dataset, every, shares=shares, seed=split.seed)
        roles = _divide_validation(dataset, parts[0], parts[1], parts[2], seed=split.seed)
        first = first or roles
        if len(roles.probe) and (roles is first or len(roles.train) >= _LEAST_OF_TRAIN * shares[0] * len(dataset)):
            break
    else:
        roles = first or roles
    note = f"split made by umlkit, seed {split.seed}, {_how(dataset)}: {_sizes(roles)}"
    notes = [note, *([] if roles is first else _enlarged(roles, split.val, len(dataset)))]
    return replace(roles, reading=tuple(notes))


def _given(dataset: Dataset, split: Split) -> Roles:
    given = dataset.given_split
    if given is None:
        raise ValueError("the data state no split")
    train, val, test = (np.flatnonzero(given == word).astype(np.int64) for word in ("train", "val", "test"))
    if len(val):
        roles = _divide_validation(dataset, train, val, test, seed=split.seed)
        note = f"split as the data state it, validation divided with seed {split.seed}: {_sizes(roles)}"
    else:
        roles = _carve(dataset, train, test, split)
        note = f"train and test as the data state them, validation out of train, seed {split.seed}: {_sizes(roles)}"
    return replace(roles, reading=(note,), made=False)


def _carve(dataset: Dataset, train: Ints, test: Ints, split: Split) -> Roles:
    """Validation out of the stated training part: the recipe's proportion, or up to half where that helps."""
    base = split.val / (split.train + split.val)
    first = None
    for val in _val_shares(len(train), len(dataset.classes), base=base, most=max(base, 0.5)):
        kept, held = _parts(dataset, train, shares=(1 - val, val), seed=split.seed)
        roles = _divide_validation(dataset, kept, held, test, seed=split.seed)
        first = first or roles
        if len(roles.probe):
            return roles
    if first is None:
        raise ValueError("no share of validation to try")
    return first


def _val_shares(n: int, classes: int, *, base: float, most: float) -> list[float]:
    """Shares of validation to try: the stated one, then what the measurement needs and more, up to ``most``."""
    needed = 2 * half_needed(classes) / n
    larger = [needed + _STEP * i for i in range(int(most / _STEP) + 1)]
    return [base, *(share for share in larger if base < share < most), *([most] if needed <= most > base else [])]


def _parts(dataset: Dataset, rows: Ints, *, shares: tuple[float, ...], seed: int) -> list[Ints]:
    return [rows[part] for part in divide(dataset.labels[rows], dataset.groups_of(rows), shares=shares, seed=seed)]


def _divide_validation(dataset: Dataset, train: Ints, val: Ints, test: Ints, *, seed: int) -> Roles:
    """Halve validation where each half can have enough samples; else all of it is `select`, and nothing `probe`."""
    needed = half_needed(len(dataset.classes))
    whole = Roles(train=train, select=val, probe=np.zeros(0, dtype=np.int64), test=test)
    if len(val) < 2 * needed:
        return whole
    groups = dataset.groups_of(val)
    within = are_few(groups)
    halves = divide(dataset.labels[val], None if within else groups, shares=(0.5, 0.5), seed=seed + 1)
    if min(map(len, halves)) < needed - len(dataset.classes) / 2:  # halves of classes of odd size are not equal
        return whole
    return replace(whole, select=val[halves[0]], probe=val[halves[1]], within_groups=within)


def _without_shares(dataset: Dataset, split: Split, roles: Roles) -> list[str]:
    """That the recipe's own shares are why all is trained in folds, where they are."""
    enough = 2 * half_needed(len(dataset.classes)) <= LARGEST_VAL * len(dataset)
    if not (roles.made and roles.folds and enough and {"train", "val", "test"} & split.model_fields_set):
        return []
    return [
        f"without the shares in data.split these {len(dataset)} samples would be divided so that no folds are needed"
    ]


def _enlarged(roles: Roles, base: float, n: int) -> list[str]:
    val, train = (len(roles.rows(part)) / n for part in ("val", "train"))
    return [
        f"validation has {val:.3g} of the samples instead of {base:.3g} and train {train:.3g}, so that the"
        " measurement is possible  [data.split: {train: ..., val: ..., test: ...}]"
    ]


def _how(dataset: Dataset) -> str:
    return "stratified" if dataset.groups is None else f"stratified, {len(np.unique(dataset.groups))} groups kept whole"


def _sizes(roles: Roles) -> str:
    return ", ".join(f"{role} {len(roles.rows(role))}" for role in ("train", "select", "probe", "test"))


def _check_class_sizes(dataset: Dataset, *, fewest: int, parts: str) -> None:
    counts = np.bincount(dataset.labels, minlength=len(dataset.classes))
    small = np.flatnonzero(counts < fewest)
    if not len(small):
        return
    every = len(small) == len(counts) or len(small) > len(counts) / 2
    raise InputError(
        Problem(
            f"{len(small)} of {len(counts)} classes {'has' if len(small) == 1 else 'have'} too few samples to split",
            where=dataset.name,
            found=listed((f"{dataset.classes[c]!r}: {counts[c]}" for c in small), limit=8),
            allowed=f"{fewest} samples a class or more: {parts} need one each",
            try_next=f"is {dataset.label_name!r} the label? it has nearly as many classes as samples"
            if every and len(counts) > 20
            else "leave these classes out, or put them together",
        )
    )


def _check_group_count(dataset: Dataset, *, fewest: int) -> None:
    if dataset.groups is None or len(np.unique(dataset.groups)) >= fewest:
        return
    raise InputError(
        Problem(
            "too few groups to keep them whole in train, validation and test",
            where=dataset.name,
            found=f"{len(np.unique(dataset.groups))} of them",
            allowed=f"{fewest} groups or more",
            try_next="leave the groups out, or state a split in the data",
        )
    )


def _check_parts(dataset: Dataset, roles: Roles) -> None:
    parts = {"train": roles.train, "validation": roles.select, "test": roles.test}
    empty = [name for name, rows in parts.items() if not len(rows)]
    if not empty:
        return
    raise InputError(
        Problem(
            f"the samples do not divide so that {' and '.join(empty)} has any",
            where=dataset.name,
            found=", ".join(f"{name} {len(rows)}" for name, rows in parts.items()),
            try_next="more groups, or none: groups are kept whole" if dataset.groups is not None else None,
        )
    )


def _check_training_classes(dataset: Dataset, roles: Roles) -> None:
    absent = np.setdiff1d(
        dataset.labels[np.concatenate([roles.select, roles.probe, roles.test])], dataset.labels[roles.train]
    )
    if not len(absent):
        return
    counts = np.bincount(dataset.labels, minlength=len(dataset.classes))
    raise InputError(
        Problem(
            f"{len(absent)} {'class has' if len(absent) == 1 else 'classes have'} no sample in the training part",
            where=dataset.name,
            found=listed((f"{dataset.classes[c]!r}: {counts[c]} samples elsewhere" for c in absent), limit=8),
            try_next="leave these classes out, or divide the samples otherwise",
        )
    )


def _warnings(dataset: Dataset, roles: Roles, first: Ints) -> tuple[str, ...]:
    parts = {name: roles.rows(name) for name in ("train", "val", "test")}
    lines = list(duplicates.across(first, parts))
    for name in ("select", "probe", "test"):
        rows = roles.rows(name)
        absent = np.setdiff1d(dataset.labels, dataset.labels[rows])
        if len(rows) and len(absent):
            names = listed((dataset.classes[c] for c in absent), limit=8)
            lines.append(f"{name} has no sample of {names}")
    return tuple(lines)
