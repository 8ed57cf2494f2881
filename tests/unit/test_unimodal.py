"""Uni-modal training: what `auto` stands for, how it is screened; a linear encoder reaches logistic regression."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from torch.nn.functional import cross_entropy

from tests.support import infer, make_samples, make_task, plan_for, xor
from umlkit.encoders.linear import encoder as linear_encoder
from umlkit.methods.base import ModalityPlan
from umlkit.methods.sureness import surely_above
from umlkit.methods.unimodal import screening
from umlkit.methods.unimodal.method import Unimodal
from umlkit.methods.unimodal.model import UnimodalModel
from umlkit.methods.unimodal.options import UnimodalOptions
from umlkit.methods.unimodal.screening import Screened
from umlkit.methods.unimodal.start import surely_lower
from umlkit.recipe.schema import Train
from umlkit.training.loop import FitResult

QUICK = Train(epochs=40, patience=8, patience_steps=0)


def train(task):
    return Unimodal(UnimodalOptions()).train(task)


def task_for(train_samples, select, *, encoder="mlp", settings=QUICK, seed=0, **options):
    plan = plan_for(train_samples, "x", encoder=encoder, **options)
    return make_task(train_samples, select, plans={"x": plan}, settings=settings, seed=seed)


def standardised(x, y, *, train, select):
    """Standardised on the training rows: train, select and held-out samples."""
    x = (x - x[:train].mean(0)) / x[:train].std(0)
    cuts = slice(0, train), slice(train, train + select), slice(train + select, None)
    return [make_samples({"x": x[cut]}, y[cut]) for cut in cuts]


def omics():
    x, y = make_classification(
        900, 2000, n_informative=40, n_redundant=0, n_classes=2, class_sep=2.5, shuffle=False, random_state=3
    )
    order = np.random.default_rng(0).permutation(len(y))
    return standardised(x[order], y[order], train=300, select=200)


def well_conditioned():
    """Few columns, many samples, a nearly separable rule: the solution has large weights."""
    generator = np.random.default_rng(1)
    x = generator.normal(size=(1800, 6))
    scores = 12 * x @ generator.normal(size=(6, 3)) + generator.gumbel(size=(1800, 3))
    return standardised(x, scores.argmax(axis=1), train=1000, select=300)


def rings(n, *, seed):
    """One modality whose label is a circle: nothing linear in it."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, 4))
    return make_samples({"x": x}, (np.square(x[:, :2]).sum(axis=1) > 1.4).astype(int))


def logistic_regression(train_samples, select, held_out):
    """Held-out log-loss of scikit-learn's, its C chosen on the same `select` samples."""
    x, y = train_samples.inputs["x"].numpy(), train_samples.labels.numpy()
    models = [LogisticRegression(C=c, max_iter=3000).fit(x, y) for c in 10.0 ** np.arange(-5, 5)]
    losses = [log_loss(select.labels, model.predict_proba(select.inputs["x"].numpy())) for model in models]
    best = models[int(np.argmin(losses))]
    return min(losses), log_loss(held_out.labels, best.predict_proba(held_out.inputs["x"].numpy()))


@pytest.mark.parametrize("data", [omics, well_conditioned])
def test_a_linear_encoder_reaches_logistic_regression(data):
    train_samples, select, held_out = data()
    expected_select, expected = logistic_regression(train_samples, select, held_out)

    trained = train(task_for(train_samples, select, encoder="linear"))

    logits, _ = infer(trained.model, held_out)
    assert trained.fits["full"].best_loss <= expected_select + 1e-3
    assert cross_entropy(logits, held_out.labels).item() <= expected + 0.01


def test_a_solution_is_kept_unless_training_is_surely_better():
    train_samples, select, _ = well_conditioned()

    fitted = train(task_for(train_samples, select, encoder="linear")).fits["full"]

    best = min(epoch.select_loss for epoch in fitted.history)
    assert fitted.best_epoch == 0 and fitted.best_loss == pytest.approx(fitted.history[0].select_loss, abs=1e-6)
    assert fitted.best_loss >= best


@pytest.mark.parametrize(
    ("gains", "surely"),
    [
        (np.full(30, 0.01), True),
        (np.full(30, 0.0019), False),
        (np.tile([0.03, -0.01], 50), True),
        (np.tile([0.03, -0.01], 3), False),
        (-np.full(30, 0.01), False),
        (np.array([1.0]), False),
    ],
)
def test_a_gain_counts_beyond_two_standard_errors_and_two_thousandths(gains, surely):
    assert surely_lower(gains, None) is surely


