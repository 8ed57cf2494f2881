"""Any valid probe gives an advice, and one that holds together."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.test_advise_decide import probe_of
from umlkit.advise.decide import advise
from umlkit.cli.ladder import show_advice, show_probe
from umlkit.output import Output, wrapped
from umlkit.runs.records.advice import AdviceRecord
from umlkit.runs.records.probe import ProbeRecord

NAMES = ("ume", "umt", "joint", "residual", "best-single")


@st.composite
def probes(draw: st.DrawFn) -> ProbeRecord:
    """Probes with any losses and the covariance of any few vectors, singular ones too."""
    names = ("ume", "umt", *draw(st.lists(st.sampled_from(NAMES[2:]), unique=True)))
    losses = {name: draw(st.floats(0, 20)) for name in names}
    seed, rank, scale = draw(st.integers(0, 99)), draw(st.integers(0, 6)), draw(st.floats(1e-9, 1e3))
    root = scale * np.random.default_rng(seed).normal(size=(len(names), rank))
    covariance = root @ root.T
    triangle = [[float(value) for value in row[: i + 1]] for i, row in enumerate(covariance)]
    return probe_of(losses, n=draw(st.integers(3, 10**6)), loss_covariance=triangle, correct_covariance=triangle)


@settings(max_examples=60, deadline=None)
@given(probe=probes(), every=st.booleans())
def test_any_valid_probe_gives_an_advice_that_holds_together(probe: ProbeRecord, every: bool) -> None:
    advice = advise(probe, among=("all",) if every else ("ume", "umt"))
    among = [candidate for candidate in advice.candidates if candidate.among]
    assert advice.headline in {candidate.name for candidate in among}
    assert advice.probability is not None
    assert 0 <= advice.probability <= 1
    assert abs(sum(c.probability or 0 for c in among) - 1) < 1e-9
    assert all(c.regret is not None and c.regret >= 0 for c in among)
    lowest = min(candidate.log_loss for candidate in among)
    assert next(c.log_loss for c in among if c.name == advice.headline) <= lowest + 0.002 + 1e-12
    assert AdviceRecord.model_validate_json(json.dumps(advice.document())) == advice


@settings(max_examples=60, deadline=None)
@given(
    where=st.sampled_from(
        ["n_probe", "df", "critical", "entropy_nats", "entries", "loss_covariance", "correct_covariance", "candidates"]
    ),
    value=st.one_of(
        st.none(), st.integers(), st.floats(), st.text(), st.lists(st.floats()), st.lists(st.lists(st.floats()))
    ),
)
@example(where="critical", value=1e308)
@example(where="entropy_nats", value=1e308)
@example(where="loss_covariance", value=[[1e308] * 5] * 5)
def test_nonsense_in_a_document_is_a_validation_error_or_an_advice(where: str, value: Any) -> None:
    from pydantic import ValidationError

    document = {**probe_of({"ume": 0.5, "umt": 0.4, "joint": 0.45}).document(), where: value}
    try:
        probe = ProbeRecord.model_validate_json(json.dumps(document))
    except ValidationError:
        return
    assert advise(probe, among=("all",)).headline


@settings(max_examples=40, deadline=None)
@given(name=st.text(min_size=1))
def test_any_name_is_shown_without_steering_the_terminal(name: str) -> None:
    shown = wrapped(f"UME weighs {name} 0.50.")
    assert all(c.isprintable() or c in "\n\u00a0\u200c\u200d\u3000" for c in shown)


def test_a_document_is_shown_without_an_error(capsys: Any) -> None:
    probe = probe_of({"ume": 0.5, "umt": 0.4})
    show_probe(Output(), probe)
    show_advice(Output(), advise(probe), full=True)
    assert "Train with UMT" in capsys.readouterr().out
