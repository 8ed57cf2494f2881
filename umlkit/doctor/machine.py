"""The machine: processor cores and threads, and the disk where runs and temporary files lie."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from umlkit.runs import atomic
from umlkit.runs.records.doctor import Finding

FEW = 1e9
"""Bytes of free disk below which a note is made: a run of small data takes some ten megabytes, images more."""
TOO_FEW = 20e6
QUOTA = Path("/sys/fs/cgroup/cpu.max")
OLD_QUOTA = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
OLD_PERIOD = Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")


def usable_cores() -> float:
    """Cores that this process may use: by affinity, and by the container's quota, which need not be whole."""
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return min(count, _quota() or count)


def _quota() -> float | None:
    try:
        if QUOTA.is_file():
            quota, period = QUOTA.read_text(encoding="ascii").split()
        else:
            quota, period = OLD_QUOTA.read_text(encoding="ascii"), OLD_PERIOD.read_text(encoding="ascii")
        return float(quota) / float(period) if float(quota) > 0 else None
    except (OSError, ValueError):  # no control group, or "max": no limit
        return None


def threads() -> Finding:
    """Cores, and what says how many threads use them."""
    usable = usable_cores()
    found = f"{usable:g} of {os.cpu_count() or '?'} cores usable; a recipe says how many threads train, 1 by default"
    said = {name: os.environ[name] for name in ("UMLKIT_THREADS", "OMP_NUM_THREADS") if os.environ.get(name)}
    found += "".join(f"; {name}={value}" for name, value in said.items())
    for name, value in said.items():
        if not value.isdecimal() or int(value) < 1:
            return Finding(check="threads", status="note", found=f"{found}: no number", mend=f"unset {name}")
        if int(value) > usable:
            what = f"{found}: more than there are cores, which makes training slower"
            return Finding(check="threads", status="note", found=what, mend=f"export {name}={max(1, int(usable))}")
    return Finding(check="threads", status="ok", found=found)


def runs_folder(out: Path) -> Finding:
    """Whether a run directory can be made and filled where ``out`` would lie, and how much room there is."""
    folder = nearest(out)
    try:
        with tempfile.TemporaryDirectory(prefix=".umlkit-doctor-", dir=folder) as inside:
            atomic.write_text(Path(inside) / "written", "whole\n")
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(
            check="run directory",
            status="broken",
            found=f"{folder.resolve()} cannot be written to: {(error.strerror or str(error)).lower()}",
            mend=f"chmod u+w {folder}, or --out DIR (or UMLKIT_OUT=DIR) where you may write",
        )
    return _room("run directory", folder, free, mend="umlkit clean RECIPE, or --out DIR on another disk")


def temporary_folder() -> Finding:
    """Whether there is a folder for temporary files."""
    try:
        folder = Path(tempfile.gettempdir())
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
        free = shutil.disk_usage(folder).free
    except OSError as error:
        what = f"none that can be written to: {(error.strerror or str(error)).lower()}"
        return Finding(check="temporary folder", status="broken", found=what, mend="export TMPDIR=DIR")
    return _room("temporary folder", folder, free, mend="export TMPDIR=DIR on another disk")


def nearest(path: Path) -> Path:
    """``path``, or the nearest folder above it that is there."""
    return next((folder for folder in (path, *path.absolute().parents) if folder.is_dir()), Path())


def _room(check: str, folder: Path, free: int, *, mend: str) -> Finding:
    found = f"{folder.resolve()} can be written to, {free / 1e9:.1f} GB free"
    status = "broken" if free < TOO_FEW else "note" if free < FEW else "ok"
    return Finding.model_validate(
        {"check": check, "status": status, "found": found, "mend": None if status == "ok" else mend}
    )
