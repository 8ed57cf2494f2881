"""Where networks run: the device by name, the number of threads, and deterministic kernels."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.utils.deterministic
from threadpoolctl import threadpool_limits

from umlkit.errors import InputError, Problem


def resolve(name: str) -> torch.device:
    """The device called ``name``; ``auto`` takes CUDA, else Apple's MPS, else the CPU.

    Raises:
        InputError: a device that this machine does not have.
    """
    present = available()
    if name == "auto":
        return torch.device(present[0])
    if name not in present:
        raise InputError(
            Problem(
                "this machine has no such device",
                where="device",
                found=repr(name),
                allowed=", ".join(("auto", *present)),
                try_next="--device auto",
            )
        )
    return torch.device(name)


def available() -> tuple[str, ...]:
    """Names of the devices here, the fastest first; the CPU is always the last."""
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return (*(name for name, there in present.items() if there), "cpu")


def set_threads(count: int) -> None:
    """Let everything use ``count`` CPU threads: torch, and what numpy, SciPy and scikit-learn are built on.

    Results depend on it in their last bits, so it is recorded with the run. Beside other load, a small linear algebra
    call that is spread over all cores can take a hundred times as long as on one.
    """
    torch.set_num_threads(count)
    threadpool_limits(count)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread meanwhile: many small steps spend their time waiting for a second one.

    *Measured*, two cores and nothing else to do: two heads fitted to 231 samples by L-BFGS, cross-validated, took 1.8 s
    on one thread and 61 s on two.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def deterministic() -> None:
    """Choose kernels whose results do not change between runs; where an operation has none, torch warns and goes on."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS varies from run to run
    torch.set_deterministic_debug_mode("warn")  # use_deterministic_algorithms would load torch's compiler: a second
    # Filling memory that nothing reads would cost time in every step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
