"""Kill a run anywhere, call it again: is every weight what it would have been?

    python -m tests.benchmarks.kills              20 random kills, and one before, within and after every write
    python -m tests.benchmarks.kills --random 5 --every 10

A whole ``umlkit run`` on 520 samples is killed by SIGKILL, at a random moment or at a stage of its k-th write, and
called again until it ends. Then every ``model.safetensors`` is compared to the byte, and every ``metrics.jsonl`` but
for seconds, with those of a run that nobody killed. Checkpoints are written at every epoch here, so that most kills
fall between two of them.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import BinaryIO

from tests.pipeline.conftest import RECIPE, write_data
from umlkit.cli.main import main as umlkit
from umlkit.runs import atomic
from umlkit.training.checkpoint import Workspace

STAGES = ("before", "within", "after")
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.benchmarks.kills", "umlkit.pipeline.steps", "torch._dynamo"])


def run(folder: Path, out: str, stop: tuple[int, str] | None = None) -> int | None:
    """The run in a process of its own, killed at a stage of a write where ``stop`` says so; its exit code."""
    process = CONTEXT.Process(target=_child, args=(folder, out, stop))
    process.start()
    process.join()
    return process.exitcode


def run_killed_after(folder: Path, out: str, seconds: float) -> int | None:
    """The run, killed after ``seconds`` unless it ends before."""
    process = CONTEXT.Process(target=_child, args=(folder, out, None))
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode


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


def _child(folder: Path, out: str, stop: tuple[int, str] | None) -> None:
    os.chdir(folder)
    Workspace.__init__.__defaults__ = (0.0, *Workspace.__init__.__defaults__[1:])  # type: ignore[misc]
    if stop is not None:
        _stop_at(*stop)
    with open(os.devnull, "w") as sink, redirect_stdout(sink), redirect_stderr(sink):  # noqa: PTH123
        code = umlkit(["run", "tiny.yaml", "--out", out])
    sys.exit(code)


def _stop_at(number: int, stage: str) -> None:
    """Kill this process at a stage of its write ``number`` (the first is 1)."""
    written = 0
    replace, writing = Path.replace, atomic.writing

    @contextmanager
    def counting(path: Path) -> Iterator[BinaryIO]:
        nonlocal written
        written += 1
        if written == number and stage == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        with writing(path) as file:
            yield file
        if written == number and stage == "after":
            os.kill(os.getpid(), signal.SIGKILL)

    def cut_short(path: Path, target: Path) -> Path:
        if written == number and stage == "within":
            os.truncate(path, path.stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)
        return replace(path, target)

    atomic.writing = counting
    Path.replace = cut_short  # type: ignore[method-assign,assignment]


def count_writes(folder: Path) -> int:
    """How many writes an uninterrupted run makes: kills at later and later writes until one is not reached."""
    low, high = 0, 1
    while run(folder, f"count-{high}", (high, "before")) == -signal.SIGKILL:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        killed = run(folder, f"count-{middle}", (middle, "before")) == -signal.SIGKILL
        low, high = (middle, high) if killed else (low, middle)
    return low


def trials(folder: Path, *, kills: int, every: int) -> Iterator[tuple[str, Callable[[str], int | None]]]:
    """Name of a trial, and what runs it once into a directory, killed."""
    began = time.monotonic()
    run(folder, "timed")
    whole = time.monotonic() - began
    generator = random.Random(0)
    for _ in range(kills):
        seconds = generator.uniform(0, whole)
        yield f"after {seconds:.2f} s", lambda out, s=seconds: run_killed_after(folder, out, s)
    for number in range(1, count_writes(folder) + 1, every):
        for stage in STAGES:
            yield f"{stage} write {number}", lambda out, stop=(number, stage): run(folder, out, stop)


def main() -> None:
    """Run all trials and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--random", type=int, default=20)
    parser.add_argument("--every", type=int, default=1, help="only every so many writes")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        run(folder, "whole")
        expected = result(folder, "whole")
        done = identical = 0
        for index, (trial, killed) in enumerate(trials(folder, kills=arguments.random, every=arguments.every)):
            out = f"trial-{index}"
            killed(out)
            code = run(folder, out)
            same = code == 0 and result(folder, out) == expected
            done, identical = done + 1, identical + same
            if not same:
                print(f"DIFFERENT: killed {trial}, exit {code}", flush=True)
        print(f"{identical} of {done} kills ended with identical weights and metrics")
        sys.exit(identical != done)


if __name__ == "__main__":
    main()
