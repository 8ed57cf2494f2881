"""Which subsets of modalities are asked about."""

from __future__ import annotations

from itertools import pairwise

import pytest

from umlkit.probe.subsets import SAMPLED, further, permutations, prefixes, subsets


@pytest.mark.parametrize("modalities", range(1, 7))
def test_few_modalities_have_all_their_subsets_and_no_permutations(modalities: int) -> None:
    assert len(set(subsets(modalities))) == len(subsets(modalities)) == 2**modalities
    assert permutations(modalities) == ()


@pytest.mark.parametrize("modalities", [7, 8, 12])
def test_many_modalities_have_about_sixty_four_subsets_singles_and_all_but_one_among_them(modalities: int) -> None:
    found = set(subsets(modalities))
    assert len(found) <= SAMPLED
    everyone = tuple(range(modalities))
    for m in everyone:
        assert {(m,), tuple(i for i in everyone if i != m)} <= found
    assert {(), everyone} <= found


@pytest.mark.parametrize("modalities", [7, 8, 12, 20])
def test_every_permutation_has_its_reverse_and_all_its_prefixes(modalities: int) -> None:
    orders = permutations(modalities)
    assert len(orders) >= 4
    assert all(orders[i + 1] == orders[i][::-1] for i in range(0, len(orders), 2))
    for order in orders:
        assert sorted(order) == list(range(modalities))
        assert set(prefixes(order)) <= set(subsets(modalities))


def test_the_same_subsets_every_time() -> None:
    before = subsets(8), permutations(8)
    subsets.cache_clear()
    permutations.cache_clear()
    assert (subsets(8), permutations(8)) == before


def test_prefixes_grow_by_one() -> None:
    grown = prefixes((2, 0, 1))
    assert grown == ((), (2,), (0, 2), (0, 1, 2))
    assert all(set(one) < set(other) for one, other in pairwise(grown))


def test_further_subsets_are_neither_single_nor_whole() -> None:
    assert further(2) == ()
    assert further(3) == ((0, 1), (0, 2), (1, 2))
