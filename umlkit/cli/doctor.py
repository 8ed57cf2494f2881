"""``umlkit doctor``: what umlkit finds here, what is broken, and how to mend it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from umlkit.cli.options import Json, Out
from umlkit.errors import Problem, RunError
from umlkit.output import Output

if TYPE_CHECKING:
    from umlkit.runs.records.doctor import DoctorRecord


def command(out: Out = None, json: Json = False) -> None:
    """Look at Python, packages, torch, devices, threads and disk, and train a small model on every device.

    Every finding comes with what mends it. Exit 1 where something keeps umlkit from working. Takes some seconds.

    Examples:

      umlkit doctor

      umlkit doctor --json
    """
    try:
        from umlkit.doctor.examine import broken, examine
    except ImportError as error:  # what the examination itself needs is not there
        what = "a package that umlkit needs cannot be imported"
        raise RunError(Problem(what, found=str(error), try_next="pip install --force-reinstall umlkit")) from None

    output = Output(json=json)
    record = examine(out or Path(os.environ.get("UMLKIT_OUT") or "runs"), output)
    output.result_json(record.document())
    _show(output, record)
    if not record.healthy:
        raise RunError(
            *(
                Problem(f"{finding.check}: {finding.found}", try_next=finding.mend)
                for finding in broken(record.findings)
            )
        )


def _show(output: Output, record: DoctorRecord) -> None:
    """A table of all findings, and a line for what mends each."""
    rows = [(finding.check, finding.status, finding.found) for finding in record.findings]
    output.table(f"umlkit {record.umlkit} on Python {record.python}", ("what", "state", "found"), rows)
    mends = [
        f"{finding.check}: {finding.mend}" for finding in record.findings if finding.mend and finding.status == "note"
    ]
    if mends:
        output.result_text("\n".join(["To change that:", *(f"  {line}" for line in mends)]))
    output.result_text("All is well." if record.healthy else "umlkit cannot work here as it is.")
