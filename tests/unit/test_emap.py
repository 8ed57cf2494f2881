"""EMAP on arrays: the golden grid, more than two modalities, and gaps that are nothing where nothing is mixed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.synthetic_evidence import make_evidence, with_marginals
from umlkit.probe.contribution import PROJECTED
from umlkit.probe.emap import held_out, project, projections
from umlkit.probe.marginals import Floats, Marginals, of_grid
from umlkit.probe.measure import measure

GOLDEN_GRID = [[-1.3, 0.3, -0.2], [0.8, 3.0, 1.1], [1.1, -0.1, 0.7]]
GOLDEN_PROJECTION = [-0.8, 2.1, 0.5]


def test_the_golden_grid_has_the_golden_projection() -> None:
    """Hessel & Lee 2020: three samples with two modalities, one logit."""
    grid = np.array(GOLDEN_GRID)[:, :, None]
    assert of_grid(grid).projection()[:, 0] == pytest.approx(GOLDEN_PROJECTION, abs=1e-12)


def test_weights_of_one_are_no_weights() -> None:
    grid = np.array(GOLDEN_GRID)[:, :, None]
    assert of_grid(grid, weights=np.ones(3)).projection() == pytest.approx(of_grid(grid).projection())


def test_a_sample_of_weight_two_counts_as_two_samples() -> None:
    twice = [0, 1, 1, 2]
    grid = np.array(GOLDEN_GRID)[:, :, None]
    weighted = of_grid(grid, weights=np.array([1.0, 2.0, 1.0])).projection()
    assert of_grid(grid[np.ix_(twice, twice)]).projection() == pytest.approx(weighted[twice])


def additive_marginals(modalities: int, *, n: int = 20, classes: int = 3, k: int = 7) -> tuple[Floats, Marginals]:
    """A sum of one function per modality: its logits, and its marginals over one draw of references."""
    stream = np.random.default_rng(modalities)
    own = stream.normal(size=(modalities, n, classes))
    references = stream.normal(size=(modalities, k, classes)).mean(axis=1)
    grand = references.sum(axis=0)
    alone = tuple(own[m] + grand - references[m] for m in range(modalities))
    return own.sum(axis=0), Marginals(grand, alone, own.sum(axis=0), np.arange(n), additive=True)


@pytest.mark.parametrize("modalities", [2, 3, 4, 6])
def test_the_projection_of_a_sum_is_the_sum_whatever_the_references(modalities: int) -> None:
    """The grand mean comes off M - 1 times; off once, three modalities would be wrong by a constant."""
    logits, marginals = additive_marginals(modalities)
    assert marginals.projection() == pytest.approx(logits, abs=1e-12)


def test_the_marginals_of_a_sum_follow_from_its_one_way_means() -> None:
    logits, marginals = additive_marginals(3)
    assert marginals.of((0, 1, 2)) == pytest.approx(logits, abs=1e-12)
    assert marginals.of((1,)) == pytest.approx(marginals.alone[1], abs=1e-12)
    pair = marginals.alone[0] + marginals.alone[2] - marginals.grand
    assert marginals.of((0, 2)) == pytest.approx(pair, abs=1e-12)
    assert marginals.of(()) == pytest.approx(np.tile(marginals.grand, (20, 1)), abs=1e-12)


def test_a_model_owes_to_mixing_what_its_projection_loses() -> None:
    gaps = {gap.rung: gap for gap in measure(with_marginals(1.0)).emap}
    probe = measure(with_marginals(1.0))
    ladder = {rung.name: rung for rung in probe.ladder}
    assert list(gaps) == ["ume", "joint-additive", "joint"]
    # Nothing is left of it but the grand mean, which knows no more than the classes' frequencies.
    lost = gaps["joint"].gap.nats.value
    assert lost == pytest.approx(probe.entropy_nats - ladder["joint"].log_loss.value, abs=0.03)
    assert gaps["joint"].gap.nats.low > 0
    assert gaps["joint"].gap.points.value > 0


def test_a_model_that_mixes_nothing_owes_nothing() -> None:
    gap = next(gap for gap in measure(with_marginals(0.0)).emap if gap.rung == "joint").gap
    assert gap.nats.value == pytest.approx(0, abs=1e-9)


def test_the_gap_of_what_is_additive_by_architecture_is_exactly_nothing() -> None:
    for gap in measure(with_marginals(0.5)).emap:
        exactly = (gap.gap.nats.value, gap.gap.nats.low, gap.gap.nats.high, gap.gap.points.value)
        assert gap.additive == (gap.rung != "joint")
        assert (exactly == (0, 0, 0, 0)) == gap.additive


def test_projections_are_additive_rungs_for_every_seed_and_fold() -> None:
    evidence = with_marginals(0.5, training_seeds=(0, 1), folds=2)
    made = projections(evidence)
    assert {(one.rung, one.seed, one.fold) for one in made} == {
        (PROJECTED + "joint", seed, held.fold) for seed in (0, 1) for held in evidence.folds
    }
    assert all(one.additive and one.candidate is None for one in made)
    assert [reading.seed for reading in project(evidence).of("emap:joint")] == [0, 1]
    assert len(project(evidence).losses("emap:joint")) == len(evidence.probe_labels)


def test_a_projection_of_what_was_fitted_on_select_is_held_out_there_too() -> None:
    evidence = with_marginals(0.0)
    joint = next(o for o in evidence.rungs if o.rung == "joint")
    fitted = replace(joint, select_logits=np.asarray(joint.select_logits) + 1.0)
    marginals = evidence.marginals["joint", 0, "all"]
    found = held_out(fitted, marginals, marginals.select.projection())
    assert found == pytest.approx(np.asarray(fitted.select_logits), abs=1e-12)


def test_without_marginals_there_is_no_gap() -> None:
    assert measure(make_evidence(features={})).emap == ()
