"""Kill or stop a run anywhere, call it again: is every weight what it would have been?

    python -m tests.benchmarks.kills              SIGKILL: 20 at random, one before, within and after every write
    python -m tests.benchmarks.kills --signal TERM
    python -m tests.benchmarks.kills --random 5 --every 10

A whole ``umlkit run`` on 520 samples gets SIGKILL or SIGTERM at a random moment or at a stage of its k-th write, and is
called again until it ends. Then every ``model.safetensors`` is compared to the byte, and every ``metrics.jsonl`` but
for seconds, with those of a run that nobody stopped. A run that gets SIGTERM has to end with exit code 75 (or 0, where
it had ended) and to leave no temporary file and no lock. Checkpoints are written at every epoch here, so that most
signals fall between two of them.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tests.pipeline.conftest import RECIPE, write_data
from umlkit.cli.main import main as umlkit
from umlkit.errors import EXIT_INTERRUPTED
from umlkit.runs import atomic, locks
from umlkit.training.checkpoint import Workspace

STAGES = ("before", "within", "after")
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.benchmarks.kills", "umlkit.pipeline.steps", "torch._dynamo"])


@dataclass(frozen=True)
class Stop:
    """Where a run gets its signal: at a stage of its write ``number`` (the first is 1)."""

    number: int
    stage: str
    signal: int = signal.SIGKILL


def run(folder: Path, out: str, stop: Stop | None = None) -> int | None:
    """The run in a process of its own, which gets a signal where ``stop`` says so; its exit code."""
    process = CONTEXT.Process(target=_child, args=(folder, out, stop))
    process.start()
    process.join()
    return process.exitcode


def run_stopped_after(folder: Path, out: str, seconds: float, number: int = signal.SIGKILL) -> int | None:
    """The run, which gets the signal ``number`` after ``seconds`` unless it ends before."""
    process = CONTEXT.Process(target=_child, args=(folder, out, None))
    process.start()
    process.join(seconds)
    if process.pid is not None and process.is_alive():
        os.kill(process.pid, number)
    process.join()
    return process.exitcode


def ended_well(folder: Path, out: str, code: int | None, number: int) -> bool:
    """Whether a run that got a signal ended as it should, and left nothing that is half there.

    A process that gets SIGTERM before it is umlkit ends by it, and has written nothing.
    """
    if number == signal.SIGKILL:
        return code in (0, -number)
    if code == -number:
        return not (folder / out).exists()
    return code in (0, EXIT_INTERRUPTED) and not leftovers(folder / out)


def leftovers(directory: Path) -> list[Path]:
    """Temporary files and locks below a directory."""
    endings = (atomic.TEMPORARY, locks.WAITING)
    return [p for p in directory.rglob("*") if p.name.endswith(endings) or p.name == locks.NAME]


def result(folder: Path, out: str) -> dict[str, object]:
    """Weights to the byte and metrics but for times, by relative path."""
    models = (folder / out).glob("seed-*/all/models/*")
    found: dict[str, object] = {}
    for directory in models:
        lines = (directory / "metrics.jsonl").read_text().splitlines()
        epochs = [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]
        found[directory.name] = ((directory / "model.safetensors").read_bytes(), epochs)
    return found


def prepare(folder: Path) -> None:
    """The data and the recipe."""
    write_data(folder / "tiny.npz")
    (folder / "tiny.yaml").write_text(RECIPE)


def _child(folder: Path, out: str, stop: Stop | None) -> None:
    os.chdir(folder)
    Workspace.__init__.__defaults__ = (0.0, *Workspace.__init__.__defaults__[1:])  # type: ignore[misc]
    if stop is not None:
        _stop_at(stop)
    with open(os.devnull, "w") as sink, redirect_stdout(sink), redirect_stderr(sink):  # noqa: PTH123
        code = umlkit(["run", "tiny.yaml", "--out", out])
    sys.exit(code)


def _stop_at(stop: Stop) -> None:
    """Send this process its signal where ``stop`` says; what SIGKILL cuts short is half a file."""
    written = 0
    replace, writing = Path.replace, atomic.writing

    def send(stage: str) -> None:
        if (written, stage) == (stop.number, stop.stage):
            os.kill(os.getpid(), stop.signal)

    @contextmanager
    def counting(path: Path) -> Iterator[BinaryIO]:
        nonlocal written
        written += 1
        send("before")
        with writing(path) as file:
            yield file
        send("after")

    def cut_short(path: Path, target: Path) -> Path:
        if (written, "within", signal.SIGKILL) == (stop.number, stop.stage, stop.signal):
            os.truncate(path, path.stat().st_size // 2)
        send("within")
        return replace(path, target)

    atomic.writing = counting
    Path.replace = cut_short  # type: ignore[method-assign,assignment]


def count_writes(folder: Path) -> int:
    """How many writes an uninterrupted run makes: kills at later and later writes until one is not reached."""
    low, high = 0, 1
    while run(folder, f"count-{high}", Stop(high, "before")) == -signal.SIGKILL:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        killed = run(folder, f"count-{middle}", Stop(middle, "before")) == -signal.SIGKILL
        low, high = (middle, high) if killed else (low, middle)
    return low


def trials(folder: Path, *, number: int, moments: int, every: int) -> Iterator[tuple[str, Callable[[str], int | None]]]:
    """Name of a trial, and what runs it once into a directory and sends it the signal ``number``."""
    began = time.monotonic()
    run(folder, "timed")
    whole = time.monotonic() - began
    generator = random.Random(0)
    for _ in range(moments):
        seconds = generator.uniform(0, whole)
        yield f"after {seconds:.2f} s", lambda out, s=seconds: run_stopped_after(folder, out, s, number)
    for write in range(1, count_writes(folder) + 1, every):
        for stage in STAGES:
            yield f"{stage} write {write}", lambda out, stop=Stop(write, stage, number): run(folder, out, stop)


def main() -> None:
    """Run all trials and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--signal", choices=("KILL", "TERM"), default="KILL")
    parser.add_argument("--random", type=int, default=20)
    parser.add_argument("--every", type=int, default=1, help="only every so many writes")
    arguments = parser.parse_args()
    number = signal.Signals[f"SIG{arguments.signal}"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        run(folder, "whole")
        expected = result(folder, "whole")
        codes: Counter[int | None] = Counter()
        identical = 0
        every = trials(folder, number=number, moments=arguments.random, every=arguments.every)
        for index, (trial, stopped) in enumerate(every):
            out = f"trial-{index}"
            code = stopped(out)
            codes[code] += 1
            well = ended_well(folder, out, code, number)
            again = run(folder, out)
            same = well and again == 0 and result(folder, out) == expected
            identical += same
            if not same:
                print(f"DIFFERENT: {trial}, exit {code} {'well' if well else 'badly'}, then {again}", flush=True)
        ended = ", ".join(f"{code}: {count}" for code, count in codes.items())
        print(f"{identical} of {codes.total()} ended with identical weights and metrics (exit codes {ended})")
        sys.exit(identical != codes.total())


if __name__ == "__main__":
    main()
