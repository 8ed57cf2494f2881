"""``umlkit data``: check and describe the data of a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umlkit.cli.options import Invocation, shared_options

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
    from umlkit.runs.layout import RunDirectory

    RunDirectory(call.run_directory(loaded)).check()
    dataset = read(loaded)
    record = describe(dataset, assign(dataset, loaded.recipe.data.split))
    call.output.result_json(record.document())
    _show(call.output, record)
    for line in record.warnings:
        call.output.warn(line)


def _show(output: Output, record: DataRecord) -> None:
    """One screen: how the file was read, the modalities, the classes by role, and whether a measurement is possible."""
    output.result_text("\n".join(record.reading))
    output.table(
        f"{record.name}: {record.samples} samples",
        ("modality", "kind", "shape", "type", "missing values"),
        [_modality_row(entry) for entry in record.modalities],
    )
    output.table(f"{record.label}: {len(record.classes)} classes", ("class", "samples", *ROLES), _class_rows(record))
    if record.groups_by_role is not None:
        counts = ", ".join(f"{role} {getattr(record.groups_by_role, role)}" for role in ROLES)
        output.result_text(f"Groups: {record.groups} ({counts})")
    output.result_text(f"Repeated samples: {record.duplicates}")
    output.result_text("Measurable: yes" if record.reason is None else f"Measurable: no, {record.reason}")


def _modality_row(entry: ModalityEntry) -> list[str]:
    return [entry.name, entry.kind, " x ".join(map(str, entry.shape)), entry.dtype, str(entry.missing)]


def _class_rows(record: DataRecord) -> list[list[str]]:
    rows = [
        [entry.name, str(entry.samples), *(str(getattr(entry.by_role, role)) for role in ROLES)]
        for entry in record.classes[:SHOWN_CLASSES]
    ]
    if len(record.classes) > SHOWN_CLASSES:
        rows.append([f"and {len(record.classes) - SHOWN_CLASSES} more", "", "", "", "", ""])
    total = [str(getattr(record.roles, role)) for role in ROLES]
    return [*rows, ["all", str(record.samples), *total]]
