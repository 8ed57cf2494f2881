"""The whole examination, in the order in which things depend on each other."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from pathlib import Path

from umlkit import __version__
from umlkit.doctor import machine, networks, packages
from umlkit.output import Output
from umlkit.runs.records.doctor import DoctorRecord, Finding


def examine(out: Path, output: Output) -> DoctorRecord:
    """Look at everything.

    Args:
        out: where runs would lie.
        output: shows what is being looked at.
    """
    with output.progress("doctor") as step:
        findings: list[Finding] = [packages.python(), packages.itself()]
        for part in (packages.required(), packages.extras(), packages.plug_ins()):
            findings += part
        findings += [machine.threads(), machine.runs_folder(out), machine.temporary_folder()]
        step.update(len(findings), "torch")
        torch = networks.torch()
        findings += torch.findings
        for device in torch.devices:
            step.update(len(findings), f"training on {device}")
            findings.append(networks.training(device))
    return DoctorRecord(
        umlkit=__version__,
        python=platform.python_version(),
        torch=torch.version,
        devices=torch.devices,
        healthy=not broken(findings),
        findings=tuple(findings),
    )


def broken(findings: Iterable[Finding]) -> list[Finding]:
    """Those that keep umlkit from working."""
    return [finding for finding in findings if finding.status == "broken"]
