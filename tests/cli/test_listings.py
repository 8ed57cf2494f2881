"""``recipes``, ``methods`` and ``encoders``: tables for a person, documents for a script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from umlkit import registry
from umlkit.cli.encoders import listed_encoders
from umlkit.cli.main import main
from umlkit.cli.methods import listed_methods
from umlkit.cli.recipes import listed_recipes
from umlkit.recipe import bundled
from umlkit.runs.records.listing import CopyRecord

GOLDEN = Path(__file__).parents[1] / "golden"


class Options(registry.Options):
    """One option."""

    width: int = 2


METHOD = registry.MethodSpec(
    name="joint",
    summary="trains jointly",
    options=Options,
    implementation="x:y",
    builds_on=("unimodal",),
    candidate=True,
    additive=lambda _: False,
)
ENCODER = registry.EncoderSpec(
    name="mlp", summary="one hidden layer", kinds=frozenset({"vector", "image"}), options=Options, implementation="x:y"
)


def golden(name: str) -> dict:
    return json.loads((GOLDEN / f"{name}-1.json").read_text())


def test_the_document_of_methods_is_the_golden_one(monkeypatch):
    monkeypatch.setattr(registry, "methods", lambda: {"joint": METHOD})

    assert listed_methods().document() == golden("methods")


def test_the_document_of_encoders_is_the_golden_one(monkeypatch):
    monkeypatch.setattr(registry, "encoders", lambda: {"mlp": ENCODER})

    assert listed_encoders().document() == golden("encoders")


def test_the_document_of_recipes_is_the_golden_one(monkeypatch):
    monkeypatch.setattr(bundled, "names", lambda: ["digits"])
    monkeypatch.setattr(bundled, "summary", lambda _: "Digits.")

    assert listed_recipes().document() == golden("recipes")


def test_the_document_of_a_copy_is_the_golden_one():
    assert CopyRecord(recipe="digits", file="mine.yaml").document() == golden("copy")


@pytest.mark.parametrize(("command", "registered"), [("methods", registry.methods), ("encoders", registry.encoders)])
def test_every_registered_name_is_listed(command, registered, capsys):
    main([command, "-v"])
    shown = capsys.readouterr().out
    main([command, "--json"])
    document = json.loads(capsys.readouterr().out)

    assert all(name in shown for name in registered())
    assert [entry["name"] for entry in document[command]] == list(registered())


def test_every_option_of_a_method_or_encoder_says_what_it_does():
    options = [o for entry in [*listed_methods().methods, *listed_encoders().encoders] for o in entry.options]

    assert [option.name for option in options if not option.description] == []


def test_a_recipe_is_copied_to_its_name_and_never_over_a_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    first = main(["recipes", "copy", "digits"])
    captured = capsys.readouterr()
    second = main(["recipes", "copy", "digits"])

    assert (first, second) == (0, 2)
    assert (captured.out, captured.err) == ("digits.yaml\n", "try: umlkit run digits.yaml\n")
    assert Path("digits.yaml").read_text() == bundled.path("digits").read_text()


def test_a_copy_is_told_as_json(tmp_path, capsys):
    target = tmp_path / "m.yaml"

    assert main(["recipes", "copy", "digits", "--to", str(target), "--json"]) == 0

    assert json.loads(capsys.readouterr().out) == {"schema": "umlkit.copy/1", "recipe": "digits", "file": str(target)}
