"""Memory of a training does not go with the size of its data; the full measurement is tests/benchmarks/memory.py."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.benchmarks.memory import FROM, GOAL, RECIPE, SAMPLE, peak, write

STREAMING = """
import sys
from umlkit.cli.main import main
from umlkit.data import samples
samples.BUDGET = 0
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="anonymous memory is read from /proc")
def test_anonymous_memory_stays_flat_from_16_to_160_megabytes(tmp_path: Path) -> None:
    peaks = []
    for megabytes in (16, 160):
        folder = tmp_path / str(megabytes)
        folder.mkdir()
        data = write(folder, "npy", megabytes * 10**6 // SAMPLE)
        (folder / "memory.yaml").write_text(RECIPE.format(path=data, **FROM))
        command = [sys.executable, "-c", STREAMING, "train", "memory.yaml", "--method", "umt", "--out", "run"]
        peaks.append(peak([*command, "--set", "train.epochs=1"], cwd=folder).anonymous)

    assert peaks[1] == pytest.approx(peaks[0], rel=GOAL)
