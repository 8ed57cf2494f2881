"""Mixed precision: a network's forward pass in 16 bits while it trains; weights, losses and evaluation stay in float32.

bfloat16 has the range of float32 and needs nothing more. float16 has not: small gradients would become zero, so the
loss is scaled up before the backward pass and gradients are scaled down after it, and a step whose gradients overflow
is left out while the scale is lowered (Micikevicius et al., *Mixed Precision Training*, arXiv 1710.03740).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler

from umlkit.errors import InputError, Problem

Precision = Literal["float32", "bfloat16", "float16"]


def check(precision: Precision, device: torch.device) -> None:
    """InputError where the device has no such arithmetic that trains."""
    if precision == "float16" and device.type != "cuda":
        raise InputError(
            Problem(
                "float16 trains on CUDA alone",
                where="train.precision",
                found=f"float16 on {device.type}",
                allowed="float32, bfloat16",
                try_next="--set train.precision=bfloat16",
            )
        )


def scaler_for(precision: Precision, device: torch.device) -> GradScaler:
    """What scales losses and gradients for float16; it passes everything through otherwise."""
    return GradScaler(device.type, enabled=precision == "float16")


def overflowed(scaler: GradScaler, loss: Tensor) -> bool:
    """Whether gradients that are not finite are the scaler's business, which leaves the step out and scales less."""
    return scaler.is_enabled() and bool(loss.isfinite()) and scaler.get_scale() > 1


@contextmanager
def mixed(module: nn.Module, precision: Precision, device: torch.device) -> Iterator[None]:
    """Let ``module`` compute in ``precision`` within the block, in train mode alone; what it returns is float32."""
    if precision == "float32":
        yield
        return
    plain = module.forward

    def forward(*inputs: Any, **named: Any) -> Any:
        if not module.training:
            return plain(*inputs, **named)
        with torch.autocast(device.type, dtype=getattr(torch, precision)):
            found = plain(*inputs, **named)
        return _float32(found)

    module.forward = forward  # the module's own, over its class's
    try:
        yield
    finally:
        del module.forward


def _float32(value: Any) -> Any:
    """The same tensor, record, mapping or sequence, with float32 for every floating-point tensor."""
    if isinstance(value, Tensor):
        return value.float() if value.is_floating_point() else value
    if isinstance(value, Mapping):
        return {name: _float32(part) for name, part in value.items()}
    if isinstance(value, tuple):
        parts = [_float32(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return [_float32(part) for part in value] if isinstance(value, list) else value
