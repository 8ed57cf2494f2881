"""Run one command line in a folder of its own, and judge how it ended: exit code, what it said, what it left behind."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from pydantic import ValidationError

from umlkit.cli.main import main
from umlkit.runs.records.error import ErrorRecord

BUSY = 20
"""Seconds of the processor's time after which a case hangs, whatever else the machine does."""
IDLE = 120
"""Seconds on the clock after which it does."""


@dataclass(frozen=True)
class Case:
    """A command line and the folder that it is called in.

    Attributes:
        words: of the command line.
        files: path -> content, in the folder.
        over: a folder whose content is there too.
        environ: variables.
        codes: exit codes that are right here.
        may_write: names that may be new, or changed, where the command is done; None for any.
    """

    words: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    over: Path | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    codes: frozenset[int] = frozenset({0, 2})
    may_write: frozenset[str] | None = frozenset()


@dataclass(frozen=True)
class Verdict:
    """How a case ended.

    Attributes:
        code: exit code; None for a hang or an exception.
        seconds: how long it took.
        faults: what is wrong: traceback, code, leftovers, hang, wording, json, as ``kind: detail``.
        stderr: what it said.
    """

    code: int | None
    seconds: float
    faults: tuple[str, ...]
    stderr: str


class _Hang(BaseException):
    pass


def judge(case: Case, folder: Path) -> Verdict:
    """Call the case in process, in ``folder``, which must not exist and does not afterwards."""
    here, scratch = folder / "here", folder / "tmp"
    scratch.mkdir(parents=True)
    if case.over is not None:
        shutil.copytree(case.over, here)
    here.mkdir(exist_ok=True)
    for name, content in case.files.items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(content)
    before = _content(folder)
    out, err = io.StringIO(), io.StringIO()
    code, raised, start = None, "", time.monotonic()
    with _surroundings(here, scratch, case.environ), redirect_stdout(out), redirect_stderr(err):
        try:
            with _alarm():
                code = main(list(case.words))
        except _Hang:
            raised = f"hang: over {BUSY} s"
        except BaseException as error:
            raised = f"traceback: {type(error).__name__}: {error}"
    seconds = time.monotonic() - start
    changed = {name for name, digest in _content(folder).items() if before.get(name) != digest} | (
        before.keys() - _content(folder).keys()
    )
    log = next((path.read_text(errors="replace") for path in folder.rglob("umlkit-crash-*.log")), "")
    shutil.rmtree(folder)
    faults = [raised] if raised else list(_faults(case, code, out.getvalue(), err.getvalue(), changed))
    if log:
        faults.insert(0, "traceback: " + log)
    return Verdict(code, seconds, tuple(faults), err.getvalue())


def _faults(case: Case, code: int | None, out: str, err: str, changed: set[str]) -> Iterator[str]:
    if "Traceback" in err or "error of its own" in err:
        yield "traceback: on stderr"
    if code not in case.codes:
        yield f"code: {code}, right were {sorted(case.codes)}"
    if code == 2 and changed:
        yield f"leftovers: {sorted(changed)}"
    if code == 0 and case.may_write is not None and (more := changed - {f"here/{name}" for name in case.may_write}):
        yield f"leftovers: {sorted(more)}"
    if "--json" in case.words and "--" not in case.words:
        yield from _json_faults(code, out, err)
    elif code == 2 and (fault := _wording(err)):
        yield fault
    if code != 0 and out and code != 3:
        yield f"wording: stdout holds {out[:200]!r}"


def _wording(err: str) -> str | None:
    if not any(line.startswith("error: ") for line in err.splitlines()):
        return f"wording: no error: {err[:300]!r}"
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f\u2028]", err):
        return f"wording: a control character: {err[:300]!r}"
    longest = max(err.splitlines(), key=len)
    return f"wording: a line of {len(longest)}" if len(longest) > 2000 else None


def _json_faults(code: int | None, out: str, err: str) -> Iterator[str]:
    if code == 0:
        try:
            json.loads(out, parse_constant=_no_constant)
        except ValueError as error:
            yield f"json: stdout {error}: {out[:200]!r}"
    if code == 2:
        try:
            record = ErrorRecord.model_validate_json(err)
        except ValidationError:
            yield f"json: stderr {err[:300]!r}"
        else:
            if record.exit_code != code:
                yield f"json: says {record.exit_code}, exited {code}"


def _no_constant(word: str) -> float:
    raise ValueError(f"holds {word}")


@contextmanager
def _surroundings(here: Path, scratch: Path, environ: Mapping[str, str]) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(here)
    try:
        with (
            mock.patch.dict(os.environ, {**environ, "TMPDIR": str(scratch), "COLUMNS": "100"}),
            mock.patch.object(tempfile, "tempdir", str(scratch)),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("error")
            yield
    finally:
        os.chdir(before)


@contextmanager
def _alarm() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise _Hang

    timers = ((signal.ITIMER_PROF, signal.SIGPROF, BUSY), (signal.ITIMER_REAL, signal.SIGALRM, IDLE))
    previous = [signal.signal(number, ring) for _, number, _ in timers]
    for timer, _, seconds in timers:
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for (timer, number, _), handler in zip(timers, previous, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def _content(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in folder.rglob("*")
        if not path.name.startswith("torchinductor_")  # torch's own, made when it is imported
    }
