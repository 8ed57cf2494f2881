"""Predictions for new data, as CSV, JSONL or npz: id, class, and one calibrated probability per class."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from umlkit.data.records import Array
from umlkit.data.unseen import read_unseen
from umlkit.errors import InputError, Problem, listed
from umlkit.pipeline.model import TrainedModel
from umlkit.runs.atomic import write_bytes

PREFIX = "p:"
"""Stands before a class's name in the header, so that a class called ``id`` is no second id."""


def predict_file(model: TrainedModel, data: Path, *, to: Path, id_name: str | None, usual_id: str | None) -> int:
    """Predict every sample of ``data`` and write them to ``to`` (:func:`check_target`); returns how many there were.

    Ids come from ``id_name``, which has to be there, else from ``usual_id`` or ``id`` if one is there.

    Raises:
        InputError: anything wrong with the data.
    """
    specs = {name: modality.input_spec() for name, modality in model.config.modalities.items()}
    unseen = read_unseen(data, specs, id=id_name, usual_id=usual_id)
    proba = model.proba_of(unseen.arrays)
    write_bytes(to, _WRITERS[to.suffix.lower()](unseen.ids, model.classes, proba))
    return len(unseen.ids)


def check_target(to: Path, *, data: Path) -> None:
    """InputError unless ``to`` may be written: a known ending, a folder that exists, no file of another's."""
    problems = []
    if to.suffix.lower() not in _WRITERS:
        problems.append(
            Problem("not an ending that predictions are written to", where=f"--to {to}", allowed=listed(_WRITERS))
        )
    if not to.parent.is_dir():
        problems.append(Problem("no such folder", where=f"--to {to}", found=str(to.parent)))
    elif to.is_dir():
        problems.append(Problem("is a folder", where=f"--to {to}", try_next=f"--to {to / 'predictions.csv'}"))
    elif to.exists() and (to.samefile(data) if data.exists() else False):
        problems.append(Problem("is the data file itself", where=f"--to {to}", try_next="name another file"))
    elif to.exists() and not _is_ours(to):
        problems.append(
            Problem(
                "already exists and holds no predictions of umlkit, so it is left alone",
                where=f"--to {to}",
                try_next="name another file, or remove it",
            )
        )
    if problems:
        raise InputError(*problems)


def _is_ours(path: Path) -> bool:
    """Whether the file looks like predictions that an earlier call wrote; only those are replaced."""
    start = path.read_bytes()[:4096]
    ending = path.suffix.lower()
    if not start:
        return True
    if ending == ".csv":
        return start.startswith(b"id,class,") and PREFIX.encode() in start
    if ending == ".jsonl":
        return start.startswith(b'{"id": ') and b'"probabilities": {' in start
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {"id", "class", "probabilities", "classes"} <= set(arrays.files)
    except (OSError, ValueError):
        return False


def _csv(ids: tuple[str, ...], classes: tuple[str, ...], proba: Array) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "class", *(PREFIX + name for name in classes)])
    for name, row in zip(ids, proba.tolist(), strict=True):
        writer.writerow([name, classes[int(np.argmax(row))], *(repr(p) for p in row)])
    return text.getvalue().encode()


def _jsonl(ids: tuple[str, ...], classes: tuple[str, ...], proba: Array) -> bytes:
    lines = (
        json.dumps(
            {"id": name, "class": classes[int(np.argmax(row))], "probabilities": dict(zip(classes, row, strict=True))},
            ensure_ascii=False,
        )
        for name, row in zip(ids, proba.tolist(), strict=True)
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _npz(ids: tuple[str, ...], classes: tuple[str, ...], proba: Array) -> bytes:
    buffer = io.BytesIO()
    names = np.array(classes)
    arrays = {"id": np.array(ids), "class": names[proba.argmax(axis=1)], "probabilities": proba, "classes": names}
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


_WRITERS: dict[str, Callable[[tuple[str, ...], tuple[str, ...], Array], bytes]] = {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".npz": _npz,
}
