"""A measurement in sentences, each with a number, of which a screen shows at most five.

What every modality carries, how much is paired, of which kind, what could not be seen, and what joint training leaves
behind. What the verdicts of ``probe.json`` say in words stands in :func:`_carried`, :func:`_paired`, :func:`_kind`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from umlkit.output.rounding import number, plus_minus
from umlkit.output.text import enumerated, printable

if TYPE_CHECKING:
    from umlkit.runs.records.contribution import Contribution, Power
    from umlkit.runs.records.mixing import Reliance
    from umlkit.runs.records.pid import Pid
    from umlkit.runs.records.probe import ModalityEvidence, ProbeRecord
    from umlkit.runs.records.verdict import PairedVerdict

NAMED = 3
"""So many modalities a sentence names; of more it names two and says how many the others are, --explain the rest."""
LONGEST = 24
"""Characters of a name in a table; in a sentence at most :data:`SPOKEN`."""
SPOKEN = 16


@dataclass(frozen=True)
class Sentence:
    """One sentence.

    Attributes:
        said: the sentence.
        about: what it is about, for where there is no room for it.
        weight: of two that do not both fit the one with less is left out.
    """

    said: str
    about: str
    weight: int


def sentences(probe: ProbeRecord) -> list[Sentence]:
    """The sentences in their order.

    A decomposition is there for who asked for it, so others are left out before; but not which gains would have been
    seen, on which a verdict other than ``present`` rests.
    """
    found, achieved = [Sentence(_carried(probe), "what each tells", 6)], probe.contribution
    present = probe.paired is not None and probe.paired.verdict == "present"
    if achieved is not None:
        found.append(Sentence(_paired(probe, achieved), "the gain", 5))
        found.append(Sentence(_kind(probe, achieved), "the gain's kind", 2))
        found += [Sentence(said, "which gains are seen", 1 if present else 4) for said in _seen(achieved, probe)]
    found += [Sentence(_decomposed(probe.pid), "the PID", 3)] if probe.pid else []
    found += [Sentence(_encoders(probe), "what encoders lose", 0)] if probe.deficits else []
    return found


def smallest_seen(power: Power, probe: ProbeRecord) -> str:
    """The smallest gain in nats that so many samples call present in four of five, floor and all."""
    return number(power.detectable_nats + (0.0 if probe.paired is None else probe.paired.floor), 3)


def short(name: str, most: int = SPOKEN) -> str:
    """A name as it fits into a line: printable, with its middle left out where it is long."""
    shown = printable(name)
    return shown if len(shown) <= most else f"{shown[: most - 9]}...{shown[-6:]}"


def reliance_told_of(probe: ProbeRecord) -> Reliance | None:
    """That of r*, else of UME; None where the document is of an older version."""
    rung = "ume" if probe.contribution is None else probe.contribution.rung
    return next((one for one in probe.reliance if one.rung == rung), None)


def _carried(probe: ProbeRecord) -> str:
    """What every modality tells alone, what it is good for, and its share in the model that sees them all."""
    alone = sorted(probe.modalities, key=lambda one: -one.usable_bits.value)
    told = [f"{short(one.name)} {plus_minus(one.usable_bits)}{_good_for(one)}" for one in alone]
    said = f"Bits of the label that each tells alone: {_listed(told, less=_verdicts(alone[NAMED - 1 :]))}"
    used = reliance_told_of(probe)
    if used is None:
        return f"{said}."
    by_share = sorted(used.modalities, key=lambda one: -one.shapley.bits.value)
    shares = [f"{short(one.name)} {plus_minus(one.shapley.bits)}" for one in by_share]
    return f"{said}; that each brings to {used.rung} (Shapley shares): {_listed(shares)}."


def _good_for(one: ModalityEvidence) -> str:
    """The verdict; where that is of what it adds and the bits before this, told alone, are not, "beside the rest"."""
    if one.judged is None:
        return ""
    tells = one.judged.alone.low > 0
    beside = " beside the rest" if (one.judged.verdict, tells) in (("useful", False), ("undecided", True)) else ""
    return f" ({one.judged.verdict}{beside})"


def _paired(probe: ProbeRecord, achieved: Contribution) -> str:
    """The verdict on paired signal, and the gain that it is about."""
    verdict = "" if probe.paired is None else f" is {_verdict(probe.paired, achieved, probe)}"
    nats, points = (plus_minus(one, signed=True) for one in (achieved.total.nats, achieved.total.points))
    chosen = "chosen on other samples (`select`)" if probe.folds == 1 else "chosen on `select` of all folds"
    return (
        f"Paired signal, which only training modalities together reaches,{verdict}: {achieved.rung}, {chosen}, "
        f"gains {nats} nats over {_apart(achieved)} (accuracy {points} points)."
    )


def _apart(achieved: Contribution) -> str:
    """What the gain is over: the recipe's own ensemble, or one with fitted weights."""
    pool = "the pool of models trained apart"
    return f"UME, {pool}" if achieved.ensemble == "ume" else f"{achieved.ensemble}, {pool} with fitted weights"


def _verdict(judged: PairedVerdict, achieved: Contribution, probe: ProbeRecord) -> str:
    """In a word, and why where the interval of the gain alone would have had another."""
    ruled_out = judged.verdict == "not detected" and achieved.total.nats.high >= probe.smallest_effect
    if probe.shifted and judged.head_effect and judged.adjusted.low > 0:
        return f"{judged.verdict} (classes are not as frequent as in training, and to know that gains, too)"
    if judged.head_effect or ruled_out:
        return f"{judged.verdict} (fitting UME's pool costs about {number(judged.floor, 4)} nats)"
    return judged.verdict


