"""Reliance and Shapley values: they sum to the total, find what is mixed, and are not deceived by additive models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from tests.synthetic_evidence import in_folds, make_evidence
from umlkit.methods.calibration import log_loss
from umlkit.probe.emap import project
from umlkit.probe.evidence import Evidence, RungOutputs
from umlkit.probe.marginals import Floats, Marginals, ModelMarginals
from umlkit.probe.measure import measure
from umlkit.probe.readings import read
from umlkit.probe.reliance import reliances, shapley
from umlkit.probe.subsets import further, subsets
from umlkit.probe.units import Units
from umlkit.runs.records.mixing import Reliance

Model = Callable[[Floats], Floats]
"""Inputs (n, M) -> logits (n, 2)."""


def additive(inputs: Floats) -> Floats:
    """Every modality adds its own evidence, and inputs are far from 0 (their mean is 3)."""
    score = (inputs - 3).sum(axis=1)
    return np.stack([-score, score], axis=1)


def exclusive_or(inputs: Floats) -> Floats:
    score = 2 * (inputs[:, 0] - 3) * (inputs[:, 1] - 3) + 0 * inputs.sum(axis=1)
    return np.stack([-score, score], axis=1)


def marginals_of(model: Model, inputs: Floats, references: Floats, rows: Any, **more: Any) -> Marginals:
    """As the pipeline computes them, by hand: every row with every reference."""

    def known(subset: tuple[int, ...], own: Floats) -> Floats:
        mixed = np.repeat(own[:, None], len(references), axis=1)
        rest = [m for m in range(inputs.shape[1]) if m not in subset]
        mixed[:, :, rest] = references[None][:, :, rest]
        return model(mixed.reshape(-1, inputs.shape[1])).reshape(len(own), len(references), 2).mean(axis=1)

    size = inputs.shape[1]
    return Marginals(
        grand=model(references).mean(axis=0),
        alone=[known((m,), inputs) for m in range(size)],
        own=model(inputs),
        rows=rows,
        further={subset: known(subset, inputs[rows]) for subset in further(size)},
        **more,
    )


def evidence_of(model: Model, *, modalities: int = 2, n: int = 300, some: int | None = None, **more: Any) -> Evidence:
    """A model called ``joint`` whose logits are the truth's, with its marginals; no other rung."""
    stream = np.random.default_rng(modalities)
    held: dict[str, tuple[Floats, Any]] = {}
    for role in ("select", "probe"):
        inputs = stream.choice([2.0, 4.0], size=(n, modalities)) + 0.1 * stream.normal(size=(n, modalities))
        chance = 1 / (1 + np.exp(-(model(inputs)[:, 1] - model(inputs)[:, 0])))
        held[role] = inputs, (stream.random(n) < chance).astype(int)
    drawn = np.stack([stream.permutation(held["select"][0][:, m])[:50] for m in range(modalities)], axis=1)
    rows = np.arange(n) if some is None else np.sort(stream.choice(n, some, replace=False))
    of_roles = [marginals_of(model, held[role][0], drawn, rows, **more) for role in ("select", "probe")]
    names = tuple(f"m{m}" for m in range(modalities))
    joint = RungOutputs(
        rung="joint",
        seed=0,
        additive=bool(more.get("additive")),
        candidate="joint",
        select_logits=of_roles[0].own,
        probe_logits=of_roles[1].own,
        seconds=1.0,
    )
    evidence = make_evidence(features={}, n_select=n, n_probe=n, classes=("no", "yes"), modalities=names)
    fold = replace(evidence.folds[0], select_labels=held["select"][1], probe_labels=held["probe"][1])
    return replace(evidence, folds=[fold], rungs=[joint], marginals={("joint", 0, "all"): ModelMarginals(*of_roles)})


def found(evidence: Evidence, groups: Any = None) -> Reliance:
    (one,) = reliances(evidence, Units.of(len(evidence.probe_labels), groups))
    return one


