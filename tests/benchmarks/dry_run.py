"""What ``--dry-run`` says of the cost, against what the same command then takes.

    python tests/benchmarks/dry_run.py digits path/to/data.npz ...

For every set: ``umlkit probe --dry-run --json``, then ``umlkit probe``, which never looks at test. Seconds of an epoch
are compared for the longest training of every model: the ratio of the middle of the stated range to the truth, above 1
where too much was stated. Goal: each within a factor of 1.5, and the total within its range. Give a recipe, or a file
whose label is ``y``; ``--set`` is passed on.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Print a row a model, and a line a set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="+", help="recipes, bundled or not, or data files")
    parser.add_argument("--set", action="append", default=[], help="passed on to umlkit probe")
    arguments = parser.parse_args()
    for name in arguments.sets:
        with tempfile.TemporaryDirectory() as folder:
            compare(name, Path(folder) / "run", [word for one in arguments.set for word in ("--set", one)])


def compare(name: str, out: Path, sets: list[str]) -> None:
    """One set: its models' epochs and its total."""
    words = [name, *([] if Path(name).suffix in ("", ".yaml") else ["--label", "y"]), "--out", str(out), *sets]
    plan = json.loads(umlkit("probe", *words, "--dry-run", "--json"))
    began = time.monotonic()
    umlkit("probe", *words)
    taken = time.monotonic() - began
    ratios = []
    for model in plan["models"]:
        truth = longest_epoch(Path(model["directory"]))
        if truth is not None:
            low, high = model["cost"]["epoch_seconds"]
            ratios.append((low + high) / 2 / truth)
            print(f"{Path(name).stem} {model['model']}: stated {low:.3g} to {high:.3g} s/epoch, was {truth:.3g}")
    low, high = plan["total"]["seconds"]
    trained = sum(json.loads(path.read_text())["seconds"] for path in out.glob("seed-*/*/models/*/result.json"))
    disk = sum(path.stat().st_size for path in out.glob("seed-*/**/*") if path.is_file())
    inside = "inside" if low <= trained <= high else "OUTSIDE"
    print(
        f"{Path(name).stem}: ratios {min(ratios):.2f} to {max(ratios):.2f} (goal .67 to 1.5); stated {low:.0f} to "
        f"{high:.0f} s, training took {trained:.0f} s: {inside}; the whole call {taken:.0f} s; disk stated "
        f"{plan['total']['bytes'][0] / 1e6:.1f} to {plan['total']['bytes'][1] / 1e6:.1f} MB, is {disk / 1e6:.1f} MB",
        flush=True,
    )


def longest_epoch(directory: Path) -> float | None:
    """Seconds of an epoch of the training that took longest; None where none was by epochs, or nothing was trained."""
    result = directory / "result.json"
    fits = json.loads(result.read_text())["fits"].values() if result.exists() else []
    longest = max(fits, key=lambda fitted: fitted["seconds"], default=None)
    return None if longest is None else longest["seconds"] / max(1, longest["epochs"])


def umlkit(*words: str) -> str:
    """A command's stdout."""
    command = [sys.executable, "-m", "umlkit", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
