"""``umlkit clean``: list, and with ``--yes`` remove, what the present recipe no longer names."""

from __future__ import annotations

from typing import Annotated

import typer

from umlkit.cli.invocation import Invocation, shared_options

Yes = Annotated[bool, typer.Option("--yes", help="Remove what is listed.")]


@shared_options(without=("force", "max_minutes", "device", "threads", "workers"))
def command(call: Invocation, yes: Yes = False) -> None:
    """List the models, outputs, probes and advice in the run directory that the present recipe does not name.

    Nothing is removed without --yes, nor while another process trains or measures in the run directory. What another
    seed of the same recipe made counts as named only if `seeds` holds it.

    Examples:

      umlkit clean digits

      umlkit clean digits --yes
    """
    from umlkit.pipeline.cleaning import leftovers, remove
    from umlkit.pipeline.locate import find_identity
    from umlkit.runs.layout import RunDirectory
    from umlkit.runs.locks import at_work_in
    from umlkit.runs.records.activity import CleaningRecord, LeftoverEntry

    loaded = call.load()
    directory = RunDirectory(call.run_directory(loaded))
    command = f"umlkit run {call.shown}"
    identity = find_identity(loaded, directory, missing="no run", command=command, reference=call.shown)
    found = leftovers(directory, loaded.recipe, identity)
    removing = yes and not call.dry_run
    if removing:
        remove(found, directory, again=f"umlkit clean {call.shown} --yes", warn=call.output.warn)
    record = CleaningRecord(
        directory=str(directory.root),
        removed=removing,
        artifacts=tuple(LeftoverEntry(path=str(one.path), bytes=one.bytes) for one in found),
    )
    for name in at_work_in(directory.root):
        call.output.warn(f"{name} is at work in {directory.root}: --yes removes nothing until that has ended")
    call.output.result_json(record.document())
    if not found:
        call.output.result_text("nothing to remove: the present recipe names every artifact")
        return
    rows = [[str(one.path.relative_to(directory.root)), f"{one.bytes:,}"] for one in found]
    call.output.table(str(directory.root), ["artifact", "bytes"], rows)
    call.output.note("removed" if removing else "nothing removed; --yes removes what is listed")