@pytest.mark.parametrize("modalities", [2, 3, 4, 7])
@pytest.mark.parametrize("model", [additive, exclusive_or])
def test_the_shares_sum_to_the_total_and_interactions_to_the_gap_of_the_projection(
    model: Model, modalities: int
) -> None:
    evidence = evidence_of(model, modalities=modalities, n=120)
    reliance = found(evidence)
    for unit in ("nats", "bits", "points"):
        total = getattr(reliance.total, unit).value
        assert sum(getattr(m.shapley, unit).value for m in reliance.modalities) == pytest.approx(total, abs=1e-9)
    lost = project(evidence).losses("emap:joint").mean() - read(evidence.rungs, evidence).losses.mean()
    assert sum(m.interaction.nats.value for m in reliance.modalities) == pytest.approx(lost, abs=1e-9)


def test_an_additive_model_has_no_interaction_though_zeroing_its_inputs_would_find_one() -> None:
    """SCIENCE, the trap: differences of losses with inputs set to zero are no interaction."""
    evidence = evidence_of(additive)
    for modality in found(evidence).modalities:
        assert modality.interaction.nats.value == pytest.approx(0, abs=1e-9)
        assert modality.interaction.nats.high - modality.interaction.nats.low < 1e-9

    labels = evidence.probe_labels
    alone = [np.asarray(one) for one in evidence.marginals["joint", 0, "all"].probe.alone]
    inputs = np.stack([one[:, 1] - evidence.marginals["joint", 0, "all"].probe.grand[1] for one in alone], axis=1)
    inputs = inputs - inputs.mean(axis=0) + 3

    def zeroed(*kept: int) -> float:
        shown = np.where(np.isin(np.arange(2), kept), inputs, 0.0)
        return -float(log_loss(additive(shown), labels).mean())

    assert abs(zeroed(0, 1) - zeroed(0) - zeroed(1) + zeroed()) > 0.1


def test_marginals_of_an_additive_model_follow_and_give_the_same_figures() -> None:
    stated, computed = (found(evidence_of(additive, modalities=3, additive=told)) for told in (True, False))
    for one, other in zip(stated.modalities, computed.modalities, strict=True):
        assert one.shapley.nats.value == pytest.approx(other.shapley.nats.value, abs=1e-9)
        assert one.interaction.nats.value == 0


def test_all_of_an_exclusive_or_is_interaction_and_a_third_modality_has_no_part_in_it() -> None:
    first, second, idle = found(evidence_of(exclusive_or, modalities=3, n=600)).modalities
    for one in (first, second):
        assert one.interaction.nats.value == pytest.approx(one.shapley.nats.value, abs=0.03)
        assert one.shapley.nats.low > 0.1 and one.reliance.nats.low > 0.2
    assert idle.shapley.nats.value == pytest.approx(0, abs=0.01)
    assert idle.reliance.nats.value == pytest.approx(0, abs=1e-9)


def test_a_modality_is_relied_on_as_much_as_the_loss_rises_without_it() -> None:
    evidence = evidence_of(additive)
    marginals, (joint,) = evidence.marginals["joint", 0, "all"], evidence.rungs
    second = replace(joint, select_logits=marginals.select.alone[1], probe_logits=marginals.probe.alone[1])
    without, own = (read([outputs], evidence).losses.mean() for outputs in (second, joint))
    assert found(evidence).modalities[0].reliance.nats.value == pytest.approx(without - own, abs=1e-9)


@pytest.mark.parametrize("modalities", [1, 2, 3, 5, 6])
def test_shapley_values_of_a_sum_are_its_terms(modalities: int) -> None:
    terms = np.random.default_rng(0).normal(size=(modalities, 4))
    worth = {s: terms[list(s)].sum(axis=0) if s else np.zeros(4) for s in subsets(modalities)}
    for m in range(modalities):
        assert shapley(worth, modality=m, modalities=modalities)[0] == pytest.approx(terms[m])


def test_shapley_values_of_a_pair_share_what_only_both_have() -> None:
    """The glove game: one left glove (0), two right ones; a pair is worth 1. Shapley values 2/3, 1/6, 1/6."""
    worth = {s: np.array([float(0 in s and len(s) > 1)]) for s in subsets(3)}
    values = [shapley(worth, modality=m, modalities=3)[0, 0] for m in range(3)]
    assert values == pytest.approx([2 / 3, 1 / 6, 1 / 6])


