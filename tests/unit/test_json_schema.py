"""The JSON Schema of recipes: what is shipped is what umlkit checks, and editors and umlkit agree."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from umlkit import registry
from umlkit.cli.main import main
from umlkit.errors import InputError
from umlkit.recipe import bundled, json_schema, yaml_reading
from umlkit.recipe.loading import load

README = Path(__file__).parents[2] / "README.md"
SCHEMA = json_schema.json_schema()


def is_valid(text: str) -> bool:
    """What an editor says of a recipe."""
    return jsonschema.Draft7Validator(SCHEMA).is_valid(yaml_reading.read(text, "recipe.yaml").value)


def loads(text: str, folder: Path) -> bool:
    """What umlkit says of it."""
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        load(str(path))
    except InputError:
        return False
    return True


def test_it_is_a_schema():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def test_the_shipped_file_is_up_to_date():
    assert json_schema.FILE.read_text(encoding="utf-8") == json_schema.text(json_schema.json_schema(own=True)), (
        "write it anew: python -m umlkit.recipe.json_schema"
    )


@pytest.mark.parametrize("name", bundled.names())
def test_the_bundled_recipes_are_valid(name):
    assert is_valid(bundled.path(name).read_text(encoding="utf-8"))


def test_the_readmes_recipe_is_valid():
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", README.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)

    assert is_valid(text)


DATA = "data: {path: d.npz, label: y}\n"


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (DATA, True),
        ("data: {source: 'sklearn:digits'}", True),
        ("name: x", False),
        ("data: {label: y}", False),
        ("data: {path: d.npz, source: 'sklearn:digits'}", False),
        ("data: {path: d.npz, source: null}", True),
        ("data:", False),
        (DATA + "train:", True),
        (DATA + "probe:", True),
        (DATA + "methods:", False),
        (DATA + "methods: {umt: }", True),
        (DATA + "methods: {umt: {weight: auto, head: linear, room: none}}", True),
        (DATA + "methods: {umt: {weight: 0.5, room: 3}}", True),
        (DATA + "methods: {umt: {weight: much}}", False),
        (DATA + "methods: {umt: {head: none}}", False),
        (DATA + "methods: {umt: {wieght: 1}}", False),
        (DATA + "methods: {mut: {}}", False),
        (DATA + "train: {epochs: 3, lr: 1}", True),
        (DATA + "train: {epochs: 0}", False),
        (DATA + "train: {epochs: '3'}", False),
        (DATA + "train: {epoch: 3}", False),
        (DATA + "seeds: [0, 1]", True),
        (DATA + "seeds: [0, 0]", False),
        (DATA + "seeds: 0", False),
        (DATA + "device: gpu", False),
        ("data: {path: d.npz, split: null}", True),
        ("data: {path: d.npz, split: {train: 0.6, val: 0.2, test: 0.2}}", True),
        ("data: {path: d.npz, split: {train: 1.6}}", False),
        ("data: {path: d.npz, modalities: {}}", False),
        *(
            (f"data: {{path: d.npz, modalities: {{a: {modality}}}}}", good)
            for modality, good in (
                ("", True),
                ("{}", True),
                ("{encoder: auto}", True),
                ("{encoder: mlp}", True),
                ("{encoder: {name: mlp}}", True),
                ("{encoder: {name: mlp, hidden: 8, dropout: auto}}", True),
                ("{encoder: {name: mlp, options: {hidden: 8}}}", True),
                ("{encoder: {name: mlp, options: {hidden: 8}, features: 3}}", False),
                ("{encoder: {name: auto}}", True),
                ("{encoder: {name: auto, hidden: 3}}", False),
                ("{encoder: {name: auto, options: {}}}", True),
                ("{encoder: {hidden: 3}}", False),
                ("{encoder: mpl}", False),
                ("{encoder: {name: mlp, depth: 3}}", False),
                ("{encoder: {name: mlp, hidden: 0}}", False),
                ("{encoder: 3}", False),
                ("{encoder: }", False),
                ("{kind: colour}", False),
                ("{columns: [a, b*]}", True),
                ("{columns: 3}", False),
                ("{form: x}", False),
            )
        ),
    ],
)
def test_an_editor_and_umlkit_say_the_same(text, good, tmp_path):
    assert (is_valid(text), loads(text, tmp_path)) == (good, good)


def every_part(part: Any):
    """All objects of a schema."""
    if isinstance(part, dict):
        yield part
        for inner in part.values():
            yield from every_part(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from every_part(inner)


def test_every_encoder_method_and_head_is_in_it():
    named = {value for part in every_part(SCHEMA) for value in (part.get("const"), *part.get("enum", ()))}

    assert {registry.AUTO, *registry.encoders(), *registry.heads()} <= named
    assert list(SCHEMA["properties"]["methods"]["properties"]) == list(registry.methods())


def test_a_key_is_explained_where_it_is_written():
    properties = [part["properties"] for part in every_part(SCHEMA) if part.get("additionalProperties") is False]
    unexplained = [
        key
        for found in properties
        for key, value in found.items()
        if not value.get("description") and not {"const", "$ref", "maxProperties"} & value.keys()
    ]

    assert unexplained == []


def test_other_packages_names_are_in_it_but_not_in_what_is_shipped(monkeypatch):
    class Theirs(registry.Options):
        depth: int = 2

    Theirs.__module__ = "theirs.options"
    spec = registry.EncoderSpec(
        name="theirs", summary="s", kinds=frozenset({"vector"}), options=Theirs, implementation="theirs:T"
    )
    found = {**registry.encoders(), "theirs": spec}
    monkeypatch.setattr(registry, "encoders", lambda: found)

    assert "theirs" in json_schema.text(json_schema.json_schema())
    assert "theirs" not in json_schema.text(json_schema.json_schema(own=True))


def test_it_is_printed_and_written_and_written_anew_but_over_nothing_else(tmp_path, capsys):
    target, other = tmp_path / "recipe.schema.json", tmp_path / "other.json"
    other.write_text("{}")

    assert main(["recipes", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA
    assert [main(["recipes", "schema", "--to", str(target)]) for _ in range(2)] == [0, 0]
    assert json.loads(target.read_text(encoding="utf-8")) == SCHEMA
    assert capsys.readouterr().out == f"{target}\n" * 2
    assert [main(["recipes", "schema", "--to", str(to)]) for to in (other, tmp_path, tmp_path / "no" / "s.json")] == [
        2
    ] * 3
    assert other.read_text() == "{}"


def test_the_first_line_of_a_proposed_recipe_leads_an_editor_to_it():
    from urllib.parse import unquote, urlsplit

    said = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", json_schema.modeline(Path("/a b/s.json")))

    assert said
    assert unquote(urlsplit(said[1]).path) == "/a b/s.json"
    assert Path(unquote(urlsplit(json_schema.modeline().partition("=")[2]).path)) == json_schema.FILE
