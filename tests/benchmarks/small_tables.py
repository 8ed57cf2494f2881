"""`auto` on small tables against logistic regression: wine, iris, breast cancer, 400 digits, diabetes in three classes.

    python -m tests.benchmarks.small_tables [--splits 12] [--without-rules]

Every set is divided anew for each split: half trains, a sixth selects, a third is held out. The model is trained as
``umlkit train --method unimodal`` does and tempered as its predictions are; beside it scikit-learn's logistic
regression on standardised columns, C by `select` log-loss. Printed is the held-out log-loss of both and the mean
difference over splits with its standard error. ``--without-rules`` takes out what small `select` parts need: that a
solved start is left only for a sure gain (:mod:`umlkit.methods.unimodal.start`), and caution about becoming surer
(:mod:`umlkit.methods.calibration`).
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from tests.support import make_samples, make_task, plan_for
from umlkit.methods import calibration, sureness
from umlkit.methods.inference import logits
from umlkit.methods.unimodal import start
from umlkit.methods.unimodal.method import Unimodal
from umlkit.methods.unimodal.options import UnimodalOptions
from umlkit.recipe.schema import Train

GRID = 10.0 ** np.arange(-4, 4.1, 0.5)


def sets() -> Iterator[tuple[str, Any, Any]]:
    """Name, columns (n, P) and classes (n,)."""
    for name in ("wine", "iris", "breast_cancer"):
        found: Any = getattr(datasets, f"load_{name}")()
        yield name, found.data, found.target
    digits: Any = datasets.load_digits()
    yield "digits", digits.data[:400], digits.target[:400]
    diabetes: Any = datasets.load_diabetes()
    yield "diabetes", diabetes.data, np.digitize(diabetes.target, np.quantile(diabetes.target, [1 / 3, 2 / 3]))


def losses(x: Any, y: Any, *, split: int, caution: float) -> tuple[float, float]:
    """Held-out log-loss of `auto` and of logistic regression on one split."""
    rest, held = train_test_split(np.arange(len(y)), test_size=1 / 3, stratify=y, random_state=split)
    train, select = train_test_split(rest, test_size=0.25, stratify=y[rest], random_state=split)
    z = StandardScaler().fit(x[train]).transform(x)
    every = np.unique(y)
    models = [LogisticRegression(C=strength, max_iter=2000).fit(z[train], y[train]) for strength in GRID]
    best = min(models, key=lambda model: log_loss(y[select], model.predict_proba(z[select]), labels=every))
    parts = [make_samples({"table": z[rows]}, y[rows]) for rows in (train, select, held)]
    plans = {"table": plan_for(parts[0], "table", encoder="auto")}
    task = make_task(parts[0], parts[1], plans=plans, classes=len(every), settings=Train(), seed=split)
    model = Unimodal(UnimodalOptions()).train(task).model
    on_select, on_held = (logits(model, part.inputs).double().numpy() for part in parts[1:])
    scale = calibration.temperature(on_select, y[select], caution=caution)
    ours = float(calibration.log_loss(on_held / scale, y[held]).mean())
    return ours, float(log_loss(y[held], best.predict_proba(z[held]), labels=every))


def main() -> None:
    """Print a row for every set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--splits", type=int, default=12)
    parser.add_argument("--first", type=int, default=0, help="number of the first split")
    parser.add_argument("--without-rules", action="store_true")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    caution = calibration.CAUTION
    if chosen.without_rules:
        sureness.SURE, start.LEAST, caution = -np.inf, -np.inf, 1.0
    print(f"{'':15s}     auto  logistic   difference +- SE")
    for name, x, y in sets():
        splits = range(chosen.first, chosen.first + chosen.splits)
        pairs = np.array([losses(x, y, split=split, caution=caution) for split in splits])
        difference = pairs[:, 0] - pairs[:, 1]
        error = difference.std(ddof=1) / np.sqrt(len(difference))
        means = pairs.mean(axis=0)
        print(f"{name:15s} {means[0]:8.4f}  {means[1]:8.4f}   {difference.mean():+.4f} +- {error:.4f}", flush=True)


if __name__ == "__main__":
    main()
