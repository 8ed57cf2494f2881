"""The recipe that ``init`` writes: it loads as it stands, reads the same data, and survives any name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tests.unit.data_sets import N, arrays, said
from umlkit.data.propose import Proposal, propose
from umlkit.data.reading import read
from umlkit.data.recipe_lines import quoted
from umlkit.data.records import Dataset
from umlkit.data.sources import open_source
from umlkit.errors import InputError
from umlkit.recipe.data_schema import Data
from umlkit.recipe.loading import load


def proposed(path: Path, **data: Any) -> Proposal:
    section = Data.model_validate({"path": path.name, "label": "y", **data})
    return propose(open_source(path=path, source=None), section, name="mine", file="mine.yaml")


def reread(path: Path, proposal: Proposal) -> Dataset:
    recipe = path.with_name("mine.yaml")
    recipe.write_text(proposal.text, encoding="utf-8")
    return read(load(str(recipe)))


def test_the_recipe_reads_what_the_convention_reads(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **arrays(groups=np.arange(N) // 6))
    found = reread(tmp_path / "a.npz", proposed(tmp_path / "a.npz"))
    assert list(found.modalities) == ["a", "v"] and found.groups is not None


def test_the_longest_names_that_an_archive_may_have_come_through(tmp_path: Path) -> None:
    long = "L" * 200
    np.savez(tmp_path / "a.npz", **{f"X_{long}": np.ones((N, 2)), f"X_{long}M": np.ones((N, 2)), "y": arrays()["y"]})
    assert list(reread(tmp_path / "a.npz", proposed(tmp_path / "a.npz")).modalities) == [long, f"{long}M"]


def test_a_kind_that_is_not_clear_is_stated_with_what_else_it_may_be(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **arrays(X_a=np.random.default_rng(0).random((N, 9, 9, 5))))
    proposal = proposed(tmp_path / "a.npz")
    assert "kind: vector  # 9 x 9 x 5 a sample: `image` if" in proposal.text
    assert reread(tmp_path / "a.npz", proposal).modalities["a"].sample_shape == (405,)


def test_what_can_be_no_modality_is_left_out_with_its_reason(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **arrays(X_wave=np.ones((N, 3), dtype=complex)))
    proposal = proposed(tmp_path / "a.npz")
    assert "# left out: the array 'X_wave' holds complex numbers" in proposal.text
    assert proposal.modalities == ("a", "v") and len(proposal.left_out) == 1


def test_missing_values_are_imputed_in_writing(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **arrays(X_a=np.where(np.eye(N, 4) == 1, np.nan, np.arange(N)[:, None])))
    proposal = proposed(tmp_path / "a.npz")
    assert "missing: impute-mean" in proposal.text
    assert reread(tmp_path / "a.npz", proposal).modalities["a"].missing == "impute-mean"


def test_columns_are_written_as_a_pattern_where_one_says_it_and_listed_elsewhere(tmp_path: Path) -> None:
    table = "accel_x,accel_y,b,name,y\n" + "".join(f"{i},{i % 7},{i % 5},n{i},{i % 2}\n" for i in range(30))
    (tmp_path / "a.csv").write_text(table)
    assert 'columns: "accel_*"' in proposed(tmp_path / "a.csv").text
    (tmp_path / "a.csv").write_text(table.replace("accel_", "accel"))
    proposal = proposed(tmp_path / "a.csv")
    assert "columns: [accelx, accely, b]" in proposal.text and proposal.left_out == (
        "column 'name' (nearly every row another word: ids, not categories)",
    )
    assert reread(tmp_path / "a.csv", proposal).modalities["table"].columns == ("accelx", "accely", "b")


NAMES = [
    "no",
    "on",
    "1",
    "null",
    "[/]",
    "a: b",
    "# x",
    "a\nb",
    "\x1b[31m",
    "'\"\\",
    " lead",
    "é\u2028😀",
    "*",
    "a,b",
    "-",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_comes_through(name: str, tmp_path: Path) -> None:
    np.savez(
        tmp_path / "a.npz", **{f"X_{name}": np.ones((N, 2)), "X_o": np.ones((N, 1)), "y " + name: np.arange(N) % 2}
    )
    proposal = proposed(tmp_path / "a.npz", label="y " + name)
    found = reread(tmp_path / "a.npz", proposal)
    assert (list(found.modalities), found.label_name) == ([name, "o"], "y " + name)


@pytest.mark.parametrize("text", [*NAMES, "plain", "yes", "1e-3", "~", "", "0x10"])
def test_a_quoted_text_is_that_text_to_any_reader_of_yaml(text: str) -> None:
    assert yaml.safe_load(f"a: {quoted(text)}") == {"a": text}


def test_without_a_label_the_candidates_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", audio=np.ones((N, 3)), speaker=np.arange(N) % 4, word=np.array(["a", "b"] * 30))
    with pytest.raises(InputError) as caught:
        proposed(tmp_path / "a.npz", label=None)
    assert "'word' (2 values), 'speaker' (4 values)" in said(caught.value)
    assert "--label word" in said(caught.value)


def test_columns_that_may_name_groups_are_offered_in_a_comment_that_works_when_it_is_taken_up(tmp_path: Path) -> None:
    rows = "".join(f"{i // 6},{i % 7},{i % 5},{'ab'[i % 2]}\n" for i in range(120))
    (tmp_path / "a.csv").write_text("patient,height,weight,y\n" + rows)
    proposal = proposed(tmp_path / "a.csv")
    assert "# groups: patient  # 20 values, about 6 samples of each" in proposal.text
    assert reread(tmp_path / "a.csv", proposal).groups is None
    taken_up = replace(proposal, text=proposal.text.replace("  # groups: patient", "  groups: patient"))
    assert reread(tmp_path / "a.csv", taken_up).groups is not None


def test_skewed_classes_are_said_beside_the_key_that_weighs_them(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **arrays(y=(np.arange(N) % 10 == 0).astype(int)))
    text = proposed(tmp_path / "a.npz").text
    assert "9 times the samples of the smallest (54 and 6)" in text
    assert yaml.safe_load(text)["train"] == {"class_weight": "none"}


def test_every_modality_says_which_encoders_are_compared_for_its_kind(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **arrays(X_t=np.array([f"some words {i}" for i in range(N)])))
    entry = proposed(tmp_path / "a.npz").text.partition("    t:")[2]
    assert "kind: text" in entry and "ngrams" in entry and "resnet" not in entry


def test_data_that_cannot_be_read_give_no_recipe(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **arrays(X_a=np.full((N, 2), np.inf), y=np.linspace(0, 1, N)))
    with pytest.raises(InputError, match=r"regression(.|\n)*infinite"):
        proposed(tmp_path / "a.npz")


def test_lengths_are_written_down_and_only_what_auto_tries_is_listed(tmp_path: Path) -> None:
    lengths = 1 + np.arange(N) % 5
    np.savez(tmp_path / "a.npz", **arrays(X_a=np.ones((N, 5, 2)), len_a=lengths))
    proposal = proposed(tmp_path / "a.npz")
    assert "lengths: len_a" in proposal.text
    assert "conv1d, gru, linear, mlp\n" in proposal.text
    np.testing.assert_array_equal(reread(tmp_path / "a.npz", proposal).modalities["a"].lengths, lengths)