def test_samples_of_one_group_that_go_together_are_no_evidence_of_their_own():
    stream, groups = np.random.default_rng(0), np.repeat(np.arange(5), 40)
    together = [stream.normal(size=5)[groups] + stream.normal(size=200) for _ in range(400)]
    assert np.mean([surely_above(gains) for gains in together]) > 0.25
    assert np.mean([surely_above(gains, groups=groups) for gains in together]) < 0.1
    assert surely_above(np.full(30, 0.01), groups=np.zeros(30, dtype=int)), "a single group says nothing of others"


def test_a_linear_encoder_with_fewer_features_than_classes_starts_from_the_nearest_rank():
    train_samples, select, _ = well_conditioned()

    trained = train(task_for(train_samples, select, encoder="linear", features=2))

    assert trained.fits["full"].best_loss < 0.2  # two features are all that three classes' contrasts need


def test_without_a_warm_start_a_linear_encoder_still_trains(monkeypatch):
    monkeypatch.setattr(linear_encoder, "LARGEST_EFFORT", 0)
    train_samples, select, _ = well_conditioned()

    trained = train(task_for(train_samples, select, encoder="linear"))

    assert trained.fits["full"].best_epoch > 0
    assert trained.fits["full"].best_loss < 0.35


def test_a_class_missing_in_training_means_no_warm_start():
    x = np.random.default_rng(0).normal(size=(60, 3))
    train_samples, select = (
        make_samples({"x": x[:40]}, np.arange(40) % 2),
        make_samples({"x": x[40:]}, np.arange(20) % 3),
    )
    plan = plan_for(train_samples, "x", encoder="linear")

    trained = train(make_task(train_samples, select, plans={"x": plan}, classes=3, settings=QUICK))

    assert trained.fits["full"].history[0].epoch == 1


def test_auto_screens_every_encoder_that_fits_and_takes_the_best_on_select():
    settings = Train(epochs=100, patience=10, patience_steps=0)

    trained = train(task_for(rings(400, seed=0), rings(200, seed=1), encoder="auto", settings=settings))

    tried = trained.report["candidates"]
    assert {one["encoder"] for one in tried} == {"linear", "mlp"}
    assert trained.blueprint.modalities["x"].encoder == "mlp"
    assert "auto" not in trained.blueprint.modalities["x"].options.values()
    assert trained.report["chosen"]["encoder"] == "mlp"
    assert trained.report["chosen"]["reason"] == "lowest select loss"
    assert list(trained.fits) == ["screen-0", "screen-1", "screen-2", "full"]
    assert all(trained.fits[f"screen-{index}"].epochs <= 20 for index in range(3))


def test_auto_takes_the_linear_encoder_where_the_truth_is_linear_and_samples_few():
    train_samples, select, _ = omics()

    trained = train(task_for(train_samples, select, encoder="auto"))

    assert trained.blueprint.modalities["x"].encoder == "linear"


def test_a_picture_may_be_read_by_every_registered_encoder():
    plans = screening.candidates(ModalityPlan("image", "auto", {}, (1, 8, 4)))

    assert {plan.encoder for plan in plans} == {"linear", "mlp", "resnet"}


def test_a_vector_is_not_given_to_an_encoder_of_pictures():
    assert "resnet" not in {plan.encoder for plan in screening.candidates(ModalityPlan("vector", "auto", {}, (8,)))}


def test_a_named_encoder_without_anything_to_choose_is_not_screened():
    task = task_for(rings(100, seed=0), rings(60, seed=1), encoder="mlp", dropout=0.0, weight_decay=0.01)

    trained = train(task)

    assert trained.report["candidates"] == []
    assert set(trained.fits) == {"full"}
    assert trained.blueprint == task.blueprint


def test_options_said_in_the_recipe_hold_for_every_candidate():
    plan = ModalityPlan("vector", "mlp", {"hidden": 7, "dropout": 0.25, "weight_decay": "auto"}, (4,))

    plans = screening.candidates(plan)

    assert len(plans) > 1
    assert {(one.options["hidden"], one.options["dropout"]) for one in plans} == {(7, 0.25)}


@pytest.mark.parametrize(("epochs", "screened"), [(300, 60), (7, 1), (1, 1), (14, 2)])
def test_screening_takes_at_most_a_fifth_of_the_epochs(epochs, screened):
    assert screening.epochs_for(epochs) == screened


def screened(encoder, loss, operations, *, tells=True):
    fit = FitResult(best_epoch=1, best_loss=loss, epochs=2, steps=2, stopped_by="cap", seconds=0.0, history=())
    plan = ModalityPlan("vector", encoder, {}, (4,))
    return Screened(name=encoder, plan=plan, loss=loss, tells=tells, operations=operations, fit=fit)


def test_the_cheaper_candidate_wins_within_the_tie_and_only_there():
    dear, cheap, cheapest = screened("dear", 0.5, 100), screened("cheap", 0.5015, 10), screened("cheapest", 0.503, 1)

    assert screening.choose([dear, cheap, cheapest]).plan is cheap.plan


