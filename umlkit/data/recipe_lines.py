"""A recipe's lines as ``init`` writes them: YAML that any reader takes for exactly what was meant, with comments."""

from __future__ import annotations

import re
from collections.abc import Sequence

from umlkit import registry
from umlkit.data.cut import Place
from umlkit.data.named import match_columns
from umlkit.data.raw import Raw
from umlkit.data.suspects import Suspect
from umlkit.data.weights import SKEWED, skew
from umlkit.output import printable
from umlkit.recipe.data_schema import Data
from umlkit.recipe.json_schema import modeline
from umlkit.recipe.scalars import is_text

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_WORDS_OF_OLD_YAML = frozenset({"yes", "no", "on", "off"})
_WIDTH = 100
_MISSING = {
    "impute-mean": "the mean of the training samples for values that are missing",
    "empty": "a text that is missing is an empty one",
}


def quoted(text: str) -> str:
    """``text`` as a YAML scalar that every YAML reader takes for exactly this text."""
    plain = _PLAIN.fullmatch(text) and is_text(text) and text.lower() not in _WORDS_OF_OLD_YAML
    return text if plain else '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def head(raw: Raw, file: str, *, modalities: int) -> list[str]:
    """The first lines: what the file is, and what to do with it."""
    shown = printable(file)
    width = len(f"umlkit train {shown} --method unimodal" if modalities == 1 else f"umlkit data {shown}")
    uses = {f"umlkit data {shown}": "checks and describes the data"}
    if modalities == 1:  # one alone has nothing to be compared with
        uses[f"umlkit train {shown} --method unimodal"] = "trains"
    else:
        uses[f"umlkit run {shown}"] = "trains, measures, advises, evaluates"
    return [
        modeline(),
        f"# A recipe for {printable(raw.name)}, as umlkit reads it. Keys that are not here have their defaults.",
        "#",
        *(f"#   {command:<{width}}   {does}" for command, does in uses.items()),
        "",
    ]


def data_lines(data: Data, *, classes: int, stated: bool, groups: Sequence[Suspect]) -> list[str]:
    """Where the data are, and what stands beside the samples.

    Args:
        data: the section to be written.
        classes: how many there are.
        stated: whether the data state a split.
        groups: columns that may name groups; said in comments.
    """
    lines = [*_place_lines(data), f"  label: {quoted(data.label or '')}  # {classes} classes"]
    lines += [
        f"  {key}: {quoted(value)}  # {why}"
        for key, value, why in (
            ("groups", data.groups, "kept whole in splits"),
            ("split_by", data.split_by, "states who trains and who is tested"),
            ("id", data.id, "names the samples"),
        )
        if value is not None
    ]
    if data.groups is None:
        lines += _group_lines(groups)
    if stated and data.split_by is None:
        lines.append("  # the split is stated by the index arrays idx_train, idx_val, idx_test")
    return lines


def _group_lines(groups: Sequence[Suspect]) -> list[str]:
    """Columns that may name groups, each as a line to uncomment; a line that says what groups are where none may."""
    if not groups:
        return ["  # groups: subject            # an array or column whose groups are kept whole in splits"]
    return [
        "  # Samples of one person, recording or product that are in train and in test alike make figures flatter. If",
        "  # one of these names such groups, take its # away, and take it out of the modalities below:",
        *(
            f"  # groups: {quoted(one.name)}  # {one.distinct} values, about {one.repeats} samples of each"
            for one in groups
        ),
    ]


def _place_lines(data: Data) -> list[str]:
    if isinstance(data.path, dict):
        return ["  path:", *(f"    {quoted(name)}: {quoted(path)}" for name, path in data.path.items())]
    return [f"  source: {quoted(data.source)}" if data.source else f"  path: {quoted(str(data.path))}"]


def modality_lines(place: Place, raw: Raw, *, remark: str) -> list[str]:
    """A modality: where it is, its kind with the reason, and what ``auto`` compares."""
    lines = [f"    {quoted(place.name)}:"]
    lines += _columns_lines(place, raw) if place.columns else [f"      from: {quoted(place.source)}"]
    lines.append(f"      kind: {place.kind}  # {remark}")
    if place.lengths is not None:
        lines.append(f"      lengths: {quoted(place.lengths)}  # how many steps of every sample are real")
    if place.missing != "error":
        unknown = ", `unknown` for categories" if place.kind == "table" else ""
        lines.append(f"      missing: {place.missing}  # {_MISSING[place.missing]}{unknown}")
    fitting = ", ".join(
        name
        for name, spec in registry.encoders().items()
        if place.kind in spec.kinds and spec.suits is not registry.by_name_only
    )
    lines.append(f"      encoder: auto  # the best on `select` of what suits the samples among {fitting}")
    return lines


def _columns_lines(place: Place, raw: Raw) -> list[str]:
    for pattern in (f"{place.name}_*", "*"):
        found, _ = match_columns(pattern, list(raw.headers), but=_others(place, raw))
        if tuple(found) == place.columns and pattern != "*":
            return [f"      columns: {quoted(pattern)}"]
    return _flow([quoted(column) for column in place.columns])


def _others(place: Place, raw: Raw) -> Sequence[str]:
    return [name for name in raw.headers if len(raw.headers[name].shape) != 1 and name not in place.columns]


def _flow(items: list[str]) -> list[str]:
    lines, line = [], "      columns: ["
    for i, item in enumerate(items):
        piece = item + ("]" if i == len(items) - 1 else ", ")
        if len(line) + len(piece) > _WIDTH and line.strip():
            lines.append(line.rstrip())
            line = "        "
        line += piece
    return [*lines, line]


def tail(*, stated: bool, sizes: Sequence[int], measured: str) -> list[str]:
    """Split, class weights and what else may be changed.

    Args:
        stated: whether the data state a split.
        sizes: samples of every class.
        measured: how a measurement goes, in a few words.
    """
    split = (
        [] if stated else ["  # split: {train: 0.6, val: 0.2, test: 0.2, seed: 0}   # default: by what the data need"]
    )
    return [
        *split,
        "",
        "train:",
        *_class_weight_lines(sizes),
        "  # epochs: auto       # a cap, 300 or more where samples are few; early stopping on `select` ends trainings",
        "  # batch_size: auto   # 64, or more where samples are many",
        "  # lr: 0.001",
        "",
        f"# The measurement: {printable(measured)}.",
        "# methods: {umt: {weight: auto}}                                   # `umlkit methods -v` lists their options",
        "# seeds: [0, 1, 2]                                                 # the measurement is the mean over them",
    ]


def _class_weight_lines(sizes: Sequence[int]) -> list[str]:
    ratio = skew(sizes)
    if ratio < SKEWED:
        return ["  class_weight: none   # classes are about equally large"]
    return [
        f"  # The largest class has {ratio:.3g} times the samples of the smallest ({max(sizes)} and {min(sizes)}).",
        "  # `balanced` lets every class count alike: it raises balanced accuracy and mostly lowers accuracy.",
        "  class_weight: none   # or balanced",
    ]
