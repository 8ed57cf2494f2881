"""torch and the training test, asked of processes that may fail in every way."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from umlkit.doctor import networks
from umlkit.doctor.networks import Answer, ask
from umlkit.errors import InterruptedRun

FACTS = {"version": "2.9", "cuda": None, "hip": None, "devices": ["cpu"], "cards": [], "threads": 2}


def answering(monkeypatch, answer: Answer) -> None:
    """Let every process answer this."""
    monkeypatch.setattr(networks, "ask", lambda *_: answer)


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "the process was ended by SIGSEGV"),
        ("raise ImportError('libtorch.so: no such file')", "ImportError: libtorch.so: no such file"),
        ("raise SystemExit(3)", "the process ended with 3"),
        ("print('hello')", "the process printed something else than an answer"),
        ("while True: pass", "nothing came back within 1.0 s"),
    ],
)
def test_however_a_process_ends_it_is_told_in_a_line(code, problem, tmp_path, monkeypatch):
    (tmp_path / "asked_module.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    assert ask("asked_module", patience=1.0 if "while" in code else 60.0) == Answer(None, problem)


def test_an_answer_is_read(tmp_path, monkeypatch):
    (tmp_path / "asked_module.py").write_text("import json, sys; print(json.dumps({'said': sys.argv[1]}))")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    assert ask("asked_module", "x") == Answer({"said": "x"})


def test_a_torch_that_cannot_be_imported_is_a_finding(monkeypatch):
    answering(monkeypatch, Answer(None, "ImportError: broken"))

    found = networks.torch()

    assert (found.version, found.devices, found.findings[0].status) == (None, (), "broken")
    assert "ImportError: broken" in found.findings[0].found
    assert "pip install" in str(found.findings[0].mend)


@pytest.mark.parametrize(
    ("facts", "status", "said"),
    [
        ({}, "ok", "a build without CUDA"),
        ({"cuda": "12.8", "devices": ["cuda", "cpu"], "cards": ["A card"]}, "ok", "built for CUDA 12.8"),
        ({"cuda": "12.8"}, "note", "no card that it can use"),
        ({"hip": "6.1", "devices": ["cuda", "cpu"]}, "ok", "built for ROCm 6.1"),
        ({"devices": ["mps", "cpu"]}, "ok", "a build without CUDA"),
    ],
)
def test_the_build_of_torch_is_told_and_noted_where_it_is_for_nothing(facts, status, said, monkeypatch):
    answering(monkeypatch, Answer({**FACTS, **facts}))

    build, devices = networks.torch().findings

    assert (build.status, said in build.found) == (status, True)
    assert devices.found.startswith(", ".join({**FACTS, **facts}["devices"]))


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (Answer({"seconds": 1.5, "select_loss": 0.01}), "ok", "1.5 s"),
        (Answer({"seconds": 1.5, "select_loss": 0.69}), "broken", "learnt nothing"),
        (Answer(None, "RuntimeError: CUDA error"), "broken", "CUDA error"),
        (Answer(None, "stopped: the time given by --max-minutes is over"), "note", "not finished within 10 s"),
    ],
)
def test_a_training_works_learns_nothing_fails_or_is_slow(answer, status, said, monkeypatch):
    answering(monkeypatch, answer)

    found = networks.training("cuda")

    assert (found.check, found.status, said in found.found) == ("training on cuda", status, True)
    assert (found.mend is None) is (status == "ok")


def test_the_time_limit_of_a_training_is_told_as_such(tmp_path, monkeypatch):
    monkeypatch.setattr(networks, "LIMIT", 1e-6)

    assert networks.training("cpu").status == "note"


@pytest.mark.parametrize("ended", [KeyboardInterrupt, InterruptedRun])
def test_an_interrupted_training_leaves_no_folder(ended, tmp_path, monkeypatch):
    def interrupted(*arguments: str) -> Answer:
        made = Path(arguments[-1])
        (made / "trial.npz").touch()
        raise ended

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(networks, "ask", interrupted)

    with pytest.raises(ended):
        networks.training("cpu")

    assert list(tmp_path.iterdir()) == []
