"""``umlkit synth``: a data set of which is known what the modalities tell alone and what only together."""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from umlkit.cli import completing
from umlkit.cli.options import Json, shown_to_typer, whole_number
from umlkit.errors import InputError, Problem, closest, listed, noted
from umlkit.output import wrapped
from umlkit.synth.words import FAMILIES, KNOBS, PRESETS

if TYPE_CHECKING:
    from umlkit.output import Output
    from umlkit.runs.records.synth import Amount, FamiliesRecord, SynthRecord
    from umlkit.synth.tasks import Task

KNOB_PANEL = "Knobs"
DEFAULT = "mixed"
MOST = 100_000_000

File = Annotated[
    Path | None, typer.Argument(metavar="FILE", show_default=False, help="What to write, a name that ends in .npz.")
]
Family = Annotated[
    str | None,
    typer.Option(
        "--family", metavar="NAME", help=f"{listed(FAMILIES)}. Default: mixed.", autocompletion=completing.families
    ),
]
Preset = Annotated[
    str | None,
    typer.Option(
        "--preset", metavar="NAME", help=f"A ready choice: {listed(PRESETS)}.", autocompletion=completing.presets
    ),
]
Samples = Annotated[int, typer.Option("--n", metavar="N", parser=whole_number, help="Samples.")]
Seed = Annotated[
    int, typer.Option("--seed", metavar="N", parser=whole_number, help="Of the random maps and of the samples.")
]
Stream = Annotated[str, typer.Option("--stream", metavar="NAME", help="Another name: other samples of the same task.")]
Split = Annotated[
    bool, typer.Option("--split", help="Add an array that divides the samples: .6 train, .2 val, .2 test.")
]
Force = Annotated[bool, typer.Option("--force", help="Write over FILE where it exists.")]
List = Annotated[bool, typer.Option("--list", help="Only list families, presets and knobs.")]


def _with_knobs(command: Callable[..., None]) -> Callable[..., None]:
    """Decorate ``command(knobs, ...)`` so that typer sees an option for every knob."""
    hints = get_type_hints(command, include_extras=True)
    own = [p.replace(annotation=hints[p.name]) for p in inspect.signature(command).parameters.values()][1:]
    only = inspect.Parameter.KEYWORD_ONLY
    knobs = [inspect.Parameter(name, only, default=None, annotation=_knob(name)) for name in KNOBS]

    @wraps(command)
    def call(**given: Any) -> None:
        command({name: given.pop(name) for name in KNOBS}, **given)

    shown_to_typer(call, [*(p.replace(kind=only) for p in own), *knobs])
    return call


def _knob(name: str) -> Any:
    text = f"{KNOBS[name][:1].upper()}{KNOBS[name][1:]}."
    flag = f"--{name.replace('_', '-')}"
    return Annotated[str | None, typer.Option(flag, metavar="VALUE", help=text, rich_help_panel=KNOB_PANEL)]


