"""How much is mixed to get a model's marginals: the references, the samples and subsets, and what that comes to.

The references are K = 200 rows of `select` where a fusion of parts is cheap (late fusion), else 32; fewer where
`select` has fewer. They are drawn without replacement. Where samples have weights they are drawn with replacement and
with probabilities like the weights, so that a plain mean over them is the mean of the weighted population.

What is computed is bounded: M K n fusions for the marginals of single modalities, K being lowered towards 32 where that
passes ``FUSIONS``; for the rest at most ``PAIRS`` pairs of a sample and a subset, each K fusions, on a random part of
the samples where that is not enough for all. Two modalities of at most ``GRID`` probe samples are mixed in all pairs.
"""

from __future__ import annotations

import numpy as np

from umlkit.data.records import Ints, Role
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.session import Session
from umlkit.probe.subsets import Subset, further
from umlkit.training.seeds import derive

ROLES: tuple[Role, Role] = ("select", "probe")
CHEAP, DEAR = 200, 32
GRID = 200
FUSIONS = 2**25
PAIRS = 2**15


def references(session: Session, artifact: Artifact, *, dear: bool) -> Ints:
    """(M, K) positions among the `select` samples, every modality's drawn by itself; alike for all models of a unit.

    Args:
        session: of the artifact's fold, here and below.
        artifact: whose modalities are mixed.
        dear: whether every fusion is a whole pass.
    """
    weights, held = session.weights_of("select"), len(session.roles.select)
    modalities, count = len(artifact.modalities), references_of(session, artifact, dear=dear)
    stream = np.random.default_rng(derive(artifact.seed, "references", artifact.fold))
    if weights is None:
        return np.stack([stream.permutation(held)[:count] for _ in range(modalities)])
    return np.stack([stream.choice(held, size=count, p=weights / weights.sum()) for _ in range(modalities)])


def references_of(session: Session, artifact: Artifact, *, dear: bool) -> int:
    """K."""
    held, most = len(session.roles.select), max(len(session.roles.select), len(session.roles.probe))
    wanted = DEAR if dear else CHEAP
    bounded = max(DEAR, min(wanted, FUSIONS // (len(artifact.modalities) * most)))
    return bounded if session.weights_of("select") is not None else min(bounded, held)


def fusions_of(session: Session, artifact: Artifact, *, dear: bool) -> int:
    """How many samples are put together from several, over both roles."""
    count, subsets = references_of(session, artifact, dear=dear), subsets_of(artifact)
    sizes = {role: len(session.roles.rows(role)) for role in ROLES}
    mixed = {
        role: n * n
        if is_grid(artifact, role, n)
        else count * (n * len(artifact.modalities) + len(some_of(n, len(subsets))) * len(subsets))
        for role, n in sizes.items()
    }
    return sum(mixed.values())


def bytes_of(session: Session, artifact: Artifact) -> int:
    """What the numbers in both files take."""
    classes, subsets, modalities = len(session.dataset.classes), subsets_of(artifact), len(artifact.modalities)
    total = 0
    for role in ROLES:
        n = len(session.roles.rows(role))
        by_sample = n if is_grid(artifact, role, n) else 1 + modalities
        total += 4 * classes * (n * by_sample + len(some_of(n, len(subsets))) * len(subsets)) + 8 * n
    return total


def subsets_of(artifact: Artifact) -> tuple[Subset, ...]:
    """The subsets of two modalities or more that are computed: none where they follow from the one-way marginals."""
    return () if artifact.additive else further(len(artifact.modalities))


def is_grid(artifact: Artifact, role: Role, n: int) -> bool:
    """Whether the logits of all pairs of n samples are computed."""
    return role == "probe" and len(artifact.modalities) == 2 and n <= GRID


def some_of(n: int, subsets: int) -> Ints:
    """Ascending positions of the samples whose marginals of further subsets are computed: all, or so many at random."""
    most = max(1, PAIRS // max(1, subsets))
    return np.arange(n) if n <= most else np.sort(np.random.default_rng(n).choice(n, most, replace=False))
