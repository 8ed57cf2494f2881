"""Options of uni-modal training: none; the encoder is chosen with the modality."""

from __future__ import annotations

from umlkit.registry import MethodSpec, Options


class UnimodalOptions(Options):
    """Nothing to choose."""


SPEC = MethodSpec(
    name="unimodal",
    summary="every modality trained alone; what the other methods build on",
    options=UnimodalOptions,
    implementation="umlkit.methods.unimodal.method:Unimodal",
    builds_on=(),
    candidate=False,
    additive=lambda _: True,
    version=3,  # 1: left a solved start, and was tempered to be surer, for any gain; 2: took grouped samples one by one
)
