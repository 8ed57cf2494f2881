"""Cost of the command line itself: CPU time of umlkit over that of a bare Typer app with as many commands.

Both sides are fresh processes, run in turn; the ratio is that of the medians of user and system time.

    python tests/benchmarks/cli_startup.py [PROBE.json]      goals: --help <= 1.6, advise probe.json <= 3
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from umlkit.cli.main import app

BARE = """
import typer

app = typer.Typer(help="A bare app.")
for number in range({commands}):

    def command(name: str = "x") -> None:
        "One sentence of help."

    app.command(f"command-{{number}}")(command)
app()
"""


def cpu_seconds(*command: str) -> float:
    """User and system time of a fresh process."""
    before = os.times()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def compare(ours: tuple[str, ...], bare: tuple[str, ...], *, repeats: int) -> tuple[float, float]:
    """Median CPU seconds of both, interleaved, after one run each that warms the disk's cache."""
    cpu_seconds(*ours), cpu_seconds(*bare)
    pairs = [(cpu_seconds(*ours), cpu_seconds(*bare)) for _ in range(repeats)]
    return statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("probe", nargs="?", type=Path, help="a finished probe.json, to time `advise` on it")
    parser.add_argument("--repeats", type=int, default=15)
    arguments = parser.parse_args()
    commands = len(app.registered_commands) + len(app.registered_groups)
    cases = [("--help", ("--help",), 1.6)]
    if arguments.probe:
        cases.append(("advise probe.json", ("advise", str(arguments.probe)), 3.0))
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(BARE.format(commands=commands))
        for name, words, goal in cases:
            ours, bare = compare(
                (sys.executable, "-m", "umlkit", *words),
                (sys.executable, str(script), "--help"),
                repeats=arguments.repeats,
            )
            failed |= ours / bare > goal
            print(
                f"umlkit {name}: {ours:.3f} s; bare app --help ({commands} commands): {bare:.3f} s; "
                f"ratio {ours / bare:.2f} (goal <= {goal})"
            )
    sys.exit(failed)


if __name__ == "__main__":
    main()
