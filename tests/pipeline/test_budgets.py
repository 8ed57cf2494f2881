"""What is trained at every budget, what advice makes of it, and that a run ends with the full model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from umlkit.runs.records.probe import ProbeRecord

Call = Callable[..., tuple[int, str, str]]
NETWORKS = ("joint", "residual", "umt")


def trained(folder: Path) -> dict[str, list[Path]]:
    """Finished models by label, in a run directory."""
    found: dict[str, list[Path]] = {}
    for path in sorted((folder / "runs/tiny/seed-0/all/models").iterdir()):
        found.setdefault(path.name.rpartition("-")[0], []).append(path)
    return found


def epochs(model: Path) -> int:
    fits = json.loads((model / "result.json").read_text())["fits"]
    return max((fit["epochs"] for fit in fits.values()), default=0)


def test_quick_trains_no_network_beyond_the_uni_modal_ones_and_advice_calls_itself_a_prediction(
    fresh: Path, call: Call
) -> None:
    assert call("probe", "tiny.yaml", "--budget", "quick")[0] == 0
    assert not set(NETWORKS) & set(trained(fresh))
    record = ProbeRecord.read(fresh / "runs/tiny/probe.json")
    umt = record.candidate("umt")
    assert record.budget == "quick"
    assert umt is not None
    assert record.contribution is not None
    assert (umt.predicted, umt.rung) == (True, record.contribution.rung)

    code, text, _ = call("advise", "tiny.yaml")
    assert code == 0
    assert "prediction" in text
    advice = json.loads(call("advise", "tiny.yaml", "--json")[1])
    assert (advice["budget"], advice["predicted"]) == ("quick", True)
    assert [c["name"] for c in advice["candidates"] if c["predicted"]] == ["umt"]
    assert call("advise", "tiny.yaml", "--quiet")[1] in ("ume\n", "umt\n")


def test_short_trains_models_of_its_own_for_a_sixth_of_the_epochs(fresh: Path, call: Call) -> None:
    assert call("probe", "tiny.yaml", "--budget", "short")[0] == 0
    record = ProbeRecord.read(fresh / "runs/tiny/probe.json")
    assert record.budget == "short"
    assert {c.name for c in record.candidates if c.predicted} == set(NETWORKS)
    assert [epochs(trained(fresh)[name][0]) for name in NETWORKS] == [1, 1, 1]

    assert call("train", "tiny.yaml", "--method", "joint")[0] == 0
    assert sorted(epochs(model) for model in trained(fresh)["joint"]) == [1, 3]


def test_advice_reads_the_dearest_finished_probe_unless_a_budget_is_named(fresh: Path, call: Call) -> None:
    for budget in ("full", "quick"):
        assert call("probe", "tiny.yaml", "--budget", budget)[0] == 0
    assert json.loads(call("advise", "tiny.yaml", "--json")[1])["budget"] == "full"
    assert json.loads(call("advise", "tiny.yaml", "--budget", "quick", "--json")[1])["budget"] == "quick"
    code, _, said = call("advise", "tiny.yaml", "--budget", "short")
    assert code == 2
    assert "umlkit probe tiny.yaml --budget short" in said


def test_a_run_ends_with_the_full_model_and_the_paper_s_rule_decides_at_every_budget(fresh: Path, call: Call) -> None:
    code, out, said = call("run", "tiny.yaml", "--budget", "quick", "--json")
    assert code == 0, said
    headline = json.loads(out)["advice"]["headline"]
    assert call("evaluate", "tiny.yaml", "--method", headline, "--split", "select")[0] == 0
    for budget in ("quick", "short"):
        call("probe", "tiny.yaml", "--budget", budget)
        assert call("advise", "tiny.yaml", "--rule", "paper", "--budget", budget, "--quiet")[1] in ("ume\n", "umt\n")


def test_a_dry_run_says_what_each_budget_would_train_and_cost(fresh: Path, call: Call) -> None:
    def plan(budget: str) -> tuple[list[str], int]:
        document = json.loads(call("probe", "tiny.yaml", "--budget", budget, "--dry-run", "--json")[1])
        return [model["model"] for model in document["models"]], document["total"]["steps"]

    quick, short, full = (plan(budget) for budget in ("quick", "short", "full"))
    assert not {"joint", "joint (short)"} & set(quick[0])
    assert {"joint (short)", "residual (short)", "umt (short)"} <= set(short[0])
    assert {"joint-additive", "joint", "residual", "umt"} <= set(full[0])
    assert quick[1] < short[1] < full[1]


def test_quick_reads_for_the_paper_s_rule_what_takes_no_training(fresh: Path, call: Call) -> None:
    for budget, heads in (("quick", {"paper-select"}), ("short", {"paper-train", "paper-select"})):
        call("probe", "tiny.yaml", "--budget", budget)
        record = ProbeRecord.read(fresh / "runs/tiny/probe.json")
        assert {row.name for row in record.paper} == {"ume-prob-mean", *heads}


def test_cleaning_keeps_what_any_budget_reads(fresh: Path, call: Call) -> None:
    for budget in ("quick", "full"):
        call("probe", "tiny.yaml", "--budget", budget)
    assert json.loads(call("clean", "tiny.yaml", "--json")[1])["artifacts"] == []


def test_a_budget_that_there_is_not_is_exit_2_with_the_closest(fresh: Path, call: Call) -> None:
    code, _, said = call("probe", "tiny.yaml", "--budget", "quik")
    assert code == 2
    assert "--budget" in said
    assert "quick" in said


def test_other_class_frequencies_in_validation_than_in_training_are_told_and_taken_for_nothing_paired(
    folder: Path, call: Call
) -> None:
    rng = np.random.default_rng(0)
    parts = {"train": (80, (1, 1, 1)), "val": (240, (12, 7, 1)), "test": (30, (1, 1, 1))}
    split = np.repeat(list(parts), [n for n, _ in parts.values()])
    y = np.concatenate([rng.choice(3, n, p=np.array(shares) / sum(shares)) for n, shares in parts.values()])
    y[:3] = y[-3:] = [0, 1, 2]
    views = {f"X_{name}": rng.normal(size=(len(y), 3)).astype(np.float32) for name in ("a", "b")}
    np.savez("shifted.npz", y=y, split=split, **views)
    words = ("probe", "shifted.npz", "--label", "y", "--budget", "quick", "--set", "train.epochs=2")
    code, out, err = call(*words, "--json")
    assert code == 0, err
    assert "classes are not as frequent in training as in `select`" in err
    found = json.loads(out)
    assert found["shifted"]
    assert found["contribution"]["rung"].startswith("kernel")
    assert found["paired"]["verdict"] != "present"
    assert "which are not those here" in " ".join(call(*words)[1].split())


def test_an_ensemble_that_only_averages_is_measured_beside_one_with_fitted_weights(fresh: Path, call: Call) -> None:
    assert call("probe", "tiny.yaml", "--budget", "quick")[0] == 0
    fitted = ProbeRecord.read(fresh / "runs/tiny/probe.json")
    changed = ("--set", "methods.ume.pool=prob-mean")
    code, _, said = call("probe", "tiny.yaml", "--budget", "quick", *changed)
    assert code == 0, said
    averaged = ProbeRecord.read(fresh / "runs/tiny/probe.json")
    assert averaged.contribution is not None
    assert averaged.contribution.ensemble == "ume-tuned"
    assert averaged.contribution.total == fitted.contribution.total  # type: ignore[union-attr]
    loss = {rung.name: rung.log_loss.value for rung in averaged.ladder}
    assert loss["ume-tuned"] == next(rung.log_loss.value for rung in fitted.ladder if rung.name == "ume")
    assert loss["ume"] != loss["ume-tuned"]
    assert {one.judged.rung for one in averaged.modalities if one.judged} <= {"ume-tuned", averaged.contribution.rung}
    text = call("advise", "tiny.yaml", *changed)[1]
    assert ("methods.ume.pool: auto" in text) == (loss["ume-tuned"] <= loss["ume"] - 0.002)


def test_a_modality_that_is_the_same_in_every_sample_is_useless_however_few_these_are(fresh: Path, call: Call) -> None:
    with np.load("tiny.npz") as data:
        arrays = {name: values[:300] for name, values in data.items() if name != "class_names"}
    np.savez("tiny.npz", **{**arrays, "X_video": np.full((300, 5), 7, np.float32)})
    code, out, err = call("probe", "tiny.yaml", "--budget", "quick", "--json")
    assert code == 0, err
    audio, video = (one["judged"] for one in json.loads(out)["modalities"])
    assert (video["verdict"], video["constant"]) == ("useless", True)
    assert not audio["constant"]
    _, explained, _ = call("probe", "tiny.yaml", "--budget", "quick", "--explain")
    assert "It is the same in every sample of training and validation." in " ".join(explained.split())


def test_a_modality_that_seldom_differs_is_not_the_same_in_every_sample_of_any_fold(fresh: Path, call: Call) -> None:
    with np.load("tiny.npz") as data:
        arrays = {name: values[:150] for name, values in data.items() if name != "class_names"}
    video = np.full((150, 5), 7, np.float32)
    video[::17] = np.nan  # an imputed constant is one value more
    video[::17, 0] = 1
    np.savez("tiny.npz", **{**arrays, "X_video": video})
    recipe = Path("tiny.yaml").read_text().replace("encoder: linear}", "encoder: linear, missing: impute-mean}")
    Path("tiny.yaml").write_text(recipe)
    code, out, err = call("probe", "tiny.yaml", "--budget", "quick", "--json")
    assert code == 0, err
    assert json.loads(out)["folds"] > 1
    assert not any(one["judged"]["constant"] for one in json.loads(out)["modalities"])
