"""Named arrays with text metadata as one safetensors file, written atomically; a damaged file is named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from umlkit.errors import Problem, RunError
from umlkit.runs import atomic

Arrays = dict[str, npt.NDArray[Any]]
METADATA = "umlkit"
"""The one key under which metadata stand: safetensors writes several in no fixed order."""


def save(path: Path, arrays: Mapping[str, npt.NDArray[Any]], metadata: Mapping[str, str]) -> None:
    """Write ``arrays`` (any shapes, 0-d too) and ``metadata`` to ``path``."""
    contiguous = {name: np.require(values, requirements="C") for name, values in arrays.items()}
    atomic.write_bytes(path, to_bytes(contiguous, {METADATA: json.dumps(dict(metadata), sort_keys=True)}))


def load(path: Path) -> tuple[Arrays, dict[str, str]]:
    """Arrays and metadata of ``path``.

    Raises:
        RunError: there is no such file, or it is not a whole safetensors file.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata: dict[str, str] = json.loads((file.metadata() or {}).get(METADATA, "{}"))
            return {name: file.get_tensor(name) for name in file.keys()}, metadata  # noqa: SIM118 -- it is no mapping
    except (OSError, SafetensorError, ValueError) as error:
        raise RunError(
            Problem(
                "is missing" if isinstance(error, FileNotFoundError) else "is damaged",
                where=str(path),
                found=str(error),
                try_next="write it again: umlkit train RECIPE --method METHOD --force",
            )
        ) from error
