"""``umlkit probe``: measure how much of the signal is uni-modal and how much only multi-modal training reaches."""

from __future__ import annotations

from typing import Annotated

import typer

from umlkit.cli.invocation import Invocation, shared_options
from umlkit.cli.options import Budget
from umlkit.output import wrapped

Explain = Annotated[
    bool, typer.Option("--explain", help="Say how each figure came about, and which paper it comes from.")
]


@shared_options()
def command(call: Invocation, budget: Budget = None, explain: Explain = False) -> None:  # noqa: ARG001 - in the recipe
    """Measure on held-out samples how much is learnable from each modality alone and how much from all together.

    Trains every rung of the ladder that the budget has and that is missing, reads it on the `probe` samples, writes
    probe.json. Never reads test.

    --budget quick trains no network beyond the uni-modal ones; short also joint, residual and umt, once each and for at
    most a sixth of the epochs; full everything in full.

    Examples:

      umlkit probe digits

      umlkit probe digits --budget full --dry-run

      umlkit probe digits --explain

      umlkit probe digits --json > probe.json
    """
    from umlkit.cli.opening import open_run

    session = open_run(call)

    from umlkit.cli.dry_run import show_plan
    from umlkit.cli.ladder import show_explained, show_probe
    from umlkit.pipeline.steps import (
        finished,
        measured,
        probe,
        require_two_modalities,
        to_be_mixed,
        to_be_read,
        why_not,
    )

    require_two_modalities(session)
    if call.dry_run:
        reason = why_not(session)
        there = finished(session) is not None
        plans = session.plans if reason is None and not there else []
        wanted = [artifact for plan in plans for artifact in measured(plan)]
        read, mixed = to_be_read(session), to_be_mixed(session)
        show_plan(call, session, wanted, read=read, mixed=mixed, finished=there and reason is None)
        if reason is not None:
            call.output.result_text(wrapped(f"Nothing would be trained: {reason}."))
        return
    record = probe(session)
    call.output.result_json(record.document())
    show_probe(call.output, record)
    if explain:
        show_explained(call.output, record)
    if record.measured and record.fingerprint is not None:
        call.output.note(f"sample by sample: {session.directory.samples_path(record.fingerprint)}")
    call.output.note(f"next: umlkit advise {call.shown}")
