"""The truth of exact tables: the gates of the literature, and small cases by routes that share no code."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp

from umlkit import synth
from umlkit.errors import InputError, RunError
from umlkit.methods.ume.pool import fit_weights
from umlkit.synth.additive import best_additive
from umlkit.synth.boxed import certified_gap, minimise
from umlkit.synth.pooling import best_pool
from umlkit.synth.table import Table
from umlkit.synth.truth import truth_of

BITS = (0, 1)


def table(rows, shape):
    """Rows (level, level, .., class, probability) as a table."""
    joint = np.zeros(shape)
    for *place, probability in rows:
        joint[tuple(place)] += probability
    return Table(joint)


def gate(rule, *, classes=2, flips=0.0):
    """y = rule(a, b) of two fair bits, the label turned over now and then."""
    rows = [(a, b, rule(a, b), 0.25 * (1 - flips)) for a in BITS for b in BITS]
    rows += [(a, b, 1 - rule(a, b), 0.25 * flips) for a in BITS for b in BITS if flips]
    return table(rows, (2, 2, classes))


def any_table(seed, *shape, concentration=0.5):
    rng = np.random.default_rng(seed)
    return Table(rng.dirichlet(np.full(int(np.prod(shape)), concentration)).reshape(shape))


# Gate, then in bits R, U1, U2, S, D_add, D_UME, then accuracies of the mean of probabilities, the product of experts,
# the best additive logits and the joint posterior. PID of the gates: Williams & Beer, arXiv 1004.2515.
GATES = [
    ("and", gate(lambda a, b: a & b), (0.311, 0, 0, 0.5), 0, 0, (0.875, 1, 1, 1)),
    ("or", gate(lambda a, b: a | b), (0.311, 0, 0, 0.5), 0, 0, (0.875, 1, 1, 1)),
    ("xor", gate(lambda a, b: a ^ b), (0, 0, 0, 1), 1, 1, (0.5, 0.5, 0.5, 1)),
    ("xor, 10% flips", gate(lambda a, b: a ^ b, flips=0.1), (0, 0, 0, 0.531), 0.531, 0.531, (0.5, 0.5, 0.5, 0.9)),
    ("y = a", gate(lambda a, _: a), (0, 1, 0, 0), 0, 0, (1, 1, 1, 1)),
    ("copies", table([(y, y, y, 0.5) for y in BITS], (2, 2, 2)), (1, 0, 0, 0), 0, 0, (1, 1, 1, 1)),
    ("y = a + b", gate(lambda a, b: a + b, classes=3), (0.5, 0, 0, 1), 0, 0, (0.75, 1, 1, 1)),
    (
        "suppressor",
        table([(y + n, n, y, 0.25) for y in BITS for n in BITS], (3, 2, 2)),
        (0, 0.5, 0, 0.5),
        0,
        0.5,
        (0.75, 0.75, 1, 1),
    ),
]


@pytest.mark.parametrize(
    ("gated", "pid", "d_add", "d_ume", "accuracies"), [g[1:] for g in GATES], ids=[g[0] for g in GATES]
)
def test_the_gates_have_the_truth_of_the_literature(gated, pid, d_add, d_ume, accuracies):
    truth = truth_of(gated, ("a", "b"))
    parts = (truth.pid.redundant, *truth.pid.unique, truth.pid.synergy)
    right = truth.accuracy
    reached = (right.prob_mean, right.product_of_experts, right.additive, right.joint)

    assert [part.bits for part in parts] == pytest.approx(pid, abs=1e-3)
    assert (truth.d_add.bits, truth.d_ume.bits) == pytest.approx((d_add, d_ume), abs=1e-3)
    assert reached == pytest.approx(accuracies, abs=1e-3)


def test_without_a_negative_weight_of_the_prior_the_pool_would_fail_at_and():
    weights = best_pool(gate(lambda a, b: a & b)).minimum.point

    assert weights[0] < 0


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 4, 3), (2, 3, 2, 2)])
def test_information_adds_up_by_the_chain_rule(shape):
    drawn = any_table(3, *shape)
    joint = drawn.joint
    with np.errstate(divide="ignore", invalid="ignore"):
        posterior = joint / joint.sum(-1, keepdims=True)
        entropy = -np.sum(joint.sum(tuple(range(joint.ndim - 1))) * np.log(joint.sum(tuple(range(joint.ndim - 1)))))

    assert drawn.bayes == pytest.approx(-np.nansum(joint * np.log(posterior)))
    assert drawn.entropy == pytest.approx(entropy)
    assert all(0 <= drawn.information(m) <= drawn.entropy for m in range(drawn.modalities))
    rest = tuple(range(1, drawn.modalities))
    assert drawn.given_rest(0) == pytest.approx(drawn.loss(rest) - drawn.bayes)


def generic_additive(drawn):
    """D_add's minimum by a general optimiser on all f_m(a_m, c), differences by itself."""
    joint = drawn.joint

    def loss(parameters):
        scores, start = np.zeros(joint.shape), 0
        for m, size in enumerate(joint.shape[:-1]):
            shape = [1] * joint.ndim
            shape[m], shape[-1] = size, joint.shape[-1]
            count = size * joint.shape[-1]
            scores = scores + parameters[start : start + count].reshape(shape)
            start += count
        return float(np.sum(joint * (logsumexp(scores, axis=-1, keepdims=True) - scores)))

    start = np.zeros(sum(joint.shape[:-1]) * joint.shape[-1])
    return minimize(loss, start, method="BFGS", options={"gtol": 1e-7}).fun


