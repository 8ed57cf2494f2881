"""A recipe written out loads to the same recipe, whatever its names look like."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from umlkit.recipe import yaml_reading
from umlkit.recipe.data_schema import Data, EncoderChoice, Modality
from umlkit.recipe.dump import to_yaml
from umlkit.recipe.schema import Recipe, Train

TEXTS = st.one_of(
    st.sampled_from(
        ["no", "y", "1e-3", "010", "null", "~", "1:30", "[/]", "a: b", "# x", " x", "*a", "&a", "<<", "-", "é"]
    ),
    st.text(min_size=1, max_size=20).filter(lambda text: text.encode("utf-8", "ignore").decode() == text),
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    label=TEXTS, names=st.lists(TEXTS, min_size=1, max_size=3, unique=True), lr=st.floats(1e-12, 10, exclude_min=True)
)
def test_a_dumped_recipe_loads_to_itself(label, names, lr):
    modalities = {
        name: Modality(columns=[name, label], encoder=EncoderChoice(name="mlp", options={"features": 8}))
        for name in names
    }
    recipe = Recipe(data=Data(path="x.npz", label=label, modalities=modalities), train=Train(lr=lr))

    reading = yaml_reading.read(to_yaml(recipe), "dumped")

    assert reading.problems == []
    assert Recipe.model_validate(reading.value) == recipe


def test_unset_keys_are_left_out():
    text = to_yaml(Recipe(data=Data(source="sklearn:digits")))

    assert "groups" not in text
    assert text.startswith("name: umlkit\ndata:\n  source: sklearn:digits\n")
