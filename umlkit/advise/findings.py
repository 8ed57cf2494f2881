"""What a probe says once the headline is chosen: gains, standings, paired signal, weights, costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from umlkit.advise.among import UME
from umlkit.advise.posterior import SAME, Comparison, Posterior, Standing
from umlkit.runs.records.advice import AdvisedCandidate, Gain, PairedSignal, PaperRule
from umlkit.runs.records.probe import ProbeRecord

NEGLIGIBLE = 0.05  # share of the largest weight below which a modality's weight is next to nothing


@dataclass(frozen=True)
class Findings:
    """What there is to say of a headline.

    Attributes:
        probe: the measurement.
        headline: the advised way of training.
        standing: how it stands among those it was chosen from.
        comparison: the headline against ``rival``; None where there is none.
        rival: UME, or where the headline is UME the next best.
        runner_up: the best of the others that the headline was chosen among; None where there is none.
        margin: the headline against ``runner_up``.
        candidates: all that was measured.
        better: a candidate that could not be the headline and is better than it; None for none.
        paired: what multi-modal training achieved beyond UME.
        paper: what the paper's rule compared, where that rule decided.
        weights: UME's weight of every modality.
        drop: modalities whose weight is next to nothing, and that are not useful beside others.
    """

    probe: ProbeRecord
    headline: str
    standing: Standing
    comparison: Comparison | None
    rival: str | None
    margin: Comparison | None
    runner_up: str | None
    candidates: Sequence[AdvisedCandidate]
    better: str | None
    paired: PairedSignal | None
    paper: PaperRule | None
    weights: Mapping[str, float]
    drop: tuple[str, ...]

    @property
    def predicted(self) -> tuple[AdvisedCandidate, ...]:
        """The candidates that the headline was chosen among and that were not trained in full."""
        return tuple(candidate for candidate in self.candidates if candidate.among and candidate.predicted)


def find(
    probe: ProbeRecord, posterior: Posterior, *, among: Sequence[str], headline: str, paper: PaperRule | None
) -> Findings:
    """Everything that is said of ``headline``, chosen from ``among``, by ``paper``'s rule where that is given."""
    others = sorted((name for name in among if name != headline), key=posterior.loss)
    runner_up = others[0] if others else None
    rival = UME if headline != UME else runner_up
    standings = posterior.standings(among)
    return Findings(
        probe=probe,
        headline=headline,
        standing=standings[headline],
        comparison=None if rival is None else posterior.compare(headline, rival),
        rival=rival,
        margin=None if runner_up is None else posterior.compare(headline, runner_up),
        runner_up=runner_up,
        candidates=_candidates(probe, posterior, standings),
        better=_better_elsewhere(headline, probe, posterior, among),
        paired=_paired(probe),
        paper=paper,
        weights=_weights(probe),
        drop=_drop(probe),
    )


def cheapest_of_the_best(probe: ProbeRecord, posterior: Posterior, names: Sequence[str]) -> str:
    """The one with the least training of those within .002 nats of the lowest expected log-loss."""
    lowest = min(posterior.loss(name) for name in names)
    seconds = {candidate.name: candidate.seconds for candidate in probe.candidates}
    best = [name for name in names if posterior.loss(name) - lowest <= SAME]
    return min(best, key=lambda name: (stands_for_another(probe, name), seconds[name]))


def stands_for_another(probe: ProbeRecord, name: str) -> bool:
    """Whether a candidate was not trained at all, and another rung stands for it."""
    candidate = probe.candidate(name)
    return candidate is not None and candidate.predicted and candidate.rung != name


def gain(comparison: Comparison, over: str) -> Gain:
    """A comparison with ``over`` as the advice's document has it."""
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
            gain_over_ume=gain(posterior.compare(candidate.name, UME), UME),
            probability=standings[candidate.name].probability if candidate.name in standings else None,
            regret=standings[candidate.name].regret if candidate.name in standings else None,
            seconds=candidate.seconds,
            predicted=candidate.predicted,
            rung=candidate.rung,
        )
        for candidate in probe.candidates
    )


def _better_elsewhere(headline: str, probe: ProbeRecord, posterior: Posterior, among: Sequence[str]) -> str | None:
    """The candidate outside ``among`` that would be advised instead, where one is better by more than .002 nats."""
    others = [candidate.name for candidate in probe.candidates if candidate.name not in among]
    better = [name for name in others if posterior.loss(name) < posterior.loss(headline) - SAME]
    return cheapest_of_the_best(probe, posterior, better) if better else None


def _paired(probe: ProbeRecord) -> PairedSignal | None:
    """The verdict, and what it is of; in a document that has none by the interval of what was gained alone."""
    found, judged = probe.contribution, probe.paired
    if found is None:
        return None
    if judged is not None:
        verdict, kind = judged.verdict, judged.kind
    else:
        interacts = found.interaction.nats.value >= found.additive.nats.value
        verdict = "present" if found.total.nats.low > 0 else "undecided"
        kind = None if verdict != "present" else "interaction" if interacts else "additive"
    return PairedSignal(
        verdict=verdict,
        rung=found.rung,
        nats=found.total.nats.value,
        interval=(found.total.nats.low, found.total.nats.high),
        points=found.total.points.value,
        interaction_nats=found.interaction.nats.value,
        additive_nats=found.additive.nats.value,
        kind=kind or ("not settled" if verdict == "present" else "none seen"),
    )


def _weights(probe: ProbeRecord) -> dict[str, float]:
    return {modality.name: modality.ume_weight for modality in probe.modalities if modality.ume_weight is not None}


def _drop(probe: ProbeRecord) -> tuple[str, ...]:
    """Modalities whose weight in UME is next to nothing beside the largest, but for those that others need."""
    useful = {one.name for one in probe.modalities if one.judged is not None and one.judged.verdict == "useful"}
    weights = _weights(probe)
    largest = max(weights.values(), default=0.0)
    return tuple(name for name, weight in weights.items() if weight < NEGLIGIBLE * largest and name not in useful)
