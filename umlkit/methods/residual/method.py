"""Residual training: ``logits = UME(x_1 .. x_M) + g(x_1 .. x_M)``, the ensemble frozen, ``L = CE(logits, y)``.

g is a late-fusion network whose last layer starts small, so that training begins at the ensemble and keeps what lowers
the `select` loss. Small and not zero: from zero the earlier layers get no gradient at first, and paired signal was
found late or never (*measured*, thousandths of a nat above the best variant on XOR-like tasks: 2 against 52). Its head
is not additive, whatever the ensemble is.

The ensemble's pool was fitted on `select`, so that training is stopped there, and the stored `select` logits are made,
with what pools say that were fitted without the sample's fold. Else the ensemble looks better than it is, and a network
that adds nothing to it better than the ensemble: on 160 samples that were all pooled right (*measured*, `select`
log-loss .007 against the ensemble's cross-validated .046) it was taken for r*, scaled to certainty, and lost .45 nats.

Where an encoder augments, both terms are of the same random view, as at prediction both are of the same sample: the
stored logits of the training samples themselves are surer than what the ensemble says of a view. On two splits of
digits' halves it made no difference (*measured*, held-out log-loss .108 and .127 with the view's, .108 and .128 else).

Legend of shapes: B samples, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from umlkit.data.records import Batch, Samples
from umlkit.fusion.base import Head
from umlkit.methods import inference, late_fusion
from umlkit.methods.base import Blueprint, Method, MultiModalModel, Output, Task, Trained
from umlkit.methods.experts import architecture, on_views
from umlkit.methods.late_fusion import LateFusion
from umlkit.methods.residual.options import ResidualOptions
from umlkit.methods.ume.model import UmeModel, apart, beside
from umlkit.methods.ume.refitted import left_out
from umlkit.rows import Rows, chunks
from umlkit.training.loop import Loss
from umlkit.training.risk import cross_entropy
from umlkit.training.seeds import derive, seeded

SMALL = 0.1
OFFSET = "logits of the ensemble"
FEW = 2**21
"""Numbers up to which the offsets are computed once and kept in memory: 8 MiB."""


class ResidualModel(MultiModalModel):
    """The sum of a frozen ensemble's log-probabilities and a network's logits."""

    parts_are = "computed"

    def __init__(self, ensemble: UmeModel, network: LateFusion) -> None:
        super().__init__()
        self.ensemble = ensemble
        self.network = network

    def forward(self, inputs: Mapping[str, Tensor]) -> Output:
        """Modality -> (B, *sample_shape) to logits (B, C) and the residual network's features."""
        residual = self.network.infer(inputs)
        return Output(self.ensemble.infer(inputs).logits + residual.logits, residual.features)

    def parts(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Every modality's features in the residual network and its uni-modal model's logits: (B, D_m + C)."""
        return beside(self.network.parts(inputs), self.ensemble.parts(inputs))

    def fuse(self, parts: Mapping[str, Tensor]) -> Tensor:
        """The ensemble's log-probabilities and the network's head."""
        features, logits = apart(parts, len(self.ensemble.log_prior))
        return self.ensemble.pool(logits) + self.network.fuse(features)


class Residual(Method[ResidualOptions]):
    """A network beside the ensemble; only the network is trained."""

    def build(self, blueprint: Blueprint, resolved: Mapping[str, Any]) -> ResidualModel:
        """Ensemble (its rule in ``resolved``) and network, weights not yet loaded."""
        ensemble = UmeModel(architecture(blueprint), rule=resolved["rule"], classes=blueprint.classes)
        return ResidualModel(ensemble, self._network(blueprint))

    def train(self, task: Task) -> Trained:
        """Train the network on the offsets of the ensemble, stored ones but for random views."""
        ensemble = UmeModel.of(task.built_on["ume"])
        with seeded(derive(task.seed, "residual", "init")):
            network = self._network(task.blueprint)
        shrink_last_layer(network.head)
        network.to(task.train.labels.device)
        offset = left_out(ensemble, task)
        fitted = task.fit(
            "residual",
            network,
            loss=training_loss(network, ensemble, task),
            logits=lambda batch: batch.extras[OFFSET] + network.infer(batch.inputs).logits,
            train=with_offsets(task, ensemble).with_extras(_stored(task)),
            select=task.select.with_extras({OFFSET: offset}),
            evaluate_start=True,
        )
        return Trained(
            ResidualModel(ensemble, network).eval(),
            task.blueprint,
            resolved={"rule": ensemble.rule},
            fits={"residual": fitted},
            report={"kept_the_ensemble": fitted.best_epoch == 0},
            select_logits=offset.cpu() + inference.logits(network.eval(), task.select.inputs).cpu(),
        )

    def _network(self, blueprint: Blueprint) -> LateFusion:
        return late_fusion.build(blueprint, head="mlp", scale=self.options.width)


@dataclass(frozen=True)
class Pooled:
    """The ensemble's log-probabilities, n rows (C,), pooled as they are asked for from stored uni-modal logits.

    Attributes:
        ensemble: its pool is frozen.
        logits: modality -> n rows (C,).
    """

    ensemble: UmeModel
    logits: Mapping[str, Rows]

    def __len__(self) -> int:
        return len(next(iter(self.logits.values())))

    @torch.no_grad()
    def __getitem__(self, rows: slice | Tensor, /) -> Tensor:
        return self.ensemble.pool({name: logits[rows] for name, logits in self.logits.items()})


def with_offsets(task: Task, ensemble: UmeModel) -> Samples:
    """The training samples with the ensemble's log-probabilities (n, C), from the stored uni-modal logits."""
    pooled = Pooled(ensemble, {name: expert.logits["train"] for name, expert in task.experts.items()})
    few = len(pooled) * task.blueprint.classes <= FEW
    return task.train.with_extras({OFFSET: torch.cat(list(chunks(pooled))) if few else pooled})


@torch.no_grad()
def shrink_last_layer(head: Head, factor: float = SMALL) -> None:
    """Scale the weights of a head's last linear layer, so that it starts near zero."""
    last = [module for module in head.modules() if isinstance(module, nn.Linear)][-1]
    last.weight.mul_(factor)
    last.bias.mul_(factor)


def training_loss(network: LateFusion, ensemble: UmeModel, task: Task) -> Loss:
    """``CE(UME(view) + g(view), y)``: the offset is what the ensemble says of the very view that the network sees."""
    running = on_views(network, task)

    def offset(view: Mapping[str, Tensor], batch: Batch) -> Tensor:
        if not running:
            return batch.extras[OFFSET]
        return ensemble.pool(
            {
                name: running[name](view).logits if name in running else batch.extras[_name(name)]
                for name in task.experts
            }
        )

    def loss(batch: Batch) -> Tensor:
        view = network.augmented(batch.inputs)
        return cross_entropy(offset(view, batch) + network.infer(view).logits, batch.labels, batch.weights)

    return loss


def _stored(task: Task) -> dict[str, Rows]:
    """Every uni-modal model's logits of the training samples."""
    return {_name(name): expert.logits["train"] for name, expert in task.experts.items()}


def _name(modality: str) -> str:
    return f"logits of {modality}"
