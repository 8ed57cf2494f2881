"""Which tasks a claim is judged on: a spec a number, the same on every machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

SIZES = (500, 1000, 2000)
MOST_STEPS = 16
"""Steps of an epoch: larger samples get larger batches, which for networks of this size cost next to nothing."""


@dataclass(frozen=True)
class Spec:
    """One task to be measured.

    Attributes:
        key: names it within its design.
        family: of :mod:`umlkit.synth`.
        knobs: of the family.
        n: samples in all, of which umlkit makes its split.
        seed: of the samples and of how levels are observed.
        seeds: training seeds.
        group: what the report counts together.
        more: what the recipe says beside encoders.
        rivals: the heads of :mod:`.rival` are measured too.
    """

    key: str
    family: str
    knobs: Mapping[str, Any]
    n: int
    seed: int
    seeds: tuple[int, ...] = (0,)
    group: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)
    rivals: bool = False


Design = Callable[[int], Spec]


def batches(n: int) -> dict[str, Any]:
    """What a recipe says of batches of ``n`` samples, 3 in 5 of which are trained on: nothing up to 1,700."""
    size = 64
    while 0.6 * n / size > MOST_STEPS:
        size *= 2
    return {} if size == 64 else {"train": {"batch_size": size}}


def alarms(number: int) -> Spec:
    """A task without paired signal: independent views, copies, useless modalities; two and three of them."""
    rng = np.random.default_rng([number, 1])
    families = ("independent", "copies", "useless", "shared", "independent-3", "copies-3", "useless-3")
    group = families[number % len(families)]
    family, _, three = group.partition("-")
    modalities = 3 if three else 2
    knobs: dict[str, Any] = {"modalities": modalities, **_looks(rng)}
    telling = modalities - (family == "useless")
    strengths = tuple(float(s) for s in np.round(rng.uniform(0.2, 0.9, telling), 3))
    if family == "useless":
        family, knobs["useless"] = "independent", 1
    if family == "shared":
        # Copies now and then are paired; what all show alike, beside what one alone has, is not.
        knobs |= {"redundancy": 0.0, "shared": float(np.round(rng.uniform(0.3, 0.9), 3))}
        strengths = (strengths[0], *(0.0,) * (telling - 1))
    knobs["strengths"] = strengths
    if telling > 1 and family == "independent":
        knobs["label_noise"] = 0.0  # views that are independent given the label are not given a noisy copy of it
    n = SIZES[(number // len(families)) % len(SIZES)]
    return Spec(f"alarms-{number}", family, knobs, n, seed=number, group=group, more=batches(n))


def power(number: int) -> Spec:
    """Interaction and suppressor at four strengths and four sizes, 40 tasks a cell."""
    strength = (0.25, 0.45, 0.65, 0.85)[number % 4]
    kind = ("interaction", "suppressor")[(number // 4) % 2]
    n = (300, 1000, 3000, 10_000)[(number // 8) % 4]
    rng = np.random.default_rng([number, 2])
    own = float(np.round(rng.uniform(0.2, 0.6), 3))
    knobs = {"strengths": (own, float(np.round(own * rng.uniform(0.4, 1), 3))), kind: strength, **_looks(rng)}
    group = f"{kind} {strength} {n}"
    return Spec(f"power-{number}", "mixed", knobs, n, seed=10_000 + number, group=group, more=batches(n), rivals=True)


def nulls(number: int) -> Spec:
    """The tasks of ``power`` without what is paired in them: where a rival's level is set, size by size."""
    spec = power(number)
    knobs = {name: value for name, value in spec.knobs.items() if name not in ("interaction", "suppressor")}
    knobs["label_noise"] = 0.0  # as in `alarms`
    return replace(spec, key=f"nulls-{number}", knobs=knobs, seed=40_000 + number, group=str(spec.n))


def ranks(number: int) -> Spec:
    """Paired signal of every size and kind, at most four informative dimensions a modality, 3,000 samples or more."""
    rng = np.random.default_rng([number, 3])
    kind = ("interaction", "suppressor", "both")[number % 3]
    knobs: dict[str, Any] = {
        "strengths": tuple(float(s) for s in np.round(rng.uniform(0.0, 0.6, 2), 3)),
        **_looks(rng),
        "informative": 4,
        "classes": int(rng.choice([2, 3])),
    }
    for one in ("interaction", "suppressor"):
        if kind in (one, "both"):
            knobs[one] = float(np.round(rng.uniform(0.1, 0.95), 3))
    n = 3000
    return Spec(f"ranks-{number}", "mixed", knobs, n, seed=20_000 + number, group=kind, more=batches(n))


def useless(number: int) -> Spec:
    """A modality that tells nothing, one that tells little, or a partner that tells nothing alone; 1,000 for probe."""
    rng = np.random.default_rng([number, 4])
    group = ("useless", "useful", "partner")[number % 3]
    knobs: dict[str, Any] = _looks(rng)
    own = float(np.round(rng.uniform(0.4, 0.8), 3))
    if group == "useless":
        knobs |= {"strengths": own, "useless": 1}
    elif group == "useful":
        knobs |= {"strengths": (own, float(np.round(rng.uniform(0.3, 0.6), 3)))}
    else:
        knobs |= {"strengths": (own, 0.0), "interaction": float(np.round(rng.uniform(0.5, 0.9), 3))}
    n = 10_000
    return Spec(f"useless-{number}", "mixed", knobs, n, seed=30_000 + number, group=group, more=batches(n))


def _looks(rng: np.random.Generator) -> dict[str, Any]:
    """How levels are observed, and the label: what has nothing to do with where the signal is."""
    return {
        "classes": int(rng.choice([2, 2, 3, 4])),
        "label_noise": float(rng.choice([0.0, 0.05, 0.15])),
        "observation": str(rng.choice(["none", "monotone", "network"])),
        "noise_dims": int(rng.choice([0, 2, 4])),
    }


DESIGNS: Mapping[str, tuple[Design, int]] = {
    "alarms": (alarms, 1000),
    "power": (power, 1280),
    "nulls": (nulls, 160),
    "ranks": (ranks, 120),
    "useless": (useless, 99),
}
"""Every design, and how many of its tasks a full run takes."""
