"""Checkpoints: one atomic file from which a killed training goes on to the very weights it would have had.

A :class:`Workspace` says where a training may leave its file and how often; :class:`Checkpoints` is that file for one
module and optimiser. What cannot be resumed to the same bits (another torch, thread count or device, a damaged file,
another architecture) starts anew with a warning.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer

from umlkit.errors import InputError
from umlkit.runs import tensors
from umlkit.training.progress import EpochRecord, Progress

FORMAT = "umlkit.checkpoint/1"
SUFFIX = ".checkpoint.safetensors"
IN_TENSORS = {"losses", "best", "history"}


def _silent(_message: str) -> None:
    """Take a warning that nobody listens to."""


@dataclass(frozen=True)
class Workspace:
    """Where a training keeps its checkpoint.

    Attributes:
        directory: an existing folder that the caller has locked.
        name: names the training; also in error messages.
        interval: seconds between checkpoints at epoch ends; an interrupted training writes one at once.
        warn: takes a line when an existing checkpoint cannot be used.
        clock: seconds, monotonic.
    """

    directory: Path
    name: str
    interval: float = 15.0
    warn: Callable[[str], None] = _silent
    clock: Callable[[], float] = field(default=time.monotonic)

    @property
    def path(self) -> Path:
        """The checkpoint's file."""
        return self.directory / f"{self.name}{SUFFIX}"


def remove_checkpoints(directory: Path) -> None:
    """Remove every checkpoint in ``directory``: the artifact that they led to is finished, or is to be made anew."""
    for path in directory.glob(f"*{SUFFIX}"):
        path.unlink(missing_ok=True)


def epochs_so_far(workspace: Workspace) -> list[EpochRecord]:
    """The epochs that a checkpoint holds, for who watches; none where there is none, or none that can be read."""
    if not workspace.path.exists():
        return []
    try:
        _, metadata = tensors.load(workspace.path)
        return [EpochRecord(**epoch) for epoch in json.loads(metadata["history"])]
    except (InputError, KeyError, ValueError, TypeError):  # whether training can go on from it is said by resume()
        return []


def epochs_done(directory: Path) -> dict[str, int]:
    """Training -> epochs behind it, for every checkpoint in ``directory``."""
    names = (path.name.removesuffix(SUFFIX) for path in directory.glob(f"*{SUFFIX}"))
    seen = {name: epochs_so_far(Workspace(directory, name)) for name in names}
    return {name: epochs[-1].epoch if epochs else 0 for name, epochs in seen.items()}


