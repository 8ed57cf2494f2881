"""The ensemble as one model: frozen uni-modal models and the pool that combines them.

Legend of shapes: B samples, M modalities, C classes.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor

from umlkit.methods.base import MultiModalModel, Output
from umlkit.methods.experts import FrozenExperts
from umlkit.methods.ume.pool import FLOOR, Pool


class UmeModel(MultiModalModel):
    """``log p(c) = w0 log p(y=c) + sum_m w_m log p_m(c)``, normalised; or the mean of the p_m.

    Attributes:
        experts: the uni-modal models.
        rule: a key of :data:`umlkit.methods.ume.rules.RULES`; all but ``prob-mean`` are log-linear.
    """

    parts_are = "computed"

    prior_weight: Tensor
    weights: Tensor
    temperatures: Tensor
    log_prior: Tensor

    def __init__(self, experts: FrozenExperts, *, rule: str, classes: int) -> None:
        super().__init__()
        count = len(experts.modalities)
        self.experts = experts
        self.rule = rule
        self.register_buffer("prior_weight", torch.zeros(()))
        self.register_buffer("weights", torch.full((count,), 1 / count))
        self.register_buffer("temperatures", torch.ones(count))
        self.register_buffer("log_prior", torch.zeros(classes))

    @classmethod
    def of(cls, model: MultiModalModel) -> Self:
        """A copy of a finished ensemble, owned by whoever builds on it.

        Raises:
            TypeError: ``model`` is not an ensemble.
        """
        if not isinstance(model, cls):
            raise TypeError(f"must be an ensemble, not {type(model).__name__}")
        return copy.deepcopy(model)

    def set_pool(self, pool: Pool) -> Self:
        """Take over what was fitted."""
        self.prior_weight.fill_(pool.prior_weight)
        self.weights.copy_(torch.from_numpy(pool.weights))
        self.temperatures.copy_(torch.from_numpy(pool.temperatures))
        self.log_prior.copy_(torch.from_numpy(pool.log_prior))
        return self

    def forward(self, inputs: Mapping[str, Tensor]) -> Output:
        """Modality -> (B, *sample_shape) to pooled log-probabilities (B, C) and every modality's features."""
        outputs = self.experts.infer(inputs)
        features = {name: output.features[name] for name, output in outputs.items()}
        return Output(self.pool({name: output.logits for name, output in outputs.items()}), features)

    def parts(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Every uni-modal model's logits (B, C)."""
        return {name: output.logits for name, output in self.experts.infer(inputs).items()}

    def fuse(self, parts: Mapping[str, Tensor]) -> Tensor:
        """:meth:`pool`."""
        return self.pool(parts)

    def pool(self, logits: Mapping[str, Tensor]) -> Tensor:
        """Modality -> (B, C) uni-modal logits to pooled log-probabilities (B, C)."""
        ordered = {name: logits[name] for name in self.experts.modalities}
        if self.rule == "prob-mean":
            return self._log_probs(ordered).logsumexp(dim=1) - math.log(len(ordered))
        return (self.prior_weight * self.log_prior + self._shares(ordered)).log_softmax(dim=-1)

    def fuse_pairs(self, own: Mapping[str, Tensor], references: Mapping[str, Tensor]) -> Tensor:
        """:meth:`pool_pairs`."""
        return self.pool_pairs(own, references)

    def pool_pairs(self, own: Mapping[str, Tensor], references: Mapping[str, Tensor]) -> Tensor:
        """Logits of some modalities (b, C) and of all others (K, C) to the pool of every pair (b, K, C)."""
        if self.rule == "prob-mean":
            return super().fuse_pairs(own, references)
        here, there = self._shares(own), self._shares(references)
        return (self.prior_weight * self.log_prior + here[:, None] + there[None]).log_softmax(dim=-1)

    def _shares(self, logits: Mapping[str, Tensor]) -> Tensor:
        """What some modalities add to the scores: (B, C)."""
        return torch.einsum("m,bmc->bc", self.weights[self._at(logits)], self._log_probs(logits))

    def _log_probs(self, logits: Mapping[str, Tensor]) -> Tensor:
        """Every one's log-probabilities at its own temperature, floored: (B, M, C)."""
        stacked = torch.stack(list(logits.values()), dim=1) / self.temperatures[self._at(logits), None]
        return stacked.log_softmax(dim=-1).clamp_min(math.log(FLOOR))

    def _at(self, logits: Mapping[str, Tensor]) -> list[int]:
        return [self.experts.modalities.index(name) for name in logits]


def beside(features: Mapping[str, Tensor], logits: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Modality -> features, or the like, (B, D_m) and the uni-modal model's logits (B, C), (B, D_m + C) in all."""
    return {name: torch.cat([z, logits[name]], dim=1) for name, z in features.items()}


def apart(parts: Mapping[str, Tensor], classes: int) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What :func:`beside` put together, features first; ``classes`` is C."""
    features = {name: part[:, :-classes] for name, part in parts.items()}
    return features, {name: part[:, -classes:] for name, part in parts.items()}
