"""The decision: which way of training to recommend, from one probe record and nothing else.

The headline is the candidate with the lowest expected log-loss. Between UME and UMT the sign alone decides; where the
choice is wider, or another rung stands for UMT, those within .002 nats of the lowest count as equal, and the one that
costs the least training wins (a candidate that another rung stands for costs more than any that was trained: its own
training is not known). How sure that is does not enter the choice, it is stated beside it. Where nothing was
measured the headline is UME, without a probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from umlkit.advise import among as names_among
from umlkit.advise import paper
from umlkit.advise.among import HEADLINES, UME
from umlkit.advise.findings import Findings, cheapest_of_the_best, find, gain, stands_for_another
from umlkit.advise.posterior import Posterior
from umlkit.advise.sentences import (
    SURE,
    changing_sentences,
    headline_sentences,
    not_measured_sentences,
    other_sentences,
)
from umlkit.runs.records.advice import AdviceRecord
from umlkit.runs.records.probe import ProbeRecord

Rule = Literal["posterior", "paper"]


def advise(probe: ProbeRecord, *, among: Sequence[str] = HEADLINES, rule: Rule = "posterior") -> AdviceRecord:
    """The recommendation that ``probe`` supports.

    Args:
        probe: a measurement, or the record that there is none.
        among: names of candidates that may become the headline; ``("all",)`` for every one that was measured.
        rule: ``posterior`` (the lowest expected log-loss), or ``paper`` (the paper's guide; between ume and umt).

    Raises:
        InputError: a name that was not measured, or a rule that the measurement cannot answer.
    """
    if not probe.measured:
        return _unmeasured(probe, names_among.known(among), rule)
    names = names_among.measured(among, probe)
    posterior = Posterior(probe)
    if rule == "paper":
        names_among.require_both(names)
        compared = paper.compared(probe)
        findings = find(probe, posterior, among=names, headline=paper.choice(compared), paper=compared)
    else:
        chosen = lowest_loss(probe, posterior, names)
        findings = find(probe, posterior, among=names, headline=chosen, paper=None)
    return _record(findings, names, rule)


def lowest_loss(probe: ProbeRecord, posterior: Posterior, names: Sequence[str]) -> str:
    """UMT if and only if its expected loss is below UME's; in a wider choice the cheapest of the best.

    So too where another rung stands for UMT: one that shrinks to UME is never exactly it.
    """
    if set(names) <= set(HEADLINES) and not any(stands_for_another(probe, name) for name in names):
        return min(names, key=lambda name: (posterior.loss(name), name != UME))
    return cheapest_of_the_best(probe, posterior, names)


def _record(findings: Findings, names: tuple[str, ...], rule: Rule) -> AdviceRecord:
    over, comparison, standing = findings.rival, findings.comparison, findings.standing
    better = changing_sentences(findings)
    return AdviceRecord(
        name=findings.probe.name,
        probe=findings.probe.fingerprint,
        measured=True,
        budget=findings.probe.budget,
        predicted=bool(findings.predicted),
        rule=rule,
        among=names,
        headline=findings.headline,
        probability=standing.probability,
        unsure=standing.probability < SURE,
        gain=None if comparison is None or over is None else gain(comparison, over),
        regret=standing.regret,
        candidates=tuple(findings.candidates),
        better=findings.better,
        paired=findings.paired,
        paper=findings.paper,
        weights=dict(findings.weights),
        drop=findings.drop,
        within_groups=findings.probe.within_groups,
        headline_sentences=headline_sentences(findings),
        sentences=(*better, *other_sentences(findings)),
        first=len(better),
    )


def _unmeasured(probe: ProbeRecord, among: tuple[str, ...], rule: Rule) -> AdviceRecord:
    return AdviceRecord(
        name=probe.name,
        probe=probe.fingerprint,
        measured=False,
        budget=probe.budget,
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
