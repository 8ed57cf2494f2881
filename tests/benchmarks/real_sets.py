"""Real sets, from the recipe that ``init`` writes to test accuracy, beside scikit-learn pipelines on the same rows.

    python -m tests.benchmarks.real_sets path/to/set.npz ... [--development 0]

For every set: ``umlkit init`` writes a recipe, ``umlkit run`` runs it as it is once a training seed (three). Then

- test accuracy of the advised method, mean of the seeds, against the best of: logistic regression on every modality,
  their probability mean, their logit mean, logistic regression on all columns side by side. Goal: not below by more
  than one standard error of the paired difference;
- test log-loss of every uni-modal model, mean of the seeds, against a scikit-learn pipeline on the same modality
  (TF-IDF of words and pairs of words for text, standardised columns else, logistic regression, C by validation
  log-loss). Goal: never worse by more than one standard error;
- seconds of a run, the number of trainings, and whether every uni-modal model was ended by patience.

A file in the convention of the README, its label ``y``, with ``idx_train``, ``idx_val``, ``idx_test``. ``--development
SEED`` leaves the test rows out altogether: train and validation are divided anew, groups whole, a fifth held out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.special import log_softmax, logsumexp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from tests.benchmarks.commands import umlkit
from tests.benchmarks.divisions import Held, divided
from umlkit import load_model

GRID = 10.0 ** np.arange(-4, 5)
SEEDS = (0, 1, 2)


def main() -> None:
    """Print the rows of every set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="+", help=".npz files")
    parser.add_argument("--development", type=int, metavar="SEED", help="leave test rows out, divide the rest anew")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="training seeds")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--most-train", type=int, help="cut the training rows")
    parser.add_argument("--set", action="append", default=[], help="passed on to umlkit run")
    arguments = parser.parse_args()
    for name in arguments.sets:
        with tempfile.TemporaryDirectory() as folder:
            one_set(Path(name), Path(folder), arguments)


def one_set(path: Path, folder: Path, arguments: argparse.Namespace) -> None:
    """Train, compare, print."""
    held = divided(path, development=arguments.development, most=arguments.most_train)
    np.savez(folder / path.name, **held.arrays)
    umlkit("init", path.name, "--label", "y", "--to", "recipe.yaml", folder=folder)
    baselines = {name: baseline(held, values) for name, values in held.modalities.items()}
    logs = list(baselines.values())
    mixed = {
        **baselines,
        "probability mean": logsumexp(logs, axis=0) - np.log(len(logs)),
        "logit mean": log_softmax(np.mean(logs, axis=0), axis=1),
        "concatenated": fitted(held, concatenated(held)),
    }
    truth = held.y[held.test]
    advised, alone, seconds, trainings, ended = [], {name: [] for name in baselines}, [], 0, set()
    for seed in SEEDS[: arguments.seeds]:
        out = f"run-{seed}"
        sets = [word for one in arguments.set for word in ("--set", one)]
        words = ["recipe.yaml", "--out", out, "--seed", str(seed), "--threads", str(arguments.threads), *sets]
        spent = umlkit("run", *words, "--json", folder=folder)
        seconds.append(spent.wall)
        inputs = {f"X_{name}": values[held.test] for name, values in held.modalities.items()}
        advised.append(log_of(load_model(folder / out), inputs))
        for name in baselines:
            alone[name].append(log_of(load_model(folder / out, method=f"unimodal:{name}"), inputs))
        headline = json.loads((folder / out / "advice.json").read_text())["headline"]
        results = [json.loads(file.read_text()) for file in (folder / out).glob("seed-*/all/models/*/result.json")]
        trainings = sum(len(result["fits"]) for result in results)
        full = [list(r["fits"].values())[-1] for r in results if r["label"].startswith("unimodal-")]
        ended |= {fit["stopped_by"] for fit in full}
        encoders = [f"{r['label'][9:]} {r['report']['chosen']['encoder']}" for r in results if "chosen" in r["report"]]
        print(
            f"  seed {seed}: {headline}, {spent.wall:.0f} s ({spent.cpu:.0f} of CPU); {', '.join(sorted(encoders))}",
            flush=True,
        )
    accuracies = {name: float((log.argmax(axis=1) == truth).mean()) for name, log in mixed.items()}
    best = max(accuracies, key=lambda name: accuracies[name])
    right = np.mean([log.argmax(axis=1) == truth for log in advised], axis=0)
    print(
        f"{path.stem}: accuracy {right.mean():.4f} against {said(right, mixed[best].argmax(axis=1) == truth)} [{best}]"
    )
    print("  " + ", ".join(f"{name} {value:.4f}" for name, value in accuracies.items()))
    for name, logs_of_seeds in alone.items():
        ours = np.mean([loss(log, truth) for log in logs_of_seeds], axis=0)
        theirs = loss(baselines[name], truth)
        print(f"  log-loss of {name}: {ours.mean():.4f} against {said(-ours, -theirs, sign=-1)}")
    print(
        f"  {np.mean(seconds):.0f} s a run (most {max(seconds):.0f}), {trainings} trainings, uni-modal models ended by "
        f"{', '.join(sorted(ended))}",
        flush=True,
    )


def said(ours: Any, theirs: Any, *, sign: int = 1) -> str:
    """``theirs (difference +- standard error, reached or not)``; larger is better."""
    difference = np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float)
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    reached = "reached" if difference.mean() >= -error else "MISSED"
    return f"{sign * np.mean(theirs):.4f}: {sign * difference.mean():+.4f} +- {error:.4f}, {reached}"


def baseline(held: Held, values: Any) -> Any:
    """Log-probabilities (n_test, C) of the pipeline on one modality."""
    return fitted(held, columns(held, values))


def columns(held: Held, values: Any) -> Any:
    """A modality as columns for a linear model, fitted on the training rows."""
    if values.dtype.kind == "U":
        vectoriser = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        vectoriser.fit(values[held.train])
        return vectoriser.transform(values)
    flat = values.reshape(len(values), -1).astype(np.float64)
    return StandardScaler().fit(flat[held.train]).transform(flat)


def concatenated(held: Held) -> Any:
    """All modalities side by side; sparse where one is."""
    parts = [columns(held, values) for values in held.modalities.values()]
    if any(sp.issparse(part) for part in parts):
        joined = sp.hstack([sp.csr_matrix(part) for part in parts]).tocsr()
        return MaxAbsScaler().fit(joined[held.train]).transform(joined)
    return np.hstack(parts)


def fitted(held: Held, x: Any) -> Any:
    """Log-probabilities (n_test, C) of logistic regression, C by validation log-loss."""
    classes = np.arange(int(held.y.max()) + 1)
    best, lowest = None, np.inf
    for strength in GRID:
        model = LogisticRegression(C=strength, max_iter=2000).fit(x[held.train], held.y[held.train])
        found = log_loss(held.y[held.val], model.predict_proba(x[held.val]), labels=classes)
        if found < lowest:
            best, lowest = model, found
        elif found > 1.5 * lowest:
            break
    return np.log(np.clip(best.predict_proba(x[held.test]), 1e-12, None))


def log_of(model: Any, inputs: dict[str, Any]) -> Any:
    """Log-probabilities (n_test, C), columns by class number."""
    return np.log(np.clip(model.predict_proba(inputs), 1e-12, None))


def loss(log: Any, truth: Any) -> Any:
    """The log-loss of every sample in nats."""
    return -log[np.arange(len(truth)), truth]


if __name__ == "__main__":
    main()
