"""Options of the kernel residual."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.registry import MethodSpec, Options


class KernelOptions(Options):
    """What the kernel residual can be told."""

    interaction: bool = Field(
        default=True,
        description="true: a product kernel, which can mix modalities; false: a sum of one kernel per modality, which "
        "can only refine what each of them says",
    )
    landmarks: Annotated[int, Field(ge=8, le=4096)] = Field(
        default=2048, description="training samples that every sample is compared with, at most"
    )


SPEC = MethodSpec(
    name="kernel",
    summary="the uni-modal ensemble and a kernel machine on what it leaves unexplained; trains no network",
    options=KernelOptions,
    implementation="umlkit.methods.kernel.method:Kernel",
    builds_on=("unimodal", "ume"),
    candidate=False,
    version=2,  # 1: saw of pictures no smoothed view, and 512 landmarks
    additive=lambda options: not options.interaction,
)
