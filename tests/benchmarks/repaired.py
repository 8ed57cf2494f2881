"""A real set whose signal is purely paired: does the picture show the digit that is spoken?

    python -m tests.benchmarks.repaired path/to/av_fsdd_spk.npz [--budget short] [--encoder NAME]

The pictures of train and validation are dealt anew to the sounds within every group (speaker), each used once: half of
the pairs show the digit that is spoken, the label is match or mismatch. In every class every digit is spoken and shown
as often as in the other, so each modality alone is at chance. Test rows are not read. The recipe is what
``umlkit init`` writes; ``--encoder`` takes one encoder for all modalities instead of letting each be chosen.

Printed: what `umlkit probe` says, and the three parts of the goal: "present"; kind "interaction"; every modality
carries nothing alone (the interval of its usable information lies below the smallest effect).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.commands import chosen_encoders, fix_encoders, trainings, umlkit
from umlkit.runs.records.probe import ProbeRecord

MATCH = 1
HELD_OUT = 20  # validation rows that stand as test rows, which a file must have; a probe does not read them
HELD_OUT_GROUP = -1  # a group of their own, since no group may lie in two parts


def main() -> None:
    """Pair, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", type=Path, help=".npz file with two modalities of the same classes")
    parser.add_argument("--budget", choices=("quick", "short", "full"), default="short")
    parser.add_argument("--encoder", help="of every modality; default: chosen")
    parser.add_argument("--seed", type=int, default=0, help="of the pairing")
    parser.add_argument("--keep", type=Path, help="keep the run in this folder, and resume it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        for line in measured(arguments.set, folder, arguments):
            print(line, flush=True)


def measured(path: Path, folder: Path, arguments: argparse.Namespace) -> Iterator[str]:
    """Write the pairs, probe them, and tell."""
    with np.load(path, allow_pickle=False) as data:
        arrays = {name: data[name] for name in data.files}
    np.savez(folder / "pairs.npz", **paired_anew(arrays, seed=arguments.seed))
    recipe = folder / "recipe.yaml"
    recipe.unlink(missing_ok=True)
    umlkit("init", "pairs.npz", "--label", "y", "--to", recipe.name, folder=folder)
    names = [name[2:] for name in arrays if name.startswith("X_")]
    if arguments.encoder:
        fix_encoders(recipe, {name: {"name": arguments.encoder} for name in names})
    spent = umlkit("probe", recipe.name, "--out", "run", "--budget", arguments.budget, "--threads", "1", folder=folder)
    encoders = ", ".join(f"{name} {chosen['name']}" for name, chosen in chosen_encoders(folder / "run").items())
    fits = trainings(folder / "run")
    yield f"{arguments.budget}: {spent.wall:.0f} s, {spent.cpu:.0f} s of CPU, {fits} trainings; {encoders}"
    yield from told(ProbeRecord.read(folder / "run" / "probe.json"))


def paired_anew(arrays: dict[str, Any], *, seed: int) -> dict[str, Any]:
    """Pairs of the train and validation rows, half of them of one class, with ``y`` match or mismatch.

    The first modality is dealt anew. Train and validation stay what they were, but for the few rows held out.
    """
    rng = np.random.default_rng(seed)
    train, val = arrays["idx_train"], arrays["idx_val"]
    rows = np.concatenate([train, val])
    groups, classes = arrays["groups"][rows], arrays["y"][rows]
    partner, match = np.arange(len(rows)), np.zeros(len(rows), dtype=np.int64)
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        same = half_of_every_class(members, classes, rng)
        match[same] = MATCH
        partner[same] = shuffled_within(same, classes, rng)
        rest = np.setdiff1d(members, same)
        partner[rest] = all_of_another_class(rest, classes, rng)
    held_out = rng.permutation(np.arange(len(train), len(rows)))[:HELD_OUT]
    first, *others = (name for name in arrays if name.startswith("X_"))
    return {
        first: arrays[first][rows[partner]],
        **{name: arrays[name][rows] for name in others},
        "y": match,
        "class_names": np.array(["mismatch", "match"]),
        "groups": np.where(np.isin(np.arange(len(rows)), held_out), HELD_OUT_GROUP, groups),
        "idx_train": np.arange(len(train)),
        "idx_val": np.setdiff1d(np.arange(len(train), len(rows)), held_out),
        "idx_test": np.sort(held_out),
    }


def half_of_every_class(members: Any, classes: Any, rng: np.random.Generator) -> Any:
    """Half of the members of every class; where these are odd in number, every other time one more."""
    chosen, up = [], 0
    for one in np.unique(classes[members]):
        of_class = rng.permutation(members[classes[members] == one])
        size = (len(of_class) + up) // 2
        up = 1 - up if len(of_class) % 2 else up
        chosen.append(of_class[:size])
    return np.concatenate(chosen)


def shuffled_within(rows: Any, classes: Any, rng: np.random.Generator) -> Any:
    """A partner of the same class for every row, each used once."""
    partners = rows.copy()
    for one in np.unique(classes[rows]):
        of_class = classes[rows] == one
        partners[of_class] = rng.permutation(rows[of_class])
    return partners


def all_of_another_class(rows: Any, classes: Any, rng: np.random.Generator) -> Any:
    """A partner of another class for every row, each used once: a random deal, clashes swapped away.

    Raises:
        ValueError: one class has more than half of the rows, so that there is no such deal.
    """
    if np.bincount(classes[rows]).max() > len(rows) // 2:
        raise ValueError("one class has more than half of the rows of a group")
    partners = rng.permutation(rows)
    while len(clashes := np.flatnonzero(classes[partners] == classes[rows])):
        here, there = clashes[0], rng.integers(len(rows))
        swapped = partners[there], partners[here]
        if all(classes[new] != classes[rows[place]] for new, place in zip(swapped, (here, there), strict=True)):
            partners[[here, there]] = swapped
    return partners


def told(record: ProbeRecord) -> Iterator[str]:
    """The ladder, the verdict, and the parts of the goal."""
    for rung in record.ladder:
        losses = f"loss {rung.log_loss.value:.4f}, on select {rung.select_loss:.4f}"
        yield f"  {rung.name:18s} accuracy {rung.accuracy:.3f}, {losses}"
    if record.contribution is None or record.paired is None:
        yield f"not measured: {record.reason}"
        return
    a, paired = record.contribution.total.nats, record.paired
    yield (
        f"A {a.value:+.4f} ({a.low:+.4f} to {a.high:+.4f}), r* {record.contribution.rung}, n_probe {record.n_probe}"
        f"{', within these groups' if record.within_groups else ''}; floor {paired.floor:.4f}, "
        f"lost by projection {paired.lost_by_projection}"
    )
    yield f"verdict {paired.verdict}: {reached(paired.verdict == 'present')}"
    yield f"kind {paired.kind}: {reached(paired.kind == 'interaction')}"
    for modality in record.modalities:
        judged = modality.judged
        if judged is not None:
            alone = judged.alone
            yield (
                f"{modality.name} alone {alone.value:+.4f} ({alone.low:+.4f} to {alone.high:+.4f}) nats, "
                f"{judged.verdict}: {reached(alone.high < record.smallest_effect)}"
            )


def reached(goal: bool) -> str:
    return "reached" if goal else "MISSED"


if __name__ == "__main__":
    main()
