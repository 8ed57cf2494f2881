"""No model output on test is computed, and its labels steer nothing, but where that is allowed and logged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.conftest import document
from umlkit.data import roles
from umlkit.pipeline import session as sessions
from umlkit.pipeline.session import Session
from umlkit.runs import tensors

RUN = ("tiny.yaml", "--out", "out")
STEPS = (
    ["train", "--method", "unimodal"],
    ["train", "--method", "ume"],
    ["train", "--method", "umt"],
    ["train", "--method", "joint"],
    ["train", "--method", "residual"],
    ["probe"],
    ["advise"],
    ["evaluate", "--split", "val"],
    ["evaluate", "--split", "train"],
)


def test_no_step_but_the_allowed_ones_makes_samples_of_test(fresh: Path, call, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    samples = Session.samples
    monkeypatch.setattr(Session, "samples", lambda self, role: (asked.append(role), samples(self, role))[1])
    for words in STEPS:
        assert call(words[0], *RUN, *words[1:])[0] == 0, words
    assert {"train", "select", "probe"} == set(asked)
    assert not (fresh / "out" / "test-reads.jsonl").exists()
    assert not list((fresh / "out").rglob("test-*.safetensors"))


def test_a_model_of_another_division_of_the_samples_is_evaluated_on_none(fresh: Path, call, monkeypatch) -> None:
    """An earlier umlkit divided them otherwise: its test rows were others, and what is now test was trained on."""
    divide = roles.divide
    with monkeypatch.context() as earlier:
        earlier.setattr(roles, "divide", lambda *given, seed, **named: divide(*given, seed=seed + 17, **named))
        call("train", *RUN, "--method", "ume")
        assert call("evaluate", *RUN, "--split", "test")[0] == 0
    for split in ("test", "val", "train"):
        code, out, err = call("evaluate", *RUN, "--method", "ume", "--split", split)
        assert (code, out) == (2, "")
        assert "the samples are divided otherwise now" in err
        assert "umlkit train tiny.yaml --out out --seed 0 --method ume" in err


def test_the_spy_would_see_a_look(fresh: Path, call, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    samples = Session.samples
    monkeypatch.setattr(Session, "samples", lambda self, role: (asked.append(role), samples(self, role))[1])
    call("train", *RUN, "--method", "ume")
    call("evaluate", *RUN, "--split", "test")
    assert "test" in asked


def test_other_values_and_labels_on_test_change_no_weight_and_no_number(fresh: Path, call, monkeypatch) -> None:
    """Test rows are scrambled in memory after the roles are set: everything but their own metrics stays to the bit."""
    call("probe", *RUN)
    first = document(call("probe", *RUN, "--json")[1])
    assign = sessions.assign

    def scrambling(dataset, split):
        roles = assign(dataset, split)
        rng = np.random.default_rng(1)
        for modality in dataset.modalities.values():
            modality.values[roles.test] = rng.normal(0, 50, (len(roles.test), *modality.sample_shape))
        dataset.labels[roles.test] = rng.permutation(dataset.labels[roles.test])
        return roles

    monkeypatch.setattr(sessions, "assign", scrambling)
    call("probe", "tiny.yaml", "--out", "scrambled")
    second = document(call("probe", "tiny.yaml", "--out", "scrambled", "--json")[1])
    assert without_seconds(second) == without_seconds(first)
    assert unimodal_weights(Path("scrambled")) == unimodal_weights(Path("out"))


def test_every_look_is_logged_with_time_and_command(folder: Path, call) -> None:
    log = folder / "out" / "test-reads.jsonl"
    assert [json.loads(line)["command"] for line in log.read_text().splitlines()] == ["run"]
    call("evaluate", *RUN, "--split", "test", "--method", "ume")
    last = json.loads(log.read_text().splitlines()[-1])
    assert last["command"] == "evaluate"
    assert last["what"].startswith("ume-")
    assert last["when"].startswith("20")


def without_seconds(value):
    """The document without what the clock says, and without the mark of the data."""
    if isinstance(value, dict):
        return {k: without_seconds(v) for k, v in value.items() if k not in {"seconds", "fingerprint"}}
    return [without_seconds(v) for v in value] if isinstance(value, list) else value


def unimodal_weights(run: Path) -> dict[str, dict[str, list[float]]]:
    """Modality -> every tensor of its model."""
    return {
        path.parent.name.rpartition("-")[0]: {name: a.ravel().tolist() for name, a in tensors.load(path)[0].items()}
        for path in run.glob("seed-0/all/models/unimodal-*/model.safetensors")
    }
