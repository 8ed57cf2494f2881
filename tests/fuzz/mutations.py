"""Hypothesis strategies that spoil what is valid: bytes, arrays, cells, recipes, words of the command line."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import yaml
from hypothesis import strategies as st

from tests.fuzz.sources import Arrays, Content, Rows

Draw = Callable[[st.SearchStrategy[Any]], Any]

NASTY = (
    b"\x00", b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b'"', b"'", b",", b"\t", b"\n", b"\r", b"\x1b[2J",
    b"{", b"}", b"[", b": ", b"- ", b"&a ", b"*a", b"!!python/object:os.system ", b"#", b"%", b"nan", b"1e999",
    b"9" * 400,
    b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\\u0000", b"<<: ", b"---\n", b"[" * 60,
)  # fmt: skip
WORDS = (
    "", " ", "NA", "nan", "inf", "-inf", "1e308", "-1e308", "1e999", "9" * 30, "9" * 5000, "1_000", "0x1f", "١٢",
    "true",
    "null", "~", "word", "[]", "{}", "[1", "a,b", "\t", "\n", "\r", "\x00", "\x1b[31m", "\u2028", "é" * 300, "..",
    "/", "../x",
    "*", "?", "[:]", "[::-1]", "[999:]", "[0]", "-1", "--json", "=", "data.path=x", "y", "unimodal:a", "sklearn:no",
)  # fmt: skip
CELLS: tuple[Any, ...] = (
    *WORDS, None, True, False, 0, -1, 10**18, 10**40, 1e308, -1e308, 5e-324, float("nan"), float("inf"), [], [1.0],
    [[1.0]],
    [[1.0, 2.0], [3.0]], [None], {}, {"a": 1}, [[float("nan"), float("nan")]], ["word"],
)  # fmt: skip
PLAIN: tuple[Any, ...] = (
    None, True, 0, 1, -1, 3, 10**9, 10**30, 0.5, -0.5, 1e308, 5e-324, float("nan"), float("inf"), "", "auto", "none",
    [], {},
    [0], [0, 0], {"a": 1}, {"name": "mlp"}, {"name": "linear", "features": 4}, "balanced", "table", "text",
    "sequence", "image",
    "vector", "spectrogram", "impute-mean", "impute-constant", "empty", "left", "y", "outcome", "visit", "*", "[:, :1]",
    "[0]", "sklearn:iris", "v.npz", "m.csv", "no.npz", "mlp", "resnet", "gru", "transformer", "ngrams", "conv1d",
)  # fmt: skip
KEYS = (
    "name", "data", "train", "methods", "probe", "seeds", "device", "threads", "workers", "path", "source", "label",
    "groups",
    "split_by", "id", "modalities", "split", "kind", "columns", "take", "from", "missing", "fill", "lengths",
    "categories",
    "encoder", "epochs", "lr", "class_weight", "precision", "umt", "trian", "", "é", "a.b",
)  # fmt: skip


DOTTED = (
    "train.epochs", "train.lr", "data.path", "data.label", "data.modalities.a.kind", "data.split.val",
    "methods.umt.weight", "train.class_weight",
)  # fmt: skip


def spoil_bytes(draw: Draw, content: bytes) -> bytes:
    """Flip, cut, insert, repeat or remove some bytes."""
    at = draw(st.integers(0, max(len(content) - 1, 0)))
    end = min(len(content), at + draw(st.sampled_from([1, 1, 2, 7, 64, 4000])))
    how = draw(st.sampled_from(["flip", "cut", "insert", "repeat", "remove", "zero"]))
    if how == "flip" and content:
        return content[:at] + bytes([content[at] ^ (1 << draw(st.integers(0, 7)))]) + content[at + 1 :]
    return {
        "cut": content[:at],
        "insert": content[:at] + draw(st.sampled_from(NASTY)) + content[at:],
        "repeat": content[:end] + content[at:],
        "remove": content[:at] + content[end:],
        "zero": content[:at] + bytes(end - at) + content[end:],
    }.get(how, b"")


def spoil(draw: Draw, content: Content) -> Content:
    """One edit of arrays or of rows."""
    return spoil_arrays(draw, dict(content)) if isinstance(content, dict) else spoil_rows(draw, content)


_VALUES: dict[str, Callable[[np.ndarray], Any]] = {
    "nan": lambda a: _with(a.astype(np.float64), np.nan),
    "all nan": lambda a: np.full(a.shape, np.nan),
    "inf": lambda a: _with(a.astype(np.float64), -np.inf),
    "huge": lambda a: _with(a.astype(np.float64), 1e308),
    "all huge": lambda a: np.full(a.shape, 1.7e308) * np.where(np.arange(a.size) % 2, 1, -1).reshape(a.shape),
    "tiny": lambda a: a.astype(np.float64) * 1e-310,
    "constant": lambda a: np.zeros_like(a),
    "int64": lambda a: np.where(np.arange(a.size).reshape(a.shape) % 2, 2**63 - 1, -(2**63)),
    "uint64": lambda a: np.full(a.shape, 2**64 - 1, dtype=np.uint64),
    "bool": lambda a: a.astype(np.float64) > 0,
    "half": lambda a: a.astype(np.float16),
    "complex": lambda a: a + 1j,
    "date": lambda a: np.arange(a.size).reshape(a.shape).astype("datetime64[D]"),
    "duration": lambda a: np.arange(a.size).reshape(a.shape).astype("timedelta64[s]"),
    "not a time": lambda a: np.full(a.shape, np.datetime64("NaT")),
    "bytes": lambda a: a.astype(str).astype("S8"),
    "text": lambda a: a.astype("U8"),
    "empty text": lambda a: np.full(a.shape, "", dtype="U3"),
    "no width": lambda a: np.zeros(a.shape, dtype="U1").astype("U0"),
    "object": lambda a: a.astype(object),
    "record": lambda a: np.zeros(a.shape, dtype=[("u", "f4"), ("v", "i4")]),
    "big end": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "fortran": lambda a: np.asfortranarray(a),
    "void": lambda a: np.zeros(a.shape, dtype="V4"),
    "scalar": lambda a: np.asarray(a.reshape(-1)[0]),
    "none": lambda a: a[:0],
    "no columns": lambda a: np.zeros((len(a), 0)),
    "one row less": lambda a: a[:-1],
    "one row": lambda a: a[:1],
    "one more axis": lambda a: a[..., None],
    "many axes": lambda a: a.reshape(a.shape + (1,) * 20),
    "flat": lambda a: a.reshape(len(a), -1),
    "transposed": lambda a: a.T,
    "every other": lambda a: np.arange(a.size).reshape(a.shape),
    "negative": lambda a: -a.astype(np.int64) - 1,
    "floats": lambda a: a.astype(np.float64) + 0.5,
    "repeated": lambda a: np.repeat(a[:1], len(a), axis=0),
}
NAMES = ("", " ", "y", "X_", "X_a", "../x", "a/b", "a\nb", "\x1b[2J", "é", "split", "idx_train", "class_names",
         "sample_weight",
         "len_accel", "id", "groups", "n" * 300, "a.npy", "#", ".")  # fmt: skip


def _with(values: np.ndarray, value: float) -> np.ndarray:
    values.reshape(-1)[: max(1, values.size // 7)] = value
    return values


def spoil_arrays(draw: Draw, arrays: Arrays) -> Arrays:
    key = draw(st.sampled_from(sorted(arrays)))
    how = draw(st.sampled_from(["values", "values", "values", "rename", "drop", "add"]))
    if how == "drop":
        return {name: values for name, values in arrays.items() if name != key}
    if how == "rename":
        new = draw(st.sampled_from(NAMES))
        return {new if name == key else name: values for name, values in arrays.items()}
    edit = _VALUES[draw(st.sampled_from(sorted(_VALUES)))]
    name = key if how == "values" else draw(st.sampled_from(NAMES))
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {**arrays, name: edit(np.array(arrays[key]))}
    except (ValueError, TypeError, OverflowError):  # an edit before this one left nothing that it fits
        return arrays


def spoil_rows(draw: Draw, rows: Rows) -> Rows:
    if not rows:
        return rows
    rows = [dict(row) for row in rows]
    column = draw(st.sampled_from(sorted({key for row in rows for key in row}) or ["age"]))
    at = draw(st.integers(0, len(rows) - 1))
    cell = draw(st.sampled_from(CELLS))
    how = draw(
        st.sampled_from(["cell", "cell", "column", "rename", "drop", "ragged", "longer", "twice", "few", "words"])
    )
    if how == "cell":
        rows[at][column] = cell
    elif how == "column":
        rows = [{**row, column: cell} for row in rows]
    elif how == "rename":
        new = draw(st.sampled_from((*NAMES, *rows[0])))
        rows = [{new if key == column else key: value for key, value in row.items()} for row in rows]
    elif how == "drop":
        rows = [{key: value for key, value in row.items() if key != column} for row in rows]
    elif how == "ragged":
        rows[at].pop(column, None)
    elif how == "longer":
        rows[at] = {**rows[at], "more": cell}
    elif how == "twice":
        rows.insert(0, rows[at])
    elif how == "few":
        rows = rows[: draw(st.sampled_from([0, 1, 2, 5, 9]))]
    else:
        rows = [{**row, column: cell if i % 3 else row.get(column)} for i, row in enumerate(rows)]
    return rows


def spoil_tree(draw: Draw, recipe: dict[str, Any]) -> Any:
    """One edit somewhere in a recipe's keys and values."""
    tree = json.loads(json.dumps(recipe))
    holder: Any = tree
    while isinstance(holder, dict | list) and holder:
        keys = sorted(holder, key=str) if isinstance(holder, dict) else list(range(len(holder)))
        key = draw(st.sampled_from(keys))
        if isinstance(holder[key], dict | list) and holder[key] and draw(st.integers(0, 3)):
            holder = holder[key]
            continue
        how = draw(st.sampled_from(["value", "value", "value", "drop", "add", "rename"]))
        if how == "drop":
            del holder[key]
        elif how == "value":
            holder[key] = draw(st.sampled_from(PLAIN))
        elif isinstance(holder, list):
            holder.append(draw(st.sampled_from(PLAIN)))
        else:
            value = holder.pop(key) if how == "rename" else draw(st.sampled_from(PLAIN))
            holder[draw(st.sampled_from(KEYS))] = value
        return tree
    return tree