@_with_knobs
def command(
    knobs: Mapping[str, str | None],
    file: File = None,
    family: Family = None,
    preset: Preset = None,
    n: Samples = 2000,
    seed: Seed = 0,
    stream: Stream = "data",
    split: Split = False,
    list: List = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Write a synthetic data set of which is known what each modality tells and what only both together.

    The label hangs on discrete latents, so the truth is exact: it is printed, and stands in the file beside the data.

    Examples:

      umlkit synth --list

      umlkit synth gate.npz --preset xor

      umlkit synth synth.npz --interaction .5 --strengths .6,.4 --n 2000 --force
    """
    from umlkit.output import Output

    output = Output(json=json)
    if list:
        _check_names(family, preset)
        _show_list(output)
        return
    problems: builtins.list[Problem] = []
    with noted(problems):
        made = _task(family, preset, knobs, seed=seed)
    with noted(problems):
        _check_count(n)
    with noted(problems):
        path = _target(file, force=force)
    if problems:
        raise InputError(*problems)

    from umlkit.synth.file import write

    record = _record(made, path, n=n, stream=stream, split=split)
    sample = made.draw(n, seed, stream=stream)
    write(path, made, sample, record)
    output.result_json(record.document())
    _show(output, record)
    if (sample.y == sample.y[0]).all():
        output.warn("all samples are of one class, from which nothing can be learned: take more  [--n, --prior]")
        return
    output.note(f"try: umlkit run {path} --label y")


def _task(family: str | None, preset: str | None, knobs: Mapping[str, str | None], *, seed: int) -> Task:
    from umlkit.synth import task

    name, chosen = _chosen(family, preset, knobs)
    return task(name, seed=seed, **chosen)


def _check_count(n: int) -> None:
    if not 1 <= n <= MOST:
        raise InputError(
            Problem("the number of samples is out of range", where="--n", found=str(n), allowed=f"1 to {MOST}")
        )


def _target(file: Path | None, *, force: bool) -> Path:
    """Where the data set goes; InputError where it may not."""
    from umlkit.synth.file import check_target

    if file is None:
        raise InputError(Problem("FILE is missing", try_next="umlkit synth synth.npz --preset xor"))
    check_target(file, force=force)
    return file


def _check_names(family: str | None, preset: str | None) -> None:
    """InputError for a family or a preset that is none, both where both are."""
    named = (("family", family, FAMILIES), ("preset", preset, PRESETS))
    problems = [
        Problem(f"unknown {what}", found=repr(name), allowed=listed(known), closest=closest(name, known))
        for what, name, known in named
        if name is not None and name not in known
    ]
    if problems:
        raise InputError(*problems)


def _chosen(family: str | None, preset: str | None, knobs: Mapping[str, str | None]) -> tuple[str, dict[str, Any]]:
    """The family, and the knobs that a preset and, after it, options set."""
    from umlkit.synth.options import PRESETS as SETTINGS

    _check_names(family, preset)
    given = {name: _value(text) for name, text in knobs.items() if text is not None}
    if preset is None:
        return family or DEFAULT, given
    meant, settings = SETTINGS[preset]
    if family not in (None, meant):
        what = f"the preset {preset} is of another family"
        raise InputError(Problem(what, found=f"--family {family}", allowed=meant, try_next="leave --family out"))
    return meant, {**settings, **given}


def _value(text: str) -> Any:
    """A knob as typed: a number, a word, or several numbers with commas between."""
    from umlkit.recipe.scalars import resolve

    return tuple(resolve(part.strip()) for part in text.split(",")) if "," in text else resolve(text.strip())


def _record(made: Task, file: Path, *, n: int, stream: str, split: bool) -> SynthRecord:
    from umlkit.runs.records.synth import SynthRecord

    return SynthRecord(
        file=str(file),
        family=made.family,
        seed=made.seed,
        stream=stream,
        n=n,
        split=split,
        knobs=made.options.model_dump(mode="json"),
        truth=made.truth,
    )


def _show(output: Output, record: SynthRecord) -> None:
    """What is true of the samples, as a table."""
    title = f"{record.file}: {record.n} samples of the family {record.family}, seed {record.seed}"
    if record.truth is None:
        output.result_text(wrapped(f"{title}. No truth is known: code noise hides levels."))
        return
    truth = record.truth
    rows = [_row("H(Y), what there is to know of the label", truth.entropy)]
    for one in truth.modalities:
        rows += [_row(f"{one.name} tells alone", one.alone), _row(f"{one.name} adds to the rest", one.given_rest)]
    rows += [
        _row("lowest log-loss there is", truth.bayes),
        _row("paired, D_UME: separate models lose", truth.d_ume),
        _row("  by interaction, D_add", truth.d_add),
        _row("  additive, yet learned jointly", truth.learned_jointly),
    ]
    output.table(title, ("what is true", "bits", "nats"), rows)
    output.result_text("\n".join(wrapped(sentence) for sentence in _sentences(record)))


def _row(what: str, amount: Amount) -> tuple[str, str, str]:
    return what, f"{amount.bits:.4f}", f"{amount.nats:.4f}"


def _sentences(record: SynthRecord) -> Iterator[str]:
    """Accuracies, which modalities are useless or redundant, and the decomposition."""
    truth = record.truth
    if truth is None:
        return
    right = truth.accuracy
    alone = ", ".join(f"{one.name} {one.accuracy:.3f}" for one in truth.modalities)
    yield f"Accuracy: prior {right.prior:.3f}, {alone}, pool {right.pool:.3f}, joint {right.joint:.3f}."
    for word in ("useless", "redundant"):
        if names := [one.name for one in truth.modalities if getattr(one, word)]:
            yield f"{word.capitalize()}: {', '.join(names)}."
    if truth.pid is not None:
        parts = (truth.pid.redundant, *truth.pid.unique, truth.pid.synergy)
        words = ("redundant", *(f"unique to {one.name}" for one in truth.modalities), "synergy")
        yield f"PID (I_min, bits): {', '.join(f'{w} {p.bits:.3f}' for w, p in zip(words, parts, strict=True))}."


def _show_list(output: Output) -> None:
    record = listed_families()
    output.table("Families", ("family", "what it makes"), [(f.name, f.summary) for f in record.families])
    presets = [(p.name, p.family, _told(p.knobs), p.summary) for p in record.presets]
    output.table("Presets", ("preset", "family", "knobs", "what it makes"), presets)
    every = {knob.name: knob for family in record.families for knob in family.knobs}
    having = {name: [f.name for f in record.families if name in {k.name for k in f.knobs}] for name in every}
    rows = [
        (name, "all" if len(having[name]) == len(FAMILIES) else ", ".join(having[name]), every[name].description)
        for name in KNOBS
    ]
    output.table("Knobs", ("knob", "families", "what it sets"), rows)
    output.result_json(record.document())


def _told(knobs: Mapping[str, Any]) -> str:
    """Knobs as options."""
    values = {name: ",".join(map(str, v)) if isinstance(v, tuple) else v for name, v in knobs.items()}
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in values.items())


def listed_families() -> FamiliesRecord:
    """All families and presets as a document."""
    from umlkit.cli.listing import option_entries
    from umlkit.runs.records.synth import FamiliesRecord, FamilyEntry, PresetEntry
    from umlkit.synth import options

    return FamiliesRecord(
        families=[
            FamilyEntry(name=name, summary=FAMILIES[name], knobs=option_entries(kind))
            for name, kind in options.FAMILIES.items()
        ],
        presets=[
            PresetEntry(name=name, summary=PRESETS[name], family=family, knobs=dict(knobs))
            for name, (family, knobs) in options.PRESETS.items()
        ],
    )
