"""Read samples that no model has seen, for prediction and evaluation: cut as the training data were, checked, with ids.

The arrays that come out are raw, of the shape that the model's own standardisation expects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from umlkit.data import kinds, sides
from umlkit.data.cut import extract
from umlkit.data.gaps import Gaps
from umlkit.data.input_spec import InputSpec, place_of
from umlkit.data.known_labels import known_labels
from umlkit.data.matching import dropped
from umlkit.data.named import missing_column
from umlkit.data.raw import Raw, from_arrays
from umlkit.data.records import Array, Doubles, Ints, ModalityArray
from umlkit.data.sources import files_of, open_new
from umlkit.errors import InputError, Problem, listed
from umlkit.output import printable


@dataclass(frozen=True)
class Unseen:
    """New samples.

    Attributes:
        modalities: by name, settled.
        ids: n names; the row numbers where the data name none.
        labels: (n,) class numbers, or None where they were not asked for.
        weights: (n,) sample weights >= 0; None where they were not asked for or are not there.
        notes: which samples a join of several files left out, a line for each file that had them.
    """

    modalities: Mapping[str, ModalityArray]
    ids: Sequence[str]
    labels: Ints | None
    weights: Doubles | None = None
    notes: tuple[str, ...] = ()


def read_unseen(
    path: Path,
    specs: Mapping[str, InputSpec],
    *,
    label: str | None = None,
    classes: Sequence[str] = (),
    class_values: Sequence[str] = (),
    id: str | None = None,
    usual_id: str | None = None,
    sample_weight: str | None = None,
    files: Sequence[str] = (),
) -> Unseen:
    """The samples in a data file, or in a folder of ``.npy`` files, or of files that are joined as the recipe's are.

    Args:
        path: a file, a folder of ``.npy`` files, or one of the files that the recipe joins, called alike.
        specs: what the model reads, by modality.
        label: array or column with the labels; None where none are needed.
        classes: the model's class names; a label may be one of them ...
        class_values: ... or what the training data wrote for it, in the same order.
        id: array or column with the ids, which has to be there; None takes ``usual_id`` or ``id``, if one is there.
        usual_id: where the recipe has the ids of its own data.
        sample_weight: array or column with the samples' weights, taken if it is there; None for none.
        files: what the recipe joins, as a folder of new data has to call it.

    Raises:
        InputError: everything that is wrong.
    """
    raw = open_new(path, id=id or usual_id or "id")
    absent = any(place_of(raw, name, spec, []) is None for name, spec in specs.items())
    if absent and (lacking := _lacking_files(path, files)) is not None:
        raise InputError(lacking)
    problems: list[Problem] = []
    modalities = _modalities(raw, specs, problems)
    numbers = known_labels(raw, label, classes, class_values, problems=problems) if label is not None else None
    length = _length(raw, modalities, None if numbers is None else label, numbers, problems=problems)
    names = _ids(raw, id, usual_id, length, problems=problems)
    weights = sides.weights(raw, sample_weight if sample_weight in raw.headers else None, length, problems)
    if problems:
        raise InputError(*problems)
    notes = tuple(printable(dropped(one)) for one in raw.left_out if one.count)
    return Unseen(modalities=modalities, ids=names, labels=numbers, weights=weights, notes=notes)


def cut_arrays(arrays: Mapping[str, Array], specs: Mapping[str, InputSpec]) -> dict[str, ModalityArray]:
    """A Python user's arrays as a model reads them, by modality.

    An array under the name that a modality was cut from is cut; one under the modality's own name (or ``X_`` and
    that) is taken as cut already.

    Raises:
        InputError: a modality is missing, has another shape, or holds what is no number; lengths that differ.
    """
    raw = from_arrays(arrays, name="the arrays given")
    problems: list[Problem] = []
    found = _modalities(raw, specs, problems)
    _length(raw, found, None, None, problems=problems)
    if problems:
        raise InputError(*problems)
    return found


def _modalities(raw: Raw, specs: Mapping[str, InputSpec], problems: list[Problem]) -> dict[str, ModalityArray]:
    found = {name: _modality(raw, name, spec, problems) for name, spec in specs.items()}
    return {name: modality for name, modality in found.items() if modality is not None}


def _modality(raw: Raw, name: str, spec: InputSpec, problems: list[Problem]) -> ModalityArray | None:
    place = place_of(raw, name, spec, problems)
    found = None if place is None else extract(raw, place, problems)
    if found is None:
        return None
    shape = found.values.shape
    if not shape or len(found) == 0:
        problems.append(Problem(f"the modality {name!r} has no samples", where=raw.name, found=f"shape {shape}"))
        return None
    settled = kinds.settle(name, found, stated=spec.kind, where=raw.name)
    if isinstance(settled, Problem):
        problems.append(settled if found.is_text else _wrong_shape(raw, name, spec, f"{shape[1:]} a sample"))
        return None
    kind = kinds.KINDS[spec.kind]
    mismatch = kind.mismatch(spec.sample_shape, settled.modality)
    if mismatch is not None:
        problems.append(_wrong_shape(raw, name, spec, mismatch))
        return None
    found_wrong = kind.problems(name, settled.modality, raw)
    problems.extend(problem.for_a_model() if isinstance(problem, Gaps) else problem for problem in found_wrong)
    return settled.modality


def _lacking_files(path: Path, files: Sequence[str]) -> Problem | None:
    """Which of the files that the recipe joins a folder of such files lacks; None where it lacks none or is no such."""
    there = files_of(path)
    lacking = [file for file in files if Path(file).stem not in there]
    if not there or not lacking:
        return None
    return Problem(f"lacks {listed(lacking)}", where=str(path), found=listed(file.name for file in there.values()))


def _wrong_shape(raw: Raw, name: str, spec: InputSpec, found: str) -> Problem:
    return Problem(
        f"the modality {name!r} has another shape than in training",
        where=raw.name,
        found=found + (f" after the cut {spec.take}" if spec.take else ""),
        allowed=kinds.KINDS[spec.kind].expected(spec.sample_shape),
    )


def _length(
    raw: Raw,
    modalities: Mapping[str, ModalityArray],
    label: str | None,
    numbers: Ints | None,
    *,
    problems: list[Problem],
) -> int:
    lengths = {name: len(values) for name, values in modalities.items()}
    if label is not None and numbers is not None:
        lengths[label] = len(numbers)
    if len(set(lengths.values())) > 1:
        found = listed(f"{name!r} {length}" for name, length in lengths.items())
        problems.append(
            Problem("the arrays differ in length", where=raw.name, found=found, allowed="one entry a sample")
        )
    return next(iter(lengths.values()), 0)


def _ids(raw: Raw, name: str | None, usual: str | None, length: int, *, problems: list[Problem]) -> Sequence[str]:
    if name is not None and name not in raw.headers:
        problems.append(missing_column("ids", name, raw, option="--id NAME"))
        return ()
    own = name or next((one for one in (usual, "id") if one in raw.headers), None)
    if own is not None and raw.headers[own].shape[:1] not in ((), (length,)):
        shape = raw.headers[own].shape
        problems.append(Problem(f"the ids {own!r} are not one a sample", where=raw.name, found=f"shape {shape}"))
        return ()
    return sides.ids(raw, own, length, problems)
