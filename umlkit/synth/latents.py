"""From knobs to the exact table: which latents there are, how they hang on the label, and the code of every level.

The clean class Y* is drawn from the prior. Given it, up to four independent latents are drawn, each shown by some or
all of the modalities, and a modality's level is the combination of what it shows:

    own          u_m = Y* with probability s_m, else any class. With probability r (redundancy) that of the strongest
                 modality is copied by the others (or by the first few, sharers), where m is weaker with probability
                 s_m / max s, else any class; otherwise each has its own luck. P(u_m | Y*) does not depend on r.
    shared       z = Y* with probability s, else any class; every modality but the useless shows it.
    interaction  k tells Y* with probability g, else any of q values; i_1 + ... + i_M = k modulo q, and all but one of
                 the i_m are uniform and independent of each other, so that any M - 1 of them tell nothing. With q > C a
                 class has a block of neighbouring values, floor(k C / q) being the class.
    suppressor   v in 0 .. C - 1 with P(v | Y*) ~ exp(-b (v - Y*)^2), b = 2 artanh(g), which for two classes is v = Y*
                 with probability g, else any; n_2 .. n_M uniform on 0 .. t - 1; the first modality shows
                 v + n_2 + ... + n_M, each other its n_m. log P(y | levels) is linear in v, so additive: D_add = 0
                 (with more than two classes only where there is no label noise).

A modality that shows none of them shows a level that has to do with nothing. The label Y is Y*, or, with the
probability of label noise, any other class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from umlkit.errors import InputError, Problem
from umlkit.synth.options import Mixed
from umlkit.synth.table import MOST_LEVELS, Floats, Table

ALL = slice(None)


@dataclass(frozen=True, eq=False)
class Latent:
    """One latent that modalities show.

    Attributes:
        name: as above.
        given: (C, l_1, ..., l_M) P(what each modality shows of it | Y*); l_m = 1 where m shows nothing of it.
        ordinal: values are coded as points on a line, else as directions.
    """

    name: str
    given: Floats
    ordinal: bool = False

    def code(self, modality: int) -> Floats:
        """(l_m, dimensions) the code of what ``modality`` shows, neighbours 2 apart in at least one dimension."""
        count = self.given.shape[1 + modality]
        if count <= 2 or self.ordinal:
            return np.asarray((2.0 * np.arange(count) - (count - 1))[:, None][:, : count - 1])
        return np.asarray(2 * np.eye(count) - 2 / count)


@dataclass(frozen=True, eq=False)
class Latents:
    """The levels of all modalities.

    Attributes:
        table: the joint distribution of levels and label.
        codes: a modality each (L_m, dimensions), one row a level.
    """

    table: Table
    codes: tuple[Floats, ...]


def build(knobs: Mixed) -> Latents:
    """The latents of a task.

    Raises:
        InputError: a modality would have more levels than tables are made for.
    """
    latents = _latents(knobs)
    latents += [_idle(knobs, m) for m in range(knobs.modalities) if all(la.given.shape[1 + m] == 1 for la in latents)]
    _check_levels(latents, knobs)
    given = np.ones((knobs.classes,) + (1,) * knobs.modalities)
    for latent in latents:
        given = _beside(given, latent.given)
    clean = np.full(knobs.classes, 1 / knobs.classes) if knobs.prior is None else np.array(knobs.prior)
    joint = np.einsum(
        "y...,yc->...c", given * (clean / clean.sum()).reshape(-1, *[1] * knobs.modalities), _noise(knobs)
    )
    codes = tuple(_codes([latent.code(m) for latent in latents]) for m in range(knobs.modalities))
    return Latents(Table(joint / joint.sum()), codes)


def _latents(knobs: Mixed) -> list[Latent]:
    latents = []
    if any(knobs.each):
        latents.append(Latent("own", _own(knobs)))
    if knobs.shared > 0:
        latents.append(Latent("shared", _shared(knobs)))
    if knobs.interaction > 0:
        latents.append(Latent("interaction", _interaction(knobs)))
    if knobs.suppressor > 0:
        latents.append(Latent("suppressor", _suppressor(knobs), ordinal=True))
    return latents


def _channel(strength: float, classes: int) -> Floats:
    """(C, C) P(shown | Y*): Y* itself with probability ``strength``, else any class."""
    return strength * np.eye(classes) + (1 - strength) / classes


def _own(knobs: Mixed) -> Floats:
    """Each modality's view: of its own luck, or a copy, as blurred as it has to be, of the best of those that share."""
    sharing, best = knobs.each[: knobs.sharing], max(knobs.each[: knobs.sharing])
    copies = _outer([_view(s / best if best > 0 else 0.0, knobs.classes) for s in sharing])
    together = np.tensordot(_channel(best, knobs.classes), copies, axes=1)
    views = [_view(s, knobs.classes) for s in knobs.each]
    joint = _outer([together, *views[knobs.sharing :]])
    return (1 - knobs.redundancy) * _outer(views) + knobs.redundancy * joint


