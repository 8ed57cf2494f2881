"""How a file was read, in lines for the user; each ends with the line of the recipe that changes it."""

from __future__ import annotations

from collections.abc import Mapping

from umlkit.data.convention import Layout
from umlkit.data.kinds import KINDS
from umlkit.data.labels import Labels
from umlkit.data.records import Array, ModalityArray
from umlkit.errors import listed
from umlkit.output import printable


def reading_lines(
    layout: Layout,
    modalities: Mapping[str, ModalityArray],
    labels: Labels,
    *,
    group_names: tuple[str, ...],
    given: Array | None,
) -> tuple[str, ...]:
    """A line for the label, each modality, the groups, the split, the ids, and what was left over."""
    lines = [f"label {layout.label}: {labels.said}  [data.label: {layout.label}]"]
    lines += [_modality(name, modality) for name, modality in modalities.items()]
    if layout.groups is not None:
        alone = "one a sample, so of no effect" if len(group_names) == len(labels.numbers) else "kept whole in splits"
        lines.append(f"groups {layout.groups}: {len(group_names)}, {alone}  [data.groups: {layout.groups}]")
    if given is not None:
        lines.append(_split(layout, given))
    if layout.id is not None:
        lines.append(f"ids {layout.id}  [data.id: {layout.id}]")
    if layout.sample_weight is not None:
        name = layout.sample_weight
        lines.append(f"sample weights {name}  [data.sample_weight: {name}, or none to leave them out]")
    if layout.ignored:
        lines.append(f"ignored: {listed(layout.ignored, limit=20)}  [data.modalities: ...]")
    return tuple(map(printable, lines))


def _modality(name: str, modality: ModalityArray) -> str:
    what = KINDS[modality.kind].describe(modality)
    beside = "" if modality.lengths_from is None else f", lengths: {modality.lengths_from}"
    if modality.columns:
        origin = f"{'column' if len(modality.columns) == 1 else 'columns'} {_span(modality.columns)}"
        line = f"{{columns: ...{beside}}}"
    else:
        origin = f"array {modality.source}{modality.take or ''}"
        line = f"{{from: {modality.source}, kind: {modality.kind}{beside}}}"
    if beside:
        origin += f", lengths from {modality.lengths_from}"
    return f"modality {name}: {modality.kind}, {what}, from {origin}  [data.modalities.{name}: {line}]"


def _span(columns: tuple[str, ...]) -> str:
    return listed(columns) if len(columns) <= 3 else f"{columns[0]} ... {columns[-1]} ({len(columns)})"


def _split(layout: Layout, given: Array) -> str:
    by = layout.split or listed(layout.index)
    counts = ", ".join(f"{role} {int((given == role).sum())}" for role in ("train", "val", "test"))
    unused = int((given == "").sum())
    left = f", {unused} samples in no part and left out" if unused else ""
    key = f"  [data.split_by: {layout.split}]" if layout.split else ""
    return f"split by {by}: {counts}{left}{key}"