class Checkpoints:
    """The checkpoint of one training; without a workspace, nothing is ever written.

    Args:
        workspace: where it lies, or None.
        module: what is trained.
        optimiser: what trains it.
        device: where; its generator belongs to what is stored.
        scaler: of the loss, where there is one.
    """

    def __init__(
        self,
        workspace: Workspace | None,
        module: nn.Module,
        optimiser: Optimizer,
        device: torch.device,
        scaler: GradScaler,
    ) -> None:
        self._workspace = workspace
        self._module = module
        self._optimiser = optimiser
        self._device = device
        self._scaler = scaler
        self._saved_at = workspace.clock() if workspace else 0.0

    def save(self, progress: Progress) -> None:
        """Write the training as it stands now."""
        if self._workspace is None:
            return
        kept = self._tensors(progress)
        arrays = {name: values.detach().cpu().numpy() for name, values in kept.items()}
        counters = {f.name: getattr(progress, f.name) for f in fields(Progress) if f.name not in IN_TENSORS}
        metadata = {
            "format": FORMAT,
            "environment": json.dumps(self._environment()),
            "progress": json.dumps(counters),
            "history": json.dumps([asdict(epoch) for epoch in progress.history]),
        }
        tensors.save(self._workspace.path, arrays, metadata)
        self._saved_at = self._workspace.clock()

    def save_at_intervals(self, progress: Progress) -> None:
        """Write it where the last time is longer ago than the workspace's interval."""
        if self._workspace is not None and self._workspace.clock() - self._saved_at >= self._workspace.interval:
            self.save(progress)

    def resume(self) -> Progress | None:
        """Load module, optimiser and random state from the file, and return where it stood; None to start anew."""
        if self._workspace is None or not self._workspace.path.exists():
            return None
        try:
            return self._restore(self._workspace.path)
        except InputError as error:
            self._anew(error.problems[0].what)
        except _UnusableError as error:
            self._anew(str(error))
        except (KeyError, TypeError, ValueError) as error:
            self._anew(f"does not hold what a checkpoint does ({error})")
        return None

    def _anew(self, reason: str) -> None:
        if self._workspace is not None:
            self._workspace.warn(f"{self._workspace.path} {reason}; {self._workspace.name} is trained anew")

    def _restore(self, path: Path) -> Progress:
        arrays, metadata = tensors.load(path)
        if metadata.get("format") != FORMAT:
            raise _UnusableError(f"is {metadata.get('format', 'no checkpoint')}, not {FORMAT}")
        now, then = self._environment(), json.loads(metadata["environment"])
        if now != then:
            raise _UnusableError(f"was made under {_changes(then, now)}, so the same weights cannot be reached from it")
        stored = {name: torch.from_numpy(values) for name, values in arrays.items()}
        if {k: v.shape for k, v in _under("module", stored).items()} != {
            k: v.shape for k, v in self._module.state_dict().items()
        }:
            raise _UnusableError("belongs to another architecture")
        progress = Progress(
            **json.loads(metadata["progress"]),
            losses=list(stored["losses"].to(self._device)),
            best={name: values.to(self._device) for name, values in _under("best", stored).items()},
            history=[EpochRecord(**epoch) for epoch in json.loads(metadata["history"])],
        )
        # Nothing is touched before all of it has been read: a file that lacks a part leaves the module as it was.
        self._load_generators(stored)
        self._load_optimiser(_under("optimiser", stored))
        self._load_scaler(_under("scaler", stored))
        self._module.load_state_dict(_under("module", stored))
        return progress

    def _tensors(self, progress: Progress) -> dict[str, Tensor]:
        moments = {
            f"{index}/{name}": values
            for index, state in self._optimiser.state_dict()["state"].items()
            for name, values in state.items()
        }
        scaling = {name: torch.tensor(value, dtype=torch.float64) for name, value in self._scaler.state_dict().items()}
        groups = {
            "module": self._module.state_dict(),
            "best": progress.best,
            "optimiser": moments,
            "scaler": scaling,
        }
        flat = {f"{group}/{name}": values for group, named in groups.items() for name, values in named.items()}
        losses = torch.stack(progress.losses) if progress.losses else torch.empty(0)
        return {**flat, "losses": losses, **self._generators()}

    def _load_optimiser(self, stored: dict[str, Tensor]) -> None:
        state: dict[int, dict[str, Tensor]] = {}
        for name, values in stored.items():
            index, _, moment = name.partition("/")
            state.setdefault(int(index), {})[moment] = values
        self._optimiser.load_state_dict({**self._optimiser.state_dict(), "state": state})

    def _load_scaler(self, stored: dict[str, Tensor]) -> None:
        if self._scaler.is_enabled():
            kinds = {name: type(value) for name, value in self._scaler.state_dict().items()}
            self._scaler.load_state_dict({name: kind(stored[name].item()) for name, kind in kinds.items()})

    def _generators(self) -> dict[str, Tensor]:
        states = {"rng/cpu": torch.get_rng_state()}
        if self._device.type == "cuda":
            states["rng/cuda"] = torch.cuda.get_rng_state(self._device)
        if self._device.type == "mps":
            states["rng/mps"] = torch.mps.get_rng_state()
        return states

    def _load_generators(self, stored: dict[str, Tensor]) -> None:
        torch.set_rng_state(stored["rng/cpu"])
        if self._device.type == "cuda":
            torch.cuda.set_rng_state(stored["rng/cuda"], self._device)
        if self._device.type == "mps":
            torch.mps.set_rng_state(stored["rng/mps"])

    def _environment(self) -> dict[str, Any]:
        name = torch.cuda.get_device_name(self._device) if self._device.type == "cuda" else self._device.type
        return {"torch": torch.__version__, "threads": torch.get_num_threads(), "device": name}


class _UnusableError(Exception):
    """A checkpoint that is whole, yet not one to go on from."""


def _under(group: str, named: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(f"{group}/"): values for name, values in named.items() if name.startswith(f"{group}/")}


def _changes(then: dict[str, Any], now: dict[str, Any]) -> str:
    return ", ".join(f"{key} {then.get(key)} (now {now[key]})" for key in now if then.get(key) != now[key])