def _view(strength: float, classes: int) -> Floats:
    """A channel, or a single value where it would tell nothing."""
    return _channel(strength, classes) if strength > 0 else np.ones((classes, 1))


def _shared(knobs: Mixed) -> Floats:
    shown = np.indices((knobs.classes,) * knobs.telling)
    alike = (shown == shown[0]).all(0)
    return _widened(_channel(knobs.shared, knobs.classes)[:, shown[0]] * alike, knobs)


def _interaction(knobs: Mixed) -> Floats:
    size = knobs.levels or knobs.classes
    if size < knobs.classes:
        raise InputError(
            Problem("levels must be at least the number of classes", found=str(size), allowed=f"from {knobs.classes}")
        )
    blocks = np.eye(knobs.classes)[np.arange(size) * knobs.classes // size].T
    of_sum = knobs.interaction * blocks / blocks.sum(1, keepdims=True) + (1 - knobs.interaction) / size
    sums = np.indices((size,) * knobs.together).sum(0) % size
    return _widened(of_sum[:, sums] / size ** (knobs.together - 1), knobs)


def _suppressor(knobs: Mixed) -> Floats:
    others = knobs.together - 1
    distance = np.subtract.outer(np.arange(knobs.classes), np.arange(knobs.classes)) ** 2
    signal = np.exp(-2 * np.arctanh(min(knobs.suppressor, 1 - 1e-15)) * distance)
    signal /= signal.sum(1, keepdims=True)
    signal = np.eye(knobs.classes) if knobs.suppressor == 1 else signal
    given = np.zeros((knobs.classes, knobs.classes + others * (knobs.spread - 1), *(knobs.spread,) * others))
    for nuisance in np.ndindex(*(knobs.spread,) * others):
        for v in range(knobs.classes):
            given[(ALL, v + sum(nuisance), *nuisance)] += signal[:, v] / knobs.spread**others
    return _widened(given, knobs)


def _idle(knobs: Mixed, modality: int) -> Latent:
    """Levels that have to do with nothing, of a modality that would have none."""
    shape = [1] * (1 + knobs.modalities)
    shape[1 + modality] = knobs.classes
    return Latent("idle", np.broadcast_to(1 / knobs.classes, (knobs.classes, *shape[1:])))


def _noise(knobs: Mixed) -> Floats:
    """(C, C) P(Y | Y*)."""
    others = knobs.label_noise / (knobs.classes - 1)
    return (1 - knobs.label_noise - others) * np.eye(knobs.classes) + others


def _outer(views: list[Floats]) -> Floats:
    """(C, l_m) each -> (C, l_1, ..., l_M), independent given the class."""
    joint = views[0]
    for view in views[1:]:
        joint = joint[..., None] * view.reshape(len(view), *[1] * (joint.ndim - 1), -1)
    return joint


def _widened(given: Floats, knobs: Mixed) -> Floats:
    """The same with an axis of length 1 for every modality that has none yet."""
    return given.reshape(*given.shape, *[1] * (1 + knobs.modalities - given.ndim))


def _beside(first: Floats, second: Floats) -> Floats:
    """Two independent latents as one, whose levels are all combinations, the second's changing fastest."""
    modalities = first.ndim - 1
    left = first.reshape(first.shape[0], *(n for size in first.shape[1:] for n in (size, 1)))
    right = second.reshape(second.shape[0], *(n for size in second.shape[1:] for n in (1, size)))
    sizes = [first.shape[1 + m] * second.shape[1 + m] for m in range(modalities)]
    return np.asarray((left * right).reshape(first.shape[0], *sizes))


def _codes(parts: list[Floats]) -> Floats:
    """The codes of all combinations, side by side, in the order of :func:`_beside`."""
    code = np.zeros((1, 0))
    for part in parts:
        code = np.concatenate([np.repeat(code, len(part), axis=0), np.tile(part, (len(code), 1))], axis=1)
    return code


def _check_levels(latents: list[Latent], knobs: Mixed) -> None:
    for modality in range(knobs.modalities):
        sizes = {latent.name: latent.given.shape[1 + modality] for latent in latents}
        if np.prod(list(sizes.values())) > MOST_LEVELS:
            told = " x ".join(f"{size} ({name})" for name, size in sizes.items() if size > 1)
            raise InputError(
                Problem(
                    "a modality would have too many levels for an exact table",
                    found=told,
                    allowed=f"at most {MOST_LEVELS}",
                    try_next="fewer classes, a smaller spread or fewer levels, or one knob less",
                )
            )
