"""``--explain``: how each figure of a measurement came about, in a few lines, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from umlkit.cli.findings import reliance_told_of, smallest_seen
from umlkit.output.rounding import number, plus_minus

if TYPE_CHECKING:
    from umlkit.runs.records.probe import ProbeRecord

DU = "Du et al., ICML 2023, arXiv 2305.01233"
RUNGS = {
    "prior": "class frequencies of the training samples; sees no input.",
    "unimodal:": f"one modality's model, trained alone until `select` no longer improves ({DU}); an encoder `auto` is "
    "the one with the lowest `select` loss alone, the cheapest where that is a tie.",
    "ume": f"Uni-Modal Ensemble ({DU}): the uni-modal models, their predictions pooled as methods.ume.pool says, "
    "by default with a weight for the log-probabilities of each, fitted on `select` (ours).",
    "ume-tuned": "a pool with fitted weights beside that of the recipe, which has others: what fitting them gains is "
    "not paired. Gains are over the better of the two on `select`; frozen heads and kernels build on this one.",
    "frozen-": "a head on the frozen uni-modal features, added to the logits of UME (of ume-tuned if there is one), "
    "fitted on `select`; where it finds nothing it is that pool.",
    "kernel": "kernel ridge regression of what that pool leaves unexplained; `kernel-additive` sums one kernel per "
    "modality, `kernel` adds products of them, so that it can mix modalities (ours; the ANOVA kernel is of Durrande et "
    "al., arXiv 1106.3571). How much of it is the sum is chosen by what is explained of training samples left out.",
    "joint": "all encoders trained at once under one head; `joint-additive` under a linear one, which cannot mix.",
    "residual": "a network trained on what the recipe's frozen UME leaves, added to its logits (ours).",
    "umt": f"Uni-Modal Teacher ({DU}): joint training, every encoder pulled towards its frozen uni-modal teacher.",
}
"""What a rung is, by the start of its name."""
PAPER = {
    "ume-prob-mean": "the mean of the uni-modal models' probabilities",
    "paper-train": "a linear head on frozen features, fitted on training samples and stopped on `select`",
    "paper-select": "the same head fitted on `select`, begun at that mean",
}


@dataclass(frozen=True)
class Explained:
    """One figure.

    Attributes:
        figure: its name on the screen or in ``probe.json``.
        how: how it came about.
        source: where it comes from; empty for what is ours or everybody's.
    """

    figure: str
    how: str
    source: str = ""


def explained(probe: ProbeRecord) -> Iterator[Explained]:
    """Every figure that this measurement has, in the order of the screen."""
    if not probe.measured:
        yield Explained("not measured", f"{probe.reason}.")
        return
    for part in (_columns, _rungs, _modalities, _paired, _mixed, _encoders, _decomposed, _paper):
        yield from part(probe)


def _columns(probe: ProbeRecord) -> Iterator[Explained]:
    units = f"{probe.groups} groups, each left out in turn" if probe.unit == "groups" else f"{probe.n_probe} samples"
    yield Explained(
        "acc, bal",
        "Share of `probe` samples whose most probable class is right; bal, shown where classes are unequal, is the "
        "mean over classes of that share.",
    )
    yield Explained(
        "loss",
        "Mean of -log p(label) in nats (1 nat = 1.44 bits), after a model's logits were divided by one temperature, "
        "fitted on `select`.",
        "Guo et al., ICML 2017, arXiv 1706.04599",
    )
    yield Explained(
        "bits",
        "Usable information: the prior's loss on the same samples less that of the rung, in bits.",
        "Xu et al., ICLR 2020, arXiv 2002.10689",
    )
    yield Explained(
        "±",
        f"Half of a 95% t interval over {units}, paired sample by sample. In a sentence a number has as many decimals "
        "as two digits of its half-width take, in the ladder all of a column have those of its median half-width; at "
        "most four.",
    )
    if probe.folds > 1:
        yield Explained(
            "folds",
            f"Too few samples for two held-out roles, so everything was trained {probe.folds} times without a part, "
            "and read on that part.",
        )


def _rungs(probe: ProbeRecord) -> Iterator[Explained]:
    names = [rung.name for rung in probe.ladder]
    starts = {name: max((s for s in RUNGS if name.startswith(s)), key=len, default="") for name in names}
    for start, how in RUNGS.items():
        if here := [name for name in names if starts[name] == start]:
            yield Explained(", ".join(here), how)
    if probe.budget != "full":
        yield Explained(
            f"budget {probe.budget}",
            "quick trains no network beyond the uni-modal ones; short also joint, residual and umt, once each and for "
            "a sixth of the epochs; full everything in full.",
        )


def _modalities(probe: ProbeRecord) -> Iterator[Explained]:
    for one in probe.modalities:
        if one.judged is not None:
            yield Explained(
                f"{one.name} is {one.judged.verdict}",
                f"It tells {plus_minus(one.judged.alone)} nats alone and {plus_minus(one.judged.given_rest)} given the "
                f"rest: the loss of {_without(probe, one.judged.rung)}, less that of {one.judged.rung}. Useful: the "
                f"latter's interval lies above 0 and reaches {probe.smallest_effect:g}. Redundant: it does not, and so "
                "many samples would have seen that much; useless: nor does the former."
                + (" It is the same in every sample of training and validation." if one.judged.constant else ""),
            )
    used = reliance_told_of(probe)
    if used is not None:
        parts = "; ".join(
            f"{m.name}: without it {plus_minus(m.reliance.bits, signed=True)}, share {plus_minus(m.shapley.bits)}, of "
            f"that by interaction {plus_minus(m.interaction.bits)}"
            for m in used.modalities
        )
        yield Explained(
            f"what {used.rung} owes to each modality, bits",
            f"{parts}. What the model is not to know is averaged over other samples, never set to zero; the shares sum "
            f"to {plus_minus(used.total.bits)}, from knowing nothing to knowing all.",
            "Shapley, 1953; Covert et al., NeurIPS 2020, arXiv 2004.00668",
        )


def _without(probe: ProbeRecord, rung: str) -> str:
    """How one does without a modality: by the others' models, or one that mixes has it averaged out."""
    mixes = not rung.startswith("ume") and not probe.shifted and any(one.rung == rung for one in probe.reliance)
    ways = ["a pool of the others, fitted anew", "one of these alone", *([f"{rung} with it averaged out"] * mixes)]
    return f"{', '.join(ways[:-1])} or {ways[-1]}, whichever is best on `select`"


