"""A task's samples as an ``.npz`` archive by umlkit's convention, with what is true of them beside.

    X_<modality>   (n, D) float32 what is seen           truth_levels   (n, M) level of every modality
    y              (n,)   the label                      truth_table    (L_1, ..., L_M, C) P(levels, label)
    class_names    (C,)                                  truth_record   text, the JSON that --json prints
    split          (n,)   train, val or test, where asked for

Where no truth is known neither ``truth_levels`` nor ``truth_table`` is written.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umlkit.errors import InputError, Problem
from umlkit.runs import atomic
from umlkit.runs.records.synth import SynthRecord
from umlkit.synth.tasks import Sample, Task

ENDING = ".npz"
SHARES = (0.6, 0.8)
"""Where train ends and val ends."""


def check_target(path: Path, *, force: bool) -> None:
    """InputError unless a data set may be written to ``path``."""
    better = path.with_suffix(ENDING)
    if path.is_dir():
        raise InputError(Problem("is a folder", where=str(path), try_next=f"umlkit synth {path / 'synth.npz'}"))
    if path.suffix.lower() != ENDING:
        raise InputError(
            Problem(
                "is not the name of an archive",
                where=str(path),
                allowed="a name that ends in .npz",
                closest=better.name,
            )
        )
    if not path.parent.is_dir():
        raise InputError(Problem("there is no such folder", where=str(path.parent), try_next=f"mkdir -p {path.parent}"))
    if (path.exists() or path.is_symlink()) and not force:
        another = path.with_stem(f"{path.stem}-2")
        what = "exists already and is not overwritten"
        raise InputError(Problem(what, where=str(path), try_next=f"umlkit synth {another}, or --force"))


def write(path: Path, task: Task, sample: Sample, record: SynthRecord) -> None:
    """Write samples and truth to ``path``, whole or not at all."""
    arrays: dict[str, Any] = {f"X_{name}": seen for name, seen in sample.x.items()}
    arrays |= {"y": sample.y, "class_names": np.array([f"class-{c}" for c in range(task.table.classes)])}
    if record.split:
        arrays["split"] = _divided(len(sample))
    if record.truth is not None:
        arrays |= {"truth_levels": sample.levels, "truth_table": task.table.joint}
    arrays["truth_record"] = np.array(json.dumps(record.document()))
    with atomic.writing(path) as file:
        np.savez(file, allow_pickle=False, **arrays)


def _divided(n: int) -> NDArray[np.str_]:
    """Samples are drawn one by one, so the first of them are as good a choice as any."""
    train, val = (round(share * n) for share in SHARES)
    return np.repeat(["train", "val", "test"], [train, val - train, n - val])
