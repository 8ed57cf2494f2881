"""The kind `table`: numbers and categories, fitted on training samples, what is new in later ones said and survived."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.data_sets import arrays, read_arrays, read_file, said
from umlkit.data.input_spec import InputSpec
from umlkit.data.kinds import KINDS
from umlkit.data.kinds.edges import BINS
from umlkit.data.kinds.table import TablePreprocess
from umlkit.data.records import Dataset, ModalityArray
from umlkit.data.unseen import cut_arrays, read_unseen
from umlkit.errors import InputError
from umlkit.runs import tensors

TRAIN = np.arange(40)
CITIES = ("Bergen", "Lagos", "Quito", "Turku")
NAN = float("nan")


def table(n: int = 60, *, seed: int = 0, levels: Any = (None, CITIES, None, ("no", "yes"))) -> ModalityArray:
    """A skewed number, a city, a normal number, and yes or no."""
    rng = np.random.default_rng(seed)
    columns = [rng.exponential(size=n), rng.integers(4, size=n), rng.normal(size=n), rng.integers(2, size=n)]
    return ModalityArray(np.column_stack(columns), "table", "t", missing="impute-mean", levels=levels)


def changed(modality: ModalityArray, *cells: tuple[int, int, float], **more: Any) -> ModalityArray:
    values = modality.values.copy()
    for row, column, value in cells:
        values[row, column] = value
    return replace(modality, values=values, **more)


def fit(modality: ModalityArray) -> TablePreprocess:
    fitted = KINDS["table"].fit(modality, TRAIN)
    assert isinstance(fitted, TablePreprocess)
    return fitted


def csv(rows: int = 60, **cells: dict[int, str]) -> str:
    """A table of clinical columns; ``cells`` replaces some by row."""
    columns = {
        "age": [str(30 + i % 40) for i in range(rows)],
        "sex": ["fm"[i % 2] for i in range(rows)],
        "ward": [("north", "south", "west")[i % 3] for i in range(rows)],
        "dose": [f"{0.5 * (i % 7)}" for i in range(rows)],
        "y": ["ab"[i * 7 % 5 % 2] for i in range(rows)],
    }
    for name, replaced in cells.items():
        for row, cell in replaced.items():
            columns[name][row] = cell
    return "\n".join([",".join(columns), *(",".join(row) for row in zip(*columns.values(), strict=True))]) + "\n"


def read_csv(folder: Path, text: str, **data: Any) -> Dataset:
    (folder / "t.csv").write_text(text)
    return read_file(folder / "t.csv", **data)


def test_numbers_come_standardised_and_as_places_and_categories_as_numbers_from_1() -> None:
    fitted, modality = fit(table()), table()
    made = fitted.apply(modality)

    assert fitted.shape == (2, BINS, 5, 3) and made.shape == (60, 6)
    np.testing.assert_allclose(made[TRAIN, :2].mean(axis=0), 0, atol=1e-6)
    assert made[:, 2:4].min() == 0 and made[:, 2:4].max() == BINS
    np.testing.assert_array_equal(made[:, 4:], modality.values[:, [1, 3]] + 1)


def test_places_are_even_over_the_training_samples_and_linear_between_edges() -> None:
    values = np.random.default_rng(1).exponential(size=(3200, 1))
    fitted = KINDS["table"].fit(ModalityArray(values, "table", "t", levels=(None,)), np.arange(3200))
    places = fitted.apply(ModalityArray(values, "table", "t", levels=(None,)))[:, 1]
    counts = np.histogram(places, bins=BINS, range=(0, BINS))[0]
    np.testing.assert_allclose(counts, 200, atol=2)

    edges = np.quantile(values[:, 0], [3 / BINS, 4 / BINS])
    between = np.array([[edges[0]], [edges.mean()], [edges[1]]])
    found = fitted.apply(ModalityArray(between, "table", "t", levels=(None,)))[:, 1]
    np.testing.assert_allclose(found, [3, 3.5, 4], atol=1e-4)


def test_only_training_samples_enter() -> None:
    other = changed(table(), *((row, column, 1.0) for row in range(40, 60) for column in range(4)))
    assert {key: value.tolist() for key, value in fit(table()).to_arrays().items()} == {
        key: value.tolist() for key, value in fit(other).to_arrays().items()
    }


def test_the_same_word_has_the_same_number_whatever_else_a_file_holds() -> None:
    fitted = fit(table())
    new = table(2, levels=(None, ("Quito", "Turku"), None, ("yes",)))
    new = changed(new, (0, 1, 0.0), (1, 1, 1.0), (0, 3, 0.0), (1, 3, 0.0))
    assert fitted.apply(new)[:, 4:].tolist() == [[3, 2], [4, 2]]
    assert fitted.notes(new, np.arange(len(new))) == ()


def test_a_category_unseen_in_training_is_unknown_and_counted() -> None:
    fitted = fit(table())
    new = table(3, levels=(None, ("Oslo", "Rome", "Turku"), None, ("no", "yes")))
    new = changed(new, (0, 1, 0.0), (1, 1, 1.0), (2, 1, 2.0), columns=("age", "city", "dose", "smokes"))
    assert fitted.apply(new)[:, 4].tolist() == [0, 0, 4]
    assert fitted.notes(new, np.arange(len(new))) == (
        "2 cells in column 'city' with a category unseen in training, read as unknown: 'Oslo', 'Rome'",
    )


def test_a_level_that_only_other_samples_have_is_unseen_too() -> None:
    values = changed(table(), *((row, 1, 3.0 if row == 50 else float(row % 3)) for row in range(60)))
    fitted = fit(values)
    assert fitted.shape[2] == 4
    assert fitted.apply(values)[50, 4] == 0
    assert "'Turku'" in fitted.notes(values, np.arange(len(values)))[0]


def test_a_missing_cell_is_unknown_and_a_missing_number_filled_and_marked() -> None:
    modality = changed(table(), (0, 1, NAN), (1, 0, NAN), (2, 3, NAN))
    fitted = fit(modality)
    made = fitted.apply(modality)
    assert fitted.shape == (3, BINS, 5, 3)
    assert made[0, 6] == 0 and made[2, 7] == 0
    assert made[1, 0] == 0 and made[1, 2] == 1 and made[1, 5] == 1
    assert fitted.notes(modality, np.arange(len(modality))) == ()


def test_what_first_misses_in_new_data_is_said() -> None:
    new = changed(table(), (0, 2, NAN))
    assert fit(table()).notes(new, np.arange(len(new))) == (
        "1 missing value in column 2, filled in without a mark: in training it missed none or all",
    )
    assert np.isfinite(fit(table()).apply(new)).all()


@pytest.mark.parametrize("columns", [(0, 2), (1, 3), (0, 1, 2, 3)], ids=["numbers", "categories", "both"])
def test_what_was_fitted_is_stored_and_read_without_loss(columns: tuple[int, ...], tmp_path: Path) -> None:
    whole = changed(table(), (3, 0, NAN), (4, 1, NAN), levels=(None, ("é\n", "", "x", "y"), None, ("no", "yes")))
    modality = ModalityArray(
        whole.values[:, columns], "table", "t", missing="impute-median", levels=tuple(whole.levels[i] for i in columns)
    )
    fitted = fit(modality)
    tensors.save(tmp_path / "a.safetensors", fitted.to_arrays(), {})
    again = TablePreprocess.from_arrays(tensors.load(tmp_path / "a.safetensors")[0])
    assert again.shape == fitted.shape
    np.testing.assert_array_equal(again.apply(modality), fitted.apply(modality))


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    modality = changed(table(), (3, 0, NAN), (4, 1, NAN))
    whole = fit(modality).apply(modality)
    for module in ("kinds.quantiles", "missing"):
        monkeypatch.setattr(f"umlkit.data.{module}._BLOCK", 7)
    np.testing.assert_allclose(fit(modality).apply(modality), whole, rtol=1e-6, atol=1e-7)


def test_columns_of_words_make_a_table_and_numbers_alone_stay_a_vector(tmp_path: Path) -> None:
    found = read_csv(tmp_path, csv()).modalities["table"]
    assert found.kind == "table" and found.columns == ("age", "sex", "ward", "dose")
    assert found.levels == (None, ("f", "m"), ("north", "south", "west"), None)
    assert "2 numbers and 2 categories" in " ".join(read_csv(tmp_path, csv()).reading)
    numbers = read_csv(tmp_path, csv(), modalities={"n": {"columns": ["age", "dose"]}}).modalities["n"]
    assert numbers.kind == "vector"


def test_a_column_of_ids_or_of_nothing_is_left_out_and_why_is_said(tmp_path: Path) -> None:
    text = csv(dose=dict.fromkeys(range(60), ""), ward={i: f"patient-{i}" for i in range(60)})
    found = read_csv(tmp_path, text)
    assert found.modalities["table"].columns == ("age", "sex")
    line = next(line for line in found.reading if line.startswith("ignored"))
    assert "ward (nearly every row another word: ids, not categories)" in line
    assert "dose (nothing but missing values)" in line


def test_a_recipe_may_insist_on_a_column_of_ids(tmp_path: Path) -> None:
    text = csv(ward={i: f"patient-{i}" for i in range(60)})
    found = read_csv(tmp_path, text, modalities={"t": {"columns": ["age", "ward"]}}).modalities["t"]
    assert found.kind == "table" and len(found.levels[1] or ()) == 60


def test_one_column_of_words_that_come_again_is_a_table(tmp_path: Path) -> None:
    found = read_csv(tmp_path, csv(), modalities={"w": {"columns": "ward"}}).modalities["w"]
    assert (found.kind, found.levels, found.sample_shape) == ("table", (("north", "south", "west"),), (1,))


def test_codes_with_leading_zeros_are_categories(tmp_path: Path) -> None:
    codes = {i: ("02134", "90210", "00501")[i % 3] for i in range(60)}
    assert read_csv(tmp_path, csv(dose=codes)).modalities["table"].levels[3] == ("00501", "02134", "90210")
    stated = {"v": {"columns": "dose", "kind": "vector"}}
    assert read_csv(tmp_path, csv(dose=codes), modalities=stated).modalities["v"].values[0, 0] == 2134


def test_numbers_become_categories_where_the_recipe_says_so(tmp_path: Path) -> None:
    stated = {"t": {"columns": ["age", "sex", "dose"], "categories": ["dose", "s*"]}}
    found = read_csv(tmp_path, csv(), modalities=stated).modalities["t"]
    assert found.levels == (None, ("f", "m"), ("0.0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0"))
    by_number = {"a": {"kind": "table", "categories": [1]}, "v": {}}
    whole = np.column_stack([np.linspace(0, 1, 60), np.arange(60) % 3 * 10])
    assert read_arrays(arrays(X_a=whole), modalities=by_number).modalities["a"].levels == (None, ("0", "10", "20"))


def test_an_array_of_words_is_a_table(tmp_path: Path) -> None:
    words = np.array([[str(i), "abc"[i % 3]] for i in range(60)])
    found = read_arrays(arrays(X_a=words)).modalities["a"]
    assert (found.kind, found.levels) == ("table", (None, ("a", "b", "c")))


REFUSED = {
    "mixed types": (csv(age={7: "old"}), {}, ["row 7 (line 9)", "'age'", "'old'", "categories: ['age']"]),
    "missing category": (csv(sex={7: ""}), {}, ["row 7 (line 9)", "1 missing value in column 'sex'", "unknown"]),
    "missing number": (csv(age={7: "", 9: "NA"}), {}, ["row 7 (line 9)", "2 missing values in column 'age'"]),
    "infinite": (csv(dose={7: "inf"}), {}, ["row 7 (line 9)", "infinite", "'dose'"]),
    "no such category": (
        csv(),
        {"t": {"columns": "*", "categories": ["wards"]}},
        ["data.modalities.t.categories", "'wards'", "'ward'"],
    ),
    "category of a vector": (
        csv(),
        {"t": {"columns": "age", "categories": ["age"], "kind": "vector"}},
        ["has categories, which the kind vector does not know"],
    ),
    "words in a vector": (csv(), {"t": {"columns": ["age", "sex"], "kind": "vector"}}, ["'sex'", "numbers are due"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_refused_with_row_and_column(case: str, tmp_path: Path) -> None:
    text, modalities, words = REFUSED[case]
    with pytest.raises((InputError, ValueError)) as caught:
        read_csv(tmp_path, text, **({"modalities": modalities} if modalities else {}))
    message = said(caught.value) if isinstance(caught.value, InputError) else str(caught.value)
    assert [word for word in words if word not in message] == []


def test_pictures_are_no_table() -> None:
    with pytest.raises(InputError, match="no columns of one value each"):
        read_arrays(arrays(X_a=np.zeros((60, 9, 9))), modalities={"a": {"kind": "table"}, "v": {}})


SPEC = InputSpec("t.csv", None, ("age", "sex", "ward"), "table", "impute-mean", (3,), categories=(1, 2))


def unseen(folder: Path, text: str, spec: InputSpec = SPEC) -> ModalityArray:
    (folder / "new.csv").write_text(text)
    return read_unseen(folder / "new.csv", {"t": spec}).modalities["t"]


def test_new_rows_are_read_with_the_columns_that_training_settled(tmp_path: Path) -> None:
    found = unseen(tmp_path, "age,sex,ward\n40,,1\nNA,m,2\n")
    assert found.levels == (None, ("m",), ("1", "2"))
    np.testing.assert_array_equal(found.values, [[40, NAN, 0], [NAN, 0, 1]])


def test_a_word_in_a_column_of_numbers_is_refused_in_new_rows(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"row 1 \(line 3\): text in the column 'age'"):
        unseen(tmp_path, "age,sex,ward\n40,m,north\nold,m,north\n")
    with pytest.raises(InputError, match=r"text in the column 'age'"):
        unseen(tmp_path, "age,sex,ward\nold,m,north\n")


def test_new_rows_as_an_array_under_the_modalitys_own_name() -> None:
    words = np.array([["40", "m", "north"], ["41", "f", "east"]])
    found = cut_arrays({"t": words}, {"t": SPEC})["t"]
    assert found.levels == (None, ("f", "m"), ("east", "north"))
