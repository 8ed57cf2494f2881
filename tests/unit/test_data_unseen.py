"""New samples: cut like the training data, checked like them, with ids, and labels where they are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.data_sets import said
from umlkit.data.input_spec import InputSpec
from umlkit.data.unseen import Unseen, cut_arrays, read_unseen
from umlkit.errors import InputError

N = 6
SPECS = {
    "left": InputSpec("images", "[:, :, :4]", (), "image", "error", (8, 4)),
    "sound": InputSpec("X_sound", None, (), "vector", "impute-mean", (3,)),
}
IMAGES = np.arange(N * 64.0).reshape(N, 8, 8)
SOUND = np.arange(N * 3.0).reshape(N, 3)
COLUMNS = {"mean": InputSpec("t.csv", None, ("mean a", "mean b"), "vector", "error", (2,))}


def held(**more: Any) -> dict[str, Any]:
    return {"images": IMAGES, "X_sound": SOUND, **more}


def read(tmp_path: Path, arrays: dict[str, Any], **more: Any) -> Unseen:
    np.savez(tmp_path / "new.npz", **arrays)
    return read_unseen(tmp_path / "new.npz", SPECS, **more)


def test_raw_arrays_are_cut_as_the_recipe_cuts(tmp_path: Path) -> None:
    found = read(tmp_path, held())
    np.testing.assert_array_equal(found.modalities["left"].values, IMAGES[:, :, :4])
    assert (tuple(found.ids), found.labels) == (tuple("012345"), None)


@pytest.mark.parametrize("prefix", ["", "X_"])
def test_arrays_under_the_modalitys_own_name_are_cut_already(prefix: str) -> None:
    found = cut_arrays({f"{prefix}left": IMAGES[:, :, :4], f"{prefix}sound": SOUND}, SPECS)
    assert {name: one.values.shape for name, one in found.items()} == {"left": (6, 8, 4), "sound": (6, 3)}


def test_columns_are_found_by_name_and_an_array_may_stand_for_them(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("mean b,other,mean a\n1,x,2\n3,y,4\n")
    found = read_unseen(tmp_path / "new.csv", COLUMNS)
    np.testing.assert_array_equal(found.modalities["mean"].values, [[2, 1], [4, 3]])
    np.testing.assert_array_equal(cut_arrays({"mean": np.ones((3, 2))}, COLUMNS)["mean"].values, np.ones((3, 2)))


def test_missing_values_pass_where_the_model_imputes() -> None:
    assert np.isnan(cut_arrays(held(X_sound=np.full((N, 3), np.nan)), SPECS)["sound"].values).all()


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (np.array([0, 2, 1, 0, 0, 0]), [0, 2, 1, 0, 0, 0]),
        (np.array(["cat", "1", "dog", "0", "2", "dog"]), [0, 1, 1, 0, 2, 1]),
    ],
)
def test_labels_are_class_names_or_what_the_training_data_wrote(
    labels: np.ndarray, expected: list[int], tmp_path: Path
) -> None:
    asked = {"label": "y", "classes": ("cat", "dog", "[/]"), "class_values": ("0", "1", "2")}
    found = read(tmp_path, held(y=labels), **asked)
    assert found.labels is not None and found.labels.tolist() == expected


CLASSES = {"label": "y", "classes": ("cat", "dog"), "class_values": ("0", "1")}
REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "missing modality": ({"X_sound": SOUND}, {}, ["modality 'left' is missing", "'images' or 'left' or 'X_left'"]),
    "too wide": (held(X_sound=np.ones((N, 4))), {}, ["'sound' has another shape", "(4,) a sample", "(3,) a sample"]),
    "cut shape": (held(images=np.ones((N, 9, 8))), {}, ["'left' has another shape", "[:, :, :4]", "(8, 4)"]),
    "too few axes": (held(images=np.ones((N, 8))), {}, ["more items than the array"]),
    "NaN": (
        held(images=np.full((N, 8, 8), np.nan)),
        {},
        [
            "'left' has 192 missing values (NaN), and the model was trained with `missing: error`",
            "row 0",
            "try: leave these rows out or fill them in, or set data.modalities.left.missing: impute-mean and train",
        ],
    ),
    "infinity": (held(X_sound=np.full((N, 3), np.inf)), {}, ["'sound' has 18 infinite values"]),
    "lengths": (held(X_sound=SOUND[:4]), {}, ["differ in length", "'left' 6, 'sound' 4"]),
    "empty": (held(images=IMAGES[:0], X_sound=SOUND[:0]), {}, ["'images' is empty"]),
    "text": (held(X_sound=np.array(["a"] * N)), {}, ["'sound' holds text"]),
    "duplicate id": (held(id=np.array([1, 1, 2, 3, 4, 5])), {}, ["1 id occurs more than once", "'1', 2 times"]),
    "no such id": (held(), {"id": "name"}, ["no array 'name' for the ids"]),
    "ids of another length": (held(id=np.arange(3)), {}, ["'id' are not one a sample"]),
    "unseen class": (held(y=np.array([0, 1, 7, 7, 0, 1])), CLASSES, ["unseen in training", "'7' (2 samples)", "'cat'"]),
    "unseen word": (held(y=np.array(["dgo"] + ["cat"] * 5)), CLASSES, ["did you mean: dog", "row 0"]),
    "no label": (
        held(),
        CLASSES,
        ["no array 'y' for the label", "found: 'images', 'X_sound'", "evaluate needs the labels", "`umlkit predict`"],
    ),
    "object labels": (held(y=np.array([1, None] * 3, dtype=object)), CLASSES, ["Python objects"]),
    "label length": (held(y=np.array([0, 1])), CLASSES, ["differ in length", "'y' 2"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_the_model_is_refused_in_words_that_help(case: str, tmp_path: Path) -> None:
    arrays, asked, words = REFUSED[case]
    with pytest.raises(InputError) as caught:
        read(tmp_path, arrays, **asked)
    assert [word for word in words if word not in said(caught.value)] == []


def test_a_table_that_lacks_columns_says_which(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("mean a,y\n1,2\n")
    with pytest.raises(InputError) as caught:
        read_unseen(tmp_path / "new.csv", COLUMNS)
    first, found, *_ = said(caught.value).splitlines()
    assert first.endswith("lacks 1 of its 2 columns: 'mean b'") and found == "  found: 'mean a', 'y'"


def test_a_python_users_mistakes_are_the_same_errors() -> None:
    with pytest.raises(InputError, match="modality 'left' is missing"):
        cut_arrays({"sound": SOUND}, SPECS)
    with pytest.raises(InputError, match="lacks 1 of its 2 columns: 'mean b'"):
        cut_arrays({"mean a": np.ones(3)}, COLUMNS)
    with pytest.raises(InputError, match=r"modality 'mean' is missing(.|\n)*found: nothing"):
        cut_arrays({}, COLUMNS)


JOINED = {"age": InputSpec("table", None, ("age",), "vector", "error", (1,))}


def test_new_samples_that_a_join_leaves_out_are_named(tmp_path: Path) -> None:
    (tmp_path / "clin.csv").write_text("id,age\np1,50\np2,60\np3,70\n")
    (tmp_path / "sens.csv").write_text("id,heat\np3,1\np1,2\n")
    found = read_unseen(tmp_path, JOINED)
    assert list(found.ids) == ["p1", "p3"]
    assert found.notes == ("file clin: 1 sample left out, not in every file (p2)",)


def test_a_folder_that_lacks_a_joined_file_says_which_where_a_modality_needs_it(tmp_path: Path) -> None:
    (tmp_path / "clin.csv").write_text("id,age\np1,50\n")
    files = ("clin.csv", "sens.parquet", "labels.csv")
    assert list(read_unseen(tmp_path, JOINED, files=files).ids) == ["p1"]
    heat = {**JOINED, "heat": InputSpec("table", None, ("heat",), "vector", "error", (1,))}
    (tmp_path / "labels.csv").write_text("id,y\np1,1\n")
    with pytest.raises(InputError) as caught:
        read_unseen(tmp_path, heat, files=files)
    assert said(caught.value) == f"{tmp_path}: lacks sens.parquet\n  found: clin.csv, labels.csv"
