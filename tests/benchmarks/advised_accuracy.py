"""The advised method against averaged logistic regressions, on test accuracy.

    python tests/benchmarks/advised_accuracy.py digits breast-cancer path/to/mfeat.npz ...

For every set: three whole runs (``umlkit run``), one a training seed, each of which chooses its method without test;
    the mean
test accuracy of the three; beside it one logistic regression per modality on standardised columns, C by validation
log-loss, their probability mean and their logit mean. Goal: not below the better of the two by more than one standard
error, that of the paired per-sample difference on test. A recipe or a file in the convention of the README; its label
is ``y``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.special import log_softmax, logsumexp
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from umlkit import load_model
from umlkit.data.kinds import KINDS
from umlkit.data.reading import read
from umlkit.data.roles import assign
from umlkit.recipe.loading import Overrides, load

SEEDS = (0, 1, 2)
GRID = 10.0 ** np.arange(-4, 3)


def main() -> None:
    """Print a row a set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="+", help="bundled recipes or .npz files")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], help="passed on to umlkit run")
    arguments = parser.parse_args()
    print(
        "set | advised (per seed) | accuracy | LR probability mean | LR logit mean | difference +- 1 SE | reached | s"
    )
    for name in arguments.sets:
        print(row(name, threads=arguments.threads, sets=arguments.set), flush=True)


def row(name: str, *, threads: int, sets: list[str]) -> str:
    """One line of the table."""
    began = time.monotonic()
    loaded = load(name, Overrides(flags={"data.label": "y"} if name.endswith(".npz") else {}))
    dataset = read(loaded)
    roles = assign(dataset, loaded.recipe.data.split)
    labels = dataset.labels[roles.test]
    probability, logit = logistic_means(dataset, roles)
    right, headlines = [], []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            headlines.append(advised_run(name, Path(folder) / "run", seed=seed, threads=threads, sets=sets))
            model = load_model(Path(folder) / "run")
            cut = {m: a.rows(roles.test) for m, a in dataset.modalities.items()}
            right.append(model.proba_of(cut).argmax(axis=1) == labels)
    better = max(probability, logit, key=lambda proba: (proba.argmax(axis=1) == labels).mean())
    difference = np.mean(right, axis=0) - (better.argmax(axis=1) == labels)
    error = difference.std(ddof=1) / np.sqrt(len(labels))
    accuracies = [(proba.argmax(axis=1) == labels).mean() for proba in (probability, logit)]
    reached = "yes" if difference.mean() >= -error else "NO"
    cells = (
        Path(name).stem,
        ", ".join(headlines),
        f"{np.mean(right):.4f}",
        *(f"{accuracy:.4f}" for accuracy in accuracies),
        f"{difference.mean():+.4f} +- {error:.4f}",
        reached,
        f"{time.monotonic() - began:.0f}",
    )
    return " | ".join(cells)


def advised_run(name: str, out: Path, *, seed: int, threads: int, sets: list[str]) -> str:
    """A whole run from the command line; returns the advised method."""
    command = [sys.executable, "-m", "umlkit", "run", name, "--out", str(out), "--seed", str(seed), "--json"]
    command += ["--threads", str(threads), *(["--label", "y"] if name.endswith(".npz") else [])]
    command += [word for one in sets for word in ("--set", one)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return str(json.loads((out / "advice.json").read_text())["headline"])


def logistic_means(dataset, roles):  # type: ignore[no-untyped-def]
    """Probability mean and logit mean, (n_test, C) each, of one logistic regression per modality."""
    fit, val, test = roles.train, roles.rows("val"), roles.test
    logs = []
    for modality in dataset.modalities.values():
        values = KINDS[modality.kind].fit(modality, fit).apply(modality)
        x = values.reshape(len(values), -1).astype(np.float64)
        models = [LogisticRegression(C=c, max_iter=5000).fit(x[fit], dataset.labels[fit]) for c in GRID]
        best = min(models, key=lambda m: log_loss(dataset.labels[val], m.predict_proba(x[val]), labels=m.classes_))
        logs.append(np.log(np.clip(best.predict_proba(x[test]), 1e-12, None)))
    return np.exp(logsumexp(logs, axis=0)) / len(logs), np.exp(log_softmax(np.mean(logs, axis=0), axis=1))


if __name__ == "__main__":
    main()
