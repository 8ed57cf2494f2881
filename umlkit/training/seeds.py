"""A random stream for every purpose, derived from one seed, so that no purpose disturbs another.

``derive(seed, "order", epoch)`` depends on nothing but its arguments: a resumed training finds the streams of an
uninterrupted one without having stored them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b

import torch


def derive(seed: int, *purpose: str | int) -> int:
    """A seed in [0, 2**63) for one purpose of the run with this seed.

    Args:
        seed: the run's seed.
        purpose: words and numbers that name the purpose: ``"noise", 3``. ``3`` and ``"3"`` are different purposes.
    """
    name = repr((int(seed), *purpose)).encode()
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "big") >> 1


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed torch's generators (all devices) within the block, and put them back as they were afterwards."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    with torch.random.fork_rng(devices=devices):
        reseed(seed)
        yield


def reseed(seed: int) -> None:
    """Seed torch's generators of all devices that are in use.

    ``torch.manual_seed`` also notes, for a CUDA that may wake up later, where it was called from; that stack of calls
    takes it a millisecond, an epoch of few samples three.
    """
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_available():
        torch.cuda.manual_seed_all(seed)
    if torch.backends.mps.is_available():
        torch.mps.manual_seed(seed)
