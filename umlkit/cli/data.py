"""``umlkit data``: check and describe the data of a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umlkit.cli.invocation import Invocation, shared_options
from umlkit.errors import listed
from umlkit.output import wrapped

if TYPE_CHECKING:
    from umlkit.output import Output
    from umlkit.runs.records.data import DataRecord, ModalityEntry

ROLES = ("train", "select", "probe", "test")
SHOWN_CLASSES = 40


@shared_options(without=("force", "dry_run", "max_minutes"))
def command(call: Invocation) -> None:
    """Check and describe the data: modalities, classes, missing values, samples repeated across splits. Writes nothing.

    Takes the options of the other steps, and checks them too, so that a script may give all steps the same.

    Examples:

      umlkit data digits

      umlkit data mydata.npz --label y

      umlkit data mydata.csv --label diagnosis --groups patient --json
    """
    loaded = call.load()

    from umlkit.data.describe import describe
    from umlkit.data.reading import read
    from umlkit.data.roles import assign
    from umlkit.data.weights import weigh
    from umlkit.runs.layout import RunDirectory

    RunDirectory(call.run_directory(loaded)).check()
    dataset = read(loaded)
    roles = assign(dataset, loaded.recipe.data.split)
    record = describe(dataset, roles, weigh(dataset, roles, loaded.recipe.train.class_weight))
    call.output.result_json(record.document())
    _show(call.output, record, reference=call.shown)
    for line in record.warnings:
        call.output.warn(line)


def _show(output: Output, record: DataRecord, *, reference: str) -> None:
    """One screen: how the file was read, the modalities, the classes by role, and whether a measurement is possible."""
    output.result_text("\n".join(wrapped(line) for line in record.reading))
    output.table(
        f"{record.name}: {record.samples} samples",
        ("modality", "kind", "a sample", "type", "values", "missing", "constant"),
        [_modality_row(entry) for entry in record.modalities],
    )
    titles = ("class", "samples", *ROLES, *(("weight",) if _weighted(record) else ()))
    output.table(f"{record.label}: {len(record.classes)} classes", titles, _class_rows(record))
    if record.groups_by_role is not None:
        counts = ", ".join(f"{role} {getattr(record.groups_by_role, role)}" for role in ROLES)
        output.result_text(wrapped(f"Groups: {record.groups} ({counts})"))
    found = [*_repeats(record), *_constants(record), *_leaks(record), *_notes(record)]
    output.result_text("\n".join(wrapped(line) for line in found))
    measurable = f"Measurable: {_measurable(record, reference)}"
    output.result_text(measurable if len(record.modalities) == 1 else wrapped(measurable))  # that one has a command


def _modality_row(entry: ModalityEntry) -> list[str]:
    values = "" if entry.range is None else f"{entry.range[0]:.4g} to {entry.range[1]:.4g}"
    kind_of_value = "text" if entry.range is None and not entry.shape else entry.dtype
    constant = f"{len(entry.constant)} columns" if entry.constant else "-"
    return [entry.name, entry.kind, entry.sample, kind_of_value, values, str(entry.missing), constant]


def _repeats(record: DataRecord) -> list[str]:
    """Samples that occur twice, exactly or nearly."""
    lines = [f"Repeated samples: {record.duplicates}"]
    for found in record.near_duplicates:
        if found.example is not None:
            share = f"{found.count} of {found.checked} samples of {found.part}"
            pair = f"the nearest pair is {found.example[0]!r} and {found.example[1]!r}"
            lines.append(f"Near repeats: {share} nearly repeat a training sample ({pair}): figures may flatter")
    if record.near_duplicates and not any(found.count for found in record.near_duplicates):
        lines.append("Near repeats of training samples in validation or test: none")
    return lines


def _constants(record: DataRecord) -> list[str]:
    return [
        f"Constant among the training samples, so of no use: {listed(entry.constant)} of {entry.name}"
        for entry in record.modalities
        if entry.constant
    ]


def _leaks(record: DataRecord) -> list[str]:
    return [
        f"Suspicion of a leak: column {leak.column} of {leak.modality} alone tells the label of {leak.right:.1%} of "
        f"the training samples (the largest class has {leak.usual:.1%}). Was it written after the label?"
        for leak in record.leaks
    ]


def _measurable(record: DataRecord, reference: str) -> str:
    """How, or why not; the reason says by itself that it is one."""
    if len(record.modalities) == 1:
        return (
            "no, one modality has nothing to be compared with. Divide its columns among several, or: "
            f"umlkit train {reference} --method unimodal"
        )
    if record.reason is not None:
        return f"no, {record.reason.removeprefix('not measurable ')}"
    if record.folds == 1:
        return "yes"
    from umlkit.data.crossfit import said

    return said(record.folds, record.roles.train + record.roles.select)


def _notes(record: DataRecord) -> list[str]:
    """What models will not know or not read of the samples of a role."""
    return [f"In {note.role}, {note.modality}: {note.text}" for note in record.notes]


def _class_rows(record: DataRecord) -> list[list[str]]:
    rows = [
        [
            entry.name,
            str(entry.samples),
            *(str(getattr(entry.by_role, role)) for role in ROLES),
            *(() if entry.weight is None else (f"{entry.weight:.3g}",)),
        ]
        for entry in record.classes[:SHOWN_CLASSES]
    ]
    if len(record.classes) > SHOWN_CLASSES:
        rows.append([f"and {len(record.classes) - SHOWN_CLASSES} more", *[""] * (len(rows[0]) - 1)])
    total = [str(getattr(record.roles, role)) for role in ROLES]
    return [*rows, ["all", str(record.samples), *total, *(("1",) if _weighted(record) else ())]]


def _weighted(record: DataRecord) -> bool:
    return record.classes[0].weight is not None