@pytest.mark.parametrize("modalities", [7, 9])
def test_sampled_shapley_values_of_products_of_pairs_are_exact_and_say_how_sure_they_are(modalities: int) -> None:
    """A permutation and its reverse together are exact for any game of pairs."""
    weights = np.random.default_rng(1).normal(size=(modalities, modalities))
    worth = {s: np.array([sum((weights[i, j] for i, j in combinations(s, 2)), start=0.0)]) for s in subsets(modalities)}
    for m in range(modalities):
        rows = shapley(worth, modality=m, modalities=modalities)
        exact = sum(weights[min(m, j), max(m, j)] for j in range(modalities) if j != m) / 2
        assert len(rows) >= 2
        assert rows[:, 0] == pytest.approx(exact)


def test_beyond_six_modalities_there_is_a_sampling_error() -> None:
    few, many = (found(evidence_of(exclusive_or, modalities=size, n=100)) for size in (3, 7))
    assert few.exact and all(m.sampling_error is None for m in few.modalities)
    assert not many.exact and all(m.sampling_error is not None for m in many.modalities)


def test_what_is_known_of_some_samples_alone_is_read_on_them_and_their_groups() -> None:
    evidence = evidence_of(additive, modalities=3, some=80)
    groups = np.arange(300) % 30
    grouped, plain = found(evidence, groups), found(evidence)
    assert plain.n == grouped.n == 80
    assert grouped.total.nats.value == pytest.approx(plain.total.nats.value)
    assert grouped.total.nats.low != plain.total.nats.low


def test_folds_are_scaled_each_on_its_own_and_joined() -> None:
    evidence = evidence_of(additive)
    folded = in_folds(evidence, 2)
    cut = {}
    for k, held in enumerate(folded.folds):
        whole = evidence.marginals["joint", 0, "all"]
        cut["joint", 0, held.fold] = ModelMarginals(*(half(one, k) for one in (whole.select, whole.probe)))
    one, other = found(evidence), found(replace(folded, marginals=cut))
    assert other.n == one.n
    assert other.total.nats.value == pytest.approx(one.total.nats.value, abs=0.02)


def half(marginals: Marginals, which: int) -> Marginals:
    own, *alone = (np.array_split(np.asarray(one), 2)[which] for one in (marginals.own, *marginals.alone))
    return replace(marginals, own=own, alone=alone, rows=np.arange(len(own)))


def test_a_smaller_set_of_groups_keeps_whole_groups_as_units() -> None:
    units = Units.of(40, np.repeat(np.arange(20), 2)).at(np.arange(0, 40, 4))
    assert (units.n, units.count) == (10, 10)


def test_a_modality_that_tells_nothing_is_not_credited_with_what_two_others_tell_together() -> None:
    """Found on `synth --interaction .9 --partners 2 --modalities 3 --useless 1`: the useless one was called useful."""
    evidence = evidence_of(exclusive_or, modalities=3, n=1000)
    (joint,) = evidence.rungs
    flat = {"select_logits": joint.select_logits * 0, "probe_logits": joint.probe_logits * 0}
    nothing = replace(joint, additive=True, candidate=None, **flat)
    alone = [replace(nothing, rung=f"unimodal:{name}") for name in evidence.modalities]
    rungs = [*alone, replace(nothing, rung="ume", candidate="ume"), joint]
    of_all = dict.fromkeys(evidence.modalities, "mlp")
    probe = measure(replace(evidence, rungs=rungs, paper=[], poolings={}, encoders=of_all))
    verdicts = {one.name: one.judged.verdict for one in probe.modalities if one.judged is not None}
    assert verdicts == {"m0": "useful", "m1": "useful", "m2": "useless"}


def test_what_is_lost_on_select_is_told_of_the_samples_that_were_mixed() -> None:
    whole = evidence_of(exclusive_or, modalities=3, n=600)
    assert found(whole).select_loss == pytest.approx(read(whole.rungs, whole).select_loss)
    part = evidence_of(exclusive_or, modalities=3, n=600, some=150)
    first, _, idle = found(part).modalities
    own = found(part).select_loss
    assert own is not None and own != pytest.approx(read(part.rungs, part).select_loss)
    assert idle.select_loss == pytest.approx(own)
    assert first.select_loss is not None and first.select_loss > own + 0.2
