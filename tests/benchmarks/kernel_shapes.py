"""Which kernel finds what only two modalities tell, and at what price where nothing is paired.

    python -m tests.benchmarks.kernel_shapes DRAWS N ...             tasks of known truth
    python -m tests.benchmarks.kernel_shapes path/to/mfeat.npz       the views of a set, paired anew

Compared, ridge and width chosen by what the left-out predictions explain as the method `kernel` does:

- ``plain``: ``((1 + g_1)(1 + g_2) - 1) / 3`` of kernels that are not centred;
- ``half``: centred, half of it additive;
- ``mixed``: nothing of it additive;
- ``chosen``: the additive share chosen with ridge and width, what the method does.

Of tasks, as in ``kernel_rungs.py``: gain over UME in thousandths of a nat on fresh samples (mean, least, most). Of a
set: six pairs of its views, each dealt twice so that half of the pairs are of one class; the label is match or
mismatch, 960 pairs are trained on, 320 choose the step, and on 320 others the log-loss is taken, where chance has
.693. Test rows are not read.
"""

from __future__ import annotations

import itertools
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from tests.benchmarks.kernel_rungs import KINDS, TASKS, draw, unexplained
from umlkit.methods.calibration import log_loss
from umlkit.methods.kernel.method import ADDITIVE_SHARES, RIDGES, WIDTHS
from umlkit.methods.kernel.nystroem import Centred, Combination, Floats, features_of, squared_distances, typical
from umlkit.methods.kernel.ridge import Ridge
from umlkit.methods.kernel.step import step

Kernel = Callable[[Sequence[Floats]], Floats]
PAIRS = (("pix", "fou"), ("kar", "zer"), ("pix", "fac"), ("fou", "mor"), ("fou", "zer"), ("kar", "fac"))
DEALS = 2
TRAIN, SELECT, HELD_OUT = slice(960), slice(960, 1280), slice(1280, 1600)


def plain(scales: Sequence[float]) -> Kernel:
    """The product of kernels that are not centred, 1 for a sample and itself."""

    def values(distances: Sequence[Floats]) -> Floats:
        factors = [1 + np.exp(-d / scale) for d, scale in zip(distances, scales, strict=True)]
        return np.asarray((np.prod(factors, axis=0) - 1) / (2 ** len(factors) - 1))

    return values


def kernels(name: str, among: Sequence[Floats]) -> list[Kernel]:
    """What a variant chooses from, at landmarks with these distances among them."""
    widths = [[width * typical(d) for d in among] for width in WIDTHS]
    if name == "plain":
        return [plain(scales) for scales in widths]
    shares = {"half": (0.5,), "mixed": (0.0,), "chosen": ADDITIVE_SHARES}[name]
    return [Combination(Centred.at(scales, among), share) for scales, share in itertools.product(widths, shares)]


VARIANTS = ("plain", "half", "mixed", "chosen")


def directions(
    name: str, among: Sequence[Floats], distances: Mapping[str, Sequence[Floats]], targets: Floats
) -> dict[str, Floats]:
    """What the best of a variant's kernels says of each role's samples, fitted to targets (n, C) of ``train``."""
    best: tuple[float, dict[str, Floats]] = (-1.0, {})
    for kernel in kernels(name, among):
        maps = features_of(kernel(among))
        fitted = Ridge(kernel(distances["train"]) @ maps, targets)
        ridge = max(RIDGES, key=fitted.explained)
        if fitted.explained(ridge) > best[0]:
            function = fitted.fit(ridge)
            says = {role: function(kernel(d) @ maps) for role, d in distances.items() if role != "train"}
            best = (fitted.explained(ridge), says)
    return best[1]


def of_tasks(draws: int, sizes: Sequence[int]) -> None:
    for n in sizes:
        gains: dict[tuple[str, str], list[float]] = defaultdict(list)
        for name, seed in itertools.product(TASKS, range(draws)):
            task = draw(name, n, seed)
            targets = unexplained(task)
            for variant in VARIANTS:
                says = directions(variant, task.among, task.distances, targets)
                size = step(task.ume["select"], says["select"], task.labels["select"])
                gained = 1000 * task.gain(task.ume["fresh"] + size * says["fresh"])
                gains[variant, KINDS.get(name, "null")].append(gained)
        print(f"n = {n}, {draws} draws a task")
        for variant in VARIANTS:
            cells = [
                f"{kind} {np.mean(g):6.1f} ({np.min(g):6.1f} {np.max(g):6.1f})"
                for kind in ("null", "interaction", "suppressor")
                for g in [gains[variant, kind]]
            ]
            print(f"{variant:7s} {'   '.join(cells)}", flush=True)


def of_views(path: str) -> None:
    with np.load(path, allow_pickle=False) as data:
        rows = np.concatenate([data["idx_train"], data["idx_val"]])
        views = {name: data[f"X_{name}"][rows].astype(float) for name in {n for pair in PAIRS for n in pair}}
        classes = data["y"][rows]
    losses: dict[str, list[float]] = defaultdict(list)
    for names in PAIRS:
        for seed in range(DEALS):
            shown, match = dealt([views[name] for name in names], classes, np.random.default_rng(seed))
            for variant in VARIANTS:
                losses[variant].append(held_out_loss(variant, shown, match))
        of_pair = {variant: np.mean(found[-DEALS:]) for variant, found in losses.items()}
        print(f"{'/'.join(names):8s} " + "  ".join(f"{v} {loss:.3f}" for v, loss in of_pair.items()), flush=True)
    print("mean     " + "  ".join(f"{variant} {np.mean(found):.3f}" for variant, found in losses.items()))


def dealt(views: Sequence[Floats], classes: Floats, rng: np.random.Generator) -> tuple[list[Floats], Floats]:
    """Both views of pairs in random order, standardised by the first of them, and which are of one class."""
    order = rng.permutation(len(classes))
    classes, match = classes[order], rng.permutation(np.arange(len(classes)) % 2)
    partner = np.arange(len(classes))
    for one in np.unique(classes):
        same = np.flatnonzero((classes == one) & (match == 1))
        partner[same] = rng.permutation(same)
    odd = np.flatnonzero(match == 0)
    partner[odd] = rng.permutation(odd)
    while len(clashes := odd[classes[partner[odd]] == classes[odd]]):
        for one, two in zip(clashes, rng.choice(odd, len(clashes)), strict=True):
            partner[[one, two]] = partner[[two, one]]
    first, second = views[0][order], views[1][order][partner]
    return [(x - x[TRAIN].mean(0)) / (x[TRAIN].std(0) + 1e-9) for x in (first, second)], match


def held_out_loss(variant: str, shown: Sequence[Floats], match: Floats) -> float:
    distances = {
        role: [squared_distances(x[rows], x[TRAIN]) for x in shown]
        for role, rows in (("train", TRAIN), ("select", SELECT), ("held out", HELD_OUT))
    }
    says = directions(variant, distances["train"], distances, np.eye(2)[match[TRAIN]] - 0.5)
    size = step(np.zeros((320, 2)), says["select"], match[SELECT])
    return float(log_loss(size * says["held out"], match[HELD_OUT]).mean())


if __name__ == "__main__":
    torch.set_num_threads(1)
    if sys.argv[1].isdigit():
        of_tasks(int(sys.argv[1]), [int(n) for n in sys.argv[2:]])
    else:
        of_views(sys.argv[1])
