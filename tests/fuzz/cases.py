"""Whole cases: what is spoiled, and which command meets it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.fuzz.judging import Case
from tests.fuzz.mutations import WORDS, Draw, setting, spoil, spoil_bytes, spoiled_recipe
from tests.fuzz.sources import Source, sources, written
from tests.synthetic_evidence import make_probe

OPTIONS = (
    "--label", "--groups", "--split-by", "--id", "--out", "--seed", "--device", "--threads", "--workers", "--method",
    "--no-such", "--max-minutes", "-x",
)  # fmt: skip
_CUT_IS_SEEN = (".npz", ".npy", ".safetensors", ".parquet")
"""Formats that say how long they are."""
VARIABLES = (
    "UMLKIT_TRAIN__EPOCHS", "UMLKIT_SEEDS", "UMLKIT_DATA__LABEL", "UMLKIT_DATA__MODALITIES", "UMLKIT_DEVICE",
    "UMLKIT_OUT", "UMLKIT_NO", "UMLKIT_",
)  # fmt: skip


def plain(source: Source) -> dict[str, bytes]:
    """The valid recipe and data."""
    recipe = yaml.safe_dump(source.recipe, allow_unicode=True, sort_keys=False).encode()
    files = {"r.yaml": recipe}
    for name, content in source.files.items():
        files |= written(name, content, compressed=source.compressed)
    return files


@st.composite
def cases(draw: Draw, trained: Mapping[str, Path] | None = None) -> Case:
    """A case; those that need a finished model only of the sources in ``trained``: name -> folder with its run."""
    kinds = ["recipe", "recipe", "data", "data", "data", "file", "words", "advise", "train", "broken", "harmless"]
    kind = draw(st.sampled_from([*kinds, *["new"] * 3] if trained else kinds))
    if kind == "new":
        return _new_data(draw, trained or {})
    if kind == "advise":
        return _advice(draw)
    source = sources()[draw(st.sampled_from(sorted(sources())))]
    return _CASES[kind](draw, source)


def _spoiled_data(draw: Draw, source: Source) -> dict[str, bytes]:
    files = dict(source.files)
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(sorted(files)))
        files[name] = spoil(draw, files[name])
    made: dict[str, bytes] = {}
    for name, content in files.items():
        try:
            made |= written(name, content, compressed=source.compressed)
        except (ValueError, TypeError, KeyError, OSError, AttributeError, OverflowError, ArithmeticError):
            made |= written(name, source.files[name], compressed=source.compressed)  # the format cannot hold that
        except Exception as error:  # pyarrow's and safetensors' own
            if type(error).__module__.partition(".")[0] not in ("pyarrow", "safetensors", "safetensors_rust"):
                raise
            made |= written(name, source.files[name], compressed=source.compressed)
    if draw(st.integers(0, 2)) == 0 and made:
        name = draw(st.sampled_from(sorted(made)))
        made[name] = spoil_bytes(draw, made[name])
    return {name: content for name, content in made.items() if _can_be_a_name(name)}


def _can_be_a_name(name: str) -> bool:
    return ".." not in name and "\0" not in name and name.count("/") < 2 and max(map(len, name.split("/"))) < 250


def _json(draw: Draw) -> tuple[str, ...]:
    return ("--json",) if draw(st.booleans()) else ()


def _recipe(draw: Draw, source: Source) -> Case:
    files = plain(source) | {"r.yaml": spoiled_recipe(draw, source.recipe)}
    return Case((*_reading(draw, "r.yaml"), *_json(draw)), files)


READING = st.sampled_from(
    [("data", "r.yaml"), ("train", "r.yaml", "--method", "unimodal", "--dry-run"), ("run", "r.yaml", "--dry-run")]
)
"""Commands that read all of the data."""


def _reading(draw: Draw, recipe: str) -> tuple[str, ...]:
    """A command that reads recipe and data, and writes nothing."""
    return draw(
        st.sampled_from(
            [
                ("data", recipe),
                ("data", recipe),
                ("train", recipe, "--method", "unimodal", "--dry-run"),
                ("probe", recipe, "--dry-run"),
                ("run", recipe, "--dry-run"),
                ("clean", recipe),
            ]
        )
    )


def _data(draw: Draw, source: Source) -> Case:
    files = {"r.yaml": plain(source)["r.yaml"]} | _spoiled_data(draw, source)
    return Case((*_reading(draw, "r.yaml"), *_json(draw)), files)


def _file(draw: Draw, source: Source) -> Case:
    """A data file without a recipe."""
    files = _spoiled_data(draw, source)
    names = [name.rstrip("/") for name in source.files]
    label = () if draw(st.integers(0, 3)) == 0 else ("--label", source.data["label"])
    if draw(st.booleans()):
        to = draw(st.sampled_from(["new.yaml", "new.yaml", "deep/er/new.yaml", "r.yaml"]))
        id = ("--id", source.data["id"]) if len(names) > 1 else ()
        return Case(
            ("init", *names, *label, *id, "--to", to, *_json(draw)), files, may_write=frozenset({to, "deep", "deep/er"})
        )
    return Case(("data", names[0], *label, *_json(draw)), files)


def _words(draw: Draw, source: Source) -> Case:
    words = list(_reading(draw, draw(st.sampled_from(["r.yaml", "r.yaml", next(iter(source.files))]))))
    environ = {}
    for _ in range(draw(st.integers(1, 3))):
        how = draw(st.integers(0, 3))
        if how == 0:
            name = draw(st.sampled_from(VARIABLES))
            environ[name] = draw(st.sampled_from(WORDS)).replace("\0", "")
        elif how == 1:
            words += ["--set", setting(draw)]
        else:
            words += [draw(st.sampled_from(OPTIONS)), draw(st.sampled_from(WORDS))]
    return Case((*words, *_json(draw)), plain(source), environ=environ)


def _train(draw: Draw, source: Source) -> Case:
    """A whole training: done, refused, or stopped by the clock, and nothing else."""
    files = plain(source)
    files |= _spoiled_data(draw, source) if draw(st.booleans()) else {"r.yaml": spoiled_recipe(draw, source.recipe)}
    words = ("train", "r.yaml", "--method", "unimodal", "--max-minutes", "0.05", "--set", "train.epochs=1")
    return Case(words, files, codes=frozenset({0, 2, 75}), may_write=None)


def _broken(draw: Draw, source: Source) -> Case:
    """What cannot be right, whatever else is: the exit code is 2."""
    files = plain(source)
    name = draw(st.sampled_from(sorted(files.keys() - {"r.yaml"})))
    how = draw(st.sampled_from(["cut", "gone", "empty", "no label", "unknown key", "not UTF-8", "twice"]))
    if how == "cut" and name.endswith(_CUT_IS_SEEN):
        files[name] = files[name][: draw(st.integers(1, len(files[name]) - 1))]
    elif how == "no label":
        files["r.yaml"] = files["r.yaml"].replace(f"label: {source.data['label']}\n".encode(), b"label: nothing\n")
    elif how == "unknown key":
        files["r.yaml"] += b"trian: {epochs: 1}\n"
    elif how == "not UTF-8":
        files["r.yaml"] += b"# \xff\n"
    elif how == "twice":
        files["r.yaml"] += b"seeds: [0]\n"
    elif how == "gone":
        del files[name]
    else:
        files[name] = b""
    return Case((*draw(READING), *_json(draw)), files, codes=frozenset({2}))


def _harmless(draw: Draw, source: Source) -> Case:
    """What changes nothing: the exit code is 0."""
    files = plain(source)
    recipe = files["r.yaml"]
    files["r.yaml"] = draw(
        st.sampled_from(
            [
                recipe,
                recipe.replace(b"\n", b"\r\n"),
                b"\xef\xbb\xbf" + recipe,
                b"---\n# x\n\n" + recipe,
                recipe.rstrip(b"\n"),
                yaml.safe_dump(source.recipe, allow_unicode=True, default_flow_style=True).encode(),
            ]
        )
    )
    return Case((*draw(READING), *_json(draw)), files, codes=frozenset({0}))


_CASES = {
    "recipe": _recipe,
    "data": _data,
    "file": _file,
    "words": _words,
    "train": _train,
    "broken": _broken,
    "harmless": _harmless,
}


def _new_data(draw: Draw, trained: Mapping[str, Path]) -> Case:
    """Predictions for spoiled new data by a finished model, or its metrics on them."""
    name = draw(st.sampled_from(sorted(trained)))
    source = sources()[name]
    files = {f"new/{path}": content for path, content in _spoiled_data(draw, source).items()}
    first = "new/" + next(iter(source.files)).rstrip("/") if len(source.files) == 1 else "new"
    if draw(st.booleans()):
        to = draw(st.sampled_from(["out.csv", "out.jsonl", "out.npz"]))
        words: tuple[str, ...] = ("predict", "r.yaml", first, "--to", to)
        return Case((*words, *_json(draw)), files, over=trained[name], may_write=frozenset({to}))
    return Case(("evaluate", "r.yaml", "--data", first, *_json(draw)), files, over=trained[name])


@cache
def _probe() -> bytes:
    return make_probe().model_dump_json(by_alias=True).encode()


def _advice(draw: Draw) -> Case:
    """Advice on a spoiled measurement."""
    content = _probe()
    if draw(st.booleans()):
        content = spoil_bytes(draw, content)
    else:
        import json

        from tests.fuzz.mutations import spoil_tree

        content = json.dumps(spoil_tree(draw, json.loads(content))).encode()
    more: list[Any] = draw(
        st.sampled_from([[], ["--among", "all"], ["--rule", "paper"], ["--expect", "umt"], ["--min-confidence", ".9"]])
    )
    return Case(("advise", "p.json", *more, *_json(draw)), {"p.json": content}, codes=frozenset({0, 2, 3}))
