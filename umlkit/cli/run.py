"""``umlkit run``: the whole way from data to the advised model, on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umlkit.cli.invocation import Invocation, shared_options
from umlkit.cli.options import Budget
from umlkit.output import wrapped

if TYPE_CHECKING:
    from umlkit.pipeline.session import Session
    from umlkit.pipeline.steps import RunResult


@shared_options()
def command(call: Invocation, budget: Budget = None) -> None:  # noqa: ARG001 - the invocation has it in the recipe
    """Train the uni-modal models, measure, advise, train the advised method in full, and evaluate it once on test.

    Examples:

      umlkit run digits

      umlkit run mydata.npz --label y --budget quick

      umlkit run mydata.csv --label diagnosis --groups patient --out runs/mine
    """
    from umlkit.cli.opening import open_run

    session = open_run(call)

    from umlkit.cli.dry_run import show_plan
    from umlkit.pipeline.steps import require_two_modalities, run, run_plan, to_be_mixed, to_be_read

    require_two_modalities(session)
    if call.dry_run:
        show_plan(call, session, run_plan(session), read=to_be_read(session), mixed=to_be_mixed(session))
        return
    result = run(session)
    call.output.result_json(result.record().document())
    _show(call, session, result)


def _show(call: Invocation, session: Session, result: RunResult) -> None:
    """One screen: the ladder, the advice, the test figures, where everything lies, what to do next."""
    from umlkit.cli.evaluate import metrics_line, weighting
    from umlkit.cli.ladder import show_advice, show_probe

    if result.probe.measured:  # the advice says why not, else
        show_probe(call.output, result.probe)
    show_advice(call.output, result.advice)
    of = f"Test ({result.test.method}, n = {result.test.n}){weighting(result.test)}"
    call.output.result_text(wrapped(f"{of}: {metrics_line(result.test.metrics)}"))
    call.output.result_text(f"Everything lies in {session.directory.root}")
    call.output.result_text(f"Next: umlkit predict {call.shown} {_new(session)} --to predictions.csv")


def _new(session: Session) -> str:
    """What new data like the present ones would be called: a file of the same format, or a folder of files."""
    files = list(session.loaded.data_files().values())
    if not files:
        return "NEW.npz"
    return f"NEW{files[0].suffix}" if len(files) == 1 and files[0].suffix else "NEW_FOLDER"
