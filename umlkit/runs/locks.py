"""A lock per artifact, so that several processes can fill one run directory without writing the same thing twice.

Beside it every process that trains or measures keeps a file ``.at-work-*`` of its own in the run directory, by which
is known who builds on what lies there, locked or not.

The holder keeps a file ``.lock`` that names it and renews the file's time every ten seconds. Whoever finds it waits; a
holder that is dead here, or silent for 60 s elsewhere, loses it. The file comes into being with its content in one step
(a hard link), and ages are measured by the file system's own clock, so machines need not agree on the time.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

from umlkit.runs import atomic, processes
from umlkit.runs.interrupts import interrupts

NAME = ".lock"
WAITING = ".waiting"
AT_WORK = ".at-work"
HEARTBEAT = 10.0  # seconds between signs of life
SILENCE = 60.0  # seconds without one after which a holder elsewhere counts as dead
POLL = 0.5  # seconds between two looks at another's lock


@contextmanager
def lock(
    directory: Path,
    *,
    warn: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Hold the lock of ``directory`` (made where it is missing) within the block.

    Args:
        directory: the artifact's folder.
        warn: takes a line when another process has to be waited for, and when a lock is taken over.
        sleep: waits between two looks.

    Raises:
        OSError: the directory cannot be written.
        InterruptedRun, KeyboardInterrupt: asked to stop while waiting.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / NAME
    with _kept(path, _acquire(path, warn=warn, sleep=sleep)):
        atomic.remove_leftovers(directory)
        _remove_silent_candidates(path)
        yield


@contextmanager
def at_work(root: Path) -> Iterator[None]:
    """Within the block this process is known to be at work in the run directory ``root``, as others may be, too."""
    for other in root.glob(f"{AT_WORK}-*"):
        if holder(other) is None:
            other.unlink(missing_ok=True)
    path, token = root / f"{AT_WORK}-{uuid4().hex}", _token()
    path.write_bytes(token)
    with _kept(path, token):
        yield


def at_work_in(root: Path, *, own: Path | None = None) -> list[str]:
    """The living processes that are at work in a run directory or hold a lock there, as messages name them.

    Args:
        root: the run directory.
        own: a model's folder whose lock the caller holds, which does not count.
    """
    files = [*root.glob(f"{AT_WORK}-*"), *root.glob(f"seed-*/*/models/*/{NAME}")]
    return sorted({name for file in files if file.parent != own and (name := holder(file)) is not None})


@contextmanager
def _kept(path: Path, token: bytes) -> Iterator[None]:
    """Renew the file's time within the block, and remove it at its end, as long as it is ours."""
    stop = threading.Event()
    heart = threading.Thread(target=_beat, args=(path, token, stop), daemon=True)
    heart.start()
    try:
        yield
    finally:
        stop.set()
        heart.join()
        if _read(path) == token:
            path.unlink(missing_ok=True)


def holder(path: Path) -> str | None:
    """The living process that keeps this file, as messages name it; None where there is none."""
    content = _read(path)
    if content is None:
        return None
    lives = _lives(content)
    if lives is None:
        lives = _age_seen(path) <= SILENCE
    return _name(content) if lives else None


def _acquire(path: Path, *, warn: Callable[[str], None], sleep: Callable[[float], None]) -> bytes:
    """Wait until the lock is ours; returns what our lock file holds."""
    token = _token()
    candidate = path.with_name(f"{NAME}-{uuid4().hex}{WAITING}")
    said = False
    try:
        candidate.write_bytes(token)
        while not _claim(path, candidate):
            holder = _read(path)
            if holder is None:
                continue
            if _is_over(holder, age=_age(path, candidate)):
                _take_away(path, holder, warn=warn)
                continue
            if not said:
                warn(f"{path.parent} is being written by {_name(holder)}; waiting for it")
                said = True
            interrupts.check()
            sleep(POLL)
    finally:
        candidate.unlink(missing_ok=True)
    return token


def _token() -> bytes:
    """What a file of this process holds: who it is, and which file."""
    return json.dumps({**asdict(processes.current()), "token": uuid4().hex}).encode()


def _claim(path: Path, candidate: Path) -> bool:
    """Give the candidate the lock's name; False where another has it. Without links in the file system, copy it."""
    try:
        path.hardlink_to(candidate)
    except FileExistsError:
        return False
    except OSError:
        return _copy(path, candidate.read_bytes())
    return True


def _copy(path: Path, content: bytes) -> bool:
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True


def _is_over(holder: bytes, *, age: float) -> bool:
    """Whether the holder is dead here, or, where that cannot be seen (a half-written lock too), silent for too long."""
    lives = _lives(holder)
    return age > SILENCE if lives is None else not lives


def _lives(holder: bytes) -> bool | None:
    """Whether the holder lives; None where that cannot be seen from here."""
    process = _process(holder)
    return processes.alive(process) if process else None


def _take_away(path: Path, holder: bytes, *, warn: Callable[[str], None]) -> None:
    """Remove a lock that is over. Of several who try, one succeeds in renaming it; what is got by mistake goes back."""
    taken = path.with_name(f"{NAME}-{uuid4().hex}{WAITING}")
    try:
        path.rename(taken)
    except FileNotFoundError:
        return
    if _read(taken) == holder:
        warn(f"{path.parent}: the lock of {_name(holder)} was taken over, as it is dead or silent")
    else:
        _claim(path, taken)
    taken.unlink(missing_ok=True)


def _beat(path: Path, token: bytes, stop: threading.Event) -> None:
    while not stop.wait(HEARTBEAT):
        with contextlib.suppress(OSError):
            if _read(path) == token:
                os.utime(path)


def _age(path: Path, candidate: Path) -> float:
    """Seconds since the holder's last sign of life, by the clock of the file system."""
    os.utime(candidate)
    try:
        return candidate.stat().st_mtime - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _age_seen(path: Path) -> float:
    """The same for who does not wait for the lock; 0 where nothing can be written, so that it counts as held."""
    candidate = path.with_name(f"{NAME}-{uuid4().hex}{WAITING}")
    try:
        candidate.touch()
        return _age(path, candidate)
    except OSError:
        return 0.0
    finally:
        with contextlib.suppress(OSError):
            candidate.unlink(missing_ok=True)


def _remove_silent_candidates(path: Path) -> None:
    """Remove what killed processes left while they waited; a living one renews its candidate at every look."""
    for candidate in path.parent.glob(f"{NAME}-*{WAITING}"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime - candidate.stat().st_mtime > SILENCE:
                candidate.unlink()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _process(holder: bytes) -> processes.Process | None:
    try:
        said = json.loads(holder)
        return processes.Process(str(said["host"]), str(said["boot"]), int(said["pid"]), str(said["start"]))
    except (ValueError, KeyError, TypeError):
        return None


def _name(holder: bytes) -> str:
    return str(_process(holder) or "an unknown process")
