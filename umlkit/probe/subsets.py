"""Which subsets of M modalities a measurement asks about: all of them while they are few, else those of permutations.

A subset is the ascending tuple of its modalities' positions. Up to M = 6 all 2^M are taken. Beyond, a Shapley value is
estimated from random permutations, each with its reverse (antithetic sampling: Mitchell, Cooper, Frank & Holmes,
*Sampling Permutations for Shapley Value Estimation*, JMLR 2022, arXiv 2104.12199), as many pairs as fit into 64
subsets, at least two. Every single modality and every subset that lacks one is always there.
"""

from __future__ import annotations

import random
from functools import cache
from itertools import combinations

Subset = tuple[int, ...]

MOST_EXACT = 6
SAMPLED = 64
FEWEST_PAIRS = 2


@cache
def subsets(modalities: int) -> tuple[Subset, ...]:
    """Every subset that is asked about, the smaller ones first; the empty and the full one among them."""
    names = range(modalities)
    if modalities <= MOST_EXACT:
        return tuple(s for size in range(modalities + 1) for s in combinations(names, size))
    found = {s for size in (0, 1, modalities - 1, modalities) for s in combinations(names, size)}
    found |= {prefix for order in permutations(modalities) for prefix in prefixes(order)}
    return tuple(sorted(found, key=lambda s: (len(s), s)))


def further(modalities: int) -> tuple[Subset, ...]:
    """The subsets of at least two modalities that are not all of them."""
    return tuple(s for s in subsets(modalities) if 1 < len(s) < modalities)


@cache
def permutations(modalities: int) -> tuple[Subset, ...]:
    """The orders that Shapley values are estimated from, the same every time; each is followed by its reverse.

    None of them where all subsets are taken.
    """
    if modalities <= MOST_EXACT:
        return ()
    room = SAMPLED - 2 * modalities - 2
    pairs = max(FEWEST_PAIRS, room // (2 * (modalities - 3)))  # the rest of a permutation's subsets is there anyway
    stream = random.Random(modalities)
    orders = [tuple(stream.sample(range(modalities), modalities)) for _ in range(pairs)]
    return tuple(order for one in orders for order in (one, one[::-1]))


def prefixes(order: Subset) -> tuple[Subset, ...]:
    """The subsets that grow as modalities join in this order, from the empty to the full one."""
    return tuple(tuple(sorted(order[:size])) for size in range(len(order) + 1))
