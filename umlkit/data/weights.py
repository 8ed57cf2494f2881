"""How much every sample counts: class weight times sample weight, brought to mean 1 over its role.

    w_i = u_i c_{y_i} / (1/n sum_j u_j c_{y_j})

u_i is the sample's weight in the data (1 where there is none), c_k the weight of class k in the recipe, and j runs over
the n samples of i's role, so that losses keep their scale. ``balanced`` is

    c_k = sum_j u_j / (C sum_{j of class k} u_j)

over the training samples, n / (C n_k) without sample weights, as in scikit-learn: every class counts alike.

Weights say what risk is to be low: that of training, stopping, temperature, pooling and the measurement. What only
describes inputs (standardisation, vocabularies, the spread of a teacher's features) is not weighted.

Legend of shapes: N samples of the data set, n of a role, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from umlkit.data.records import ROLES, Dataset, Doubles, Ints, Role, Roles
from umlkit.errors import InputError, Problem, closest, listed

ClassWeight = str | Mapping[str, float]

WEIGHED: tuple[Role, ...] = ("train", "select", "probe")
SKEWED = 3.0
"""Largest class over smallest from which class weights deserve a thought. A convention and no measurement: with two
classes, guessing the larger one is then right three times of four, and accuracy says little of the smaller."""

_WHERE = "train.class_weight"


@dataclass(frozen=True)
class Weights:
    """The weights of a data set's samples.

    Attributes:
        by_role: role -> (n,) >= 0, of mean 1; for every role that is trained on or measured and has samples.
        means: role -> the mean of its ``u_i c_{y_i}``.
        classes: (C,) c_k; None where every class weighs 1.
        reading: a line for the user on what the classes weigh; empty where they weigh alike.
    """

    by_role: Mapping[Role, Doubles]
    means: Mapping[Role, float]
    classes: tuple[float, ...] | None
    reading: tuple[str, ...] = ()

    def of(self, role: Role) -> Doubles | None:
        """The weights (n,) of a role; None for `test`, whose metrics are weighted by the samples' weights alone."""
        return self.by_role.get(role)

    def as_given(self, role: Role) -> Doubles:
        """The same before they were brought to mean 1, for who joins the samples of several folds."""
        return self.means[role] * self.by_role[role]


def weigh(dataset: Dataset, roles: Roles, class_weight: ClassWeight) -> Weights | None:
    """The weights of every role's samples; None where all samples weigh alike.

    Args:
        dataset: as read, with its sample weights if it has any.
        roles: which sample serves which purpose.
        class_weight: ``none``, ``balanced``, or a weight above 0 for every class by its name or label.

    Raises:
        InputError: a class without a weight or named twice, an unknown class, or samples that together weigh nothing.
    """
    own = np.ones(len(dataset)) if dataset.sample_weights is None else dataset.sample_weights
    problems = _weightless(dataset, roles, own)
    if not problems and class_weight == "balanced":
        by_class: tuple[float, ...] | None = _balanced(dataset.labels[roles.train], own[roles.train])
    else:
        by_class = None if isinstance(class_weight, str) else _stated(dataset, class_weight, problems)
    if problems:
        raise InputError(*problems)
    if by_class is None and dataset.sample_weights is None:
        return None
    raw = own if by_class is None else own * np.array(by_class)[dataset.labels]
    of_roles = {role: raw[rows] for role in WEIGHED if len(rows := roles.rows(role))}
    by_role = {role: mean_one(weights) for role, weights in of_roles.items()}
    means = {role: float(weights.mean()) for role, weights in of_roles.items()}
    return Weights(by_role, means, by_class, () if by_class is None else (_said(dataset, by_class, class_weight),))


def skew(sizes: Sequence[int]) -> float:
    """Samples of the largest class over those of the smallest, >= 1; compare :data:`SKEWED`.

    Args:
        sizes: samples of every class, none of them 0.
    """
    return max(sizes) / min(sizes)


def mean_one(weights: Doubles) -> Doubles:
    """Weights (n,) in the same proportions with mean 1; zeros stay zeros."""
    return np.asarray(weights / weights.mean()) if weights.any() else weights


def _balanced(labels: Ints, own: Doubles) -> tuple[float, ...]:
    totals = np.bincount(labels, weights=own)
    return tuple((totals.sum() / (len(totals) * totals)).tolist())


def _weightless(dataset: Dataset, roles: Roles, own: Doubles) -> list[Problem]:
    """Roles, and classes of the training part, whose samples all weigh 0."""
    by_role = {role: own[roles.rows(role)] for role in ROLES}
    found = [f"the {role} samples" for role, values in by_role.items() if len(values) and not values.any()]
    heavy = np.bincount(dataset.labels[roles.train], weights=by_role["train"], minlength=len(dataset.classes))
    found += [f"the training samples of class {dataset.classes[k]!r}" for k in np.flatnonzero(heavy == 0)]
    problem = Problem(
        f"{listed(found, limit=5)} all weigh 0 in {dataset.weight_name!r}",
        where=dataset.name,
        allowed="some weight above 0 in every role, and among the training samples in every class",
        try_next="data.sample_weight: none, or leave the samples out of the file",
    )
    return [problem] if found else []


def _stated(dataset: Dataset, stated: Mapping[str, float], problems: list[Problem]) -> tuple[float, ...] | None:
    """The weights as the recipe states them, in the order of the classes."""
    found: dict[int, float] = {}
    for key, weight in stated.items():
        number = _class_of(dataset, key)
        if number is None:
            problems.append(_unknown(dataset, key))
        elif number in found:
            twice = f"weighs the class {dataset.classes[number]!r} twice"
            problems.append(Problem(twice, where=_WHERE, found=repr(key)))
        else:
            found[number] = weight
    lacking = [name for number, name in enumerate(dataset.classes) if number not in found]
    if lacking:
        problems.append(
            Problem(
                f"gives no weight to {listed(map(repr, lacking), limit=10)}",
                where=_WHERE,
                found=listed(map(repr, stated), limit=10),
                allowed=f"a weight for each of the {len(dataset.classes)} classes",
                try_next=f"add {{{lacking[0]}: 1}}, or write train.class_weight: balanced",
            )
        )
    return None if problems else tuple(found[number] for number in range(len(dataset.classes)))


def _class_of(dataset: Dataset, key: str) -> int | None:
    """The number of the class that is called ``key``, or else written so in the data."""
    for names in (dataset.classes, dataset.class_values):
        if key in names:
            return names.index(key)
    return None


def _unknown(dataset: Dataset, key: str) -> Problem:
    return Problem(
        "weighs a class that is not there",
        where=_WHERE,
        found=repr(key),
        allowed=listed(map(repr, dataset.classes), limit=20),
        closest=closest(key, dataset.classes),
    )


def _said(dataset: Dataset, by_class: tuple[float, ...], class_weight: ClassWeight) -> str:
    weights = listed((f"{name} {weight:.3g}" for name, weight in zip(dataset.classes, by_class, strict=True)), limit=10)
    how = "balanced" if class_weight == "balanced" else "{...}"
    return f"class weights: {weights}  [train.class_weight: {how}]"
