"""The encoder ``ngrams`` against logistic regression on scikit-learn's TF-IDF, on several small sets of texts.

    python -m tests.benchmarks.text_against_tfidf [path/to/set.npz ...] [--corpora 20] [--splits 3]

Every set is divided into training, `select` and held-out texts (groups whole). ``ngrams``, its options ``auto``, is
trained as ``umlkit train --method unimodal`` does and tempered on `select`; beside it logistic regression on TF-IDF
weights of words and pairs of words, C by `select` log-loss. Printed is the held-out log-loss of both and the mean of
the paired difference with its standard error: over texts for a set, over corpora for those drawn here. Goal: not worse
by more than one standard error.

Sets: docstrings of the installed numpy, scipy and scikit-learn (``made:docstrings``, 800 of them), corpora drawn from
the words of a language made here, and the texts of the files that are named, whose test rows are left out.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.special import logsumexp
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupShuffleSplit, StratifiedShuffleSplit

from tests.support import bound_fit
from umlkit import registry
from umlkit.data.kinds import KINDS
from umlkit.data.raw import from_arrays
from umlkit.data.reading import from_raw
from umlkit.data.samples import samples
from umlkit.data.shipped import open_source
from umlkit.methods import calibration
from umlkit.methods.base import Blueprint, ModalityPlan, Task
from umlkit.methods.inference import logits
from umlkit.recipe.data_schema import Data
from umlkit.recipe.schema import Train

GRID = 10.0 ** np.arange(-2, 4.1, 0.5)
MOST = 800
CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"


@dataclass(frozen=True)
class Texts:
    """A set: texts, classes from 0, and groups where there are some."""

    name: str
    texts: Any
    y: Any
    groups: Any = None


def corpus(seed: int) -> Texts:
    """Texts over 300 to 3000 words of frequencies 1 / rank; some tell a class, in every other corpus endings too."""
    rng = np.random.default_rng(seed)
    classes, size, n = int(rng.integers(2, 6)), int(rng.integers(300, 3000)), int(rng.integers(250, 900))
    stems = ["".join(rng.choice(list(part)) for part in (CONSONANTS, VOWELS) * 2) for _ in range(size)]
    endings = ["".join(rng.choice(list(part)) for part in (CONSONANTS, VOWELS)) for _ in range(12)]
    usual = 1 / (1 + rng.permutation(size))
    strength, told = rng.uniform(0.5, 2), rng.random((classes, size)) < rng.uniform(0.02, 0.2)
    words = usual * np.exp(strength * told * rng.normal(size=(classes, size)))
    ends = np.exp(seed % 2 * rng.uniform(0, 1) * rng.normal(size=(classes, len(endings))))
    y = rng.permutation(np.arange(n) % classes)
    lengths = rng.poisson(rng.uniform(5, 40), size=n) + 1

    def text(label: int, length: int) -> str:
        chosen = rng.choice(size, size=length, p=words[label] / words[label].sum())
        ended = rng.choice(len(endings), size=length, p=ends[label] / ends[label].sum())
        return " ".join(stems[i] + endings[j] for i, j in zip(chosen, ended, strict=True))

    texts = [text(int(label), int(length)) for label, length in zip(y, lengths, strict=True)]
    return Texts(f"corpus {seed}", np.array(texts, dtype=object), y)


def docstrings() -> Texts:
    """Some of the set that umlkit makes, files whole."""
    raw = open_source("made:docstrings")
    rows = np.sort(np.random.default_rng(0).permutation(len(raw.load("subject")))[:MOST])
    y = np.unique(raw.load("subject").astype(str), return_inverse=True)[1]
    return Texts("docstrings", raw.load("text")[rows], y[rows], raw.load("file").astype(str)[rows])


def stored(path: Path) -> Texts:
    """The one array of texts of a file, without its test rows."""
    with np.load(path, allow_pickle=False) as data:
        arrays = {name: data[name] for name in data.files}
    (name,) = (name for name, values in arrays.items() if values.dtype.kind == "U" and name.startswith("X_"))
    parts = [arrays[f"idx_{part}"] for part in ("train", "val") if f"idx_{part}" in arrays]
    rows = np.sort(np.concatenate(parts)) if parts else np.arange(len(arrays["y"]))
    y = np.unique(arrays["y"][rows], return_inverse=True)[1]
    groups = arrays["groups"][rows] if "groups" in arrays else None
    return Texts(f"{path.stem} {name[2:]}", arrays[name][rows].astype(object), y, groups)


def divided(one: Texts, seed: int) -> tuple[Any, Any, Any]:
    """Rows of training, `select` and held-out texts: .6, .2, .2."""

    def cut(rows: Any, share: float) -> tuple[Any, Any]:
        maker: Any = StratifiedShuffleSplit if one.groups is None else GroupShuffleSplit
        splitter = maker(1, test_size=share, random_state=seed)
        groups = None if one.groups is None else one.groups[rows]
        kept, held = next(splitter.split(rows, one.y[rows], groups))
        return rows[kept], rows[held]

    rest, held = cut(np.arange(len(one.y)), 0.2)
    return (*cut(rest, 0.25), held)


def ours(one: Texts, rows: tuple[Any, Any, Any], seed: int) -> Any:
    """The held-out log-loss of every text by the encoder ``ngrams``, tempered on `select`."""
    raw = from_arrays({"X_text": one.texts.astype(str), "y": one.y}, name=one.name)
    data = from_raw(raw, Data.model_validate({"path": "texts.npz", "label": "y"}))
    train, select, held = rows
    kind = KINDS["text"].fit(data.modalities["text"], train)
    parts = [samples(data, part, {"text": kind}, ["text"]) for part in rows]
    auto = registry.encoder("ngrams").options().model_dump()
    plan = ModalityPlan("text", "ngrams", auto, kind.shape)
    classes = len(data.classes)
    spec = registry.method("unimodal")
    task = Task(
        blueprint=Blueprint({"text": plan}, classes),
        train=parts[0],
        select=parts[1],
        settings=Train(),
        seed=seed,
        fit=bound_fit(Train(), seed),
        priors=torch.bincount(parts[0].labels, minlength=classes) / len(train),
    )
    model = registry.implementation(spec)(spec.options()).train(task).model
    on_select, on_held = (logits(model, part.inputs).double().numpy() for part in parts[1:])
    return calibration.log_loss(on_held / calibration.temperature(on_select, one.y[select]), one.y[held])


def theirs(one: Texts, rows: tuple[Any, Any, Any]) -> Any:
    """The held-out log-loss of every text by logistic regression on TF-IDF weights."""
    train, select, held = rows
    vectoriser = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit(one.texts[train])
    x, every = vectoriser.transform(one.texts), np.arange(int(one.y.max()) + 1)
    models = [LogisticRegression(C=strength, max_iter=1000).fit(x[train], one.y[train]) for strength in GRID]
    best = min(models, key=lambda model: log_loss(one.y[select], model.predict_proba(x[select]), labels=every))
    scores = np.log(np.clip(best.predict_proba(x[held]), 1e-12, None))
    return -(scores - logsumexp(scores, axis=1, keepdims=True))[np.arange(len(held)), one.y[held]]


def compared(one: Texts, seed: int) -> tuple[Any, Any]:
    """The held-out log-losses of every text, ours and theirs."""
    rows = divided(one, seed)
    return ours(one, rows, seed), theirs(one, rows)


def said(name: str, pairs: list[tuple[float, float]], differences: Any) -> bool:
    """Print a row; whether the goal is reached."""
    mean, error = differences.mean(), differences.std(ddof=1) / np.sqrt(len(differences))
    losses = " ".join(f"{np.mean(side):8.4f}" for side in zip(*pairs, strict=True))
    reached = bool(mean <= error)
    print(f"{name:24s} {losses}   {mean:+.4f} +- {error:.4f}   {'reached' if reached else 'MISSED'}", flush=True)
    return reached


def sets(files: list[Path]) -> Iterator[Texts]:
    """Those that are reported one by one."""
    yield docstrings()
    yield from map(stored, files)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--corpora", type=int, default=20)
    parser.add_argument("--splits", type=int, default=3)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(f"{'':24s}   ngrams   TF-IDF   difference +- SE")
    reached = True
    for one in sets(chosen.files):
        found = [compared(one, seed) for seed in range(chosen.splits)]
        means = [(float(a.mean()), float(b.mean())) for a, b in found]
        reached &= said(one.name, means, np.concatenate([a - b for a, b in found]))
    pairs = []
    for seed in range(chosen.corpora):
        a, b = compared(corpus(seed), seed)
        pairs.append((float(a.mean()), float(b.mean())))
        print(f"  corpus {seed:2d} {pairs[-1][0]:.4f} {pairs[-1][1]:.4f}", file=sys.stderr, flush=True)
    if pairs:
        reached &= said(f"{len(pairs)} drawn corpora", pairs, np.array([a - b for a, b in pairs]))
    return int(not reached)


if __name__ == "__main__":
    sys.exit(main())
