"""A measurement and an advice as a person reads them: the ladder in at most 80 columns, the rest as sentences."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from umlkit.output import Output, printable

if TYPE_CHECKING:
    from rich.table import Table

    from umlkit.runs.records.advice import AdviceRecord
    from umlkit.runs.records.common import Estimate
    from umlkit.runs.records.pid import Pid
    from umlkit.runs.records.probe import Contribution, Deficit, ProbeRecord, Rung

WIDTH = 80
BAR = 10
NAME = 24
UNEQUAL = 1.5  # largest class over smallest from which balanced accuracy says something of its own


def show_probe(output: Output, probe: ProbeRecord) -> None:
    """The ladder, the paired contribution and the encoder deficits, to stdout; why there are none, where so."""
    if output.json:
        return
    if not probe.measured:
        output.result_text(wrapped(f"Not measured: {probe.reason}."))
        return
    output.result_text(ladder_table(probe))
    lines = [_scope(probe), *(_deficit(deficit) for deficit in probe.deficits), *(_pid(pid) for pid in probe.pid)]
    if probe.contribution is not None:
        lines[1:1] = [_contribution(probe.contribution), _certainty(probe.contribution)]
    output.result_text("\n".join(wrapped(line) for line in lines))


def _pid(pid: Pid) -> str:
    """What two modalities tell alike, alone and only together, in bits, beside what chance shows."""
    first, second = pid.modalities
    if pid.redundant is None or pid.unique is None or pid.synergy is None:
        return f"No decomposition (PID) of {first} and {second}: {pid.reason}."
    parts = [("both", pid.redundant), *zip((f"{first} alone", f"{second} alone"), pid.unique, strict=True)]
    said = ", ".join(f"{who} {amount.bits:+.3f}" for who, amount in [*parts, ("synergy", pid.synergy)])
    return (
        f"PID of {pid.clusters} clusters each, bits beyond what shuffled labels show: {said} "
        f"(chance shows {pid.synergy.chance_bits:.3f} of synergy)."
    )


def show_advice(output: Output, advice: AdviceRecord, *, full: bool = False) -> None:
    """The advice in two sentences, and that another way was better where one was; with ``full`` all it has to say."""
    output.result_text("\n".join(wrapped(sentence) for sentence in advice.headline_sentences))
    further = advice.sentences if full else advice.sentences[: 0 if advice.better is None else 1]
    for sentence in further:
        output.result_text(wrapped(sentence, bullet="- "))


def wrapped(sentence: str, *, bullet: str = "") -> str:
    """A sentence in lines of at most 80 columns; what user names hold stays on them, control characters escaped."""
    return textwrap.fill(printable(sentence), WIDTH, initial_indent=bullet, subsequent_indent=" " * len(bullet))


def ladder_table(probe: ProbeRecord) -> Table:
    """The ladder: a rung a line with accuracy, log-loss in nats, usable bits with their interval, and a bar of them.

    Balanced accuracy stands beside accuracy where classes are unequal. A full bar is all there is to know, H(Y).
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    unequal = _unequal(probe.class_counts)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("rung", overflow="fold", max_width=NAME)
    for title in ("acc", *(("bal",) if unequal else ()), "loss", "bits", "95%"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for rung in probe.ladder:
        table.add_row(*(Text(cell) for cell in _row(rung, probe.entropy_nats / math.log(2), unequal=unequal)))
    return table


def _row(rung: Rung, entropy_bits: float, *, unequal: bool) -> list[str]:
    bits = rung.usable_bits
    return [
        printable(rung.name),
        f"{rung.accuracy:.3f}",
        *([f"{rung.balanced_accuracy:.3f}"] if unequal else []),
        f"{rung.log_loss.value:.3f}",
        f"{bits.value:.2f}",
        f"{bits.low:.2f} to {bits.high:.2f}",
        _bar(bits.value, entropy_bits),
    ]


def _bar(bits: float, entropy_bits: float) -> str:
    share = bits / entropy_bits if entropy_bits > 0 else 0.0
    return "#" * round(BAR * min(1.0, max(0.0, share)))


def _unequal(counts: tuple[int, ...]) -> bool:
    return bool(counts) and max(counts) > UNEQUAL * min(counts)


def _scope(probe: ProbeRecord) -> str:
    over = f"{probe.n_probe} held-out samples"
    if probe.folds > 1:
        over += f" in {probe.folds} folds, each by models trained without it"
    if probe.unit == "groups":
        over += f" in {probe.groups} groups, intervals over groups"
    within = "; intervals hold within these groups only, not for new ones" if probe.within_groups else ""
    entropy = probe.entropy_nats / math.log(2)
    equal = None if probe.n_effective is None else round(probe.n_effective)
    weighed = "" if equal is None else f" Weighted, they tell as much as {equal} equal ones would."
    return f"Read on {over}{within}.{weighed} Bits are usable information of H(Y) = {entropy:.2f}; loss in nats."


def _contribution(found: Contribution) -> str:
    nats, bits, points = found.total.nats, found.total.bits.value, found.total.points.value
    mid_p = f" (McNemar mid-p {_p(found.mcnemar[0].mid_p)})" if len(found.mcnemar) == 1 else ""
    return (
        f"Beyond UME: of the rungs that train modalities together `select` chose {found.rung}; it gained "
        f"{_with_interval(nats)} nats ({bits:+.3f} bits) and {points:+.1f} points{mid_p}: "
        f"{_with_interval(found.interaction.nats)} by interaction, {_with_interval(found.additive.nats)} jointly "
        f"learned yet additive."
    )


def _certainty(found: Contribution) -> str:
    """Whom the interval is of, and what these samples can see."""
    said = "That interval is of these very models"
    if found.another_seed is not None:
        said += f"; of another seed's models, too: {_with_interval(found.another_seed.total.nats)} nats"
    if found.power is None or found.total.nats.low == found.total.nats.high:
        return f"{said}."
    said += f". So many samples see {found.power.detectable_nats:.3f} nats or more four times of five"
    open_sign = found.total.nats.low <= 0 <= found.total.nats.high
    needed = found.power.samples_for_sign
    if open_sign and needed is not None:
        said += f"; to settle the sign of {found.total.nats.value:+.3f} takes about {_about(needed)}"
    return f"{said}."


def _about(count: int) -> str:
    """A count to two digits."""
    digits = max(0, len(str(count)) - 2)
    return f"{round(count, -digits):,}"


def _with_interval(estimate: Estimate) -> str:
    if estimate.low == estimate.high == 0:  # the same rung on both sides, so exactly nothing
        return "none"
    return f"{estimate.value:+.3f} ({estimate.low:+.3f} to {estimate.high:+.3f})"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "below .001"


def _deficit(found: Deficit) -> str:
    """The sign is that of a gain: below 0 the encoder tells less after joint training than after training alone."""
    deficit = found.deficit.bits
    low, value, high = (0.0 - number for number in (deficit.high, deficit.value, deficit.low))
    return (
        f"Encoder of {found.modality}: trained jointly less trained alone, it tells {value:+.3f} bits "
        f"({low:+.3f} to {high:+.3f})."
    )
