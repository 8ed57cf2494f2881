"""Options of the kernel residual."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.registry import MethodSpec, Options


class KernelOptions(Options):
    """What the kernel residual can be told."""

    interaction: bool = Field(
        default=True,
        description="true: products of kernels beside their sum, which can mix modalities; false: the sum alone, which "
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
    version=3,  # 1: saw of pictures no smoothed view, and 512 landmarks; 2: kernels not centred, no additive share
    additive=lambda options: not options.interaction,
)
