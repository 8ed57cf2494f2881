"""AdamW over a module's trainable parameters, each with the weight decay and learning rate that apply to it."""

from __future__ import annotations

from torch import nn
from torch.optim import AdamW

from umlkit.encoders.base import Encoder
from umlkit.recipe.schema import Train


def optimiser_for(module: nn.Module, settings: Train) -> AdamW:
    """AdamW (Loshchilov and Hutter 2019, decoupled weight decay) for ``module``.

    An encoder's own ``weight_decay`` and ``lr_factor`` apply to its parameters, the recipe's to all others. Biases and
    norms (1-d parameters) are not decayed. Frozen parameters are left out. Every group keeps its ``lr_factor``, by
    which the loop multiplies the schedule's learning rate.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    own = _encoder_settings(module)
    for parameter in module.parameters():
        if parameter.requires_grad:
            decay, lr_factor = own.get(parameter, (None, 1.0))
            decay = settings.weight_decay if decay is None else decay
            groups.setdefault((decay if parameter.ndim > 1 else 0.0, lr_factor), []).append(parameter)
    return AdamW(
        [{"params": p, "weight_decay": decay, "lr_factor": factor} for (decay, factor), p in groups.items()],
        lr=settings.lr,
        fused=True,  # one call for all parameters instead of a Python loop over them; CPU, CUDA and MPS have it
    )


def _encoder_settings(module: nn.Module) -> dict[nn.Parameter, tuple[float | None, float]]:
    return {
        parameter: (encoder.weight_decay, encoder.lr_factor)
        for encoder in module.modules()
        if isinstance(encoder, Encoder)
        for parameter in encoder.parameters()
    }
