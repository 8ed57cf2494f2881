"""Encoders of tables: what they make of columns, and that none is worse than logistic regression on one-hot columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tests.support import infer, make_samples, make_task
from umlkit import registry
from umlkit.data.kinds import KINDS
from umlkit.data.records import ModalityArray, Samples
from umlkit.encoders.base import SampleSpec
from umlkit.encoders.stems import OneHot
from umlkit.errors import InputError
from umlkit.methods import calibration
from umlkit.methods.base import ModalityPlan
from umlkit.methods.unimodal.method import Unimodal
from umlkit.methods.unimodal.options import UnimodalOptions
from umlkit.methods.unimodal.screening import TIE
from umlkit.recipe.schema import Train

TRAIN, SELECT, HELD_OUT = np.arange(600), np.arange(600, 900), np.arange(900, 3900)
SETTINGS = Train(epochs=60, patience=10)


def effects(rng: np.random.Generator, n: int) -> tuple[ModalityArray, NDArray[np.int64]]:
    """Three classes by the sum of the effects of three categories (one of 40 levels) and four skewed numbers."""
    codes = [rng.integers(size, size=n) for size in (3, 8, 40)]
    numbers = np.exp(rng.normal(size=(n, 4)))
    scores = sum(rng.normal(size=(size, 3))[code] for size, code in zip((3, 8, 40), codes, strict=True))
    scores = scores + 0.7 * np.log(numbers) @ rng.normal(size=(4, 3)) + rng.gumbel(size=(n, 3))
    levels = (*[None] * 4, *(tuple(f"w{i:02d}" for i in range(size)) for size in (3, 8, 40)))
    return ModalityArray(np.column_stack([numbers, *codes]), "table", "t", levels=levels), scores.argmax(axis=1)


def bump(rng: np.random.Generator, n: int) -> tuple[ModalityArray, NDArray[np.int64]]:
    """The label says whether a skewed number lies in a narrow middle range, which depends on a category."""
    number, code = np.exp(rng.normal(size=n)), rng.integers(2, size=n)
    inside = np.abs(number - np.where(code == 0, 0.6, 1.5)) < 0.3
    flipped = rng.random(n) < 0.1
    modality = ModalityArray(np.column_stack([number, code]), "table", "t", levels=(None, ("a", "b")))
    return modality, (inside ^ flipped).astype(np.int64)


def regression(modality: ModalityArray, labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """scikit-learn's held-out probabilities, its strength chosen on `select`."""
    words = [i for i, level in enumerate(modality.levels) if level is not None]
    numbers = [i for i, level in enumerate(modality.levels) if level is None]
    columns = ColumnTransformer(
        [("numbers", StandardScaler(), numbers), ("words", OneHotEncoder(handle_unknown="ignore"), words)]
    )
    made = columns.fit(modality.values[TRAIN]).transform(modality.values)
    models = [LogisticRegression(C=c, max_iter=2000).fit(made[TRAIN], labels[TRAIN]) for c in 10.0 ** np.arange(-4, 5)]
    best = min(models, key=lambda model: log_loss(labels[SELECT], model.predict_proba(made[SELECT])))
    return np.asarray(best.predict_proba(made[HELD_OUT]))


def trained(modality: ModalityArray, labels: NDArray[np.int64], encoder: str, **options: object) -> NDArray[np.float64]:
    """Held-out probabilities of our uni-modal model."""
    preprocess = KINDS["table"].fit(modality, TRAIN)
    train, select, held_out = (samples(modality, labels, preprocess, rows) for rows in (TRAIN, SELECT, HELD_OUT))
    plan = ModalityPlan("table", encoder, dict(options), preprocess.shape)
    task = make_task(train, select, plans={"t": plan}, settings=SETTINGS)
    model = Unimodal(UnimodalOptions()).train(task).model
    (on_select, _), (on_held_out, _) = (infer(model, role) for role in (select, held_out))
    temperature = calibration.temperature(on_select.numpy(), select.labels.numpy())
    return calibration.softmax(on_held_out.numpy() / temperature)


def samples(modality: ModalityArray, labels: NDArray[np.int64], preprocess, rows: NDArray[np.int64]) -> Samples:
    return make_samples({"t": preprocess.apply(modality.rows(rows))}, labels[rows])


def gain(ours: NDArray[np.float64], theirs: NDArray[np.float64], labels: NDArray[np.int64]) -> tuple[float, float]:
    """How much lower our held-out log-loss is, and the standard error of the paired difference."""
    of = np.arange(len(labels)), labels
    difference = np.log(ours[of]) - np.log(theirs[of])
    return float(difference.mean()), float(difference.std() / np.sqrt(len(labels)))


@pytest.mark.parametrize("seed", [0, 1])
def test_a_table_is_learned_at_least_as_well_as_by_logistic_regression_on_one_hot_columns(seed):
    modality, labels = effects(np.random.default_rng(seed), 3900)

    better, error = gain(trained(modality, labels, "linear"), regression(modality, labels), labels[HELD_OUT])

    assert better > -max(error, TIE)  # two solutions this alike differ by less than one standard error can tell


def test_piecewise_numbers_find_a_range_that_no_linear_map_finds():
    modality, labels = bump(np.random.default_rng(0), 3900)
    chosen = {"hidden": 32, "dropout": 0.0, "weight_decay": 0.01}
    theirs = regression(modality, labels)
    piecewise, standard = (trained(modality, labels, "mlp", numeric=how, **chosen) for how in ("piecewise", "standard"))

    over_regression, _ = gain(piecewise, theirs, labels[HELD_OUT])
    over_standard, error = gain(piecewise, standard, labels[HELD_OUT])

    assert over_regression > 0.1
    assert over_standard > 2 * error


def test_inputs_are_numbers_then_a_column_for_every_category_but_unknown():
    x = torch.tensor([[0.5, 2.25, 1.0, 0.0], [-1.0, 0.0, 0.0, 2.0]])  # one number, its place, categories of 2 and 3
    sample = SampleSpec("table", (1, 3, 2, 3))

    made = OneHot(sample)(x)

    assert made.tolist() == [[0.5, 1, 0, 0], [-1, 0, 0, 1]]
    assert OneHot(sample, piecewise=True)(x)[:, 4:].tolist() == [[1, 1, 0.25], [0, 0, 0]]


def test_how_numbers_are_read_is_asked_for_tables_alone():
    counts = {kind: len(registry.encoder_settings("mlp", {}, kind=kind)) for kind in ("table", "vector", "image")}
    assert counts == {"table": 4, "vector": 2, "image": 2}
    with pytest.raises(InputError, match="numeric of the encoder mlp says nothing for the kind vector"):
        registry.encoder_settings("mlp", {"numeric": "piecewise"}, kind="vector")


def test_a_category_unseen_in_training_adds_nothing_to_the_features():
    modality, _ = effects(np.random.default_rng(0), 60)
    preprocess = KINDS["table"].fit(modality, np.arange(60))
    unseen = replace(modality, levels=(*modality.levels[:-1], tuple(f"new {i}" for i in range(40))))
    width = OneHot(SampleSpec("table", preprocess.shape)).width
    made = OneHot(SampleSpec("table", preprocess.shape))(torch.from_numpy(preprocess.apply(unseen)))
    assert not made[:, width - (preprocess.shape[-1] - 1) :].any()