def test_a_strongly_regularised_setting_has_a_head_start_within_its_own_encoder():
    linear, weak, strong = screened("linear", 0.504, 1), screened("mlp", 0.500, 10), screened("mlp", 0.509, 10)

    assert screening.choose([linear, weak, strong]).plan is strong.plan
    assert screening.choose([linear, weak, screened("mlp", 0.511, 10)]).plan is weak.plan


def test_where_none_surely_tells_anything_alone_the_reason_says_that_there_was_no_ground():
    linear, mlp = screened("linear", 0.690, 1, tells=False), screened("mlp", 0.689, 10, tells=False)

    choice = screening.choose([linear, mlp])

    assert choice.plan is linear.plan
    assert choice.report()["reason"] == "no ground: none surely tells anything alone"


def test_one_candidate_that_surely_tells_something_is_ground_enough():
    linear, mlp = screened("linear", 0.650, 1), screened("mlp", 0.690, 10, tells=False)

    assert screening.choose([linear, mlp]).report()["reason"] == "lowest select loss"


@pytest.mark.parametrize("modality", ["m0", "m1"])
def test_a_partner_of_an_interaction_tells_nothing_alone(modality):
    train_samples, select = xor(400, seed=0).only(modality), xor(200, seed=1).only(modality)
    plans = {modality: plan_for(train_samples, modality, encoder="auto")}

    trained = train(make_task(train_samples, select, plans=plans, classes=2, settings=QUICK))

    assert trained.report["chosen"]["reason"] == "no ground: none surely tells anything alone"
    assert not any(one["tells_alone"] for one in trained.report["candidates"])


def test_an_encoder_named_in_the_recipe_was_the_only_candidate():
    task = task_for(rings(100, seed=0), rings(60, seed=1), encoder="mlp", dropout=0.0, weight_decay=0.01)

    assert train(task).report["chosen"]["reason"] == "only candidate"


def test_the_class_frequencies_of_training_are_what_telling_is_measured_against():
    x = np.zeros((8, 1))
    samples, select = make_samples({"x": x}, [0, 0, 0, 0, 0, 1, 1, 2]), make_samples({"x": x[:3]}, [0, 1, 2])

    losses = screening.prior_losses(samples, select, classes=3)

    assert losses == pytest.approx(-np.log([6 / 11, 3 / 11, 2 / 11]))


def test_the_products_within_attention_count_as_operations():
    length, width, classes = 24, 16, 3
    options = {"features": width, "heads": 2, "layers": 1}
    model = UnimodalModel("x", ModalityPlan("text", "text-transformer", options, (5, 9, length)), classes)
    texts = make_samples({"x": np.full((4, length, 3), 2.0)}, np.zeros(4))

    projections, perceptron = 4 * length * width**2, 2 * length * width * 2 * width
    attention, head = 2 * length**2 * width, width * classes
    assert screening.operations(model, texts) == 2 * (projections + perceptron + attention + head)


def test_over_confidence_is_taken_out_before_candidates_are_compared():
    samples = rings(200, seed=0)
    model = train(task_for(samples, samples, dropout=0.0, weight_decay=0.01)).model
    calm = screening.calibrated_losses(model, samples).mean()

    with torch.no_grad():
        model.head.weight *= 5
        model.head.bias *= 5

    assert screening.calibrated_losses(model, samples).mean() == pytest.approx(calm, abs=1e-3)


def test_the_same_seed_gives_the_same_model_to_the_bit():
    first, again, other = (
        train(task_for(rings(120, seed=0), rings(60, seed=1), encoder="auto", settings=Train(epochs=10), seed=seed))
        for seed in (0, 0, 1)
    )

    assert first.blueprint == again.blueprint
    weights = [trained.model.state_dict() for trained in (first, again, other)]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])
    assert any(not torch.equal(value, weights[2].get(key, value)) for key, value in weights[0].items())


def test_a_trained_model_is_rebuilt_from_its_blueprint_alone():
    samples = rings(120, seed=0)
    trained = train(task_for(samples, rings(60, seed=1), encoder="auto", settings=Train(epochs=10)))

    model = Unimodal(UnimodalOptions()).build(trained.blueprint, trained.resolved)
    model.load_state_dict(trained.model.state_dict())

    rebuilt, features = infer(model, samples)
    assert torch.equal(rebuilt, infer(trained.model, samples)[0])
    assert set(features) == {"x"}


def test_it_looks_at_its_own_modality_alone():
    samples = rings(120, seed=0)
    model = train(task_for(samples, samples, dropout=0.0, weight_decay=0.01)).model

    with torch.no_grad():
        alone = model.infer(samples.inputs).logits
        beside = model.infer({**samples.inputs, "other": torch.full((120, 3), torch.nan)}).logits

    assert torch.equal(alone, beside)
