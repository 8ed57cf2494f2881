"""What a recipe names before anything is trained: artifacts, their fingerprints and what they build on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from umlkit import registry
from umlkit.data.contents import rows_as_text
from umlkit.pipeline.artifact import together
from umlkit.pipeline.identity import DataIdentity
from umlkit.pipeline.plan import Plan, probe_fingerprint
from umlkit.pipeline.rungs import BUDGETS
from umlkit.probe import rules
from umlkit.recipe.schema import Recipe

IDENTITY = DataIdentity(
    labels="a",
    roles="b",
    modalities={"audio": "c", "video": "d"},
    kinds={"audio": "vector", "video": "image"},
    splits={},
    not_measurable=None,
    stamp={},
    file=None,
)


def plan_of(identity: DataIdentity = IDENTITY, *, seed: int = 0, **changes: Any) -> Plan:
    return Plan(Recipe.model_validate({"data": {"path": "x.npz"}, **changes}), identity, seed)


def changed(**parts: Any) -> DataIdentity:
    return IDENTITY.model_copy(update=parts)


def rungs(plan: Plan) -> dict[str, bool]:
    return {rung.name: artifact.additive for rung, artifact in plan.rungs("full")}


def test_a_dearer_budget_has_every_rung_of_a_cheaper_one() -> None:
    quick, short, full = ([rung.name for rung, _ in plan_of().rungs(budget)] for budget in BUDGETS)
    assert quick == ["ume", "frozen-linear", "frozen-mlp", "kernel-additive", "kernel"]
    assert [name for name in short if name not in quick] == ["joint", "residual", "umt"]
    assert [name for name in full if name not in short] == ["joint-additive"]


def test_short_rungs_are_models_of_their_own_and_full_ones_are_the_candidates() -> None:
    plan = plan_of()
    for rung, artifact in plan.rungs("short"):
        assert (artifact.fingerprint != plan.model(rung.method, rung.overrides).fingerprint) == artifact.short
        assert artifact.short == (rung.name in {"joint", "residual", "umt"})
    assert all(a.fingerprint == plan.model(r.method, r.overrides).fingerprint for r, a in plan.rungs("full"))


@pytest.mark.parametrize(("epochs", "most"), [(300, 50), (305, 50), (2, 1), (1, 1)])
def test_a_short_rung_trains_for_at_most_a_sixth_of_the_epochs(epochs: int, most: int) -> None:
    assert plan_of().model("joint", short=True).cap(epochs) == most
    assert plan_of().model("joint").cap(epochs) == epochs


@pytest.mark.parametrize(
    ("options", "trial"),
    [
        ({}, ("scratch", 0.03)),
        ({"init": "teacher"}, ("teacher", 0.0)),
        ({"weight": 2}, ("scratch", 2)),
        ({"weight": 0}, ("teacher", 0)),
        ({"weight": 0.5, "init": "teacher"}, ("teacher", 0.5)),
    ],
)
def test_a_short_umt_is_one_training(options: dict[str, Any], trial: tuple[str, float]) -> None:
    short = plan_of(methods={"umt": options}).model("umt", short=True)
    assert [(one.start, one.weight) for one in registry.implementation(short.spec)(short.options).trials()] == [trial]


def test_the_budget_is_the_recipe_s_and_short_without_a_word() -> None:
    assert [rung.name for rung, _ in plan_of(probe={"budget": "quick"}).rungs()][-1] == "kernel"
    assert [artifact.title for _, artifact in plan_of().rungs()][-1] == "umt (short)"


def test_rungs_are_additive_as_their_architecture_is() -> None:
    additive = {name for name, is_additive in rungs(plan_of()).items() if is_additive}
    assert additive == {"ume", "frozen-linear", "kernel-additive", "joint-additive"}


def test_a_rung_on_an_ensemble_that_is_not_additive_is_not_additive() -> None:
    plan = plan_of(methods={"ume": {"pool": "prob-mean"}})
    assert not plan.model("frozen", {"head": "linear"}).additive


def test_an_ensemble_without_fitted_weights_stands_beside_one_that_has_them() -> None:
    untuned, tuned = plan_of(methods={"ume": {"pool": "prob-mean"}}), plan_of(methods={"ume": {"pool": "log-linear"}})
    assert list(rungs(untuned))[:3] == ["ume", "ume-tuned", "frozen-linear"]
    assert "ume-tuned" not in rungs(tuned) | rungs(plan_of())
    by_name = {rung.name: artifact for rung, artifact in untuned.rungs("full")}
    of_plain = {rung.name: artifact for rung, artifact in plan_of().rungs("full")}
    for ours in ("frozen-linear", "frozen-mlp", "kernel-additive", "kernel"):
        assert by_name[ours].fingerprint == of_plain[ours].fingerprint
    assert by_name["ume-tuned"].fingerprint == of_plain["ume"].fingerprint
    assert by_name["residual"].needs[-1] == by_name["ume"]
    assert by_name["ume-tuned"].title == "ume-tuned"
    assert by_name["kernel"].needs[-1] == by_name["ume-tuned"]
    of_tuned = {rung.name: artifact for rung, artifact in tuned.rungs("full")}
    assert of_tuned["kernel"].needs[-1] == tuned.model("ume")


@pytest.mark.parametrize("pool", ["auto", "prob-mean"])
def test_nothing_that_train_makes_is_cleaned_away(pool: str) -> None:
    plan = plan_of(methods={"ume": {"pool": pool}})
    kept = {artifact.fingerprint for artifact in plan.everything()}
    assert {plan.model(name).fingerprint for name in registry.methods() if name != "unimodal"} <= kept


@pytest.mark.parametrize("pool", ["auto", "prob-mean"])
def test_the_paper_s_head_begins_at_the_average_that_it_is_compared_with(pool: str) -> None:
    of_paper = {rung.name: artifact for rung, artifact in plan_of(methods={"ume": {"pool": pool}}).paper()}
    assert of_paper["paper-select"].needs[-1].fingerprint == of_paper["ume-prob-mean"].fingerprint


def test_a_model_that_is_two_rungs_is_called_by_the_first() -> None:
    plan = plan_of(methods={"ume": {"pool": "prob-mean"}})
    found = together([artifact for _, artifact in (*plan.rungs(), *plan.paper())])
    assert "ume-prob-mean" in {rung.name for rung, _ in plan.paper()}
    assert "ume-prob-mean" not in {artifact.title for artifact in found.values()}
    assert "ume" in {artifact.title for artifact in found.values()}


@pytest.mark.parametrize(
    "other",
    [
        plan_of(changed(labels="other")),
        plan_of(changed(roles="other")),
        plan_of(changed(modalities={"audio": "other", "video": "d"})),
        plan_of(seed=1),
        plan_of(train={"lr": 0.1}),
        plan_of(methods={"umt": {"weight": 3}}),
        plan_of(data={"path": "x.npz", "modalities": {"audio": {"encoder": "mlp"}, "video": {}}}),
    ],
    ids=["labels", "roles", "values", "seed", "train", "options", "encoder"],
)
def test_what_a_model_is_made_from_changes_its_fingerprint(other: Plan) -> None:
    assert other.model("umt").fingerprint != plan_of().model("umt").fingerprint


@pytest.mark.parametrize(
    "same",
    [
        plan_of(name="renamed"),
        plan_of(data={"path": "elsewhere.npz"}),
        plan_of(device="cuda", threads=4),
        plan_of(seeds=[0, 1]),
        plan_of(probe={"smallest_effect": 0.5}),
        plan_of(methods={"joint": {"width": 3}}),
        plan_of(changed(stamp={"size": 1}, file="hash")),
    ],
    ids=["name", "path", "device", "seeds", "probe", "another method", "stamp"],
)
def test_what_a_model_is_not_made_from_leaves_its_fingerprint(same: Plan) -> None:
    assert same.model("umt").fingerprint == plan_of().model("umt").fingerprint


def test_a_changed_modality_leaves_the_uni_modal_model_of_another() -> None:
    other = plan_of(changed(modalities={"audio": "other", "video": "d"}))
    assert other.unimodal["video"].fingerprint == plan_of().unimodal["video"].fingerprint
    assert other.unimodal["audio"].fingerprint != plan_of().unimodal["audio"].fingerprint


def test_a_measurement_changes_with_its_models_and_with_what_matters_to_the_user() -> None:
    marks = {
        probe_fingerprint(plan.recipe, plan.identity)
        for plan in (
            plan_of(),
            plan_of(probe={"smallest_effect": 0.5}),
            plan_of(probe={"budget": "quick"}),
            plan_of(probe={"budget": "full"}),
            plan_of(seeds=[0, 1]),
            plan_of(methods={"joint": {"width": 3}}),
            plan_of(changed(roles="other")),
            plan_of(changed(not_measurable="too few")),
        )
    }
    assert len(marks) == 8


def raised(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """Let a method be of a later version."""
    specs = registry.methods()
    later = {**specs, method: replace(specs[method], version=specs[method].version + 1)}
    monkeypatch.setattr(registry, "methods", lambda: later)


def test_a_later_version_of_a_method_makes_other_models_of_it_and_of_what_builds_on_it(monkeypatch) -> None:
    before = {name: plan_of().evaluated(name).fingerprint for name in registry.methods()}
    raised(monkeypatch, "ume")
    after = {name: plan_of().evaluated(name).fingerprint for name in registry.methods()}
    changed = {name for name in before if before[name] != after[name]}
    assert {"ume", "residual", "kernel"} <= changed
    assert not changed & {"unimodal", "best-single", "joint", "umt"}


def test_later_rules_of_measuring_make_another_measurement_from_the_same_models(monkeypatch) -> None:
    before, models = probe_fingerprint(plan_of().recipe, IDENTITY), [a.fingerprint for _, a in plan_of().rungs()]
    monkeypatch.setattr(rules, "RULES", rules.RULES + 1)
    assert probe_fingerprint(plan_of().recipe, IDENTITY) != before
    assert [a.fingerprint for _, a in plan_of().rungs()] == models


@pytest.mark.parametrize(("rows", "text"), [([], ""), ([4], "4"), ([0, 1, 2, 5, 7, 8], "0-2,5,7-8")])
def test_rows_are_told_as_runs(rows: list[int], text: str) -> None:
    assert rows_as_text(np.array(rows, dtype=np.int64)) == text
