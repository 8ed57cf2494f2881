"""Who this process is, and whether another one still lives: by process number and start time, as numbers are reused."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PID_NAMESPACE = Path("/proc/self/ns/pid")


@dataclass(frozen=True)
class Process:
    """A process, told apart from every other one of any machine.

    Attributes:
        host: name of the machine.
        boot: the machine's start and, on Linux, the container (process numbers mean something only within both).
        pid: process number.
        start: when it started, in the system's own words; empty where that cannot be known.
    """

    host: str
    boot: str
    pid: int
    start: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


def current() -> Process:
    """The process that asks."""
    return Process(socket.gethostname(), _boot(), os.getpid(), _start(os.getpid()) or "")


def alive(process: Process) -> bool | None:
    """Whether it lives; None where that cannot be seen from here (another machine, boot or container, or Windows)."""
    if (process.host, process.boot) != (socket.gethostname(), _boot()):
        return None
    start = _start(process.pid)
    return None if start is None else start == process.start


@cache
def _boot() -> str:
    if not BOOT_ID.exists():
        return ""
    return f"{BOOT_ID.read_text().strip()} {PID_NAMESPACE.readlink()}"


def _start(pid: int) -> str | None:
    """When the process started; empty where there is no such process (any more), None where nobody can say."""
    if sys.platform == "linux":
        return _start_on_linux(pid)
    if os.name != "posix":
        return None
    found = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def _start_on_linux(pid: int) -> str:
    """Clock ticks since boot: field 22 of /proc/PID/stat, counted from behind the name, which may hold spaces."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    state, start = fields[0], fields[19]
    return "" if state in "ZX" else start
