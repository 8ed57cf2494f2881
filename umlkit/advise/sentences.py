"""The advice in plain words. Every number that a sentence states is in the record beside it."""

from __future__ import annotations

import math
from statistics import NormalDist

from umlkit.advise.among import UME
from umlkit.advise.findings import Findings
from umlkit.advise.posterior import SAME, Comparison
from umlkit.output.text import enumerated
from umlkit.runs.records.probe import ProbeRecord

SURE = 0.8  # stated probability below which the text says "unsure"
SETTLED = 0.95  # probability at which a sign counts as settled
HOPELESS = 100  # times as many samples as there are: not worth naming

_SPOKEN = {
    UME: "UME",
    "ume-tuned": "UME with fitted weights",
    "umt": "UMT",
    "joint": "joint training",
    "joint-additive": "joint training with an additive head",
    "residual": "the residual model",
    "best-single": "the best single modality",
    "kernel-additive": "a sum of kernel machines beside UME",
    "kernel": "a kernel machine beside UME",
    "frozen-linear": "a linear head on frozen features",
    "frozen-mlp": "a multi-layer head on frozen features",
}


def headline_sentences(findings: Findings) -> tuple[str, str]:
    """The advice in two sentences: what to train and what it gains, and how sure that is."""
    return _what(findings), _how_sure(findings)


def changing_sentences(findings: Findings) -> tuple[str, ...]:
    """What would be better still; a user of the two sentences has to know that, too."""
    return tuple(line for line in (_untuned(findings), _better(findings)) if line is not None)


def other_sentences(findings: Findings) -> tuple[str, ...]:
    """What else the measurement says, a line each; a line without content is left out."""
    lines = (
        _prediction(findings),
        _paper(findings),
        _paired(findings),
        _weights(findings),
        _drop(findings),
        _cost(findings),
        _change_of_mind(findings),
        _scope(findings),
    )
    return tuple(line for line in lines if line is not None)


def not_measured_sentences(probe: ProbeRecord) -> tuple[str, str]:
    """What is said where there is no measurement: why, and what to do all the same."""
    reason = (probe.reason or "no reason was recorded").rstrip(".")
    return (
        f"Not measured: {reason}.",
        "Train with UME, which needs no paired signal to work; the probability that it is best was not measured.",
    )


def spoken(name: str) -> str:
    """A candidate's or rung's name as it reads in a sentence."""
    return _SPOKEN.get(name, name)


def _what(findings: Findings) -> str:
    name, gained = spoken(findings.headline), findings.comparison
    if gained is None or findings.rival is None:
        return f"Train with {name}: it is the only one that was asked about."
    direction, sign = ("lower", 1) if gained.nats >= 0 else ("higher", -1)
    low, high = sorted(sign * end for end in gained.interval)
    judged, over = ("predicted", " over samples alone") if findings.predicted else ("expected", "")
    difference = f"{abs(gained.nats):.3f}"
    rival = f"that of {spoken(findings.rival)}"
    told = f"{difference} nats {direction} than {rival}" if float(difference) else f"equal to {rival} to three decimals"
    return (
        f"Train with {name}: its {judged} log-loss is {told} "
        f"(95% interval{over} {low:.3f} to {high:.3f}; accuracy {gained.points:+.1f} points)."
    )


def _how_sure(findings: Findings) -> str:
    others = [candidate.name for candidate in findings.candidates if candidate.among]
    others.remove(findings.headline)
    if not others:
        return "Nothing was compared with it, so there is no more to say about how sure that is."
    standing, than = findings.standing, spoken(others[0]) if len(others) == 1 else "all the others"
    start = "The" if standing.probability >= SURE else "This is unsure: the"
    if findings.predicted:
        start = f"This is a prediction, {_stand_in(findings)}{', and unsure' * (standing.probability < SURE)}: the"
    return (
        f"{start} probability that {spoken(findings.headline)} has a lower loss than {than} is "
        f"{_share(standing.probability)}, and the expected loss from being wrong is {_regret(standing.regret)} nats."
    )


def _stand_in(findings: Findings) -> str:
    """What the figures of candidates that were not trained in full are taken from."""
    short = [candidate for candidate in findings.predicted if candidate.rung == candidate.name]
    if short:
        return f"from a sixth of the epochs of {enumerated([spoken(candidate.name) for candidate in short])}"
    named, achieved = findings.predicted[0], findings.probe.contribution
    if achieved is not None and named.rung == UME:
        return f"with UME, to which {spoken(achieved.rung)} surely loses, in place of {spoken(named.name)}"
    return f"with {spoken(named.rung or 'what stands for it')} in place of {spoken(named.name)}"


def _regret(nats: float) -> str:
    return f"{nats:.4f}" if nats >= 0.0001 else "below 0.0001"


def _share(probability: float) -> str:
    """Two decimals, never rounded to certainty."""
    if probability > 0.995:
        return "above 0.99"
    return "below 0.01" if probability < 0.005 else f"{probability:.2f}"


def _prediction(findings: Findings) -> str | None:
    """What the probability leaves out where not everything was trained in full."""
    predicted = [candidate.name for candidate in findings.candidates if candidate.predicted]
    if not predicted:
        return None
    names, verb = enumerated([spoken(name) for name in predicted]), "is" if len(predicted) == 1 else "are"
    return (
        f"At budget {findings.probe.budget} {names} {verb} not judged by a full training; intervals "
        "and the probability do not cover what that would change. A probe with --budget full measures it."
    )


