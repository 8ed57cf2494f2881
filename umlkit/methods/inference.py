"""A model's outputs for any number of samples, a chunk in memory at a time.

Legend of shapes: n samples, C classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from umlkit.methods.base import MultiModalModel, Output
from umlkit.rows import CHUNK, Rows


def outputs(model: MultiModalModel, inputs: Mapping[str, Rows]) -> Iterator[Output]:
    """The model's outputs in eval mode, without gradients, on the CPU, chunk by chunk; one empty chunk of none."""
    model.eval()
    n = len(next(iter(inputs.values())))
    for start in range(0, max(n, 1), CHUNK):
        with torch.inference_mode():  # not around the yield: between chunks its caller may want gradients
            part = model.infer({name: values[start : start + CHUNK] for name, values in inputs.items()})
            on_cpu = Output(part.logits.cpu(), {name: z.cpu() for name, z in part.features.items()})
        yield on_cpu


def logits(model: MultiModalModel, inputs: Mapping[str, Rows]) -> Tensor:
    """(n, C) on the CPU."""
    return torch.cat([part.logits for part in outputs(model, inputs)])
