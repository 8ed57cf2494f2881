"""A run that was killed or stopped, called again, ends with the weights and metrics of one that nobody disturbed."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.benchmarks import kills
from umlkit.errors import EXIT_INTERRUPTED


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data, recipe, and the run ``whole`` that nobody killed."""
    folder = tmp_path_factory.mktemp("kills")
    kills.prepare(folder)
    assert kills.run(folder, "whole") == 0
    return folder


def ends_like_the_whole(place: Path, out: str) -> None:
    """Called again the run ends, with the weights and metrics of the one that nobody disturbed."""
    assert kills.run(place, out) == 0
    assert kills.result(place, out) == kills.result(place, "whole")


@pytest.mark.parametrize(
    ("number", "stage"),
    [
        (24, "within"),
        pytest.param(9, "before", marks=pytest.mark.slow),
        pytest.param(40, "after", marks=pytest.mark.slow),
    ],
)
def test_killed_at_a_write(place: Path, number: int, stage: str) -> None:
    out = f"{stage}-{number}"
    assert kills.run(place, out, kills.Stop(number, stage)) == -signal.SIGKILL
    ends_like_the_whole(place, out)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.3, 0.8, 1.3, 1.8, 2.3])
def test_killed_at_any_moment(place: Path, seconds: float) -> None:
    out = f"after-{seconds}"
    kills.run_stopped_after(place, out, seconds)
    ends_like_the_whole(place, out)


@pytest.mark.parametrize(
    ("number", "stage"),
    [
        (24, "within"),
        pytest.param(3, "before", marks=pytest.mark.slow),
        pytest.param(41, "after", marks=pytest.mark.slow),
    ],
)
def test_stopped_at_a_write(place: Path, number: int, stage: str) -> None:
    out = f"stopped-{stage}-{number}"
    code = kills.run(place, out, kills.Stop(number, stage, signal.SIGTERM))
    assert code == EXIT_INTERRUPTED and not kills.leftovers(place / out)
    ends_like_the_whole(place, out)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.4, 0.9, 1.4, 1.9])
def test_stopped_at_any_moment(place: Path, seconds: float) -> None:
    out = f"stopped-after-{seconds}"
    code = kills.run_stopped_after(place, out, seconds, signal.SIGTERM)
    assert kills.ended_well(place, out, code, signal.SIGTERM)
    ends_like_the_whole(place, out)
