"""What a recipe may look like, what it is called by, and where each value is from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from umlkit.errors import InputError
from umlkit.recipe import bundled, scalars
from umlkit.recipe.loading import LoadedRecipe, load
from umlkit.recipe.overrides import Overrides
from umlkit.recipe.reference import run_name
from umlkit.recipe.schema import Train


def loaded(text: str, folder: Path, **overrides) -> LoadedRecipe:
    """A recipe of this text with these overrides."""
    file = folder / "r.yaml"
    file.write_text(text)
    return load(str(file), Overrides(**overrides))


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 1e5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-3", -3),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("~", None),
        ("", None),
        ("true", True),
        ("False", False),
        ("y", "y"),
        ("n", "n"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("Yes", "Yes"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"),
        ("nan", "nan"),
        ("1e", "1e"),
        (".", "."),
        ("=", "="),
    ],
)
def test_an_unquoted_word_means_what_yaml_1_2_says(word, value):
    resolved = scalars.resolve(word)

    assert (resolved, type(resolved)) == (value, type(value))


def test_names_that_yaml_1_1_takes_for_booleans_stay_text(tmp_path):
    recipe = loaded("data: {path: x, label: no, modalities: {y: , on: , 1: {from: off}}}", tmp_path).recipe

    assert recipe.data.label == "no"
    assert list(recipe.data.modalities or {}) == ["y", "on", "1"]
    assert (recipe.data.modalities or {})["1"].from_ == "off"


def test_numbers_may_be_written_as_people_write_them(tmp_path):
    train = loaded("data: {path: x}\ntrain: {lr: 1e-3, clip: 2}", tmp_path).recipe.train

    assert (train.lr, train.clip) == (0.001, 2.0)


def test_a_section_with_everything_commented_out_has_its_defaults(tmp_path):
    recipe = loaded("data: {path: x}\ntrain:\n  # epochs: 3\nprobe:\nmethods:\n  ume:\n", tmp_path).recipe

    assert recipe.train == Train()
    assert recipe.methods == {"ume": {}}


@pytest.mark.parametrize(
    "written",
    ["{name: mlp, features: 64}", "{name: mlp, options: {features: 64}}", "{options: {features: 64}, name: mlp}"],
)
def test_an_encoder_may_have_its_options_beside_or_below_its_name(written, tmp_path):
    recipe = loaded(f"data: {{path: x, modalities: {{a: {{encoder: {written}}}}}}}", tmp_path).recipe

    encoder = (recipe.data.modalities or {})["a"].encoder
    assert (encoder.name, encoder.options) == ("mlp", {"features": 64})


def test_an_alias_is_the_value_it_names(tmp_path):
    recipe = loaded("data: {path: x, modalities: {a: &a {kind: image}, b: *a}}", tmp_path)

    assert (recipe.recipe.data.modalities or {})["b"].kind == "image"
    assert recipe.origin["data.modalities.b.kind"] == f"{tmp_path}/r.yaml:1"


def test_a_byte_order_mark_is_no_part_of_the_recipe(tmp_path):
    (tmp_path / "r.yaml").write_bytes(b"\xef\xbb\xbfname: x\ndata: {path: y}\n")

    assert load(str(tmp_path / "r.yaml")).recipe.name == "x"


def test_markup_and_control_characters_in_names_come_through(tmp_path):
    recipe = loaded('data: {path: x, label: "[/]", modalities: {"a\\nb,[red]": }}', tmp_path).recipe

    assert recipe.data.label == "[/]"
    assert list(recipe.data.modalities or {}) == ["a\nb,[red]"]


def test_a_recipe_without_a_name_is_called_after_its_file(tmp_path):
    (tmp_path / "my run.yaml").write_text("data: {path: x}")

    assert load(str(tmp_path / "my run.yaml")).recipe.name == "my-run"


def test_the_recipe_of_the_folder_is_found_without_naming_it(tmp_path, monkeypatch):
    (tmp_path / "umlkit.yaml").write_text("data: {path: sub/x.npz}")
    monkeypatch.chdir(tmp_path)

    found = load(None)

    assert found.recipe.name == "umlkit"
    assert found.data_files() == {"x": Path("sub/x.npz")}
    assert (found.file, found.text) == (Path("umlkit.yaml"), "data: {path: sub/x.npz}")


def test_a_data_file_is_a_recipe_that_names_it(tmp_path):
    (tmp_path / "d.csv").touch()

    found = load(str(tmp_path / "d.csv"), Overrides(flags={"data.label": "y"}))

    assert (found.recipe.name, found.recipe.data.path, found.recipe.data.label) == ("d", "d.csv", "y")
    assert found.data_files() == {"d": tmp_path / "d.csv"}
    assert (found.file, found.text) == (None, None)


@pytest.mark.parametrize(("stem", "name"), [("s" * 240, "s" * 200), ("..", "umlkit"), (".d", "d"), ("a b[]", "a-b-")])
def test_a_run_is_called_after_any_data_file(tmp_path, stem, name):
    path = tmp_path / f"{stem}.npz"
    path.touch()

    assert load(str(path)).recipe.name == run_name(stem) == name


def test_a_bundled_recipe_wins_over_a_folder_of_its_name(tmp_path, monkeypatch):
    (tmp_path / "digits").mkdir()
    monkeypatch.chdir(tmp_path)

    assert load("digits").recipe.data.source == "sklearn:digits"


def test_every_leaf_says_where_it_is_from(tmp_path):
    text = "data:\n  path: x\n  label: y\ntrain: {epochs: 7, lr: 0.1}\n"

    origin = loaded(
        text,
        tmp_path,
        flags={"seeds": [3]},
        sets=("train.epochs=8",),
        environ={"UMLKIT_TRAIN__BATCH_SIZE": "9", "UMLKIT_TRAIN__EPOCHS": "10"},
    ).origin

    assert origin["seeds"] == "flag --seed"
    assert origin["train.epochs"] == "--set"
    assert origin["train.batch_size"] == "UMLKIT_TRAIN__BATCH_SIZE"
    assert origin["data.label"] == f"{tmp_path}/r.yaml:3"
    assert origin["train.clip"] == "default"


@pytest.mark.parametrize(
    ("name", "modalities"),
    [("breast-cancer", 3), ("digits", 2), ("docstrings", 2), ("motions", 2), ("wrong-join", 3)],
)
def test_bundled_recipes_load_and_have_a_summary(name, modalities):
    found = load(name)

    assert found.recipe.name == name
    assert len(found.recipe.data.modalities or {}) == modalities
    assert bundled.summary(name).endswith(".")


def test_splits_of_the_bundled_recipes_are_those_they_were_published_with():
    shares = {name: load(name).recipe.data.split for name in bundled.names()}

    assert {n: (s.train, s.val, s.test) for n, s in shares.items() if s} == {
        "breast-cancer": (0.45, 0.36, 0.19),
        "digits": (0.5, 0.3, 0.2),
        "docstrings": (0.5, 0.3, 0.2),
        "motions": (0.5, 0.3, 0.2),
        "wrong-join": (0.5, 0.3, 0.2),
    }


def test_copying_a_bundled_recipe_never_overwrites(tmp_path):
    target = tmp_path / "d.yaml"
    bundled.copy("digits", target)

    with pytest.raises(InputError, match="exists already"):
        bundled.copy("digits", target)

    assert target.read_text() == bundled.path("digits").read_text()


@pytest.mark.parametrize("to", [".", "no/such/folder/d.yaml"])
def test_copying_to_a_folder_or_into_none_is_refused(to, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError):
        bundled.copy("digits", Path(to))


def test_a_recipe_that_is_a_pipe_or_leads_nowhere_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")

    with pytest.raises(InputError, match="is a pipe or a device"):
        load(str(tmp_path / "pipe.yaml"))
    with pytest.raises(InputError, match="is a link that leads nowhere"):
        load(str(tmp_path / "loop.yaml"))
