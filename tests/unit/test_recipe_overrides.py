"""Flags, --set and UMLKIT_* variables: what they change, which one wins, and how their mistakes are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from umlkit.errors import InputError, Problem
from umlkit.recipe.loading import load
from umlkit.recipe.overrides import Overrides
from umlkit.recipe.schema import Recipe

TEXT = "data: {path: x, label: y, modalities: {a.b: {encoder: mlp}, Audio: }}\ntrain: {epochs: 3}\nmethods: {joint: }\n"


@pytest.fixture
def recipe(tmp_path) -> Path:
    """A small recipe with a modality whose name holds a dot."""
    file = tmp_path / "r.yaml"
    file.write_text(TEXT)
    return file


def resolved(file: Path, **overrides: Any) -> Recipe:
    """The recipe with these overrides."""
    return load(str(file), Overrides(**overrides)).recipe


def problems(file: Path, **overrides: Any) -> tuple[Problem, ...]:
    """What is wrong with these overrides."""
    with pytest.raises(InputError) as caught:
        load(str(file), Overrides(**overrides))
    return caught.value.problems


@pytest.mark.parametrize(
    ("given", "epochs"),
    [
        ((), 3),
        (("variable",), 4),
        (("variable", "set"), 5),
        (("variable", "set", "flag"), 6),
        (("variable", "flag"), 6),
    ],
)
def test_a_flag_wins_over_set_over_variable_over_recipe(given, epochs, recipe):
    overrides = {
        "environ": {"UMLKIT_TRAIN__EPOCHS": "4"} if "variable" in given else {},
        "sets": ("train.epochs=5",) if "set" in given else (),
        "flags": {"train.epochs": 6} if "flag" in given else {},
    }

    assert resolved(recipe, **overrides).train.epochs == epochs


def test_the_last_of_two_sets_wins(recipe):
    assert resolved(recipe, sets=("train.epochs=5", "train.epochs=7")).train.epochs == 7


def test_a_set_value_is_read_as_yaml(recipe):
    changed = resolved(recipe, sets=("seeds=[1, 2]", "train.lr=1e-4", "data.label=no", "data.groups="))

    assert (changed.seeds, changed.train.lr, changed.data.label, changed.data.groups) == ([1, 2], 1e-4, "no", None)


def test_a_quoted_part_of_a_key_may_hold_dots(recipe):
    changed = resolved(recipe, sets=('data.modalities."a.b".encoder.features=8',))

    encoder = (changed.data.modalities or {})["a.b"].encoder
    assert (encoder.name, encoder.options) == ("mlp", {"features": 8})


def test_variables_find_keys_without_regard_to_case_and_hyphens(recipe):
    changed = resolved(
        recipe,
        environ={
            "UMLKIT_DATA__MODALITIES__AUDIO__KIND": "image",
            "UMLKIT_METHODS__BEST_SINGLE": "{}",
            "UMLKIT_PROBE__SMALLEST_EFFECT": "0.1",
        },
    )

    assert (changed.data.modalities or {})["Audio"].kind == "image"
    assert "best-single" in changed.methods
    assert changed.probe.smallest_effect == 0.1


def test_short_variables_and_those_that_are_empty_or_not_of_the_recipe(recipe):
    environ = {"UMLKIT_SEED": "7", "UMLKIT_THREADS": "2", "UMLKIT_DEVICE": "", "UMLKIT_OUT": "x", "HOME": "/"}

    changed = resolved(recipe, environ=environ)

    assert (changed.seeds, changed.threads, changed.device) == ([7], 2, "auto")


@pytest.mark.parametrize(
    ("name", "closest"),
    [
        ("UMLKIT_DEVCE", "UMLKIT_DEVICE"),
        ("UMLKIT_TRAIN__EPOCH", "UMLKIT_TRAIN__EPOCHS"),
        ("UMLKIT_SEDE", "UMLKIT_SEED"),
        ("UMLKIT_METHODS__UMT__WEIGHTS", "UMLKIT_METHODS__UMT__WEIGHT"),
        ("UMLKIT_DATA__MODALITIES__AUDIO__KNID", "UMLKIT_DATA__MODALITIES__AUDIO__KIND"),
    ],
)
def test_an_unknown_variable_is_told_the_closest(name, closest, recipe):
    (problem,) = problems(recipe, environ={name: "1"})

    assert (problem.where, problem.closest) == (name, closest)
    assert "UMLKIT_WORKERS" in str(problem.allowed)


@pytest.mark.parametrize(
    ("text", "try_next"),
    [
        *((text, "unset UMLKIT_SEED; export UMLKIT_SEEDS='[1, 2]'") for text in ("1,2", "1 2", "1; 2", "[1, 2]")),
        *((text, "unset UMLKIT_SEED") for text in ("x", "1.5", "1e3", "-1, 2", "a1,b2", "'7'")),
    ],
)
def test_the_variable_of_one_seed_names_that_of_several(text, try_next, recipe):
    (problem,) = problems(recipe, environ={"UMLKIT_SEED": text})

    assert (problem.where, problem.found, problem.try_next) == ("UMLKIT_SEED", text, try_next)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("train.epochs", "has no ="),
        ("=3", "is no key of a recipe"),
        ("train..lr=3", "is no key of a recipe"),
        ("train.epochs=abc", "train.epochs must be auto or a whole number"),
        ("train.epochs.x=1", "train.epochs must be auto or a whole number"),
        ("trian.epochs=3", "unknown key 'trian'"),
        ("methods.jiont.head=mlp", "unknown method 'jiont' in methods"),
        ("train.lr=[1", "begins a list that is not closed"),
        ("name=!!python/name:os.system x", "holds a tag; a recipe has none, and no tag runs anything"),
    ],
)
def test_a_wrong_set_is_told_with_the_option_as_given(text, what, recipe):
    (problem,) = problems(recipe, sets=(text,))

    assert (problem.where, problem.what) == (f"--set {text}", what)


def test_a_list_is_set_as_a_whole(tmp_path):
    file = tmp_path / "r.yaml"
    file.write_text("data: {path: x}\nseeds: [1]\n")

    (problem,) = problems(file, sets=("seeds.0=3",))

    assert problem.what == "seeds is a list, which is set as a whole"


def test_a_wrong_flag_is_told_by_its_name(recipe):
    found = problems(recipe, flags={"device": "gpu", "threads": 0, "seeds": [-1], "data.label": ""})

    assert {p.where for p in found} == {"--device", "--threads", "--seed", "--label"}


def test_mistakes_of_file_and_overrides_are_told_together(tmp_path):
    file = tmp_path / "r.yaml"
    file.write_text("data: {path: x}\ntrain: {epoch: 3}\n")

    found = problems(file, sets=("train.lr=0",), environ={"UMLKIT_X": "1"})

    assert [p.where for p in found] == [f"{file}:2:9", "UMLKIT_X", "--set train.lr=0"]
