"""``umlkit advise``: which way of training to take, from a finished measurement; trains nothing."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from umlkit.cli import completing
from umlkit.cli.invocation import Invocation, shared_options
from umlkit.cli.options import Budget
from umlkit.errors import InputError, Problem, VerdictError, closest, listed

if TYPE_CHECKING:
    from umlkit.pipeline.identity import DataIdentity
    from umlkit.recipe.loading import LoadedRecipe
    from umlkit.runs.layout import RunDirectory
    from umlkit.runs.records.advice import AdviceRecord
    from umlkit.runs.records.probe import ProbeRecord

LEAST_CONFIDENCE = 0.5


def share(text: str) -> float:
    """``text`` as a number from 0 to 1; a usage error in plain words where it is none."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise typer.BadParameter(f"must be a number from 0 to 1, found {text!r}")
    return number


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the advised method's name and nothing else.")]
Among = Annotated[
    str,
    typer.Option(
        "--among",
        metavar="NAMES",
        help="What to choose from: names with commas between, or all.",
        autocompletion=completing.among,
    ),
]
Expect = Annotated[
    str | None,
    typer.Option(
        "--expect",
        metavar="NAME",
        help="Exit 3 unless this is advised, and surely enough.",
        autocompletion=completing.candidates,
    ),
]
MinConfidence = Annotated[
    float | None,
    typer.Option(
        "--min-confidence",
        metavar="P",
        parser=share,
        help=f"Exit 3 where the stated probability is lower; with --expect {LEAST_CONFIDENCE} unless given.",
    ),
]
Rule = Annotated[
    Literal["posterior", "paper"],
    typer.Option("--rule", help="How to decide: lowest expected log-loss, or the paper's guide."),
]


@shared_options(without=("force", "max_minutes"))
def command(
    call: Invocation,
    quiet: Quiet = False,
    among: Among = "ume,umt",
    expect: Expect = None,
    min_confidence: MinConfidence = None,
    rule: Rule = "posterior",
    budget: Budget = None,  # noqa: ARG001 - the invocation has it in the recipe
) -> None:
    """Recommend a way of training, and say why, how sure that is and at what cost.

    Of several finished probes the one at the largest budget is read, unless --budget names another. RECIPE may also be
    a probe.json: then nothing is written. Without a finished probe: exit 2, and what to call first.

    Examples:
      umlkit advise digits

      umlkit advise runs/digits/probe.json --among all

      umlkit advise digits --expect umt --min-confidence 0.8

      umlkit train digits --method "$(umlkit advise digits --quiet)"
    """
    _check(call, quiet=quiet)

    from umlkit.advise.among import known
    from umlkit.advise.decide import advise

    possible = known(_names(among))  # before a probe is looked for: a name that is none is wrong whatever was measured
    if expect is not None:
        _can_be_expected(expect, possible)
    of = None if is_document(call.reference) else _of_recipe(call)
    advice = advise(_document(call) if of is None else of.probe, among=_names(among), rule=rule)
    if of is not None:
        advice = of.with_model(advice)
    goes_to = () if of is None else of.places(advice)
    if expect is not None:
        _can_be_expected(expect, advice.among)
    if call.dry_run and goes_to:
        _show_plan(call, advice, goes_to)
        return
    if of is not None:
        of.write(advice)
    _show(call, advice, quiet=quiet)
    _verdict(advice, expect=expect, min_confidence=min_confidence)


def is_document(reference: str | None) -> bool:
    """Whether what stands for RECIPE is a JSON document."""
    return reference is not None and reference.lower().endswith(".json")


def _check(call: Invocation, *, quiet: bool) -> None:
    """InputError for options that exclude each other or mean nothing here."""
    if quiet and call.output.json:
        raise InputError(Problem("--quiet and --json exclude each other", try_next="leave one of them out"))
    if is_document(call.reference) and (call.overrides.flags or call.overrides.sets):
        raise InputError(
            Problem(
                "options that change a recipe mean nothing for a finished measurement",
                where=call.reference,
                try_next=f"umlkit advise {call.reference}",
            )
        )


