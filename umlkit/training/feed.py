"""Batches in order, prepared ahead of the step by threads where samples are read from files.

Threads and not processes: reading and standardising release Python's lock, nothing is copied or pickled, and the
files stay mapped once. No random number is drawn here, so batches are the same whatever the number of threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from torch import Tensor

from umlkit.data.records import Batch, Samples

Pick = Tensor | slice
Feed = Callable[[Samples, Iterable[Pick]], Iterator[Batch]]
"""Samples and which rows of them -> the batches, in that order."""

AHEAD = 2
"""Batches a thread that are ready or in work: one to take at once, one to be made meanwhile."""


def direct(samples: Samples, picks: Iterable[Pick]) -> Iterator[Batch]:
    """Every batch when it is asked for."""
    return map(samples.batch, picks)


@contextmanager
def feeding(workers: int) -> Iterator[Feed]:
    """A feed with so many threads (none: :func:`direct`); they end with the block, whatever ends it."""
    if workers == 0:
        yield direct
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="umlkit-feed") as threads:

        def feed(samples: Samples, picks: Iterable[Pick]) -> Iterator[Batch]:
            read = [*samples.inputs.values(), *samples.extras.values()]
            if all(isinstance(rows, Tensor) for rows in read):  # in memory: a thread would only be in the way
                return direct(samples, picks)
            return _ahead(threads, samples, picks, count=AHEAD * workers)

        try:
            yield feed
        finally:
            threads.shutdown(wait=False, cancel_futures=True)


def _ahead(threads: ThreadPoolExecutor, samples: Samples, picks: Iterable[Pick], *, count: int) -> Iterator[Batch]:
    waiting: deque[Future[Batch]] = deque()
    for pick in picks:
        waiting.append(threads.submit(samples.batch, pick))
        if len(waiting) > count:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
