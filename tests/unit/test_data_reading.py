"""How arrays become a data set: the convention, the recipe's word over it, and what is refused in which words."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.data_sets import N, arrays, read_arrays, said
from umlkit.errors import InputError


def test_names_with_the_prefix_are_exactly_the_modalities() -> None:
    found = read_arrays(arrays(extra=np.ones((N, 2))))
    assert list(found.modalities) == ["a", "v"]
    assert any(line.startswith("ignored: extra") for line in found.reading)


def test_without_a_prefix_every_array_as_long_as_the_labels_is_a_modality() -> None:
    held = {"audio": np.ones((N, 2)), "video": np.zeros((N, 3)), "y": np.arange(N) % 2, "rate": np.array([8000])}
    found = read_arrays(held | {"sample_weight": np.ones(N), "id": np.arange(N)})
    assert list(found.modalities) == ["audio", "video"]
    assert any("rate" in line for line in found.reading if line.startswith("ignored"))
    assert any(line.startswith("sample weights sample_weight") for line in found.reading)


def test_the_recipe_names_exactly_the_modalities_in_its_order() -> None:
    found = read_arrays(arrays(), modalities={"v": {}, "first": {"from": "X_a", "take": "[:, :2]"}})
    assert {name: m.sample_shape for name, m in found.modalities.items()} == {"v": (3,), "first": (2,)}


def test_bytes_stay_bytes_and_pixels_are_an_image() -> None:
    found = read_arrays(arrays(X_a=np.zeros((N, 8, 9), dtype=np.uint8)))
    assert found.modalities["a"].kind == "image"
    assert found.modalities["a"].values.dtype == np.uint8


@pytest.mark.parametrize(
    ("shape", "whole", "kind"),
    [
        ((8, 8), True, "image"),
        ((8, 8, 3), False, "image"),
        ((12, 9, 4), False, "image"),
        ((5,), True, "vector"),
        ((), False, "vector"),
        ((8, 8), False, "sequence"),
        ((16, 16), False, "spectrogram"),
        ((40, 26), False, "spectrogram"),
        ((40, 26), True, "image"),
        ((100, 15), False, "sequence"),
        ((7, 8), True, "sequence"),
        ((8, 8, 5), True, None),
        ((100, 3), False, "sequence"),
        ((3, 16, 16), False, None),
    ],
)
def test_a_kind_is_inferred_where_it_is_clear_and_asked_for_elsewhere(
    shape: tuple[int, ...], whole: bool, kind: str | None
) -> None:
    values = np.random.default_rng(1).random((N, *shape))
    held = arrays(X_a=np.floor(values * 256) if whole else values)
    if kind is None:
        with pytest.raises(InputError, match=r"kind of modality 'a'|channels first"):
            read_arrays(held)
    else:
        assert read_arrays(held).modalities["a"].kind == kind


def test_a_stated_kind_is_taken() -> None:
    held = arrays(X_a=np.random.default_rng(1).random((N, 10, 3)))
    image = read_arrays(held, modalities={"a": {"kind": "image"}})
    vector = read_arrays(held, modalities={"a": {"kind": "vector"}})
    assert (image.modalities["a"].sample_shape, vector.modalities["a"].sample_shape) == ((10, 3), (30,))


def test_the_error_for_an_unclear_kind_says_how_to_state_it() -> None:
    with pytest.raises(InputError) as caught:
        read_arrays(arrays(X_a=np.random.default_rng(1).random((N, 9, 9, 5))))
    assert "data.modalities.a.kind: image" in said(caught.value)


@pytest.mark.parametrize(
    ("labels", "classes", "values"),
    [
        (np.arange(N) % 2 + 3, ("3", "4"), ("3", "4")),
        (np.arange(N) % 2 == 0, ("False", "True"), ("False", "True")),
        (np.array(["dog", "cat"] * (N // 2)), ("cat", "dog"), ("cat", "dog")),
        ((np.arange(N) % 2)[:, None], ("0", "1"), ("0", "1")),
    ],
)
def test_classes_are_sorted_whatever_they_are_written_as(
    labels: np.ndarray, classes: tuple[str, ...], values: tuple[str, ...]
) -> None:
    found = read_arrays(arrays(y=labels))
    assert (found.classes, found.class_values) == (classes, values)
    assert [found.class_values[i] for i in found.labels[:4]] == [str(v) for v in labels.reshape(-1)[:4]]


def test_class_names_name_the_labels_from_0() -> None:
    found = read_arrays(arrays(class_names=np.array(["[/]", "a\nb", "c,d"])))
    assert (found.classes, found.class_values) == (("[/]", "a\nb", "c,d"), ("0", "1", "2"))


def test_class_names_may_be_whole_numbers() -> None:
    assert read_arrays(arrays(class_names=np.array([0, 1, 2]))).warnings == ()
    with pytest.raises(InputError, match="by the number of another"):
        read_arrays(arrays(class_names=np.array([3, 4, 5])))


@pytest.mark.parametrize(
    ("names", "said"), [(np.array([0.5, 1, 2]), "float64"), (np.array(["a", 1, None], dtype=object), "Python objects")]
)
def test_class_names_that_are_no_names_are_passed_over_aloud(names: np.ndarray, said: str) -> None:
    found = read_arrays(arrays(class_names=names))
    assert found.classes == ("0", "1", "2")
    assert f"class_names holds {said}" in found.warnings[0]


NAN = np.where(np.arange(N * 4).reshape(N, 4) == 30, np.nan, 1.0)
REFUSED = {
    "misspelt label": (arrays(), {"label": "Y_"}, ["no array 'Y_'", "did you mean: y"]),
    "no label": (arrays(), {"label": None}, ["which array is the label", "'y'"]),
    "misspelt groups": (arrays(subject=np.arange(N)), {"groups": "subjects"}, ["did you mean: subject"]),
    "misspelt source": (arrays(), {"modalities": {"b": {"from": "X_b"}}}, ["no array 'X_b'", "did you mean: X_"]),
    "objects": (arrays(X_a=np.array([[1], None] * 30, dtype=object)), {}, ["'X_a' holds Python objects"]),
    "object labels": (arrays(y=np.array(["a", 1] * 30, dtype=object)), {}, ["label 'y' holds Python objects"]),
    "complex": (arrays(X_a=np.ones((N, 2), complex)), {}, ["complex numbers", "magnitude and phase"]),
    "text": (
        arrays(X_t=np.array(["hi"] * N)),
        {"modalities": {"t": {"kind": "vector"}}},
        ["'t' holds text", "data.modalities"],
    ),
    "dates": (arrays(X_t=np.zeros(N, "datetime64[D]")), {}, ["holds dates"]),
    "NaN": (arrays(X_a=NAN), {}, ["modality 'a' has 1 missing value", "row 7", "impute-mean"]),
    "infinity": (arrays(X_a=np.full((N, 1), np.inf)), {}, ["modality 'a' has 60 infinite values", "row 0"]),
    "lengths": (arrays(X_v=np.ones((50, 2))), {}, ["differ in length", "'X_a' 60, 'X_v' 50"]),
    "one class": (arrays(y=np.ones(N, int)), {}, ["has one class"]),
    "float labels": (arrays(y=np.linspace(0, 1, N)), {}, ["regression is not a task", "digitize"]),
    "whole float labels": (arrays(y=np.arange(N) % 2 * 1.0), {}, ["regression is not a task", "astype(int)"]),
    "missing labels": (arrays(y=np.where(np.arange(N) < 3, np.nan, 1.0)), {}, ["missing for 3 samples", "row 0"]),
    "empty labels": (arrays(y=np.array(["", "a", "b"] * 20)), {}, ["missing for 20 samples"]),
    "one-hot labels": (arrays(y=np.eye(3)[np.arange(N) % 3]), {}, ["3 values a sample", "argmax"]),
    "no samples": ({k: v[:0] for k, v in arrays().items()}, {}, ["empty"]),
    "class names": (arrays(class_names=np.array(["a", "b"])), {}, ["class_names does not fit"]),
    "class names twice": (arrays(class_names=np.array(["a", "b", "b"])), {}, ["holds a name twice", "'b'"]),
    "overlap": (arrays(idx_train=np.arange(40), idx_test=np.arange(35, 60)), {}, ["overlap", "5 rows in both"]),
    "repeat": (arrays(idx_train=np.r_[3, :40], idx_test=np.arange(40, 60)), {}, ["more than once", "the first 3"]),
    "range": (arrays(idx_train=np.arange(-1, 40), idx_test=np.arange(40, 61)), {}, ["first -1", "first 60"]),
    "mask": (arrays(idx_train=np.ones(N, bool), idx_test=np.ones(N, bool)), {}, ["numpy.flatnonzero(idx_train)"]),
    "no test": (arrays(idx_train=np.arange(40)), {}, ["no test samples"]),
    "split words": (arrays(split=np.array(["train", "tets"] * 30)), {}, ["'tets' (30 times)", "did you mean: test"]),
    "two splits": (
        arrays(split=np.array(["train", "test"] * 30), idx_train=np.arange(30), idx_test=np.arange(30, 60)),
        {},
        ["stated twice", "--split-by"],
    ),
    "torn group": (
        arrays(groups=np.arange(N) // 7, idx_train=np.arange(40), idx_test=np.arange(40, 60)),
        {},
        ["1 group lies in more than one part", "'5' in test and train"],
    ),
    "missing group": (arrays(groups=np.array(["", "b"] * 30)), {}, ["missing for 30 samples"]),
    "duplicate id": (arrays(id=np.arange(N) % 59), {}, ["1 id occurs more than once", "'0', 2 times", "row 59"]),
    "take": (arrays(), {"modalities": {"a": {"take": "[0, :]"}}}, ["sample axis", "'[0, :]'"]),
    "columns of arrays": (arrays(), {"modalities": {"a": {"columns": "x*"}}}, ["is for tables"]),
    "label as modality": (arrays(), {"modalities": {"a": {"from": "y"}}}, ["holds the label 'y' itself"]),
    "nothing left": ({"y": np.arange(4) % 2}, {}, ["nothing is left that could be a modality"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_refused_in_words_that_help(case: str) -> None:
    held, data, words = REFUSED[case]
    with pytest.raises(InputError) as caught:
        read_arrays(held, **data)
    assert [word for word in words if word not in said(caught.value)] == []


def test_everything_that_is_wrong_is_said_at_once() -> None:
    held = arrays(X_a=NAN, X_v=np.full((N, 1), np.inf), id=np.zeros(N), groups=np.array([""] * N))
    with pytest.raises(InputError) as caught:
        read_arrays(held | {"y": np.linspace(0, 1, N)})
    assert len(caught.value.problems) == 5


def test_missing_values_are_accepted_where_the_recipe_says_so_and_infinite_ones_never() -> None:
    imputed = {"a": {"missing": "impute-mean"}}
    assert np.isnan(read_arrays(arrays(X_a=NAN), modalities=imputed).modalities["a"].values).sum() == 1
    with pytest.raises(InputError, match="infinite"):
        read_arrays(arrays(X_a=np.full((N, 1), -np.inf)), modalities=imputed)


def test_a_stated_split_is_read_from_words_or_from_indices() -> None:
    words = np.array(["Train"] * 30 + ["validation"] * 10 + ["valid"] * 10 + ["TEST"] * 10)
    by_words = read_arrays(arrays(part=words), split_by="part")
    by_index = read_arrays(arrays(idx_train=np.arange(30), idx_val=np.arange(30, 50), idx_test=np.arange(50, 59)))
    assert by_words.given_split is not None and by_index.given_split is not None
    assert by_words.given_split.tolist() == ["train"] * 30 + ["val"] * 20 + ["test"] * 10
    assert by_index.given_split.tolist() == ["train"] * 30 + ["val"] * 20 + ["test"] * 9 + [""]
    assert any("1 samples in no part" in line for line in by_index.reading)


def test_a_column_that_spells_out_the_label_is_warned_of() -> None:
    found = read_arrays(arrays(X_copy=(np.arange(N) % 3) * 10.0))
    assert [line for line in found.warnings if "'copy' gives the label away" in line]


def test_the_reading_keeps_control_characters_out_of_the_terminal() -> None:
    held = {"X_[/]\x1b[31m": np.ones((N, 2)), "X_b\nc": np.ones((N, 1)), "y": np.arange(N) % 2}
    found = read_arrays(held)
    assert list(found.modalities) == ["[/]\x1b[31m", "b\nc"]
    assert all(line.isprintable() for line in found.reading)


def test_one_group_a_sample_is_no_grouping() -> None:
    assert read_arrays(arrays(groups=np.arange(N))).groups is None
