"""``probes/<fp8>-samples.csv``: every probe sample with its losses, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from umlkit.data.records import Dataset
from umlkit.probe.per_sample import PerSample
from umlkit.runs.atomic import write_text

LOSS = "loss:"
"""Stands before a rung's name in the header."""


def is_whole(path: Path, samples: int) -> bool:
    """Whether the table is there, with a whole line for each of so many samples."""
    try:
        text = path.read_text("utf-8")
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except (OSError, UnicodeDecodeError, csv.Error):
        return False
    return text.endswith("\n") and len(rows) == 1 + samples and {len(row) for row in rows} == {len(rows[0])}


def write(path: Path, table: PerSample, dataset: Dataset) -> None:
    """Write the table, a line a sample in the order of the data set; losses in nats to six digits.

    Columns: ``id`` (the row number as text where the data name none), ``row`` (of the data set, from 0), ``label``,
    ``fold`` where the measurement is cross-fitted, ``weight`` where samples have weights, ``gain``, ``interaction`` and
    ``additive``, and ``loss:<rung>`` for every rung.
    """
    columns: dict[str, list[str]] = {
        "id": [dataset.ids[row] for row in table.rows],
        "row": [str(row) for row in table.rows],
        "label": [dataset.classes[label] for label in table.labels],
    }
    if len(set(table.folds)) > 1:
        columns["fold"] = list(table.folds)
    numbers = {} if table.weights is None else {"weight": table.weights}
    numbers |= {**table.split, **{LOSS + rung: losses for rung, losses in table.losses.items()}}
    columns |= {name: [f"{value:.6g}" for value in values] for name, values in numbers.items()}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text.getvalue())