def _paper(findings: Findings) -> str | None:
    if findings.paper is None:
        return None
    rule = findings.paper
    verb = "beats" if rule.head_accuracy > rule.averaged_accuracy else "does not beat"
    return (
        f"The paper's rule decided: a head on frozen uni-modal encoders ({rule.head}, accuracy "
        f"{rule.head_accuracy:.3f}) {verb} the averaged uni-modal predictions ({rule.averaged_accuracy:.3f}). "
        "The probability above is the measurement's, not the rule's."
    )


def _better(findings: Findings) -> str | None:
    if findings.better is None:
        return None
    loss = {candidate.name: candidate.log_loss for candidate in findings.candidates}
    ahead = loss[findings.headline] - loss[findings.better]
    return (
        f"Better still was {spoken(findings.better)}, by {ahead:.3f} nats; it was not among those to choose from "
        f"(--among all, or --among {findings.headline},{findings.better})."
    )


def _paired(findings: Findings) -> str | None:
    found = findings.paired
    if found is None:
        return None
    low, high = found.interval
    gained = (
        f"Beyond {spoken(_ensemble(findings))}, multi-modal training ({spoken(found.rung)}) gained "
        f"{found.nats:+.3f} nats (95% interval {low:+.3f} to {high:+.3f})"
    )
    if found.verdict == "not detected":
        return f"{gained}: no paired signal of {findings.probe.smallest_effect:g} nats or more was detected."
    if found.verdict == "undecided" and high < 0:
        return f"{gained}: it showed nothing beyond UME, which rules nothing out."
    if found.verdict == "undecided":
        return f"{gained}, which these samples cannot tell from what it gains where nothing is paired."
    kind = "its kind not settled" if found.kind == "not settled" else f"of the kind {found.kind}"
    return (
        f"{gained} and {found.points:+.1f} points: {found.interaction_nats:+.3f} by interaction of the modalities, "
        f"{found.additive_nats:+.3f} by learning them together, yet additively. That is more than it gains where "
        f"nothing is paired: paired signal is present, {kind}."
    )


def _weights(findings: Findings) -> str | None:
    if not findings.weights:
        return None
    weights = ", ".join(f"{name} {weight:.2f}" for name, weight in findings.weights.items())
    return f"{spoken(_ensemble(findings))} weighs {weights}."


def _untuned(findings: Findings) -> str | None:
    """What fitted weights would bring an ensemble that has others."""
    losses = {rung.name: rung.log_loss.value for rung in findings.probe.ladder}
    apart = _ensemble(findings)
    if apart == UME or losses[UME] - losses[apart] < SAME:
        return None
    return (
        f"UME with fitted weights (methods.ume.pool: auto) has a log-loss {losses[UME] - losses[apart]:.3f} nats lower "
        "than with those of the recipe: set that before any other training; it is no paired signal."
    )


def _ensemble(findings: Findings) -> str:
    """The rung that paired signal was measured from."""
    achieved = findings.probe.contribution
    return UME if achieved is None else achieved.ensemble


def _drop(findings: Findings) -> str | None:
    if not findings.drop:
        return None
    they = "it" if len(findings.drop) == 1 else "they"
    named = enumerated(findings.drop)
    return (
        f"{spoken(_ensemble(findings))} makes next to no use of {named}: beside the others {they} could be dropped "
        "from the ensemble."
    )


def _cost(findings: Findings) -> str | None:
    costs = ", ".join(
        f"{spoken(candidate.name)} {'over ' * candidate.predicted}{candidate.seconds:.1f}"
        for candidate in findings.candidates
    )
    return f"Seconds to train all that is needed, with one seed: {costs}."


def _change_of_mind(findings: Findings) -> str | None:
    """What would turn the advice: a difference of the other sign, and how many samples would settle the sign."""
    margin, runner_up = findings.margin, findings.runner_up
    if margin is None or runner_up is None:
        return None
    pair = f"{spoken(findings.headline)} and {spoken(runner_up)}"
    turn = f"What would change this: {abs(margin.nats):.3f} nats the other way between {pair}"
    if max(margin.probability, 1 - margin.probability) >= SETTLED:
        return f"{turn}, which more samples like these are unlikely to bring; another training seed might (--seed)."
    return f"{turn}. {_samples_to_settle(margin, findings.probe)}"


def _samples_to_settle(margin: Comparison, probe: ProbeRecord) -> str:
    """With the difference as it is, its sign is that sure once difference / error reaches the normal quantile.

    So many are fewer than a probe names, which also have to see the difference in four sets of samples of five.
    """
    quantile = NormalDist().inv_cdf(SETTLED)
    ratio = abs(margin.nats) / margin.nats_error if margin.nats_error > 0 else 0.0
    if ratio <= quantile / math.sqrt(HOPELESS):
        return f"Even {HOPELESS} times as many held-out samples would not settle the sign: take the two as equal."
    enough = max(probe.units + 1, math.ceil((quantile / ratio) ** 2 * probe.units))
    return (
        f"If the difference stays as it is, about {enough} held-out {probe.unit} in place of {probe.units} would "
        f"make its sign {SETTLED:.0%} sure."
    )


def _scope(findings: Findings) -> str:
    probe = findings.probe
    seeds = "the models of this one seed" if len(probe.seeds) == 1 else f"the models of these {len(probe.seeds)} seeds"
    over = f"{probe.groups} groups with {probe.n_probe}" if probe.unit == "groups" else f"{probe.n_probe}"
    within = ", within these groups only" if probe.within_groups else ""
    return f"Intervals and probabilities are for {seeds}, over {over} held-out samples{within}."
