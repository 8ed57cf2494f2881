"""Options that encoders of pictures and spectrograms share: the random views that training sees, each on purpose."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from umlkit.registry import Options


class PictureOptions(Options):
    """Augmentation; nothing of it by default."""

    crop: Annotated[int, Field(ge=0, le=1024)] = Field(
        default=0, description="in training, every sample is moved by up to so many pixels along each axis; 0: never"
    )
    flip: bool = Field(
        default=False,
        description="in training, left and right change places in half of the samples; right only where that leaves "
        "every label as it is",
    )
    masks: Annotated[int, Field(ge=0, le=16)] = Field(
        default=0,
        description="in training, so many bands along each axis are masked, each up to a quarter of the side "
        "(SpecAugment); 0: none",
    )
    erasing: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0, description="in training, the probability that noise covers a random rectangle (Random Erasing)"
    )

    @property
    def augments(self) -> bool:
        """Whether training sees other views than the samples themselves."""
        return bool(self.crop or self.flip or self.masks or self.erasing)
