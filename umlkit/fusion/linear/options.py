"""Options of the linear head: none."""

from __future__ import annotations

from umlkit.registry import HeadSpec, Options


class LinearHeadOptions(Options):
    """Nothing to choose."""


SPEC = HeadSpec(
    name="linear",
    summary="one linear layer on the concatenated features; additive in the modalities",
    additive=True,
    options=LinearHeadOptions,
    implementation="umlkit.fusion.linear.head:LinearHead",
)
