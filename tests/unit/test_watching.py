"""What is shown of a training: its place, the losses, the best of all sittings, the time left at most."""

from __future__ import annotations

from umlkit.pipeline.watching import Place, Watch
from umlkit.training.progress import EpochRecord


class Told:
    """A step that remembers what it was told last."""

    def update(self, done: int, *figures: str, left: float | None = None) -> None:
        self.said = (done, figures, left)


def epoch(number: int, select: float, *, seconds: float = 1.0) -> EpochRecord:
    return EpochRecord(number, 0.5, select, 0.9, 1e-3, seconds)


def test_the_time_left_is_that_to_the_cap_at_the_mean_pace():
    step = Told()
    watch = Watch(step, 10)

    watch.saw(epoch(1, 0.7, seconds=1.0))
    watch.saw(epoch(2, 0.9, seconds=3.0))

    assert step.said == (2, ("select 0.9000", "loss 0.5000", "best 0.7000"), 8 * 2.0)


def test_a_training_that_goes_on_knows_the_best_of_before():
    step = Told()

    Watch(step, 10, [epoch(1, 0.2), epoch(2, 0.3)]).saw(epoch(3, 0.4))

    assert step.said[1][-1] == "best 0.2000"


def test_a_training_that_starts_anew_forgets_what_was_before():
    step = Told()

    Watch(step, 10, [epoch(1, 0.2)]).saw(epoch(1, 0.4))

    assert step.said[1][-1] == "best 0.4000"


def test_a_place_is_said_where_there_are_several():
    assert Place(3, 10).of_label("umt") == "[3/10] umt"
    assert Place().of_label("umt") == "umt"
