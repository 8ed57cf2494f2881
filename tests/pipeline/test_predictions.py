"""Predictions and metrics of finished models: from the command line and from Python, for seen and unseen data."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.conftest import RECIPE, document, write_data
from umlkit import load_model
from umlkit.errors import InputError

RUN = ("tiny.yaml", "--out", "out")
CLASSES = ("[/red]", "a,b", "two\nlines")


@pytest.fixture
def new(folder: Path) -> dict[str, np.ndarray]:
    """New samples, also in new.npz, without a label."""
    write_data(folder / "labelled.npz", n=7, seed=5)
    with np.load(folder / "labelled.npz") as data:
        arrays = {name: data[name] for name in ("X_audio", "X_video")}
    np.savez(folder / "new.npz", **arrays)
    return arrays


def test_the_model_is_found_and_every_format_says_the_same(folder: Path, call, new) -> None:
    for ending in ("csv", "jsonl", "npz"):
        code, _, _ = call("predict", "tiny.yaml", "new.npz", "--out", "out", "--to", f"p.{ending}")
        assert code == 0
    with (folder / "p.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", "class", *(f"p:{name}" for name in CLASSES)]
    lines = [json.loads(line) for line in (folder / "p.jsonl").read_text().splitlines()]
    with np.load(folder / "p.npz", allow_pickle=False) as arrays:
        assert arrays["probabilities"].shape == (7, 3)
        assert [row[0] for row in rows[1:]] == [line["id"] for line in lines] == arrays["id"].tolist()
        assert [row[1] for row in rows[1:]] == [line["class"] for line in lines] == arrays["class"].tolist()
        assert [[float(p) for p in row[2:]] for row in rows[1:]] == arrays["probabilities"].tolist()
    assert all(abs(sum(line["probabilities"].values()) - 1) < 1e-9 for line in lines)


def test_python_predicts_the_same(folder: Path, call, new) -> None:
    call("predict", "tiny.yaml", "new.npz", "--out", "out", "--to", "p.npz")
    model = load_model(folder / "out")
    proba = model.predict_proba({"audio": new["X_audio"], "video": new["X_video"]})
    with np.load(folder / "p.npz") as arrays:
        assert np.array_equal(proba, arrays["probabilities"])
    assert (model.classes, model.modalities) == (CLASSES, ("audio", "video"))
    assert model.predict(new) == [CLASSES[i] for i in proba.argmax(axis=1)]


def test_one_sample_gets_the_probabilities_it_gets_among_many(folder: Path, new) -> None:
    model = load_model(folder / "out")
    together = model.predict_proba(new)
    alone = np.vstack([model.predict_proba({name: a[i : i + 1] for name, a in new.items()}) for i in range(7)])
    assert np.allclose(together, alone, atol=1e-6)


def test_a_models_own_directory_loads_without_the_rest(folder: Path, tmp_path: Path, new) -> None:
    (source,) = (folder / "out").glob("seed-0/all/models/residual-*")
    alone = source.rename(tmp_path / "alone")
    assert load_model(alone).predict_proba(new).shape == (7, 3)


def test_a_run_outlives_its_training_data(folder: Path, call, new) -> None:
    (folder / "tiny.npz").unlink()
    assert call("predict", "tiny.yaml", "new.npz", "--out", "out", "--to", "p.csv")[0] == 0
    assert call("advise", *RUN, "--quiet")[0] == 0


def test_a_model_loads_though_its_training_data_have_changed(folder: Path, new) -> None:
    write_data(folder / "tiny.npz", n=530)
    assert load_model(folder / "out").predict_proba(new).shape == (7, 3)


def test_the_run_directorys_recipe_is_one(folder: Path, call) -> None:
    code, _, err = call("probe", "out/recipe.yaml", "--out", "out")
    assert code == 0
    assert "training" not in err


def test_the_lowest_seed_is_loaded_or_the_one_named(folder: Path, call) -> None:
    call("train", "tiny.yaml", "--out", "two", "--method", "ume", "--set", "seeds=[4, 2]")
    assert load_model(folder / "two", method="ume").config.seed == 2
    assert load_model(folder / "two", method="ume", seed=4).config.seed == 4


def test_a_training_with_other_settings_does_not_hide_the_advised_model(folder: Path, call, new) -> None:
    advised = load_model(folder / "out")
    call("train", *RUN, "--method", "unimodal", "--set", "train.epochs=2")
    again = load_model(folder / "out")
    assert again.directory == advised.directory


def test_after_a_run_every_method_of_the_advice_can_be_evaluated(folder: Path, call) -> None:
    for method in ("best-single", "unimodal", "ume", "umt", "joint", "residual"):
        assert call("evaluate", *RUN, "--method", method, "--split", "probe")[0] == 0


def test_evaluate_gives_metrics_on_every_split_and_on_new_data(folder: Path, call, new) -> None:
    sizes = document(call("data", *RUN, "--json")[1])["roles"]
    sizes["val"] = sizes["select"] + sizes["probe"]
    for split, n in sizes.items():
        record = document(call("evaluate", *RUN, "--method", "umt", "--split", split, "--json")[1])
        assert (record["schema"], record["n"], record["method"]) == ("umlkit.evaluate/2", n, "umt")
        assert set(record["metrics"]) == {"accuracy", "balanced_accuracy", "log_loss", "balanced_log_loss", "ece"}
    record = document(call("evaluate", *RUN, "--method", "umt", "--data", "labelled.npz", "--json")[1])
    assert record["n"] == 7


def test_unimodal_is_evaluated_as_best_single(folder: Path, call) -> None:
    _, _, err = call("train", *RUN, "--method", "unimodal", "--force")
    assert re.search(r"best-single: done in .*encoder \S+ \(modality (audio|video)\)", err)
    both = [call("evaluate", *RUN, "--method", m, "--split", "probe", "--json")[1] for m in ("unimodal", "best-single")]
    assert document(both[0])["metrics"] == document(both[1])["metrics"]
    assert document(both[0])["method"] in {"unimodal:audio", "unimodal:video"}
    one = document(call("evaluate", *RUN, "--method", "unimodal:video", "--split", "probe", "--json")[1])
    assert one["method"] == "unimodal:video"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda a: a.pop("X_video"), "'video' is missing"),
        (lambda a: a.update(X_video=a["X_video"][:, :4]), "shape"),
        (lambda a: a.update(X_video=a["X_video"][:3]), "length"),
        (lambda a: a["X_audio"].__setitem__((2, 0), np.nan), "NaN"),
    ],
)
def test_what_cannot_be_predicted_is_said_and_nothing_written(folder: Path, call, new, change, says: str) -> None:
    change(new)
    np.savez(folder / "bad.npz", **new)
    code, out, err = call("predict", "tiny.yaml", "bad.npz", "--out", "out", "--to", "p.csv")
    assert (code, out) == (2, "")
    assert says in err
    assert not (folder / "p.csv").exists()
    with pytest.raises(InputError):
        load_model(folder / "out").predict_proba(new)


def test_an_unseen_class_is_named(folder: Path, call, new) -> None:
    np.savez(folder / "other.npz", **new, y=np.array([0, 1, 2, 7, 0, 1, 2]))
    code, _, err = call("evaluate", *RUN, "--data", "other.npz")
    assert code == 2
    assert "7" in err


def test_a_file_that_is_not_umlkits_is_left_alone(folder: Path, call, new) -> None:
    (folder / "mine.csv").write_text("precious\n1\n")
    code, _, err = call("predict", "tiny.yaml", "new.npz", "--out", "out", "--to", "mine.csv")
    assert code == 2
    assert "left alone" in err
    assert (folder / "mine.csv").read_text() == "precious\n1\n"
    for target in ("new.npz", "p.txt", "no/where.csv", "."):
        assert call("predict", "tiny.yaml", "new.npz", "--out", "out", "--to", target)[0] == 2
    assert call("predict", "tiny.yaml", "new.npz", "--out", "out", "--to", "p.csv")[0] == 0
    assert call("predict", "tiny.yaml", "new.npz", "--out", "out", "--to", "p.csv")[0] == 0


def test_ids_are_where_the_present_recipe_has_them(folder: Path, call) -> None:
    with np.load("tiny.npz") as data:
        arrays = dict(data)
    names = np.array([f"s{i}" for i in range(len(arrays["y"]))])
    np.savez("tiny.npz", **arrays, sample=names)
    (folder / "tiny.yaml").write_text(RECIPE.replace("label: y", "label: y\n  id: sample"))
    assert "ume: up to date, reused" in call("train", *RUN, "--method", "ume")[2]
    assert call("predict", "tiny.yaml", "tiny.npz", "--out", "out", "--method", "ume", "--to", "p.csv")[0] == 0
    with Path("p.csv").open(newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == names.tolist()


def test_ids_of_new_data_may_have_a_name_that_training_did_not_know(folder: Path, call, new) -> None:
    np.savez(folder / "named.npz", **new, who=np.array(list("abcdefg")))
    code, _, _ = call("predict", "tiny.yaml", "named.npz", "--out", "out", "--to", "p.jsonl", "--id", "who")
    assert code == 0
    assert [json.loads(line)["id"] for line in (folder / "p.jsonl").read_text().splitlines()] == list("abcdefg")


def test_a_mistake_in_the_command_is_told_before_any_data_are_read(fresh: Path, call) -> None:
    (fresh / "tiny.npz").write_bytes(b"broken")
    for words in (["train", *RUN, "--method", "residul"], ["evaluate", *RUN, "--split", "val", "--method", "residul"]):
        code, _, err = call(*words)
        assert code == 2
        assert "did you mean: residual" in err
    code, _, err = call("predict", "tiny.yaml", "new.npz", "--out", "out", "--to", "p.jsonnl")
    assert code == 2
    assert "did you mean: .jsonl" in err


def test_a_run_with_hardly_any_time_gets_a_little_further_with_every_call(fresh: Path, call) -> None:
    calls = 0
    while (code := call("train", *RUN, "--method", "ume", "--max-minutes", "0.000001")[0]) == 75:
        calls += 1
        assert calls < 60
    assert code == 0
    assert calls > 2


def test_a_data_file_without_its_label_says_so(folder: Path, call, new) -> None:
    code, _, err = call("predict", "tiny.npz", "new.npz", "--out", "out", "--to", "p.csv")
    assert code == 2
    assert "--label NAME" in err


def test_a_loaded_model_says_itself_in_a_line(folder: Path) -> None:
    said = repr(load_model(folder / "out"))
    assert said.startswith("TrainedModel(") and "modalities=('audio', 'video')" in said and len(said) < 300


def test_new_data_are_predicted_by_the_models_of_training_data_that_have_changed_since(folder: Path, call, new) -> None:
    assert call("predict", *RUN[:1], "new.npz", "--out", "out", "--to", "before.csv")[0] == 0
    write_data(folder / "tiny.npz", n=521, seed=3)
    code, _, err = call("predict", *RUN[:1], "new.npz", "--out", "out", "--to", "after.csv")
    assert code == 0
    assert "tiny.npz has changed since; the model is of the data as they were" in " ".join(err.split())
    assert (folder / "after.csv").read_bytes() == (folder / "before.csv").read_bytes()
    assert call("evaluate", *RUN, "--data", "labelled.npz")[0] == 0


@pytest.mark.parametrize("command", [("evaluate", *RUN, "--split", "val"), ("advise", *RUN), ("clean", *RUN)])
def test_what_is_of_the_training_data_is_not_answered_by_what_they_were(folder: Path, call, command) -> None:
    write_data(folder / "tiny.npz", n=521, seed=3)
    code, _, err = call(*command)
    assert code == 2
    said = " ".join(err.split())
    assert "tiny.npz has changed since, and there is no" in said and "try: umlkit" in said