def _rivals(probe: ProbeRecord) -> str:
    """Which rungs the gain may be read from, see :func:`umlkit.probe.contribution.best_rival`."""
    said = "all that see the modalities together"
    return said if probe.budget == "quick" and not probe.shifted else f"{said} but the heads on frozen features"


def _paired(probe: ProbeRecord) -> Iterator[Explained]:
    found = probe.contribution
    if found is None:
        return
    yield Explained(
        "gain over UME",
        f"Loss of {found.ensemble} less that of {found.rung}, which had the lowest `select` loss of "
        f"{_rivals(probe)}: {plus_minus(found.total.nats, signed=True)} nats. The best additive model on `select` was "
        f"{found.additive_rung}; the loss between it and {found.rung} is interaction, the rest additive.",
    )
    if probe.paired is not None:
        yield Explained(
            f"paired signal {probe.paired.verdict}",
            f"Present: the gain less a floor of {number(probe.paired.floor, 4)} nats, about what fitting UME's pool "
            f"costs, lies above 0 with its interval; not detected: below {probe.smallest_effect:g} nats "
            "(probe.smallest_effect), with an interval at least as wide as a gain of that size would have: models that "
            "found nothing agree to the last digit, which does not show that there is nothing; else undecided."
            + " As classes are not as frequent as in training, only interaction is called present, and nothing is "
            "ruled out." * probe.shifted,
        )
    if len(found.mcnemar) == 1:
        counts = found.mcnemar[0]
        yield Explained(
            "accuracy points",
            f"{found.ensemble} alone has {counts.ume_only} samples right, {found.rung} alone {counts.rival_only}: "
            f"McNemar mid-p {_p(counts.mid_p)}.",
            "Fagerland, Lydersen & Laake, BMC Med. Res. Methodol. 13:91, 2013",
        )
    if found.power is not None:
        yield Explained(
            "what so many samples see",
            f"Gains of {smallest_seen(found.power, probe)} nats: the smallest that would be called present in four of "
            "five such sets of samples. It is the floor, and what would be told from 0 at 5%, from the spread of the "
            "differences or that of such a gain, whichever is more.",
        )


def _mixed(probe: ProbeRecord) -> Iterator[Explained]:
    if gaps := [f"{one.rung} {plus_minus(one.gap.nats, signed=True)}" for one in probe.emap if not one.additive]:
        yield Explained(
            "EMAP",
            "Loss of the sum of one function per modality that is closest to a model, less its own, in nats: "
            f"{'; '.join(gaps)}. About 0: the model mixes nothing, however it had to be trained.",
            "Hessel & Lee, EMNLP 2020, arXiv 2010.06572",
        )


def _encoders(probe: ProbeRecord) -> Iterator[Explained]:
    if probe.deficits:
        parts = "; ".join(f"{one.modality} {plus_minus(one.deficit.bits, signed=True)}" for one in probe.deficits)
        yield Explained(
            "encoders trained jointly",
            "Logistic regression on `select` features of the uni-modal encoder and of the joint model's, bits of the "
            f"first less those of the second: {parts}. Above 0 it is modality laziness.",
            DU,
        )


def _decomposed(probe: ProbeRecord) -> Iterator[Explained]:
    for pid in probe.pid:
        figure = f"PID of {' and '.join(pid.modalities)}"
        if pid.redundant is None or pid.unique is None or pid.synergy is None:
            yield Explained(figure, f"None: {pid.reason}.")
            continue
        yield Explained(
            figure,
            f"Redundant {pid.redundant.bits:+.3f}, unique {pid.unique[0].bits:+.3f} and {pid.unique[1].bits:+.3f}, "
            f"synergy {pid.synergy.bits:+.3f} bits, on {pid.clusters} clusters of each one's features, less what "
            "shuffled labels show. It advises nothing: synergy is not what only joint training learns.",
            "Williams & Beer, arXiv 1004.2515; Liang et al., arXiv 2302.12247",
        )


def _paper(probe: ProbeRecord) -> Iterator[Explained]:
    rows = {row.name: row for row in reversed(probe.paper)}
    parts = [f"{name} {rows[name].accuracy:.3f}, {what}" for name, what in PAPER.items() if name in rows]
    if parts:
        yield Explained(
            "the paper's guide, as we read its abstract",
            f"Accuracy of {'; '.join(parts)}. The guide takes UMT where the better head beats the mean, else UME "
            "(advise --rule paper). None is a rung.",
            DU,
        )


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "below .001"
