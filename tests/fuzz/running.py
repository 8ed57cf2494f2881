"""Many cases in a row: the models that some need, the counts, and what stays to be mended."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.cases import cases, plain
from tests.fuzz.judging import Case, Verdict, judge
from tests.fuzz.sources import sources
from umlkit.cli.main import main


@dataclass
class Tally:
    """What many cases came to."""

    verdicts: list[tuple[Case, Verdict]] = field(default_factory=list)

    @property
    def failed(self) -> list[tuple[Case, Verdict]]:
        return [(case, verdict) for case, verdict in self.verdicts if verdict.faults]

    def __str__(self) -> str:
        kinds = Counter(fault.partition(":")[0] for _, verdict in self.failed for fault in verdict.faults)
        codes = Counter(verdict.code for _, verdict in self.verdicts)
        return (
            f"cases {len(self.verdicts)}, tracebacks {kinds['traceback']}, wrong codes {kinds['code']}, "
            f"leftovers {kinds['leftovers']}, hangs {kinds['hang']}, wrong words {kinds['wording'] + kinds['json']}, "
            f"slowest {max((v.seconds for _, v in self.verdicts), default=0):.1f} s; "
            f"exit codes {dict(sorted(codes.items(), key=str))}"
        )


def train_models(folder: Path, names: Iterable[str]) -> dict[str, Path]:
    """A finished tiny model of each source, in a folder of its own with recipe, data and run directory."""
    made = {}
    before = Path.cwd()
    for name in names:
        here = folder / name
        for path, content in plain(sources()[name]).items():
            (here / path).parent.mkdir(parents=True, exist_ok=True)
            (here / path).write_bytes(content)
        os.chdir(here)
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                code = main(["train", "r.yaml", "--method", "ume", "--set", "train.epochs=1"])
                code = code or main(["train", "r.yaml", "--method", "ume"])
        finally:
            os.chdir(before)
        if code != 0:
            raise RuntimeError(f"{name}: {code}: {said.getvalue()}")
        made[name] = here
    return made


def fuzz(count: int, folder: Path, *, models: Iterable[str] = ()) -> Tally:
    """Judge ``count`` cases, the same each time."""
    tally = Tally()
    trained = train_models(folder / "trained", models)
    numbers = itertools.count()

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(trained))
    def one(case: Case) -> None:
        tally.verdicts.append((case, judge(case, folder / f"case-{next(numbers)}")))

    one()
    return tally
