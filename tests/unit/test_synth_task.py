"""Synthetic tasks: every knob does what it says and nothing else, samples follow the table and never change."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from umlkit.errors import InputError
from umlkit.synth import task
from umlkit.synth.options import FAMILIES, PRESETS
from umlkit.synth.streams import Stream

GOLDEN = {
    "uniforms": [0.468466155138199, 0.0623809126092233, 0.756426821795575],
    "normals": [1.56031266, 1.444392176],
    "rotation": [0.533081026, 0.107680142, 0.839183893],
    "y": [2, 0, 1, 0, 2, 2, 1, 0],
    "levels": [[30, 17], [1, 7], [12, 2], [1, 0], [27, 17], [35, 13], [13, 8], [17, 9]],
    "x1": [0.2502561, -0.1146756, -0.1804291, 0.6590445, 0.880708, -0.3796081, 0.5203438, -0.1303144],
    "monotone": [0.3751889, 0.8133111],
}


def truth(family, **knobs):
    return task(family, **knobs).truth


def bits(amount):
    return round(amount.bits, 6)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("modalities", [2, 3])
def test_independent_views_have_no_paired_signal(modalities, classes):
    found = truth("independent", modalities=modalities, classes=classes, strengths=0.6)

    assert (found.d_ume.nats, found.d_add.nats) == (0, 0)
    assert all(m.alone.nats > 0.05 and m.given_rest.nats > 0.05 for m in found.modalities)


def test_independent_views_of_any_prior_have_no_paired_signal():
    assert truth("independent", classes=3, prior=(0.6, 0.3, 0.1), strengths=(0.8, 0.4)).d_ume.nats == 0


def test_each_strength_moves_its_own_modality_alone():
    weak, strong = (truth("independent", strengths=(0.5, s)) for s in (0.2, 0.8))

    assert bits(weak.modalities[0].alone) == bits(strong.modalities[0].alone)
    assert weak.modalities[1].alone.nats < strong.modalities[1].alone.nats


@pytest.mark.parametrize("strengths", [0.6, (0.8, 0.5)])
@pytest.mark.parametrize("classes", [2, 4])
def test_copies_tell_what_the_strongest_tells_and_nothing_is_paired(strengths, classes):
    found = truth("copies", classes=classes, strengths=strengths)

    assert found.d_ume.nats == 0
    assert found.modalities[1].redundant
    assert found.entropy.nats - found.bayes.nats == pytest.approx(found.modalities[0].alone.nats)


def test_redundancy_does_not_change_what_a_modality_tells_alone():
    found = [truth("shared", strengths=(0.7, 0.5), redundancy=r) for r in (0.0, 0.5, 1.0)]

    assert len({bits(f.modalities[0].alone) for f in found}) == 1
    assert len({bits(f.modalities[1].alone) for f in found}) == 1
    assert found[0].bayes.nats < found[1].bayes.nats < found[2].bayes.nats


@pytest.mark.parametrize(
    "knobs",
    [
        {"strengths": (0.7, 0.5)},
        {"strengths": (0.7, 0.5, 0.3), "modalities": 3, "sharers": 2},
        {"strengths": (0.5, 0.0), "shared": 0.5, "redundancy": 0.0, "classes": 4},
    ],
)
def test_partly_shared_views_without_paired_signal(knobs):
    found = truth("shared", **knobs)

    assert found.d_ume.nats == 0
    assert found.modalities[0].given_rest.nats > 0


def test_what_all_share_is_counted_twice_by_a_pool_where_more_than_one_knows_more():
    found = truth("shared", strengths=0.4, shared=0.5, redundancy=0.0)

    assert found.d_ume.bits > 0.003
    assert found.d_add.nats == 0


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_an_interaction_is_graded_and_tells_nothing_alone(strength):
    found = truth("interaction", interaction=strength)
    shown = (1 + strength) / 2
    expected = 1 + sum(p * np.log2(p) for p in (shown, 1 - shown) if p > 0)

    assert (found.d_ume.bits, found.d_add.bits) == pytest.approx((expected, expected))
    assert all(m.alone.nats == 0 for m in found.modalities)


@pytest.mark.parametrize("knobs", [{"classes": 3}, {"levels": 4}, {"levels": 7, "classes": 3}, {"modalities": 3}])
def test_an_interaction_of_more_levels_or_modalities_is_no_sum(knobs):
    found = truth("interaction", **knobs)

    assert found.bayes.nats == pytest.approx(0, abs=1e-9)
    assert bits(found.d_add) == bits(found.entropy)


def test_two_of_three_may_interact_and_the_third_is_useless():
    found = truth("interaction", modalities=3, partners=2)

    assert [m.useless for m in found.modalities] == [False, False, True]


@pytest.mark.parametrize("knobs", [{}, {"suppressor": 0.4}, {"classes": 3, "suppressor": 0.7}, {"modalities": 3}])
def test_a_suppressor_is_additive_and_only_learned_together(knobs):
    found = truth("suppressor", **knobs)

    assert found.d_add.nats == 0
    assert found.learned_jointly.nats == found.d_ume.nats > 0.01
    assert all(m.alone.nats == 0 and m.given_rest.nats > 0 for m in found.modalities[1:])


def test_more_nuisance_hides_more_of_the_signal():
    narrow, wide = (truth("suppressor", spread=spread) for spread in (2, 8))

    assert wide.modalities[0].alone.nats < narrow.modalities[0].alone.nats


@pytest.mark.parametrize("family", FAMILIES)
def test_a_useless_modality_can_be_added_to_any_family(family):
    plain = truth(family)
    found = truth(family, modalities=3, useless=1)

    assert [m.useless for m in found.modalities] == [False, False, True]
    assert (bits(found.d_ume), bits(found.d_add)) == (bits(plain.d_ume), bits(plain.d_add))
    assert bits(found.bayes) == bits(plain.bayes)


def test_label_noise_turns_so_many_labels_into_another_class():
    found = truth("independent", strengths=1.0, classes=3, label_noise=0.3)

    assert found.accuracy.joint == pytest.approx(0.7)


def test_the_prior_is_that_of_the_classes():
    made = task("mixed", classes=3, prior=(0.5, 0.3, 0.2), interaction=0.5, suppressor=0.5)

    assert made.table.prior == pytest.approx([0.5, 0.3, 0.2])


def test_all_knobs_can_be_set_together():
    found = truth(
        "mixed",
        modalities=3,
        strengths=(0.6, 0.4, 0.2),
        redundancy=0.3,
        shared=0.2,
        interaction=0.5,
        suppressor=0.5,
        label_noise=0.05,
        prior=(0.7, 0.3),
        partners=2,
    )

    assert 0 < found.d_add.nats < found.d_ume.nats < found.entropy.nats


@pytest.mark.parametrize("observation", ["none", "monotone", "network"])
def test_levels_can_be_read_off_what_is_seen(observation):
    """Without noise dimensions and jitter a level is always seen the same, and different levels never are."""
    made = task("mixed", interaction=0.5, suppressor=0.5, observation=observation, noise_dims=0, jitter=0.0)
    sample = made.draw(500, 0)
    for m, name in enumerate(made.names):
        seen = {level: sample.x[name][sample.levels[:, m] == level] for level in np.unique(sample.levels[:, m])}

        assert all(np.ptp(points, axis=0).max() < 1e-6 for points in seen.values())
        assert all(np.abs(a[0] - b[0]).max() > 0.1 for a, b in itertools.combinations(seen.values(), 2))


def test_jitter_never_lets_levels_touch():
    made = task("independent", classes=4, noise_dims=0, jitter=0.99, strengths=0.9)
    sample = made.draw(4000, 0)
    near = [sample.x["x1"][sample.levels[:, 0] == level] for level in range(4)]

    for a, b in itertools.combinations(near, 2):
        assert any(a[:, j].max() < b[:, j].min() or b[:, j].max() < a[:, j].min() for j in range(a.shape[1]))


@pytest.mark.parametrize(("informative", "noise_dims"), [(1, 0), (2, 3), (9, 4)])
def test_dimensions_are_those_asked_for(informative, noise_dims):
    sample = task("mixed", classes=3, informative=informative, noise_dims=noise_dims, interaction=0.5).draw(10, 0)

    assert sample.x["x1"].shape == (10, informative + noise_dims)
    assert sample.x["x1"].dtype == np.float32


@pytest.mark.parametrize("family", FAMILIES)
def test_samples_follow_the_table(family):
    made = task(family, classes=3, label_noise=0.1)
    n = 40_000
    sample = made.draw(n, 0)
    counts = np.zeros(made.table.joint.shape)
    np.add.at(counts, (*sample.levels.T, sample.y), 1)
    expected = n * made.table.joint
    occurs = expected > 0

    assert counts[~occurs].sum() == 0
    assert np.sum((counts - expected)[occurs] ** 2 / expected[occurs]) < occurs.sum() + 4 * np.sqrt(2 * occurs.sum())


def test_the_posterior_of_samples_has_the_bayes_log_loss():
    made = task("mixed", interaction=0.6, suppressor=0.6)
    sample = made.draw(50_000, 0)
    losses = -np.log(made.posterior(sample.levels)[np.arange(len(sample)), sample.y])

    assert losses.mean() == pytest.approx(made.truth.bayes.nats, abs=4 * losses.std() / np.sqrt(len(sample)))


def test_the_first_samples_do_not_depend_on_how_many_are_drawn():
    made = task("mixed", observation="network")
    few, many = made.draw(5, 3), made.draw(500, 3)

    assert np.array_equal(few.y, many.y[:5])
    assert np.allclose(few.x["x2"], many.x["x2"][:5], atol=1e-6)


def test_other_seeds_and_streams_give_other_samples_of_the_same_task():
    made = task("independent", observation="network", noise_dims=2)
    first, seed, stream = made.draw(50, 0), made.draw(50, 1), made.draw(50, 0, stream="test")

    assert not np.array_equal(first.x["x1"], seed.x["x1"])
    assert not np.array_equal(first.x["x1"], stream.x["x1"])
    assert not np.array_equal(first.levels, stream.levels)


def test_fresh_samples_never_end_and_never_repeat():
    made = task("independent")
    batches = list(itertools.islice(made.fresh(0, batch=20), 3))
    seen = np.concatenate([b.x["x1"] for b in [*batches, made.draw(20, 0)]])

    assert len(np.unique(seen, axis=0)) == 80


def test_the_seed_of_a_task_changes_the_map_and_not_the_truth():
    first, second = (task("mixed", seed=seed, observation="network", interaction=0.4) for seed in (0, 1))

    assert first.truth == second.truth
    assert np.array_equal(first.draw(9, 0).levels, second.draw(9, 0).levels)
    assert not np.allclose(first.draw(9, 0).x["x1"], second.draw(9, 0).x["x1"])


def test_noise_on_the_code_hides_levels_and_no_truth_is_stated():
    made = task("mixed", code_noise=1.0)

    assert made.truth is None
    assert made.draw(3, 0).y.shape == (3,)


def test_numbers_are_the_same_everywhere():
    """Golden: drawn once; whole numbers exactly, others to 1e-6."""
    stream = Stream(7, "golden")
    uniforms, normals = stream.uniforms(3), stream.normals(2)
    rotation = Stream(7, "turn").rotation(3)
    made = task("mixed", seed=3, classes=3, interaction=0.5, suppressor=0.5, observation="network", noise_dims=1)
    sample = made.draw(8, 11)

    assert uniforms == pytest.approx(GOLDEN["uniforms"], abs=1e-12)
    assert normals == pytest.approx(GOLDEN["normals"], abs=1e-6)
    assert rotation[0] == pytest.approx(GOLDEN["rotation"], abs=1e-6)
    assert sample.y.tolist() == GOLDEN["y"]
    assert sample.levels.tolist() == GOLDEN["levels"]
    assert sample.x["x1"][0] == pytest.approx(GOLDEN["x1"], abs=1e-6)
    bent = task("mixed", seed=3, observation="monotone", noise_dims=1).draw(1, 11).x["x2"][0]
    assert bent == pytest.approx(GOLDEN["monotone"], abs=1e-6)


@pytest.mark.parametrize(("family", "knobs"), PRESETS.values(), ids=list(PRESETS))
def test_every_preset_is_a_task(family, knobs):
    assert len(task(family, **knobs).draw(3, 0)) == 3


@pytest.mark.parametrize(
    ("family", "knobs", "said"),
    [
        ("xor", {}, "unknown family"),
        ("interactoin", {}, "did you mean: interaction"),
        ("mixed", {"clases": 3}, "did you mean: classes"),
        ("independent", {"interaction": 0.5}, "in the families interaction, mixed"),
        ("interaction", {"interaction": 1.5}, "interaction must be a number from 0 to 1"),
        ("mixed", {"classes": 1}, "classes must be a whole number from 2 to 16"),
        ("mixed", {"classes": 2.5}, "classes must be a whole number from 2 to 16"),
        ("mixed", {"observation": "net"}, "one of none, monotone, network"),
        ("mixed", {"prior": (0.5, 0.6)}, "prior must sum to 1"),
        ("mixed", {"prior": (0.5, 0.3, 0.2)}, "prior must have 2 numbers"),
        ("mixed", {"strengths": (0.5, 0.3, 0.2)}, "strengths must be one number, or 2"),
        ("mixed", {"strengths": (0.5, 1.2)}, "strengths must be a number from 0 to 1, or one a modality"),
        ("mixed", {"useless": 2}, "useless must leave at least one modality"),
        ("interaction", {"useless": 1}, "partners must be"),
        ("copies", {"modalities": 3, "useless": 1, "sharers": 3}, "sharers must be at most 2"),
        ("interaction", {"levels": 2, "classes": 3}, "levels must be at least the number of classes"),
        ("mixed", {"classes": 8, "interaction": 0.5, "suppressor": 0.5}, "too many levels"),
    ],
)
def test_what_cannot_be_made_is_said_in_plain_words(family, knobs, said):
    with pytest.raises(InputError, match=said):
        task(family, **knobs)


def test_all_problems_are_told_at_once():
    with pytest.raises(InputError) as caught:
        task("mixed", classes=1, interaction=3.0, clases=2)

    assert len(caught.value.problems) == 3
