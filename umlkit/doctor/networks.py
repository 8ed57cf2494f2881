"""torch, the devices, and a training test on each; asked of processes of their own, which may crash or hang."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import Any

from umlkit.output import duration
from umlkit.runs.records.doctor import Finding

LIMIT = 10.0
"""Seconds that the training test may train."""
PATIENCE = 120.0
"""Seconds after which a process is given up: importing torch from a cold or a network disk takes its time."""
CHANCE = math.log(2)
"""Log-loss of the training test's prior in nats: two classes, equally often."""
CPU_BUILD = "pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/cpu"


@dataclass(frozen=True)
class Answer:
    """What a process said.

    Attributes:
        document: the JSON document that it printed; None where it failed.
        problem: why it failed, in a line.
    """

    document: dict[str, Any] | None
    problem: str = ""


@dataclass(frozen=True)
class Torch:
    """What is known of torch.

    Attributes:
        version: None where it cannot be imported.
        devices: where networks can run, the fastest first.
        findings: about torch and its devices.
    """

    version: str | None
    devices: tuple[str, ...]
    findings: tuple[Finding, ...]


def ask(module: str, *arguments: str, patience: float = PATIENCE) -> Answer:
    """Run ``python -m module arguments`` and read the JSON document that it prints."""
    command = [sys.executable, "-P", "-m", module, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=patience, check=False)
    except subprocess.TimeoutExpired:
        return Answer(None, f"nothing came back within {duration(patience)}")
    if done.returncode < 0:
        return Answer(None, f"the process was ended by {_signal_name(-done.returncode)}")
    if done.returncode > 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return Answer(None, _last_error(lines) or f"the process ended with {done.returncode}")
    try:
        return Answer(dict(json.loads(done.stdout)))
    except ValueError:
        return Answer(None, "the process printed something else than an answer")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_error(lines: list[str]) -> str:
    """The line that names the error: the last one that is not indented, as a traceback ends."""
    named = [line for line in lines if not line[0].isspace() and not line.startswith("Traceback")]
    return (named or lines or [""])[-1].strip()[:400]


def torch() -> Torch:
    """Version and build of torch, and the devices there are."""
    answer = ask("umlkit.doctor.facts")
    if answer.document is None:
        found = f"cannot be imported: {answer.problem}"
        mend = f"pip install --force-reinstall torch, or for a CPU alone: {CPU_BUILD}"
        return Torch(None, (), (Finding(check="torch", status="broken", found=found, mend=mend),))
    said = answer.document
    devices = tuple(said["devices"])
    return Torch(said["version"], devices, (_build(said, devices), _devices(said, devices)))


def _build(said: dict[str, Any], devices: tuple[str, ...]) -> Finding:
    kind = f"CUDA {said['cuda']}" if said["cuda"] else f"ROCm {said['hip']}" if said["hip"] else None
    found = f"{said['version']}, {f'built for {kind}' if kind else 'a build without CUDA'}, {said['threads']} threads"
    if kind and "cuda" not in devices:
        return Finding(
            check="torch",
            status="note",
            found=f"{found}; no card that it can use, so several GB for nothing",
            mend=f"nvidia-smi shows what the driver sees; for a CPU alone: {CPU_BUILD}",
        )
    return Finding(check="torch", status="ok", found=found)


def _devices(said: dict[str, Any], devices: tuple[str, ...]) -> Finding:
    cards = f" ({', '.join(said['cards'])})" if said["cards"] else ""
    return Finding(
        check="devices", status="ok", found=f"{', '.join(devices)}{cards}; device: auto takes the first".strip()
    )


def training(device: str) -> Finding:
    """A small training on ``device``."""
    answer = _trial(device)
    check = f"training on {device}"
    mend = (
        f"report it with the output of `umlkit doctor --json`{'' if device == 'cpu' else '; until then: --device cpu'}"
    )
    if answer.document is None and "--max-minutes" in answer.problem:
        slow = f"not finished within {LIMIT:g} s, where an idle machine takes about one"
        return Finding(check=check, status="note", found=slow, mend="see threads above, and what else runs here")
    if answer.document is None:
        return Finding(check=check, status="broken", found=answer.problem, mend=mend)
    seconds, loss = answer.document["seconds"], answer.document["select_loss"]
    if not loss < CHANCE / 2:
        found = f"trained, and learnt nothing: log-loss {loss:.3f} nats, chance {CHANCE:.3f}"
        return Finding(check=check, status="broken", found=found, mend=mend, seconds=seconds)
    found = f"works: {duration(seconds)} from a data file to a model"
    return Finding(check=check, status="ok", found=found, seconds=seconds)


def _trial(device: str) -> Answer:
    """What the training test says; its folder is made and removed here, as its process may end in any way."""
    try:
        with tempfile.TemporaryDirectory(prefix="umlkit-doctor-", ignore_cleanup_errors=True) as folder:
            return ask("umlkit.doctor.trial", device, f"{LIMIT:g}", folder)
    except OSError as error:
        return Answer(None, f"no temporary folder: {error}")
