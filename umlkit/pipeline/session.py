"""An opened run: the recipe, the data it names, their roles, the run directory and the device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch

from umlkit.data.contents import of_labels, of_modality, of_roles, rows_as_text
from umlkit.data.kinds import KINDS, Preprocess
from umlkit.data.reading import read
from umlkit.data.records import ROLES, Dataset, Doubles, Role, Roles, Samples
from umlkit.data.roles import assign
from umlkit.data.samples import samples
from umlkit.data.weights import Weights, weigh
from umlkit.errors import InputError, Problem
from umlkit.output import Output
from umlkit.pipeline import recipe_copy
from umlkit.pipeline.identity import DataIdentity, FoldIdentity, remember, stamp
from umlkit.pipeline.plan import Plan, final_plans, plans
from umlkit.recipe.loading import LoadedRecipe
from umlkit.recipe.schema import Recipe
from umlkit.runs import files, locks
from umlkit.runs.environment import describe
from umlkit.runs.layout import ALL, RunDirectory
from umlkit.training import device as devices
from umlkit.training import precision


@dataclass(frozen=True)
class Session:
    """What every step of a run works with.

    Where the measurement is cross-fitted, a session is of one fold at a time: it has the roles, weights, preprocessing
    and samples of that fold, and :meth:`of` gives that of another. What takes a session and an artifact wants the
    session of the artifact's fold.

    Attributes:
        loaded: the recipe and where each of its values is from.
        dataset: the data, read and checked.
        roles: which sample serves which purpose.
        identity: the data in the words that fingerprints are made from.
        directory: the run directory; nothing is in it before :meth:`begin`.
        device: where networks run.
        output: the one sink.
        force: train anew what is asked for by name, finished or not.
        weights: how much every sample counts; None where all count alike.
        reference: the run as the user named it, for messages; None where nobody did.
        done: fingerprints of the models that this session has trained or found finished.
        fold: whose roles these are.
    """

    loaded: LoadedRecipe
    dataset: Dataset
    roles: Roles
    identity: DataIdentity
    directory: RunDirectory
    device: torch.device
    output: Output
    force: bool = False
    weights: Weights | None = None
    reference: str | None = None
    done: set[str] = field(default_factory=set)
    fold: str = ALL
    _folds: dict[str, Session] = field(default_factory=dict, repr=False)
    _made: dict[tuple[str, Role], Samples] = field(default_factory=dict, repr=False)

    @property
    def recipe(self) -> Recipe:
        """The recipe itself."""
        return self.loaded.recipe

    @cached_property
    def plans(self) -> list[Plan]:
        """What is measured: one plan a (fold, seed), lowest seed first; the one fold is ``all`` unless cross-fitted."""
        return plans(self.recipe, self.identity)

    @cached_property
    def final_plans(self) -> list[Plan]:
        """What is used: one plan a seed of fold ``all``, lowest first; the same as ``plans`` unless cross-fitted."""
        return final_plans(self.recipe, self.identity)

    def of(self, fold: str) -> Session:
        """The session with the roles of a fold; itself where it is of that fold."""
        self._folds.setdefault(self.fold, self)
        if fold not in self._folds:
            roles = self._folds[ALL].roles.folds[fold]
            weights = weigh(self.dataset, roles, self.recipe.train.class_weight)
            self._folds[fold] = replace(self, fold=fold, roles=roles, weights=weights)
        return self._folds[fold]

    @cached_property
    def preprocess(self) -> Mapping[str, Preprocess]:
        """What is fitted on the training samples, by modality."""
        return {name: KINDS[m.kind].fit(m, self.roles.train) for name, m in self.dataset.modalities.items()}

    def samples(self, role: Role) -> Samples:
        """The samples of a role as standardised tensors on the device; made once, those of one fold at a time."""
        key = (self.fold, role)
        if key not in self._made:
            for other in [made for made in self._made if made[0] != self.fold]:
                del self._made[other]
            rows = self.roles.rows(role)
            names = list(self.dataset.modalities)
            weights = self.weights_of(role)
            self._made[key] = samples(self.dataset, rows, self.preprocess, names, self.device, weights)
        return self._made[key]

    def weights_of(self, role: Role) -> Doubles | None:
        """The weights (n,) of a role's samples, of mean 1; None where all count alike."""
        return None if self.weights is None else self.weights.of(role)

    def begin(self) -> None:
        """Make the run directory and write down what runs: data, environment, and the recipe before any advice."""
        if self.directory.lost_marker:
            self.output.warn(f"{self.directory.marker} was missing or damaged; written again")
        self.directory.open(create=True)
        if not (self.directory.advice.is_file() and self.directory.recipe.is_file()):
            recipe_copy.write(self.loaded, self.directory)
        found = describe(
            device=str(self.device),
            threads=torch.get_num_threads(),
            workers=self.recipe.workers,
            folder=self.loaded.folder,
        )
        found.write(self.directory.environment)
        remember(self.directory, self.loaded, self.identity)

    @contextmanager
    def begun(self) -> Iterator[None]:
        """Within the block, which begins the run, nobody takes away what lies in its directory."""
        self.begin()
        with locks.at_work(self.directory.root):
            yield


def open_session(
    loaded: LoadedRecipe,
    *,
    directory: RunDirectory,
    output: Output,
    force: bool = False,
    reference: str | None = None,
) -> Session:
    """Read and check everything that a run needs; writes nothing.

    Raises:
        InputError: anything wrong with the data, the device or the run directory.
    """
    recipe = loaded.recipe
    directory.check()
    device = devices.resolve(recipe.device)
    precision.check(recipe.train.precision, device)
    devices.set_threads(recipe.threads)
    devices.deterministic()
    began = stamp(loaded)
    dataset = read(loaded)
    roles = assign(dataset, recipe.data.split)
    weights = weigh(dataset, roles, recipe.train.class_weight)
    for line in (*dataset.reading, *roles.reading, *(weights.reading if weights else ())):
        output.note(line)
    for line in (*dataset.warnings, *roles.warnings):
        output.warn(line)
    identity = identify(loaded, dataset, roles)
    if identity.stamp != (began or {}):
        raise InputError(
            Problem("has changed while it was read", where=dataset.name, try_next="the same command once more")
        )
    return Session(loaded, dataset, roles, identity, directory, device, output, force, weights, reference)


def identify(loaded: LoadedRecipe, dataset: Dataset, roles: Roles) -> DataIdentity:
    """The data in the words that fingerprints are made from."""
    paths = loaded.data_files().values()
    return DataIdentity(
        labels=of_labels(dataset),
        modalities={name: of_modality(modality) for name, modality in dataset.modalities.items()},
        roles=of_roles(dataset, roles),
        kinds={name: modality.kind for name, modality in dataset.modalities.items()},
        splits={role: rows_as_text(roles.rows(role)) for role in ROLES},
        folds={
            fold: FoldIdentity(
                roles=of_roles(dataset, part),
                splits={role: rows_as_text(part.rows(role)) for role in ROLES if role != "test"},
            )
            for fold, part in roles.folds.items()
        },
        not_measurable=roles.not_measurable,
        stamp=stamp(loaded) or {},
        file=files.content(paths) if paths else None,
    )
