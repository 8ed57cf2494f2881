"""umlkit as its users call it: one command in a process of its own, what it took, and what it trained."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Spent:
    """Seconds of one command."""

    wall: float
    cpu: float


def umlkit(*words: str, folder: Path) -> Spent:
    """Run a command in the folder."""
    wall, cpu = time.monotonic(), _cpu_of_children()
    done = subprocess.run([sys.executable, "-m", "umlkit", *words], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"umlkit {' '.join(words)} ended with {done.returncode}:\n{done.stderr}")
    return Spent(time.monotonic() - wall, _cpu_of_children() - cpu)


def trainings(out: Path) -> int:
    """How often a network was fitted in a run directory, those that chose between encoders included."""
    return sum(len(json.loads(file.read_text())["fits"]) for file in out.glob("seed-*/*/models/*/result.json"))


def chosen_encoders(out: Path) -> dict[str, dict[str, Any]]:
    """The encoder of every modality that has a model, in a recipe's words; of several folds the first one's."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(out.glob("seed-*/*/models/unimodal-*/config.json")):
        for name, built in json.loads(file.read_text())["modalities"].items():
            found.setdefault(name, {"name": built["encoder"], **built["options"]})
    return found


def fix_encoders(recipe: Path, encoders: dict[str, dict[str, Any]]) -> None:
    """Write the encoders into a recipe."""
    document = yaml.safe_load(recipe.read_text())
    for name, encoder in encoders.items():
        document["data"]["modalities"][name]["encoder"] = encoder
    recipe.write_text(yaml.safe_dump(document, sort_keys=False))


def _cpu_of_children() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