@pytest.mark.parametrize("shape", [(2, 2, 2), (2, 3, 3), (3, 2, 2, 2)])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_additive_minimum_is_the_one_that_a_general_optimiser_finds(shape, seed):
    drawn = any_table(seed, *shape, concentration=1.0)

    assert best_additive(drawn).minimum.value == pytest.approx(generic_additive(drawn), abs=1e-6)


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 4, 3), (2, 3, 2, 2)])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_pool_is_the_one_that_ume_itself_would_fit_on_the_population(shape, seed):
    drawn = any_table(seed, *shape, concentration=1.0)
    cells = np.argwhere(drawn.joint > 0)
    with np.errstate(divide="ignore"):
        logs = np.stack([np.log(drawn.posterior((m,)))[cells[:, m]] for m in range(drawn.modalities)], axis=1)
    weights = drawn.joint[tuple(cells.T)]
    w0, w = fit_weights(logs, cells[:, -1], np.log(drawn.prior), weights=weights, penalty=0)
    scores = w0 * np.log(drawn.prior) + np.einsum("m,nmc->nc", w, logs)
    log_probs = scores - logsumexp(scores, axis=1, keepdims=True)
    fitted = -np.sum(weights * log_probs[np.arange(len(cells)), cells[:, -1]])

    assert best_pool(drawn).minimum.value == pytest.approx(fitted, abs=1e-6)
    assert best_pool(drawn).minimum.value <= fitted + 1e-8


def test_the_pool_is_at_least_as_good_as_every_point_of_a_grid():
    drawn = any_table(5, 3, 3, 2)
    with np.errstate(divide="ignore"):
        logs = [np.log(np.maximum(drawn.posterior((m,)), 1e-12)) for m in (0, 1)]
    found = best_pool(drawn).minimum
    grid = [
        (w0, w1, w2) for w0 in np.linspace(-3, 3, 25) for w1 in np.linspace(0, 3, 25) for w2 in np.linspace(0, 3, 25)
    ]
    scores = np.stack([w0 * np.log(drawn.prior) + w1 * logs[0][:, None] + w2 * logs[1][None] for w0, w1, w2 in grid])
    losses = np.sum(drawn.joint * (logsumexp(scores, axis=-1, keepdims=True) - scores), axis=(1, 2, 3))

    assert found.value <= losses.min() + found.gap
    assert losses.min() - found.value < 0.01


@pytest.mark.parametrize("shape", [(4, 5, 3), (64, 64, 2), (3, 3, 3, 4)])
def test_gaps_are_certified_to_a_millionth_of_a_nat(shape):
    drawn = any_table(7, *shape, concentration=0.2)

    assert best_pool(drawn).minimum.gap <= 1e-6
    assert best_additive(drawn).minimum.gap <= 1e-6


def test_what_is_additive_is_never_worse_than_a_pool_and_never_better_than_the_table():
    for seed in range(5):
        truth = truth_of(any_table(seed, 3, 4, 3, concentration=0.1), ("a", "b"))

        assert 0 <= truth.d_add.nats <= truth.d_ume.nats + truth.gap
        assert truth.learned_jointly.nats == pytest.approx(truth.d_ume.nats - truth.d_add.nats, abs=truth.gap)


class Square:
    """(w - 2)^2 in every coordinate."""

    def value(self, point):
        return float(((point - 2) ** 2).sum())

    def derivatives(self, point):
        return 2 * (point - 2), 2 * np.eye(len(point))


def test_the_gap_bounds_how_far_the_minimum_is():
    low, high = np.zeros(2), np.array([1.0, 5.0])
    found = minimise(Square(), np.full(2, 0.5), low=low, high=high, gap=1e-9)

    assert found.value - 1.0 <= found.gap <= 1e-9
    for point in ([0.5, 0.5], [0.9, 3.0], [0.1, 4.9]):
        assert certified_gap(Square(), np.array(point), low=low, high=high) >= Square().value(np.array(point)) - 1.0


def test_a_gap_that_numbers_of_64_bits_do_not_reach_is_an_error():
    with pytest.raises(RunError, match="only, not to"):
        minimise(Square(), np.full(2, 0.5), low=np.zeros(2), high=np.ones(2), gap=1e-300)


@pytest.mark.parametrize(
    "joint", [np.full((2, 2), 0.5), np.full((2,), 0.5), np.array([[-0.5, 1.5]]), np.full((65, 2), 1 / 130)]
)
def test_what_is_no_table_is_refused(joint):
    with pytest.raises(InputError):
        Table(joint)


def test_a_certain_suppressor_of_many_levels_is_additive() -> None:
    truth = synth.task("suppressor", seed=0, suppressor=1.0, spread=60).truth
    assert truth is not None
    assert truth.d_add.nats <= truth.gap <= 1e-6
    assert truth.d_ume.nats > 0.6
