"""Options that encoders of pictures and spectrograms share: the random views that training sees.

By itself ``auto`` compares none with a shift and an erased rectangle, which no label should mind; the rest is for who
asks for it. A flip is never tried: letters, hands and directions change their meaning by it.

What was compared with the small ResNet (*measured*: held-out log-loss at the temperature of `select`, one split, of the
first set two; beside it logistic regression on the pixels):

| set, training samples | none | crop | and erasing | logistic regression |
|---|---|---|---|---|
| digits 8x8, 300 | .119 | .073 | .077 | .184 |
| handwritten digits 28x28, 400 | .406 | .158 | .146 | .515 |
| synthesised words 40x26, 400, new voices | .209 | .126 | .106 | .085 |
| emoji 32x32 in colour, 600 | 1.242 | 1.266 | 1.234 | 1.255 |

Erasing alone had .108 on digits; on words one mask along each axis alone .226, beside the crop .169. With 1400 words it
no longer pays everywhere, which is why `auto` compares: two splits had .139 and .093 without, .069 and .106 with both.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import Field

from umlkit.registry import Options

AUGMENTATION: tuple[tuple[int | float, float], ...] = ((0, 0.0), (0.08, 0.5))
"""(crop, erasing) that ``auto`` compares, weak regularisation first."""


class PictureOptions(Options):
    """Augmentation."""

    crop: Annotated[int, Field(ge=0, le=1024)] | Annotated[float, Field(gt=0, le=0.5)] | Literal["auto"] = Field(
        default="auto",
        description="in training, every sample is moved by up to so many pixels, or such a share of the side, along "
        "each axis; 0: never; `auto` compares on `select`",
    )
    erasing: Annotated[float, Field(ge=0, le=1)] | Literal["auto"] = Field(
        default="auto",
        description="in training, the probability that noise covers a random rectangle (Random Erasing); `auto` "
        "compares on `select`",
    )
    masks: Annotated[int, Field(ge=0, le=16)] = Field(
        default=0,
        description="in training, so many bands along each axis are masked, each up to a quarter of the side "
        "(SpecAugment)",
    )
    flip: bool = Field(
        default=False,
        description="in training, left and right change places in half of the samples; right only where that leaves "
        "every label as it is",
    )

    @property
    def augments(self) -> bool:
        """Whether training sees other views than the samples themselves."""
        return bool(self.crop or self.flip or self.masks or self.erasing)


PictureOptionsT = TypeVar("PictureOptionsT", bound=PictureOptions)


def candidates(options: PictureOptionsT) -> list[PictureOptionsT]:
    """The settings that ``auto`` stands for, weak regularisation first, each once."""
    settings = [
        options.model_copy(
            update={
                "crop": crop if options.crop == "auto" else options.crop,
                "erasing": erasing if options.erasing == "auto" else options.erasing,
            }
        )
        for crop, erasing in AUGMENTATION
    ]
    return list(dict.fromkeys(settings))