def _kind(probe: ProbeRecord, achieved: Contribution) -> str:
    """Of which kind the gain is."""
    if achieved.rung == achieved.additive_rung:
        return f"Of that 0 is interaction: {achieved.rung} is a sum of one function per modality by its make."
    interaction, additive = (plus_minus(one.nats, signed=True) for one in (achieved.interaction, achieved.additive))
    judged = probe.paired
    kind = "" if judged is None or judged.verdict != "present" else f" (kind: {judged.kind or 'not settled'})"
    gap = next((one for one in probe.emap if one.rung == achieved.rung), None)
    closest = "" if gap is None else f"; the sum closest to {achieved.rung} loses {plus_minus(gap.gap.nats)} (EMAP)"
    rest = "is such a sum, yet learned only together"
    if achieved.additive_rung.startswith("unimodal:"):
        rest = f"is what {short(achieved.additive_rung.removeprefix('unimodal:'))} alone has over that pool"
    return (
        f"Of that {interaction} is interaction, which no sum of one function per modality has, and {additive} "
        f"{rest}{kind}{closest}."
    )


def _seen(achieved: Contribution, probe: ProbeRecord) -> list[str]:
    """Whom the interval is of; unless present, which gain is seen, floor and all, and what would settle an open one."""
    if achieved.power is None:
        return []
    said = "That is of these very models"
    if achieved.another_seed is not None:
        expected, needed = achieved.another_seed.total.nats, achieved.power.seeds_for_sign
        settled = expected.low > 0 or expected.high < 0 or needed is None or needed <= len(probe.seeds)
        more = "" if settled else f", which about {needed} seeds would tell from none"
        said += f" (of another seed's expect {plus_minus(expected, signed=True)}{more})"
    if probe.paired is not None and probe.paired.verdict == "present":
        seeds = enumerated([str(seed) for seed in probe.seeds])
        return [f"{said}, trained with {'seed' if len(probe.seeds) == 1 else 'seeds'} {seeds}."]
    said += f"; so many samples see gains of {smallest_seen(achieved.power, probe)} nats or more (four times of five)"
    settled = probe.paired is not None and probe.paired.verdict != "undecided"
    return [f"{said}{'' if settled else _settled(achieved, probe)}."]


def _settled(achieved: Contribution, probe: ProbeRecord) -> str:
    """The fewer samples of those that see this gain beyond the floor and those that so see the smallest effect."""
    power, gain = achieved.power, achieved.total.nats if probe.paired is None else probe.paired.adjusted
    for_sign = power.samples_for_sign if power is not None and gain.low <= 0 <= gain.high else None
    for_effect = None if power is None else power.samples_for_effect
    if for_sign is not None and (for_effect is None or for_sign <= for_effect):
        return f", and to tell this one from none takes about {_about(for_sign, probe)}"
    if for_effect is None:
        return ""
    return f", and to see one of {probe.smallest_effect:g} takes about {_about(for_effect, probe)}"


def _encoders(probe: ProbeRecord) -> str:
    """What encoders lose by joint training: the modality laziness of the paper where it is above 0."""
    ordered = sorted(probe.deficits, key=lambda one: -one.deficit.bits.value)
    lost = [f"{short(one.modality)}'s {plus_minus(one.deficit.bits)}" for one in ordered]
    shortened = " (cut short, to a sixth of the epochs)" if probe.budget == "short" else ""
    return f"Bits that encoders lose by training jointly{shortened} instead of alone: {_listed(lost)}."


def _decomposed(pids: tuple[Pid, ...]) -> str:
    """What two modalities tell alike, alone and only together; of several pairs the one with the most synergy."""
    pid = max(pids, key=lambda one: -1.0 if one.synergy is None else one.synergy.bits)
    first, second = (short(name) for name in pid.modalities)
    others = f" (of {len(pids)} pairs; the others with --explain)" if len(pids) > 1 else ""
    if pid.redundant is None or pid.unique is None or pid.synergy is None:
        return f"No decomposition (PID) of {first} and {second}: {pid.reason}{others}."
    parts = [("both", pid.redundant), *zip((f"{first} alone", f"{second} alone"), pid.unique, strict=True)]
    said = ", ".join(f"{who} {amount.bits:+.3f}" for who, amount in [*parts, ("synergy", pid.synergy)])
    return (
        f"PID of {pid.clusters} clusters each, bits beyond what shuffled labels show: {said} "
        f"(chance shows {pid.synergy.chance_bits:.3f} of synergy){others}."
    )


def _listed(said: list[str], *, less: str = "") -> str:
    """``a, b and c``; ``a, b and 3 others less`` where they are many, with what else is said of those."""
    if len(said) > NAMED:
        return f"{', '.join(said[: NAMED - 1])} and {len(said) - NAMED + 1} others less{less}"
    return enumerated(said)


def _verdicts(others: list[ModalityEvidence]) -> str:
    """What those are good for that are not named one by one; the useful by name where these are few."""
    of_verdict: dict[str, list[str]] = {}
    for one in others:
        if one.judged is not None:
            of_verdict.setdefault(one.judged.verdict, []).append(short(one.name))
    said = [
        f"{verdict}: {enumerated(names) if verdict == 'useful' and len(names) < NAMED else len(names)}"
        for verdict, names in of_verdict.items()
    ]
    return f" ({', '.join(said)})" if said else ""


def _about(count: int, probe: ProbeRecord) -> str:
    """A count of samples to two digits; where groups are what uncertainty goes over, more of one group are no help."""
    groups = " in groups like these" if probe.unit == "groups" else ""
    return f"{round(count, -max(0, len(str(count)) - 2)):,}{groups}"
