"""The records that data cross rows in: a data set as read, its samples by role, and tensors ready for a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from umlkit.rows import Rows

if TYPE_CHECKING:
    from torch import Tensor

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Role = Literal["train", "select", "probe", "test"]
ROLES: tuple[Role, ...] = ("train", "select", "probe", "test")


@dataclass(frozen=True)
class ModalityArray:
    """One modality as read and cut, before anything is fitted.

    Attributes:
        values: (N, ...) numbers of the type that they were stored in (bytes stay bytes; standardising makes float32),
            or (N,) texts as objects of type str. May lie in a file and be read in place. What shape a kind has is said
            in its file in :mod:`umlkit.data.kinds`.
        kind: a key of :data:`umlkit.data.kinds.KINDS`; empty before it is settled.
        source: the name of the raw array (``from``), or of the table.
        take: the cut applied to it, as written; None for none.
        columns: the table columns it was made from, in order; empty for arrays.
        missing: what happens to NaN: ``error``, or how they are imputed.
        fill: what stands for NaN where ``missing`` is ``impute-constant``.
        lengths: (N,) how many steps of a sample are real: as said beside the values, or as settled; else None.
        lengths_from: the name of the array or column that says so, or None.
        levels: for every column of ``values`` the categories that its whole numbers 0, 1, ... stand for, or None for
            a column of numbers; empty where no column holds categories.
    """

    values: Array
    kind: str
    source: str
    take: str | None = None
    columns: tuple[str, ...] = ()
    missing: str = "error"
    fill: float = 0.0
    lengths: Ints | None = None
    lengths_from: str | None = None
    levels: tuple[tuple[str, ...] | None, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample, without the first axis."""
        return self.values.shape[1:]

    @property
    def is_text(self) -> bool:
        """Whether the values are texts."""
        return bool(self.values.dtype.hasobject)

    def rows(self, rows: Ints | slice) -> ModalityArray:
        """The same modality with these samples alone."""
        lengths = None if self.lengths is None else self.lengths[rows]
        return replace(self, values=self.values[rows], lengths=lengths)


@dataclass(frozen=True)
class LeftOut:
    """Samples of one file that a join left out.

    Attributes:
        file: its name in the recipe.
        count: how many.
        ids: the first of them by id, at most twenty.
    """

    file: str
    count: int
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Dataset:
    """A labelled multi-modal data set, read whole and checked.

    Attributes:
        modalities: by name, all of length N.
        labels: (N,) class index in [0, C).
        classes: C names; ``classes[labels[i]]`` is sample i's class.
        class_values: the C labels as the data write them, in the order of ``classes``.
        label_name: name of the array or column that the labels came from.
        ids: N names, unique; the row numbers as text where the data name none.
        groups: (N,) group index, or None where the data name no groups.
        given_split: (N,) of 'train' | 'val' | 'test' | '' (unused), where the data state a split.
        reading: lines that say how the file was read, each with the line of the recipe that changes it.
        warnings: lines worth a user's attention (duplicates across splits and the like).
        name: the file's or the source's name, for messages.
        left_out: for every file of a join the samples that it left out.
        sample_weights: (N,) float64 >= 0 as the data write them, not all 0; None where they write none.
        weight_name: name of the array or column that they came from; empty where there are none.
    """

    modalities: Mapping[str, ModalityArray]
    labels: Ints
    classes: tuple[str, ...]
    class_values: tuple[str, ...]
    label_name: str
    ids: Sequence[str]
    groups: Ints | None
    given_split: Array | None
    reading: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    name: str = "data"
    left_out: tuple[LeftOut, ...] = ()
    sample_weights: Doubles | None = None
    weight_name: str = ""

    def __len__(self) -> int:
        return len(self.labels)

    def groups_of(self, rows: Ints) -> Ints | None:
        """Group index (n,) of some samples; None where the data name no groups."""
        return None if self.groups is None else self.groups[rows]


@dataclass(frozen=True)
class Roles:
    """Which sample serves which purpose: sorted row numbers, disjoint.

    Attributes:
        train, select, probe, test: (n_role,) rows. ``probe`` is empty where the data are too few for two roles;
            ``select`` then is the whole validation part.
        folds: the roles in every fold, by its name, where the measurement is cross-fitted; else empty.
        not_measurable: None, or why no measurement is possible and what it needs.
        needed: None, or about how many samples of train and validation would be enough for one.
        within_groups: validation, or what is dealt to folds, holds fewer than 10 groups: intervals go over samples and
            hold within these groups only. Validation is then divided by sample; folds keep groups whole all the same.
        made: True where umlkit made the split, False where the data gave it.
        reading: lines that say how the samples were divided.
        warnings: lines worth a user's attention: samples that occur in two roles, classes that a role lacks.
        first: (N,) for every sample of the data the row of the first that equals it in every modality, as
            :func:`umlkit.data.duplicates.keys` found it to warn; empty where nobody looked.
    """

    train: Ints
    select: Ints
    probe: Ints
    test: Ints
    folds: Mapping[str, Roles] = field(default_factory=dict)
    not_measurable: str | None = None
    needed: int | None = None
    within_groups: bool = False
    made: bool = True
    reading: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    first: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def rows(self, role: str) -> Ints:
        """Rows of a role; ``val`` is select and probe together. KeyError for any other word."""
        if role == "val":
            return np.sort(np.concatenate([self.select, self.probe]))
        return {"train": self.train, "select": self.select, "probe": self.probe, "test": self.test}[role]


@dataclass(frozen=True)
class Batch:
    """What a step of training sees.

    Attributes:
        inputs: modality -> (B, ...) float32, standardised.
        labels: (B,) int64.
        extras: whatever a method keeps per sample beside the inputs, each (B, ...): teacher features, offsets.
        weights: (B,) float32 >= 0, or None where every sample weighs 1.
    """

    inputs: Mapping[str, Tensor]
    labels: Tensor
    extras: Mapping[str, Tensor] = field(default_factory=dict)
    weights: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Samples:
    """All samples of one role, standardised: in memory where they are few, else read batch by batch.

    Attributes:
        inputs: modality -> n rows of float32; see :class:`umlkit.rows.Rows`. Images are (n, C, H, W).
        labels: (n,) int64, on the device.
        extras: name -> n rows; see :class:`Batch`.
        weights: (n,) float32 >= 0 of mean 1, see :mod:`umlkit.data.weights`; None where every sample weighs 1.
    """

    inputs: Mapping[str, Rows]
    labels: Tensor
    extras: Mapping[str, Rows] = field(default_factory=dict)
    weights: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, rows: Tensor | slice) -> Batch:
        """The samples at ``rows`` (a 1-d int64 tensor on the CPU, or a slice)."""
        return Batch(
            inputs={name: values[rows] for name, values in self.inputs.items()},
            labels=self.labels[rows],
            extras={name: values[rows] for name, values in self.extras.items()},
            weights=None if self.weights is None else self.weights[rows],
        )

    def only(self, *modalities: str) -> Samples:
        """The same samples with these modalities alone, sharing memory."""
        return replace(self, inputs={name: self.inputs[name] for name in modalities})

    def with_extras(self, extras: Mapping[str, Rows]) -> Samples:
        """The same samples with further values per sample, sharing memory."""
        return replace(self, extras={**self.extras, **extras})

    @property
    def weights_array(self) -> Doubles | None:
        """The weights (n,) as an array, for what is solved without torch; None where there are none."""
        return None if self.weights is None else np.asarray(self.weights.cpu(), dtype=np.float64)
