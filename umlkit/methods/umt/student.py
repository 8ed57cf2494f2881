"""The student of UMT: a late-fusion network with, where it has room, a projection of every modality's features.

Legend of shapes: B samples, S_m features of the student's encoder, D_m features of its teacher.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from umlkit.encoders.base import Encoder
from umlkit.fusion.base import Head
from umlkit.methods.late_fusion import LateFusion


class Student(LateFusion):
    """Late fusion, and ``P_m``: (B, S_m) -> (B, D_m), which only training reads.

    Args:
        encoders: phi_m by modality.
        head: on their features.
        targets: D_m in the order of the encoders.
        room: whether there are projections; without, S_m = D_m and P_m is the identity.
    """

    def __init__(self, encoders: Mapping[str, Encoder], head: Head, *, targets: Sequence[int], room: bool) -> None:
        super().__init__(encoders, head)
        self.projections = nn.ModuleList(
            nn.Linear(encoder.features, target) if room else nn.Identity()
            for encoder, target in zip(encoders.values(), targets, strict=True)
        )

    def project(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The features (B, S_m) as the teachers' (B, D_m)."""
        return {
            name: projection(features[name]) for name, projection in zip(self.modalities, self.projections, strict=True)
        }

    @torch.no_grad()
    def start_from(self, teachers: Mapping[str, Encoder]) -> None:
        """Hold every teacher in the first block of its student's encoder; the projections read that block alone."""
        for name, encoder, projection in zip(self.modalities, self.encoders, self.projections, strict=True):
            encoder.embed(teachers[name])  # type: ignore[operator]
            if isinstance(projection, nn.Linear):
                nn.init.eye_(projection.weight)
                nn.init.zeros_(projection.bias)
