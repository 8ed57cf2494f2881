"""A measurement and an advice as a person reads them: a ladder, and sentences (:mod:`umlkit.cli.findings`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Self

from umlkit.cli.findings import LONGEST, NAMED, Sentence, sentences, short
from umlkit.output import Output, wrapped
from umlkit.output.rounding import decimals, half_width, number
from umlkit.output.text import enumerated

if TYPE_CHECKING:
    from rich.table import Table

    from umlkit.runs.records.advice import AdviceRecord
    from umlkit.runs.records.probe import ProbeRecord, Rung

LINES = 30
HEADER = 2
BAR = 10
SINGLE = "unimodal:"
MOST = 5
"""Sentences; what else there is to say stands in the last line by its name."""
UNEQUAL = 1.5  # largest class over smallest from which balanced accuracy says something of its own


def show_probe(output: Output, probe: ProbeRecord) -> None:
    """One screen to stdout: the ladder, what its columns are, at most five sentences; why there is none, where so.

    At most 30 lines of 80 columns. Where the ladder would not fit, the single modalities that tell least share a line;
    where that is too little, sentences are left out, which the last line says.
    """
    if output.json:
        return
    if not probe.measured:
        output.result_text(wrapped(f"Not measured: {probe.reason}."))
        return
    room, below = _fitting(probe)
    output.result_text(ladder_table(probe, rows=room))
    output.result_text("\n".join(below))


def _fitting(probe: ProbeRecord) -> tuple[int, list[str]]:
    """Rows for the ladder, and what stands below it: of the sentences at most five, those that fit, by weight."""
    told = sentences(probe)
    lightest = sorted(told, key=lambda one: one.weight)
    single = sum(rung.name.startswith(SINGLE) for rung in probe.ladder)
    tight = len(probe.ladder) - single + min(single, 1)
    wide = len(probe.ladder) - single + min(single, NAMED)  # modalities with a line each, if for that one sentence goes
    leavings = range(2 ** (len(told) - 1))  # in binary: which ones, so that the heaviest stay longest
    for rows, leaving in (*((wide, leaving) for leaving in leavings[:2]), *((tight, leaving) for leaving in leavings)):
        gone = [one for bit, one in enumerate(lightest) if leaving >> bit & 1]
        said = [one.said for one in told if one not in gone]
        below = [wrapped(line) for line in (legend(probe), *said, *_left_out(gone))]
        room = LINES - HEADER - sum(text.count("\n") + 1 for text in below)
        if room >= rows and len(said) <= MOST:
            break
    return room, below


def _left_out(gone: Sequence[Sentence]) -> list[str]:
    return [f"Left out: {enumerated([one.about for one in gone])} (probe --explain, --json)."] if gone else []


def show_advice(output: Output, advice: AdviceRecord, *, full: bool = False) -> None:
    """The advice in two sentences, and what would be better still, if anything; with ``full`` all it has to say."""
    output.result_text("\n".join(wrapped(sentence) for sentence in advice.headline_sentences))
    further = advice.sentences if full else advice.sentences[: advice.first]
    for sentence in further:
        output.result_text(wrapped(sentence, bullet="- "))


def show_explained(output: Output, probe: ProbeRecord) -> None:
    """How each figure came about and where it comes from, to stdout: its name, a few lines, the source."""
    from umlkit.cli.explaining import explained

    for one in explained(probe):
        lines = [one.how, *([f"Source: {one.source}."] if one.source else [])]
        output.result_text("\n".join(["", wrapped(one.figure), *(wrapped(line, bullet="  ") for line in lines)]))


def ladder_table(probe: ProbeRecord, *, rows: int) -> Table:
    """The ladder: a rung a line with accuracy, log-loss in nats, usable bits, and a bar of them.

    Balanced accuracy stands beside accuracy where classes are unequal. A full bar is all there is to know, H(Y). Losses
    and bits have as many decimals as the usual interval in their column supports.

    Args:
        probe: measured.
        rows: where there are more rungs, the single modalities that tell least share a line.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    unequal = _unequal(probe.class_counts)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("rung", no_wrap=True)
    for title in ("acc", *(("bal",) if unequal else ()), "loss", "bits", "±"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    shown = Columns.of(probe)
    shared = _sharing(probe, rows)
    for rung in probe.ladder:
        if rung not in shared:
            table.add_row(*(Text(cell) for cell in shown.row(rung, unequal=unequal)))
        elif rung is shared[0]:
            table.add_row(*(Text(cell) for cell in shown.shared(shared, unequal=unequal)))
    return table


@dataclass(frozen=True)
class Columns:
    """How the numbers of a ladder are shown.

    Attributes:
        loss, bits: decimals.
        entropy_bits: H(Y).
    """

    loss: int
    bits: int
    entropy_bits: float

    @classmethod
    def of(cls, probe: ProbeRecord) -> Self:
        """By the median of the intervals in each column."""
        loss, bits = (
            decimals(median([half_width(getattr(rung, name)) for rung in probe.ladder] or [0.0]))
            for name in ("log_loss", "usable_bits")
        )
        return cls(loss, bits, probe.entropy_nats / math.log(2))

    def row(self, rung: Rung, *, unequal: bool) -> list[str]:
        """The cells of a rung."""
        bits = rung.usable_bits
        return [
            short(rung.name, LONGEST),
            f"{rung.accuracy:.3f}",
            *([f"{rung.balanced_accuracy:.3f}"] if unequal else []),
            number(rung.log_loss.value, self.loss),
            number(bits.value, self.bits),
            number(half_width(bits), self.bits) if half_width(bits) else "",
            _bar(bits.value, self.entropy_bits),
        ]

    def shared(self, rungs: Sequence[Rung], *, unequal: bool) -> list[str]:
        """The cells of the line of several single modalities: how many, and the bits of the best of them."""
        most = max(rung.usable_bits.value for rung in rungs)
        name = f"{len(rungs)} modalities, each"
        return [name, *([""] * (3 if unequal else 2)), f"<= {number(most, self.bits)}", "", ""]


def _sharing(probe: ProbeRecord, rows: int) -> list[Rung]:
    """The rungs that share a line, in the ladder's order: so many of the least telling that the rest fit."""
    single = [rung for rung in probe.ladder if rung.name.startswith(SINGLE)]
    over = len(probe.ladder) - rows
    if over <= 0 or not single:
        return []
    least = sorted(single, key=lambda rung: rung.usable_bits.value)[: over + 1]
    return [rung for rung in single if rung in least]


def _bar(bits: float, entropy_bits: float) -> str:
    share = bits / entropy_bits if entropy_bits > 0 else 0.0
    return "#" * round(BAR * min(1.0, max(0.0, share)))


def _unequal(counts: tuple[int, ...]) -> bool:
    return bool(counts) and max(counts) > UNEQUAL * min(counts)


def legend(probe: ProbeRecord) -> str:
    """What the columns are, and what they were read on."""
    over = f"{probe.n_probe} held-out samples"
    if probe.n_effective is not None:
        over += f" (weighted, worth {round(probe.n_effective)} equal ones)"
    if probe.folds > 1:
        over += f" in {probe.folds} folds, each by models trained without it"
    if probe.unit == "groups":
        over += f" in {probe.groups} groups"
    of = "over groups" if probe.unit == "groups" else "over samples"
    within = ", within these groups only" if probe.within_groups else ""
    if probe.within_groups and probe.folds == 1:
        within += ", not for new ones"
    entropy = number(probe.entropy_nats / math.log(2), 2)
    told = f"what a rung tells of the label, of {entropy} in all"
    if probe.shifted:
        told = f"what a rung tells beyond training's class frequencies ({entropy} in all), which are not those here"
    return f"Read on {over}; loss: log-loss in nats; bits: {told}; ±: half a 95% interval {of}{within}."