def spoil_lines(draw: Draw, text: str) -> str:
    """Lines dropped, doubled, swapped, indented otherwise."""
    lines = text.splitlines(keepends=True)
    at, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
    how = draw(st.sampled_from(["drop", "twice", "swap", "tab", "indent", "crlf", "deep", "anchor", "bomb"]))
    line = lines[at]
    if how == "swap":
        lines[at], lines[other] = lines[other], lines[at]
    elif how == "crlf":
        return text.replace("\n", "\r\n")
    elif how == "bomb":
        return "a0: &a0 [x]\n" + "".join(f"a{i + 1}: &a{i + 1} [{f'*a{i}, ' * 9}]\n" for i in range(12)) + text
    else:
        lines[at] = {
            "drop": "",
            "twice": line * 2,
            "tab": "\t" + line,
            "indent": " " * draw(st.integers(1, 5)) + line,
            "deep": line.rstrip("\n") + "{a: " * 90 + "\n",
            "anchor": line.replace(": ", ": &a ", 1) + "other: *a\n",
        }[how]
    return "".join(lines)


def spoiled_recipe(draw: Draw, recipe: dict[str, Any]) -> bytes:
    """A recipe with one to three edits, of its keys, of its lines or of its bytes."""
    tree = recipe
    for _ in range(draw(st.integers(0, 2))):
        tree = spoil_tree(draw, tree) if isinstance(tree, dict) and tree else tree
    text = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
    if draw(st.integers(0, 3)) == 0 and text.strip():
        text = spoil_lines(draw, text)
    content = text.encode("utf-8", "surrogatepass")
    return spoil_bytes(draw, content) if draw(st.integers(0, 3)) == 0 else content


def setting(draw: Draw) -> str:
    """A word for ``--set``."""
    key = draw(st.sampled_from((*DOTTED, *KEYS)))
    value = draw(st.sampled_from((*WORDS, *map(str, PLAIN))))
    return draw(st.sampled_from([f"{key}={value}", f"{key}={value}", f"{key}={value}", key, f"={value}", value]))
