"""The decision: which way of training to recommend, from one probe record and nothing else.

The headline is the candidate with the lowest expected log-loss. Between two the sign alone decides; among more, those
within .002 nats of the lowest count as equal, and the one that costs the least training wins. How sure that is does
not enter the choice, it is stated beside it. Where nothing was measured the headline is UME, without a probability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from umlkit import registry
from umlkit.advise import paper
from umlkit.advise.posterior import Comparison, Posterior, Standing
from umlkit.advise.sentences import (
    SURE,
    Findings,
    headline_sentences,
    not_measured_sentences,
    other_sentences,
)
from umlkit.errors import InputError, Problem, closest, listed
from umlkit.runs.records.advice import AdviceRecord, AdvisedCandidate, Gain, PairedSignal
from umlkit.runs.records.probe import ProbeRecord

UME = "ume"
DEFAULT_AMONG = ("ume", "umt")
EVERY = "all"
SAME = 0.002  # nats within which the cheaper is taken
NEGLIGIBLE = 0.05  # share of the largest weight below which a modality's weight is nearly nothing

Rule = Literal["posterior", "paper"]


def advise(probe: ProbeRecord, *, among: Sequence[str] = DEFAULT_AMONG, rule: Rule = "posterior") -> AdviceRecord:
    """The recommendation that ``probe`` supports.

    Args:
        probe: a measurement, or the record that there is none.
        among: names of candidates that may become the headline; ``("all",)`` for every one that was measured.
        rule: ``posterior`` (the lowest expected log-loss), or ``paper`` (the paper's guide; between ume and umt).

    Raises:
        InputError: a name that was not measured, or a rule that the measurement cannot answer.
    """
    if not probe.measured:
        return _unmeasured(probe, _known(among), rule)
    chosen_among = _measured(among, probe)
    posterior = Posterior(probe)
    standings = posterior.standings(chosen_among)
    compared = paper.compared(probe) if rule == "paper" else None
    if compared is None:
        headline = cheapest_of_the_best(probe, posterior, chosen_among)
    else:
        _needs_both(chosen_among)
        headline = paper.choice(compared)
    rival = _rival(headline, chosen_among, posterior)
    gain = None if rival is None else _gain(posterior.compare(headline, rival), rival)
    candidates = _candidates(probe, posterior, standings)
    findings = Findings(
        probe=probe,
        headline=headline,
        standing=standings[headline],
        comparison=None if rival is None else posterior.compare(headline, rival),
        rival=rival,
        candidates=candidates,
        better=_better_elsewhere(headline, probe, posterior, chosen_among),
        paired=_paired(probe),
        paper=compared,
        weights=_weights(probe),
        drop=_drop(probe),
    )
    return AdviceRecord(
        name=probe.name,
        measured=True,
        rule=rule,
        among=chosen_among,
        headline=headline,
        probability=standings[headline].probability,
        unsure=standings[headline].probability < SURE,
        gain=gain,
        regret=standings[headline].regret,
        candidates=candidates,
        better=findings.better,
        paired=findings.paired,
        paper=compared,
        weights=dict(findings.weights),
        drop=findings.drop,
        within_groups=probe.within_groups,
        headline_sentences=headline_sentences(findings),
        sentences=other_sentences(findings),
    )


def cheapest_of_the_best(probe: ProbeRecord, posterior: Posterior, names: Sequence[str]) -> str:
    """The name with the lowest expected log-loss; among more than two, the cheapest of those within .002 nats of it."""
    by_loss = sorted(names, key=lambda name: (posterior.loss(name), name != UME))
    if len(names) <= 2:
        return by_loss[0]
    close = [name for name in by_loss if posterior.loss(name) - posterior.loss(by_loss[0]) <= SAME]
    seconds = {candidate.name: candidate.seconds for candidate in probe.candidates}
    return min(close, key=lambda name: seconds[name])


def _unmeasured(probe: ProbeRecord, among: tuple[str, ...], rule: Rule) -> AdviceRecord:
    return AdviceRecord(
        name=probe.name,
        measured=False,
        rule=rule,
        among=among,
        headline=UME,
        probability=None,
        unsure=True,
        gain=None,
        regret=None,
        headline_sentences=not_measured_sentences(probe),
        sentences=(),
    )


def _known(among: Sequence[str]) -> tuple[str, ...]:
    """``among`` checked against all ways of training there are, for want of a measurement."""
    names = [name for name, spec in registry.methods().items() if spec.candidate]
    return tuple(names) if tuple(among) == (EVERY,) else _checked(among, names, "a way of training that can be advised")


def _measured(among: Sequence[str], probe: ProbeRecord) -> tuple[str, ...]:
    names = [candidate.name for candidate in probe.candidates]
    return tuple(names) if tuple(among) == (EVERY,) else _checked(among, names, "measured in this probe")


def _checked(among: Sequence[str], names: Sequence[str], what: str) -> tuple[str, ...]:
    unknown = [
        Problem(
            f"--among names {name!r}, which is not {what}",
            allowed=f"{EVERY}, or some of {listed(names)}",
            closest=closest(name, names),
        )
        for name in among
        if name not in names
    ]
    if unknown or not among:
        raise InputError(*unknown or [Problem("--among names nothing", allowed=f"{EVERY}, or some of {listed(names)}")])
    return tuple(dict.fromkeys(among))


def _needs_both(among: Sequence[str]) -> None:
    if set(among) != set(DEFAULT_AMONG):
        raise InputError(
            Problem(
                "the paper's rule chooses between ume and umt alone",
                where="--rule paper",
                found=f"--among {','.join(among)}",
                try_next="leave --among out",
            )
        )


def _rival(headline: str, among: Sequence[str], posterior: Posterior) -> str | None:
    """What the headline's gain is over: UME; where it is UME, the next best that could have been the headline."""
    if headline != UME:
        return UME
    return min((name for name in among if name != UME), key=posterior.loss, default=None)


def _gain(comparison: Comparison, over: str) -> Gain:
    return Gain(
        over=over,
        nats=comparison.nats,
        interval=comparison.interval,
        points=comparison.points,
        points_interval=comparison.points_interval,
    )


def _candidates(
    probe: ProbeRecord, posterior: Posterior, standings: Mapping[str, Standing]
) -> tuple[AdvisedCandidate, ...]:
    return tuple(
        AdvisedCandidate(
            name=candidate.name,
            among=candidate.name in standings,
            log_loss=posterior.loss(candidate.name),
            accuracy=posterior.accuracy(candidate.name),
            gain_over_ume=_gain(posterior.compare(candidate.name, UME), UME),
            probability=standings[candidate.name].probability if candidate.name in standings else None,
            regret=standings[candidate.name].regret if candidate.name in standings else None,
            seconds=candidate.seconds,
        )
        for candidate in probe.candidates
    )


def _better_elsewhere(headline: str, probe: ProbeRecord, posterior: Posterior, among: Sequence[str]) -> str | None:
    """The candidate outside ``among`` that would be advised instead, where one is better by more than .002 nats."""
    others = [candidate.name for candidate in probe.candidates if candidate.name not in among]
    better = [name for name in others if posterior.loss(name) < posterior.loss(headline) - SAME]
    if not better:
        return None
    lowest = min(posterior.loss(name) for name in better)
    seconds = {candidate.name: candidate.seconds for candidate in probe.candidates}
    return min((name for name in better if posterior.loss(name) - lowest <= SAME), key=lambda name: seconds[name])


def _paired(probe: ProbeRecord) -> PairedSignal | None:
    found = probe.contribution
    if found is None:
        return None
    interacts = found.interaction.nats.value >= found.additive.nats.value
    larger: Literal["interaction", "additive"] = "interaction" if interacts else "additive"
    return PairedSignal(
        rung=found.rung,
        nats=found.total.nats.value,
        interval=(found.total.nats.low, found.total.nats.high),
        points=found.total.points.value,
        interaction_nats=found.interaction.nats.value,
        additive_nats=found.additive.nats.value,
        kind=larger if found.total.nats.low > 0 else "none seen",
    )


def _weights(probe: ProbeRecord) -> dict[str, float]:
    return {modality.name: modality.ume_weight for modality in probe.modalities if modality.ume_weight is not None}


def _drop(probe: ProbeRecord) -> tuple[str, ...]:
    """Modalities whose weight in UME is next to nothing beside the largest."""
    weights = _weights(probe)
    largest = max(weights.values(), default=0.0)
    return tuple(name for name, weight in weights.items() if weight < NEGLIGIBLE * largest)
