"""What a run ran on: versions, machine, threads, device and the state of the code, for ``environment.json``."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from umlkit.runs.records.common import Record

PACKAGES = ("umlkit", "torch", "numpy", "scikit-learn", "scipy", "safetensors", "pydantic")


class EnvironmentRecord(Record):
    """``environment.json``."""

    KIND: ClassVar[str] = "umlkit.environment"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = "umlkit run RECIPE"

    schema_: Literal["umlkit.environment/1"] = Field(default="umlkit.environment/1", alias="schema")
    python: str
    packages: dict[str, str | None] = Field(description="version of each; null where it is not installed as a package")
    platform: str
    cpu: str = Field(description="the processor's name")
    cpus: int | None
    device: str = Field(description="where networks run")
    threads: int = Field(description="CPU threads of torch")
    workers: int = Field(default=0, description="threads that prepare batches")
    git: str | None = Field(description="commit of the recipe's repository, with -dirty where files were changed")


def describe(*, device: str, threads: int, workers: int = 0, folder: Path) -> EnvironmentRecord:
    """What this process runs on.

    Args:
        device: where networks run, resolved.
        threads: CPU threads that torch uses.
        workers: threads that prepare batches.
        folder: the recipe's; where it lies in a git repository, its commit is told.
    """
    return EnvironmentRecord(
        python=platform.python_version(),
        packages={name: _version(name) for name in PACKAGES},
        platform=platform.platform(),
        cpu=_cpu(),
        cpus=os.cpu_count(),
        device=device,
        threads=threads,
        workers=workers,
        git=_commit(folder),
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _cpu() -> str:
    """The processor's name; where the system keeps it to itself, its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit(folder: Path) -> str | None:
    """The commit of the repository around ``folder``, with ``-dirty`` where files were changed; None without one."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        found = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None
