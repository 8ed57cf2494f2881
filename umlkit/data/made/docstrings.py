"""``made:docstrings``: what numpy, scipy and scikit-learn say of their functions, and what their code looks like.

The sample is a public function or class; its text the docstring up to the first section (Parameters, ...); its
table what can be counted in the code; the label the subject that it belongs to. Always installed, as umlkit needs the
three. The files are parsed and nothing is imported.

Nothing may spell the label out: names with a dot and references are taken out of the texts, and so are the names of
the packages' parts (``stats``, ``linalg``). Texts that repeat an earlier one are left out.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from umlkit.data.raw import Raw, from_arrays
from umlkit.data.records import Array
from umlkit.errors import InputError, Problem

SUBJECTS = {
    "arrays": ("numpy/lib", "numpy/_core"),
    "calculus": ("scipy/integrate", "scipy/interpolate", "scipy/differentiate"),
    "learning": (
        *("sklearn/linear_model", "sklearn/ensemble", "sklearn/cluster", "sklearn/decomposition", "sklearn/neighbors"),
        *("sklearn/gaussian_process", "sklearn/feature_selection", "sklearn/preprocessing", "sklearn/manifold"),
        *("sklearn/model_selection", "sklearn/metrics", "sklearn/tree", "sklearn/svm", "sklearn/neural_network"),
    ),
    "linear algebra": ("numpy/linalg", "scipy/linalg", "scipy/sparse"),
    "optimisation": ("scipy/optimize",),
    "signals": ("scipy/signal", "scipy/fft", "scipy/ndimage"),
    "statistics": ("scipy/stats",),
}
FEWEST_WORDS = 4
_PARTS = {part.partition("/")[2] for parts in SUBJECTS.values() for part in parts}
_APART = {"tests", "src", "setup.py", "conftest.py"}
_SECTION = re.compile(r"\n[^\n]+\n[-=]{3,}|\n\.\. ")
_REFERENCE = re.compile(r"(:\w+)*:`[^`]*`|\[\d+\]_|`+|\b\w+(\.\w+)+\b", re.ASCII)
_NAMES = re.compile(rf"\b({'|'.join(sorted(_PARTS))}|numpy|scipy|sklearn)\b", re.IGNORECASE)
_Definition = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class _Row:
    """A function or class; the names of the fields are the columns.

    Attributes:
        text: what its docstring says before the first section.
        sort: ``function`` or ``class``.
        first: its first parameter, ``none`` without one; a class has those of its ``__init__``.
        parameters: how many.
        defaulted: the share of them with a default value.
        lines: of its source.
        documented: the share of these lines that the docstring takes.
        returns, raises, branches, loops, calls: how often its code does so.
        examples: lines of code in its docstring.
        file: where it stands.
        subject: the label.
    """

    text: str
    sort: str
    first: str
    parameters: int
    defaulted: float
    lines: int
    documented: float
    returns: int
    raises: int
    branches: int
    loops: int
    calls: int
    examples: int
    file: str
    subject: str


def open_set(source: str) -> Raw:
    """A table with the columns of ``_Row``: ``text``, words and counts about the code, ``file``, and ``subject``.

    Raises:
        InputError: an installation without source files.
    """
    rows: dict[str, _Row] = {}
    for subject, parts in SUBJECTS.items():
        for row in (row for part in parts for path in _files(part) for row in _rows(path, part, subject)):
            rows.setdefault(row.text.lower(), row)
    if {row.subject for row in rows.values()} != set(SUBJECTS):
        raise InputError(
            Problem("numpy, scipy and scikit-learn are installed without source files to read", where=source)
        )
    columns = zip(*map(astuple, rows.values()), strict=True)
    arrays = {field.name: _column(values) for field, values in zip(fields(_Row), columns, strict=True)}
    return from_arrays(arrays, name=source, table=True, label="subject")


def _column(values: tuple[object, ...]) -> Array:
    return np.array(values, dtype=object if isinstance(values[0], str) else None)


def _files(part: str) -> list[Path]:
    """Python files of a part of a package, in an order that is everywhere the same."""
    package, _, folder = part.partition("/")
    spec = find_spec(package)
    roots = [Path(place) / folder for place in (spec and spec.submodule_search_locations) or ()]
    found = [path for root in roots for path in root.rglob("*.py") if not _APART & set(path.relative_to(root).parts)]
    return sorted(found, key=Path.as_posix)


def _rows(path: Path, part: str, subject: str) -> Iterator[_Row]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a compiler says of their string literals is not for our user
        tree = ast.parse(path.read_text(encoding="utf-8"))
    file = f"{part}/{path.name}"
    for node in tree.body:
        if isinstance(node, _Definition) and not node.name.startswith("_"):
            yield from _row(node, file, subject)


def _row(node: _Definition, file: str, subject: str) -> Iterator[_Row]:
    """The row of a definition; none where its docstring says too little."""
    docstring = ast.get_docstring(node) or ""
    text = _prose(docstring, node.name)
    if len(text.split()) < FEWEST_WORDS:
        return
    parameters, defaults = _parameters(node)
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    found = [type(one) for one in ast.walk(node)]
    yield _Row(
        text=text,
        sort="class" if isinstance(node, ast.ClassDef) else "function",
        first=parameters[0] if parameters else "none",
        parameters=len(parameters),
        defaulted=round(defaults / max(1, len(parameters)), 3),
        lines=lines,
        documented=round(min(1.0, (docstring.count("\n") + 1) / lines), 3),
        returns=found.count(ast.Return),
        raises=found.count(ast.Raise),
        branches=found.count(ast.If) + found.count(ast.IfExp),
        loops=found.count(ast.For) + found.count(ast.While),
        calls=found.count(ast.Call),
        examples=docstring.count(">>>"),
        file=file,
        subject=subject,
    )


def _prose(docstring: str, name: str) -> str:
    """What a docstring says before its first section, in words, without what names the place that it is from."""
    prose = _SECTION.split("\n" + docstring, maxsplit=1)[0]
    for taken in (_REFERENCE, _NAMES, re.compile(rf"\b{re.escape(name)}\b")):
        prose = taken.sub(" ", prose)
    return " ".join(prose.split())


def _parameters(node: _Definition) -> tuple[list[str], int]:
    """The names of its parameters but ``self`` and ``cls``, and how many have a default."""
    if isinstance(node, ast.ClassDef):
        inits = (one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__")
        found = next(inits, None)
        return ([], 0) if found is None else _parameters(found)
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    defaults = len(node.args.defaults) + sum(one is not None for one in node.args.kw_defaults)
    return [one for one in names if one not in ("self", "cls")], defaults
