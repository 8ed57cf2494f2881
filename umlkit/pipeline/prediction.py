"""Predictions for new data, as CSV, JSONL or npz: id, class, and one calibrated probability per class."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from umlkit.data.records import Array
from umlkit.data.unseen import read_unseen
from umlkit.pipeline.model import TrainedModel
from umlkit.pipeline.target import PREFIX
from umlkit.runs.atomic import write_bytes


@dataclass(frozen=True)
class Predicted:
    """What was predicted.

    Attributes:
        count: how many samples.
        notes: which samples a join left out, and what the others hold that training did not know, a line each.
    """

    count: int
    notes: tuple[str, ...]


def predict_file(
    model: TrainedModel,
    data: Path,
    *,
    to: Path,
    id_name: str | None,
    usual_id: str | None,
    files: Sequence[str] = (),
) -> Predicted:
    """Predict every sample of ``data`` and write them to ``to``, which has been checked.

    Ids come from ``id_name``, which has to be there, else from ``usual_id`` or ``id`` if one is there. ``files``
    are what the recipe joins, as a folder of new data has to call it.

    Raises:
        InputError: anything wrong with the data.
    """
    specs = {name: modality.input_spec() for name, modality in model.config.modalities.items()}
    unseen = read_unseen(data, specs, id=id_name, usual_id=usual_id, files=files)
    proba = model.proba_of(unseen.modalities)
    write_bytes(to, _WRITERS[to.suffix.lower()](unseen.ids, model.classes, proba))
    return Predicted(len(unseen.ids), (*unseen.notes, *model.notes_of(unseen.modalities)))


def _csv(ids: Sequence[str], classes: tuple[str, ...], proba: Array) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "class", *(PREFIX + name for name in classes)])
    for name, row in zip(ids, proba.tolist(), strict=True):
        writer.writerow([name, classes[int(np.argmax(row))], *(repr(p) for p in row)])
    return text.getvalue().encode()


def _jsonl(ids: Sequence[str], classes: tuple[str, ...], proba: Array) -> bytes:
    lines = (
        json.dumps(
            {"id": name, "class": classes[int(np.argmax(row))], "probabilities": dict(zip(classes, row, strict=True))},
            ensure_ascii=False,
        )
        for name, row in zip(ids, proba.tolist(), strict=True)
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _npz(ids: Sequence[str], classes: tuple[str, ...], proba: Array) -> bytes:
    buffer = io.BytesIO()
    names = np.array(classes)
    arrays = {"id": np.array(ids), "class": names[proba.argmax(axis=1)], "probabilities": proba, "classes": names}
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


_WRITERS: dict[str, Callable[[Sequence[str], tuple[str, ...], Array], bytes]] = {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".npz": _npz,
}
