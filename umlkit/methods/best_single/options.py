"""Options of the best single modality: none."""

from __future__ import annotations

from umlkit.registry import MethodSpec, Options


class BestSingleOptions(Options):
    """Nothing to choose."""


SPEC = MethodSpec(
    name="best-single",
    summary="the one modality that does best on `select`, alone",
    options=BestSingleOptions,
    implementation="umlkit.methods.best_single.method:BestSingle",
    builds_on=("unimodal",),
    candidate=True,
    additive=lambda _: True,
)
