"""What could be the label, and what could name groups: guesses that `init` says aloud."""

from __future__ import annotations

from typing import Any

import numpy as np

from umlkit.data.raw import from_arrays
from umlkit.data.reading import from_raw
from umlkit.data.suspects import likely_groups, likely_labels
from umlkit.recipe.data_schema import Data

N = 240


def table(**columns: Any) -> Any:
    cells = {name: np.array([str(v) for v in values], dtype=object) for name, values in columns.items()}
    return from_arrays(cells, name="mine.csv", table=True)


def labels_of(raw: Any) -> list[str]:
    return [suspect.name for suspect in likely_labels(raw)]


def groups_of(raw: Any, *but: str) -> list[str]:
    return [suspect.name for suspect in likely_groups(raw, but=set(but))]


def test_a_label_has_few_values_and_one_that_is_called_so_comes_first() -> None:
    held = table(
        age=np.arange(N) % 70,
        height=np.arange(N) + 0.5,
        sex=["f", "m"] * (N // 2),
        diagnosis=["a", "b", "c"] * (N // 3),
        note=[f"words {i}" for i in range(N)],
    )
    assert labels_of(held) == ["diagnosis", "sex", "age"]


def test_arrays_of_numbers_with_fractions_are_no_label() -> None:
    arrays = {"X_a": np.zeros((N, 3)), "y": np.arange(N) % 2, "score": np.linspace(0, 1, N)}
    assert labels_of(from_arrays(arrays, name="mine.npz")) == ["y"]


def test_ids_that_repeat_are_suspected_to_name_groups_with_how_often() -> None:
    held = table(patient=np.arange(N) // 6, age=np.arange(N) % 70, y=np.arange(N) % 2)
    (suspect,) = likely_groups(held, but={"y"})
    assert (suspect.name, suspect.distinct, suspect.repeats) == ("patient", 40, 6)


def test_names_that_end_in_id_and_many_words_are_suspected_too() -> None:
    towns = [f"town {chr(97 + i % 26)}{i % 3}" for i in range(N)]
    held = table(user_id=np.arange(N) // 3, town=towns, sex=["f", "m"] * (N // 2), y=np.arange(N) % 2)
    assert groups_of(held, "y") == ["user_id", "town"]


def test_ids_that_do_not_repeat_and_what_is_spoken_for_are_not() -> None:
    held = table(id=np.arange(N), subject=np.arange(N) // 6, y=np.arange(N) % 2)
    assert groups_of(held, "y", "subject") == []


def test_what_is_not_called_as_groups_are_is_not_looked_at_where_names_alone_count() -> None:
    towns = [f"town {chr(97 + i % 26)}{i % 3}" for i in range(N)]
    held = table(patient=np.arange(N) // 6, town=towns, y=np.arange(N) % 2)
    assert [one.name for one in likely_groups(held, but={"y"}, by_name=True)] == ["patient"]


def test_a_group_column_that_is_read_as_an_input_is_warned_of_unless_the_recipe_says_so() -> None:
    held = table(patient=np.arange(N) // 6, age=np.linspace(20, 80, N), bp=np.linspace(80, 180, N), y=np.arange(N) % 2)
    said = "'patient' is read as an input and may name groups (40 values, about 6 samples of each)"
    (warning,) = from_raw(held, Data(path="mine.csv", label="y")).warnings
    assert warning.startswith(said) and "--groups patient" in warning
    assert from_raw(held, Data(path="mine.csv", label="y", groups="patient")).warnings == ()
    stated = {"a": {"columns": ["patient", "age"]}, "b": {"columns": ["bp"]}}
    assert from_raw(held, Data(path="mine.csv", label="y", modalities=stated)).warnings == ()