def _document(call: Invocation) -> ProbeRecord:
    """A probe.json, on which advice is given and not written; a warning where its verdicts follow older rules."""
    from umlkit.probe import rules
    from umlkit.runs.records.probe import ProbeRecord

    path = Path(call.reference or "")
    again = _measuring(path)
    record = ProbeRecord.read(path, again=again)
    if record.rules < rules.RULES:
        call.output.warn(
            f"{path} was measured by older rules ({record.rules}, now {rules.RULES}); {again} measures anew"
        )
    return record


def _measuring(document: Path) -> str:
    """The command that writes this probe.json, as far as it can be known: in a run directory that stands for RECIPE."""
    from umlkit.runs.layout import RunDirectory

    run = RunDirectory(document.parent)
    known = run.recipe.is_file() and document.name == run.probe.name
    return f"umlkit probe {shlex.quote(str(run.root)) if known else 'RECIPE'}"


@dataclass(frozen=True)
class _Measured:
    """A recipe's finished measurement, and the run directory that advice on it goes to."""

    loaded: LoadedRecipe
    directory: RunDirectory
    probe: ProbeRecord
    identity: DataIdentity

    def with_model(self, advice: AdviceRecord) -> AdviceRecord:
        """The advice, with the models that it advises."""
        from umlkit.pipeline.locate import with_model

        return with_model(advice, self.loaded.recipe, self.identity)

    def places(self, advice: AdviceRecord) -> tuple[Path, ...]:
        """Where it goes, and the recipe that from then on is the directory's."""
        from umlkit.pipeline.locate import advice_paths

        return (self.directory.recipe, *advice_paths(self.directory, advice))

    def write(self, advice: AdviceRecord) -> None:
        """Write all of that."""
        from umlkit.pipeline.locate import write_advice

        write_advice(advice, self.loaded, self.directory)


def _of_recipe(call: Invocation) -> _Measured:
    """The finished probe of a recipe."""
    from umlkit.pipeline.locate import find_probe
    from umlkit.runs.layout import RunDirectory

    loaded = call.load()
    directory = RunDirectory(call.run_directory(loaded))
    return _Measured(loaded, directory, *find_probe(loaded, directory, reference=call.shown))


def _names(among: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in among.split(",") if name.strip())


def _can_be_expected(expect: str, among: tuple[str, ...]) -> None:
    """InputError for a name that could not become the headline whatever was measured."""
    if expect not in among:
        raise InputError(
            Problem(
                "--expect names what cannot be advised",
                found=repr(expect),
                allowed=listed(among),
                closest=closest(expect, among),
                try_next="--among all",
            )
        )


def _show_plan(call: Invocation, advice: AdviceRecord, goes_to: tuple[Path, ...]) -> None:
    from umlkit.cli.dry_run import show_use

    what = f"would advise {advice.headline} and write {goes_to[-1]}"
    show_use(call, call.load(), what, writes=tuple(str(path) for path in goes_to))


def _show(call: Invocation, advice: AdviceRecord, *, quiet: bool) -> None:
    if quiet:
        call.output.result_text(advice.headline)
        return

    from umlkit.cli.ladder import show_advice

    call.output.result_json(advice.document())
    show_advice(call.output, advice, full=True)


def _verdict(advice: AdviceRecord, *, expect: str | None, min_confidence: float | None) -> None:
    """VerdictError (exit 3) where the headline is not the expected one, or less sure than asked for."""
    if expect is None and min_confidence is None:
        return
    least = LEAST_CONFIDENCE if min_confidence is None else min_confidence
    stated = "not measured" if advice.probability is None else f"with probability {advice.probability:.3f}"
    found = f"{advice.headline}, {stated}"
    if expect is not None and advice.headline != expect:
        raise VerdictError(Problem(f"the advice is not {expect}", found=found))
    if advice.probability is None or advice.probability < least:
        raise VerdictError(Problem(f"the advice is less sure than {least:g}", found=found))
