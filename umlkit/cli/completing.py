"""What a shell offers when TAB is pressed behind an option or for RECIPE: names that there are, with what they mean.

The shell starts the program anew for every TAB, so nothing is imported here but what lists names. Where nothing is
offered the shell completes files by itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

Offer = tuple[str, str]
"""A word and what it means."""
Completer = Callable[[str], list[Offer]]

DEVICES: tuple[Offer, ...] = (
    ("auto", "the fastest that is there"),
    ("cpu", "the processor"),
    ("cuda", "an NVIDIA or AMD graphics card"),
    ("mps", "Apple's graphics"),
)
SPLITS: tuple[Offer, ...] = (
    ("train", "what fitted the models"),
    ("select", "what stopped and chose"),
    ("probe", "what only the measurement reads"),
    ("val", "select and probe"),
    ("test", "logged in test-reads.jsonl"),
)
BUDGETS: tuple[Offer, ...] = (
    ("quick", "no network beyond the uni-modal ones"),
    ("short", "joint, residual and umt too, once and for a sixth of the epochs"),
    ("full", "the whole ladder in full"),
)
ENCODER_KEY = ".encoder="


VARIABLE = "_UMLKIT_COMPLETE"
"""What the shell sets when it asks for completions."""

_PLAIN = re.compile(r"[\w.+-]+")
"""Names of files that no shell takes for anything else; others are left to the shell itself."""


def prepare() -> None:
    """Let no meaning be wrapped where the shell asks: its second line would be taken for an offer."""
    if os.environ.get(VARIABLE):
        os.environ["COLUMNS"] = "10000"


def _literal(meaning: str) -> str:
    """A meaning whose square brackets typer shows as they stand."""
    return meaning.replace("[", r"\[")


def _silent(complete: Callable[[str], Iterable[Offer]]) -> Completer:
    """The offers that begin with what was typed; none where they cannot be found."""

    def offers(incomplete: str) -> list[Offer]:
        try:
            return [(word, _literal(said)) for word, said in complete(incomplete) if word.startswith(incomplete)]
        except Exception:  # a broken plug-in must not put its error into the line that is being typed
            return []

    offers.__doc__ = complete.__doc__  # no more: typer reads the signature, which has to be that of `offers`
    return offers


@_silent
def bundled_recipes(_incomplete: str) -> Iterable[Offer]:
    """Names of the bundled recipes."""
    from umlkit.recipe import bundled

    return [(name, bundled.summary(name)) for name in bundled.names()]


@_silent
def recipes(incomplete: str) -> Iterable[Offer]:
    """Bundled recipes, and the recipes and data files of the present folder; paths are left to the shell."""
    if "/" in incomplete or "\\" in incomplete:
        return []
    from umlkit.recipe.reference import DATA_ENDINGS, RECIPE_ENDINGS

    meanings = {**dict.fromkeys(RECIPE_ENDINGS, "a recipe"), **dict.fromkeys(DATA_ENDINGS, "a data file, with --label")}
    files = sorted(p.name for p in Path().iterdir() if p.suffix.lower() in meanings and _PLAIN.fullmatch(p.name))
    return [*bundled_recipes(incomplete), *((name, meanings[Path(name).suffix.lower()]) for name in files)]


@_silent
def methods(_incomplete: str) -> Iterable[Offer]:
    """All registered methods."""
    from umlkit import registry

    return [(spec.name, spec.summary) for spec in registry.methods().values()]


@_silent
def candidates(_incomplete: str) -> Iterable[Offer]:
    """The methods that may be advised."""
    return _candidates()


@_silent
def among(incomplete: str) -> Iterable[Offer]:
    """``all``, or names with commas between, of which the last is being typed."""
    typed, comma, _ = incomplete.rpartition(",")
    given = typed.split(",")
    every = [] if comma else [("all", "every way of training that was measured")]
    return [*every, *((f"{typed}{comma}{name}", said) for name, said in _candidates() if name not in given)]


def _candidates() -> list[Offer]:
    from umlkit import registry

    return [(spec.name, spec.summary) for spec in registry.methods().values() if spec.candidate]


@_silent
def splits(_incomplete: str) -> Iterable[Offer]:
    """What can be evaluated on."""
    return SPLITS


@_silent
def budgets(_incomplete: str) -> Iterable[Offer]:
    """What may be trained to measure."""
    return BUDGETS


@_silent
def devices(_incomplete: str) -> Iterable[Offer]:
    """Where networks may run."""
    return DEVICES


@_silent
def families(_incomplete: str) -> Iterable[Offer]:
    """The families of synthetic tasks."""
    from umlkit.synth.words import FAMILIES

    return FAMILIES.items()


@_silent
def presets(_incomplete: str) -> Iterable[Offer]:
    """The presets of synthetic tasks."""
    from umlkit.synth.words import PRESETS

    return PRESETS.items()


@_silent
def settings(incomplete: str) -> Iterable[Offer]:
    """Keys of a recipe with a ``=`` behind; behind the key of an encoder, the encoders there are."""
    from umlkit import registry
    from umlkit.recipe import keys
    from umlkit.recipe.positions import dotted

    key, sign, _ = incomplete.rpartition(ENCODER_KEY)
    if sign:
        return [(f"{key}{sign}{spec.name}", spec.summary) for spec in registry.encoders().values()]
    return [(f"{dotted(path)}=", _meaning(path)) for path in keys.leaves()]


def _meaning(path: tuple[str | int, ...]) -> str:
    from umlkit.recipe import keys

    record = keys.record(path[:-1])
    fields = record.model_fields if record else {}
    return next((f.description or "" for name, f in fields.items() if (f.alias or name) == path[-1]), "")
