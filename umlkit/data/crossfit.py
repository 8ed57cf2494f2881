"""Where validation is too small for two roles: folds of train and validation, each with roles of its own.

The n samples of train and validation are dealt to K = 5 folds, stratified, groups whole. In fold k the k-th part is
``probe``, a fifth of the rest ``select``, what remains ``train``; so every sample is a probe sample once, of models
that never saw it, and the whole pipeline, preprocessing included, is fitted K times. Test samples have no part in it.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np

from umlkit.data.division import divide
from umlkit.data.records import Dataset, Ints, Roles
from umlkit.errors import listed

FOLDS = 5
SELECT_SHARE = 0.2
FEWEST_GROUPS = 10
"""Groups in validation, or in what is dealt to folds, from which intervals go over groups."""
_A_CLASS = 2 * FOLDS


def fewest_samples(classes: int) -> int:
    """How many samples of train and validation a cross-fitted measurement needs: max(60, 8 C)."""
    return max(60, 8 * classes)


def are_few(groups: Ints | None) -> bool:
    """Whether samples are of groups (n,), and of too few for intervals over these."""
    return groups is not None and len(np.unique(groups)) < FEWEST_GROUPS


def said(folds: int, n: int) -> str:
    """How a measurement goes that has so many folds of n samples of train and validation, in a few words."""
    return f"cross-fitted, {folds} folds of n = {n}: all is trained in each"


def cross_fitted(dataset: Dataset, roles: Roles, *, seed: int) -> Roles:
    """Roles that cannot be measured as they are, with folds; with the reason and what is needed where that fails.

    Args:
        dataset: as read.
        roles: without probe samples.
        seed: of the split.
    """
    rows = np.sort(np.concatenate([roles.train, roles.select, roles.probe]))
    reason, needed = _too_few(dataset, rows)
    folds = {} if reason else _folds(dataset, rows, roles.test, seed=seed)
    reason = reason or _untrained(dataset, folds)
    if reason is not None:
        what = f"not measurable with n = {len(rows)} samples of train and validation, {reason}"
        return replace(roles, not_measurable=what, needed=needed)
    note = (
        f"validation is too small for select and probe, so the measurement is cross-fitted: {FOLDS} folds of the "
        f"{len(rows)} samples of train and validation, everything trained in each"
    )
    return replace(
        roles,
        folds=folds,
        not_measurable=None,
        needed=None,
        within_groups=are_few(dataset.groups_of(rows)),
        reading=(*roles.reading, note),
    )


def _too_few(dataset: Dataset, rows: Ints) -> tuple[str | None, int | None]:
    """Why there can be no folds, and how many samples would do; (None, None) where there can."""
    counts = np.bincount(dataset.labels[rows], minlength=len(dataset.classes))
    small = np.flatnonzero(counts < _A_CLASS)
    fewest = fewest_samples(len(dataset.classes))
    if len(small):
        most = ceil(len(rows) * _A_CLASS / max(1, counts.min()))
        names = listed((f"{dataset.classes[c]!r} has {counts[c]}" for c in small), limit=5)
        return (
            f"needs {_A_CLASS} of every class ({names}), about {max(fewest, most)} in all"
            + (", or these classes left out" if len(counts) - len(small) >= 2 else ""),
            max(fewest, most),
        )
    if len(rows) < fewest:
        return f"needs about {fewest}", fewest
    groups = dataset.groups_of(rows)
    if groups is not None and (found := len(np.unique(groups))) < FOLDS:
        return f"needs {FOLDS} groups, to be kept whole in {FOLDS} folds (here {found})", None
    return None, None


def _folds(dataset: Dataset, rows: Ints, test: Ints, *, seed: int) -> dict[str, Roles]:
    parts = divide(dataset.labels[rows], dataset.groups_of(rows), shares=[1 / FOLDS] * FOLDS, seed=seed + 2)
    return {f"fold-{k + 1}": _fold(dataset, rows, part, test, seed=seed + 3 + k) for k, part in enumerate(parts)}


def _fold(dataset: Dataset, rows: Ints, part: Ints, test: Ints, *, seed: int) -> Roles:
    rest = np.delete(rows, part)
    shares = (1 - SELECT_SHARE, SELECT_SHARE)
    train, select = divide(dataset.labels[rest], dataset.groups_of(rest), shares=shares, seed=seed)
    return Roles(train=rest[train], select=rest[select], probe=rows[part], test=test)


def _untrained(dataset: Dataset, folds: dict[str, Roles]) -> str | None:
    """Why a fold cannot be trained: a class, or all that counts, is in too few groups or samples; None where none."""
    counted = np.ones(len(dataset)) if dataset.sample_weights is None else dataset.sample_weights
    for roles in folds.values():
        held = [np.bincount(dataset.labels[r], counted[r], len(dataset.classes)) for r in (roles.train, roles.select)]
        absent = np.flatnonzero(held[0] == 0)
        if len(absent):
            names = listed((repr(dataset.classes[c]) for c in absent), limit=5)
            where = "samples" if dataset.groups is None else "groups"
            return f"needs {names} in more {where}: a fold's training part lacks it"
        if not held[1].any() or not counted[roles.probe].any():
            return "needs more samples of weight above 0: a fold's select or probe part has none"
    return None
