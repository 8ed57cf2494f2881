"""The optional decomposition: what it finds on gates, what chance shows, and when it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.synthetic_evidence import in_folds, make_evidence, make_probe
from umlkit.cli.ladder import show_probe
from umlkit.output import Output
from umlkit.probe import pid as measurement
from umlkit.probe.evidence import Evidence, HeldOut
from umlkit.probe.measure import units_of
from umlkit.probe.pid import bias_bits
from umlkit.recipe.schema import Probe
from umlkit.runs.layout import ALL


def gate_evidence(rule, *, n=2000, modalities=2, classes=2, seeds=(0,), seed=0, **held):
    """Evidence whose features show one fair bit a modality, blurred; the label is a rule of the bits."""
    rng = np.random.default_rng(seed)
    bits = {role: rng.integers(0, 2, (n, modalities)) for role in ("select", "probe")}
    names = tuple("abc"[:modalities])
    features = {
        ("unimodal", name, s, ALL): tuple(
            np.stack([bits[role][:, m] + 0.1 * rng.normal(size=n), 0 * bits[role][:, m]], axis=1)
            for role in ("select", "probe")
        )
        for s in seeds
        for m, name in enumerate(names)
    }
    labels = {role: np.array([rule(*row) for row in found]) for role, found in bits.items()}
    fold = HeldOut(
        select_labels=labels["select"],
        probe_labels=labels["probe"],
        rows=np.arange(n),
        prior=np.full(classes, 1 / classes),
        **held,
    )
    return Evidence(
        name="gate",
        classes=tuple(map(str, range(classes))),
        modalities=names,
        folds=[fold],
        within_groups=False,
        rungs=(),
        features=features,
        encoders={},
        seeds=seeds,
        pid=True,
    )


def group_effects(groups, sizes, *, seed, n=1000):
    """The decomposition where a label is drawn for every group, and features show hardly more than the group."""
    rng = np.random.default_rng(seed)
    shares = np.ones(groups) if sizes == "equal" else rng.uniform(0.3, 3, groups)
    members = np.sort(rng.choice(groups, n, p=shares / shares.sum()))
    evidence = gate_evidence(lambda a, b: a, n=n, seed=seed, probe_groups=members)
    evidence.folds[0].probe_labels[:] = rng.integers(0, 2, groups)[members]
    for roles in evidence.features.values():
        for features in roles:
            features[:] = rng.normal(size=(groups, 2))[members] + 0.3 * rng.normal(size=(n, 2))
    return decompositions(evidence)[0]


def decompositions(evidence):
    return measurement.decompositions(evidence, units_of(evidence))


def parts(pid):
    return [pid.redundant.bits, *(one.bits for one in pid.unique), pid.synergy.bits]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (lambda a, b: a ^ b, (0, 0, 0, 1)),
        (lambda a, b: a & b, (0.311, 0, 0, 0.5)),
        (lambda a, _: a, (0, 1, 0, 0)),
    ],
    ids=["xor", "and", "a"],
)
def test_gates_have_the_parts_of_the_literature(rule, expected):
    (found,) = decompositions(gate_evidence(rule))

    assert found.clusters == 5
    assert parts(found) == pytest.approx(expected, abs=0.04)


def test_random_labels_have_no_synergy_beyond_chance():
    rng = np.random.default_rng(1)
    found = [decompositions(gate_evidence(lambda a, b: int(rng.integers(2)), n=300, seed=s))[0] for s in range(8)]

    assert np.mean([pid.synergy.measured_bits for pid in found]) > 0.03
    assert abs(np.mean([pid.synergy.bits for pid in found])) < 0.015


@pytest.mark.parametrize(("groups", "most"), [(10, 2), (20, 2), (100, 5)])
@pytest.mark.parametrize("sizes", ["equal", "unequal"])
def test_labels_drawn_by_group_have_no_synergy_beyond_chance(groups, most, sizes):
    found = [group_effects(groups, sizes, seed=seed) for seed in range(6)]

    assert max(pid.clusters or 0 for pid in found) <= most
    assert abs(sum(pid.synergy.bits for pid in found if pid.synergy is not None) / len(found)) < 0.02


def test_too_few_groups_are_named_as_the_reason():
    assert "1000 samples in 5 groups of 2 classes" in group_effects(5, "equal", seed=0).reason


def test_labels_that_vary_within_groups_are_decomposed_as_single_samples_are():
    (single,) = decompositions(gate_evidence(lambda a, b: a ^ b))
    (grouped,) = decompositions(gate_evidence(lambda a, b: a ^ b, probe_groups=np.arange(2000) % 20))

    assert grouped.clusters == single.clusters
    assert parts(grouped) == pytest.approx(parts(single), abs=0.02)


def test_few_samples_allow_few_clusters_and_very_few_none():
    fits = {n: decompositions(gate_evidence(lambda a, b: a ^ b, n=n))[0].clusters for n in (600, 150, 40, 20)}

    assert fits == {600: 5, 150: 4, 40: 2, 20: None}


def test_a_refusal_says_why():
    (found,) = decompositions(gate_evidence(lambda a, b: a ^ b, n=20))

    assert "more than a tenth of H(Y)" in found.reason
    assert found.bias_bits == pytest.approx(3 / (40 * math.log(2)))
    assert found.synergy is None


def test_the_bias_is_that_of_miller_and_madow():
    assert bias_bits(5, 3, 100) == pytest.approx(24 * 2 / (200 * math.log(2)))


def test_every_two_of_three_modalities_are_decomposed():
    found = decompositions(gate_evidence(lambda a, b, c: a ^ b, modalities=3))

    assert [pid.modalities for pid in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert found[0].synergy.bits > 0.9
    assert abs(found[1].synergy.bits) < 0.02


def test_folds_are_clustered_and_decomposed_each_by_itself():
    (whole,) = decompositions(gate_evidence(lambda a, b: a ^ b, n=2000))
    (parted,) = decompositions(in_folds(gate_evidence(lambda a, b: a ^ b, n=2000), 2))

    assert parts(parted) == pytest.approx(parts(whole), abs=0.05)


def test_samples_of_weight_0_are_not_there():
    keep = np.arange(2000) % 2 == 0
    weights = np.where(keep, 2.0, 0.0)
    evidence = gate_evidence(lambda a, b: a ^ b, probe_weights=weights)
    evidence.folds[0].probe_labels[~keep] = 0

    (found,) = decompositions(evidence)
    assert parts(found) == pytest.approx((0, 0, 0, 1), abs=0.04)


def test_it_is_measured_only_where_the_recipe_asks_for_it():
    assert not Probe().pid
    assert make_probe().pid == ()
    assert [pid.modalities for pid in make_probe(pid=True).pid] == [("audio", "video")]


def test_without_features_it_says_so():
    assert "not stored" in make_probe(pid=True).pid[0].reason


def test_the_same_evidence_gives_the_same_numbers():
    evidence = make_evidence(n_probe=400, pid=True)

    assert decompositions(evidence) == decompositions(evidence)


def test_it_is_a_sentence_on_the_screen(capsys):
    evidence = make_evidence(n_probe=400, n_select=400)
    probe = make_probe().model_copy(update={"pid": decompositions(evidence)})
    show_probe(Output(), probe)

    shown = " ".join(capsys.readouterr().out.split())
    assert "bits beyond what shuffled labels show: both +" in shown
    assert "synergy" in shown
