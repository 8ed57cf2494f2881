"""The short forms that a recipe may use, written out, so that everything after reads one form only.

``encoder: mlp`` and ``encoder: {name: mlp, features: 64}`` become ``{name: mlp, options: {features: 64}}``; a section,
a modality or a method with nothing behind it becomes one with every default.
"""

from __future__ import annotations

from typing import Any

from umlkit.recipe import keys
from umlkit.recipe.positions import Path, Places


def write_out(raw: dict[str, Any], places: Places) -> None:
    """Write out all short forms in ``raw``, in place, and keep ``places`` true."""
    _fill_empty(raw, ())
    modalities = keys.at(raw, ("data", "modalities"))
    for name, modality in (modalities if isinstance(modalities, dict) else {}).items():
        if isinstance(modality, dict) and "encoder" in modality:
            path: Path = ("data", "modalities", name, "encoder")
            modality["encoder"] = _encoder(modality["encoder"], path, places)


def _fill_empty(values: dict[str, Any], path: Path) -> None:
    """Make ``{}`` of every section that is there with nothing behind it (all its keys commented out)."""
    for key, value in values.items():
        here = (*path, key)
        if value is None and (keys.section(here) or here[:-1] == ("methods",)) and here != ("data", "split"):
            values[key] = {}
        if isinstance(values[key], dict) and (keys.section(here) or here[:1] in {("data",), ("methods",)}):
            _fill_empty(values[key], here)


def _encoder(choice: Any, path: Path, places: Places) -> Any:
    if isinstance(choice, str):
        places[(*path, "name")] = places.nearest(path)[0]
        return {"name": choice}
    if not isinstance(choice, dict) or "options" in choice:
        return choice
    options = {key: value for key, value in choice.items() if key != "name"}
    for key in options:
        places.move((*path, key), (*path, "options", key))
    named = {"name": choice["name"]} if "name" in choice else {}
    return {**named, "options": options} if options else named
