"""Folds of train and validation where validation is too small for two roles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.data_sets import dataset
from umlkit.data.crossfit import fewest_samples
from umlkit.data.records import Dataset, Roles
from umlkit.data.roles import assign


def made(data: Dataset) -> Roles:
    roles = assign(data, None)
    assert roles.folds, roles.not_measurable
    return roles


def test_every_sample_of_train_and_validation_is_a_probe_sample_once_and_none_of_test() -> None:
    roles = made(dataset(np.arange(200) % 3))
    probed = np.concatenate([fold.probe for fold in roles.folds.values()])
    assert sorted(probed.tolist()) == sorted([*roles.train.tolist(), *roles.select.tolist()])
    assert not set(probed.tolist()) & set(roles.test.tolist())


def test_rare_classes_may_be_left_out_where_two_others_stay() -> None:
    for counts, may in (((100, 100, 6), True), ((100, 6), False), ((100, 100, 6, 5), True), ((100, 6, 5), False)):
        reason = assign(dataset(np.repeat(np.arange(len(counts)), counts)), None).not_measurable or ""
        assert "needs 10 of every class" in reason
        assert ("or these classes left out" in reason) == may


def test_a_fold_selects_on_a_fifth_of_what_it_does_not_probe() -> None:
    roles = made(dataset(np.arange(250) % 2))
    for fold in roles.folds.values():
        parts = [set(part.tolist()) for part in (fold.train, fold.select, fold.probe)]
        assert sum(map(len, parts)) == len(set.union(*parts)) == 200
        assert list(map(len, parts)) == [128, 32, 40]


def test_classes_are_in_proportion_in_every_part() -> None:
    labels = np.repeat([0, 1, 2], [150, 80, 20])
    for fold in made(dataset(labels)).folds.values():
        for rows in (fold.train, fold.select, fold.probe):
            assert np.abs(np.bincount(labels[rows], minlength=3) / len(rows) - [0.6, 0.32, 0.08]).max() < 0.04


@pytest.mark.parametrize("groups", [8, 12, 40])
def test_groups_stay_whole_in_every_fold(groups: int) -> None:
    rng = np.random.default_rng(groups)
    data = dataset(rng.integers(2, size=240), groups=rng.integers(groups, size=240))
    assert data.groups is not None
    for fold in made(data).folds.values():
        train, select, probe = (set(data.groups[rows].tolist()) for rows in (fold.train, fold.select, fold.probe))
        assert train and select and probe
        assert not train & select and not train & probe and not select & probe


def test_folds_are_the_same_everywhere_and_go_with_the_splits_seed() -> None:
    # Golden: PCG64 seeded with 0 + 2; numpy keeps this stream, and a change would move samples between folds.
    folds = made(dataset(np.arange(200) % 2)).folds
    assert folds["fold-1"].probe[:6].tolist() == [10, 13, 24, 28, 30, 33]
    assert made(dataset(np.arange(200) % 2)).folds["fold-3"].select.tolist() == folds["fold-3"].select.tolist()


def test_the_smallest_set_that_can_be_measured_has_60_samples_or_8_a_class() -> None:
    assert (fewest_samples(2), fewest_samples(7), fewest_samples(8), fewest_samples(20)) == (60, 60, 64, 160)
    assert assign(dataset(np.arange(75) % 2), None).folds
    too_few = assign(dataset(np.arange(70) % 2), None)
    assert too_few.not_measurable == "not measurable with n = 56 samples of train and validation, needs about 60"
    assert (too_few.needed, dict(too_few.folds)) == (60, {})


def test_a_class_of_fewer_than_ten_is_named_with_how_many_samples_would_do() -> None:
    labels = np.where(np.arange(200) < 10, 1, 0)
    roles = assign(dataset(labels), None)
    assert roles.not_measurable is not None
    assert "needs 10 of every class ('c1' has 8), about 200 in all" in roles.not_measurable
    assert roles.needed == 200


def test_fewer_groups_than_folds_cannot_be_kept_whole() -> None:
    roles = assign(dataset(np.arange(200) % 2, groups=np.arange(200) // 50), None)
    assert roles.not_measurable is not None
    assert "needs 5 groups" in roles.not_measurable


def test_a_class_that_lives_in_one_group_leaves_a_fold_untrained() -> None:
    labels = np.where(np.arange(240) < 20, 2, np.arange(240) % 2)
    roles = assign(dataset(labels, groups=np.arange(240) // 20), None)
    assert roles.not_measurable is not None
    assert "needs 'c2' in more groups" in roles.not_measurable


def test_weights_that_leave_a_fold_nothing_to_read_are_seen() -> None:
    data = dataset(np.arange(200) % 2)
    heavy = np.zeros(200)
    heavy[assign(data, None).train[:4]] = heavy[assign(data, None).select[:3]] = 1.0
    heavy[assign(data, None).test[:3]] = 1.0
    roles = assign(replace(data, sample_weights=heavy), None)
    assert roles.not_measurable is not None and "a fold's" in roles.not_measurable


def test_a_set_whose_validation_is_large_enough_has_no_folds() -> None:
    assert not assign(dataset(np.arange(1000) % 2), None).folds
