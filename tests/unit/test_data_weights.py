"""How much every sample counts: where weights come from, what they come to, and what is refused in which words."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from tests.unit.data_sets import N, arrays, dataset, read_arrays, read_file
from umlkit.data.contents import of_labels
from umlkit.data.records import Roles
from umlkit.data.roles import assign
from umlkit.data.samples import samples
from umlkit.data.weights import SKEWED, skew, weigh
from umlkit.errors import InputError

LABELS = np.repeat([0, 1, 2], [360, 180, 60])


def refused(class_weight: Any, *, weights: Any = None) -> str:
    data = dataset(LABELS)
    own = None if weights is None else np.asarray(weights, dtype=float)
    with pytest.raises(InputError) as error:
        weigh(replace(data, sample_weights=own, weight_name="w"), assign(data, None), class_weight)
    return str(error.value)


def unread(held: dict[str, Any], **data: Any) -> str:
    with pytest.raises(InputError) as error:
        read_arrays(held, **data)
    return str(error.value)


def test_an_array_called_sample_weight_weighs_the_samples_and_that_is_said() -> None:
    found = read_arrays(arrays(sample_weight=np.arange(N)))
    assert found.sample_weights is not None
    assert found.sample_weights.tolist() == list(range(N))
    assert (
        "sample weights sample_weight  [data.sample_weight: sample_weight, or none to leave them out]" in found.reading
    )


def test_another_name_is_as_good_and_none_leaves_them_out() -> None:
    named = read_arrays(arrays(weight=np.ones(N), sample_weight=np.zeros(N)), sample_weight="weight")
    without = read_arrays(arrays(sample_weight=np.zeros(N)), sample_weight="none")
    assert (named.weight_name, without.weight_name, without.sample_weights) == ("weight", "", None)
    assert list(without.modalities) == ["a", "v"]
    assert any(line.startswith("ignored: sample_weight") for line in without.reading)


def test_a_column_of_a_table_weighs_too_and_is_no_input(tmp_path: Path) -> None:
    rows = [f"{i},{i * 2},{i % 2},{1 + i % 2}" for i in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["a_0,a_1,y,sample_weight", *rows]))
    found = read_file(tmp_path / "t.csv")
    assert found.sample_weights is not None and found.sample_weights[:2].tolist() == [1.0, 2.0]
    assert found.modalities["a"].columns == ("a_0", "a_1")


@pytest.mark.parametrize(
    ("weights", "said_of_it"),
    [
        (np.where(np.arange(N) == 3, -1.0, 1.0), "row 3: 1 of the sample weights 'sample_weight' is no weight.*-1"),
        (np.where(np.arange(N) > 57, np.nan, 1.0), "row 58: 2 of the sample weights.*are no weight.*missing .NaN"),
        (np.where(np.arange(N) == 0, np.inf, 1.0), "row 0: 1 of .*is no weight.*inf"),
        (np.zeros(N), "are all 0.*data.sample_weight: none"),
        (np.ones(N - 1), f"differ in length.*'sample_weight' {N - 1}"),
        (np.ones((N, 2)), "are not one a sample"),
        (np.array(["1"] * (N - 1) + ["heavy"]), "row 59: the sample weights.*are no numbers.*'heavy'"),
        (np.ones(N).astype("datetime64[s]"), "are no numbers.*datetime64"),
    ],
    ids=["negative", "NaN", "infinite", "all zero", "short", "two columns", "words", "dates"],
)
def test_what_is_no_weight_is_refused(weights: np.ndarray, said_of_it: str) -> None:
    assert re.search(said_of_it, unread(arrays(sample_weight=weights)), re.DOTALL)


def test_a_name_that_is_not_there_is_refused_with_the_closest() -> None:
    found = unread(arrays(weights=np.ones(N)), sample_weight="weight")
    assert "no array 'weight' for the sample weight" in found
    assert "'weights'" in found and "data.sample_weight in the recipe" in found


def test_balanced_is_scikit_learns() -> None:
    data = dataset(LABELS)
    roles = assign(data, None)
    found = weigh(data, roles, "balanced")
    assert found is not None
    trained = LABELS[roles.train]
    expected = compute_class_weight("balanced", classes=np.arange(3), y=trained)
    assert found.classes == pytest.approx(expected)
    assert np.bincount(trained, weights=found.by_role["train"]) == pytest.approx([len(trained) / 3] * 3)


def test_balanced_counts_samples_by_their_weights() -> None:
    own = np.where(LABELS == 2, 6.0, 1.0)
    data = replace(dataset(LABELS), sample_weights=own)
    roles = assign(data, None)
    found = weigh(data, roles, "balanced")
    assert found is not None
    shares = np.bincount(LABELS[roles.train], weights=found.by_role["train"])
    assert shares == pytest.approx([shares[0]] * 3)


def test_weights_are_class_weight_times_sample_weight_of_mean_one_in_every_role() -> None:
    own = np.random.default_rng(0).exponential(size=len(LABELS))
    data = replace(dataset(LABELS), sample_weights=own)
    roles = assign(data, None)
    found = weigh(data, roles, {"c0": 1.0, "c1": 2.0, "c2": 6.0})
    assert found is not None
    for role in ("train", "select", "probe"):
        rows = roles.rows(role)
        expected = own[rows] * np.array([1.0, 2.0, 6.0])[LABELS[rows]]
        assert found.by_role[role] == pytest.approx(expected / expected.mean())
        assert found.as_given(role) == pytest.approx(expected)
    assert found.of("test") is None
    made = samples(data, roles.train, {}, [], weights=found.of("train"))
    assert made.weights is not None and float(made.weights.mean()) == pytest.approx(1.0, abs=1e-6)


def test_without_any_there_are_none_and_nothing_is_said() -> None:
    data = dataset(LABELS)
    assert weigh(data, assign(data, None), "none") is None
    assert samples(data, np.arange(3), {}, []).weights is None


def test_a_class_may_be_called_by_its_name_or_as_the_data_write_it() -> None:
    data = replace(dataset(LABELS), classes=("healthy", "ill", "dead"), class_values=("0", "1", "2"))
    found = weigh(data, assign(data, None), {"healthy": 1.0, "1": 2.0, "dead": 3.0})
    assert found is not None and found.classes == (1.0, 2.0, 3.0)
    assert found.reading == ("class weights: healthy 1, ill 2, dead 3  [train.class_weight: {...}]",)


@pytest.mark.parametrize(
    ("class_weight", "said_of_it"),
    [
        ({"c0": 1.0, "c1": 1.0, "C2": 1.0}, r"weighs a class that is not there.*'C2'.*'c0', 'c1', 'c2'.*'c2'"),
        ({"c0": 1.0}, r"gives no weight to 'c1', 'c2'.*train.class_weight: balanced"),
        ({}, "gives no weight to 'c0', 'c1', 'c2'"),
    ],
    ids=["unknown", "lacking", "empty"],
)
def test_class_weights_that_do_not_fit_the_classes_are_refused(class_weight: Any, said_of_it: str) -> None:
    assert re.search(said_of_it, refused(class_weight), re.DOTALL)


def test_a_class_named_twice_is_refused() -> None:
    data = replace(dataset(LABELS), class_values=("0", "1", "2"))
    with pytest.raises(InputError, match="weighs the class 'c1' twice"):
        weigh(data, assign(data, None), {"c0": 1.0, "c1": 1.0, "1": 1.0, "c2": 1.0})


def test_a_class_that_weighs_nothing_in_training_is_refused() -> None:
    said_of_it = refused("balanced", weights=np.where(LABELS == 1, 0.0, 1.0))
    assert "the training samples of class 'c1' all weigh 0 in 'w'" in said_of_it


def test_a_role_that_weighs_nothing_is_refused() -> None:
    data = dataset(LABELS)
    probe = np.isin(np.arange(len(LABELS)), assign(data, None).probe)
    assert "the probe samples all weigh 0" in refused("none", weights=np.where(probe, 0.0, 1.0))


def test_weights_enter_the_fingerprint_by_their_contents_and_nothing_changes_without() -> None:
    plain = dataset(LABELS)
    one, other = (replace(plain, sample_weights=w, weight_name="w") for w in (np.ones(600), np.full(600, 2.0)))
    assert len({of_labels(plain), of_labels(one), of_labels(other)}) == 3
    # 32 hex digits of these labels before there were weights
    assert of_labels(plain) == "b9cf79d322fdef54a44902a7c9060498"


def test_skew_is_the_largest_class_over_the_smallest() -> None:
    assert skew(np.bincount(LABELS).tolist()) == 6.0 > SKEWED
    assert skew([7, 7]) == 1.0 < SKEWED


def test_a_role_without_samples_has_no_weights() -> None:
    rows = {role: np.arange(start, 600, 5) for start, role in enumerate(("train", "select", "test"))}
    roles = Roles(**rows, probe=np.zeros(0, dtype=np.int64))
    found = weigh(dataset(LABELS), roles, "balanced")
    assert found is not None and set(found.by_role) == {"train", "select"}
