"""The families of synthetic tasks and their knobs, every one independent of the others. Light: no numpy.

A family is a record of options; :class:`Mixed` has every knob, and each other family is ``Mixed`` with some of them
fixed (``FIXED``). What the knobs make is told in :mod:`umlkit.synth.latents` (levels and label) and in
:mod:`umlkit.synth.observation` (what is seen of a level).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from umlkit.registry import Options

Strength = Annotated[float, Field(ge=0, le=1)]
Mass = Annotated[float, Field(gt=0, lt=1)]

STRENGTHS = "how well each modality shows the label alone, from 0 to 1: one number for all, or one a modality"
REDUNDANCY = "how often the modalities copy the strongest, from 0 (independent given the label) to 1 (copies)"
SHARERS = "how many modalities, from the first on, copy one another; without it all but the useless"
SHARED = "how well a latent that all modalities show alike, beside their own, shows the label"
INTERACTION = "how well the sum of one latent a modality, each uninformative alone, shows the label (XOR-like)"
PARTNERS = "how many modalities, from the first on, interact or suppress; without it all but the useless"
LEVELS = "levels of an interacting latent; without it as many as classes, the gate XOR with two"
SUPPRESSOR = "how well signal + nuisance (the first modality) less nuisance (the others) shows the label"
SPREAD = "levels of the suppressor's nuisance: the more, the less the first modality shows alone"


class Family(Options):
    """What every family has: sizes, label, and how levels are observed."""

    FIXED: ClassVar[Mapping[str, Any]] = {}

    modalities: int = Field(default=2, ge=2, le=3, description="modalities in all")
    useless: int = Field(default=0, ge=0, le=2, description="how many of them, the last ones, tell nothing at all")
    classes: int = Field(default=2, ge=2, le=16, description="classes")
    prior: tuple[Mass, ...] | None = Field(
        default=None, description="probability of every class before label noise; without it all the same"
    )
    label_noise: float = Field(default=0.0, ge=0, le=0.5, description="how often the label is another class")
    informative: int | None = Field(
        default=None,
        ge=1,
        le=256,
        description="dimensions of a level's code; without it as many as it needs",
    )
    noise_dims: int = Field(default=4, ge=0, le=4096, description="dimensions of independent noise, beside the code")
    jitter: float = Field(
        default=0.5, ge=0, lt=1, description="spread of a level's points, 1 being where two levels would touch"
    )
    observation: Literal["none", "monotone", "network"] = Field(
        default="none", description="what is seen: the code itself, each dimension bent, or all mixed by a network"
    )
    depth: int = Field(default=2, ge=1, le=8, description="layers of the network, each invertible")
    code_noise: float = Field(
        default=0.0, ge=0, le=10, description="Gaussian noise on the code, which hides its level: no truth is stated"
    )

    @property
    def telling(self) -> int:
        """Modalities that may tell something."""
        return self.modalities - self.useless

    def mixed(self) -> Mixed:
        """The same task with all knobs written out."""
        return Mixed.model_validate(self.model_dump() | dict(self.FIXED))

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.telling < 1:
            raise ValueError("useless must leave at least one modality that tells something")
        if self.prior is not None and len(self.prior) != self.classes:
            raise ValueError(f"prior must have {self.classes} numbers, one a class")
        if self.prior is not None and abs(sum(self.prior) - 1) > 1e-6:
            raise ValueError("prior must sum to 1")
        return self


class _Strengths(Family):
    strengths: Strength | tuple[Strength, ...] = Field(default=0.6, description=STRENGTHS)

    @property
    def each(self) -> tuple[float, ...]:
        """The strength of every modality, 0 for the useless."""
        told = self.strengths if isinstance(self.strengths, tuple) else (self.strengths,) * self.telling
        return (*told, *[0.0] * self.useless)

    @model_validator(mode="after")
    def _one_a_modality(self) -> Self:
        if len(self.each) != self.modalities:
            raise ValueError(f"strengths must be one number, or {self.telling}, one a modality that tells something")
        return self


class _Partners(Family):
    partners: int | None = Field(default=None, ge=2, le=3, description=PARTNERS)

    @property
    def together(self) -> int:
        """Modalities that interact or suppress."""
        return self.telling if self.partners is None else self.partners

    @model_validator(mode="after")
    def _enough_partners(self) -> Self:
        if not 2 <= self.together <= self.telling and self._pairs:
            raise ValueError(f"partners must be from 2 to {self.telling}, the modalities that tell something")
        return self

    @property
    def _pairs(self) -> bool:
        return True


class _Sharers(_Strengths):
    sharers: int | None = Field(default=None, ge=2, le=3, description=SHARERS)

    @property
    def sharing(self) -> int:
        """Modalities that may copy one another."""
        return self.telling if self.sharers is None else min(self.sharers, self.telling)


class Independent(_Strengths):
    """Views that are independent given the label."""


class Copies(_Sharers):
    """Views that are copies of the strongest, blurred where they are weaker."""

    FIXED: ClassVar[Mapping[str, Any]] = {"redundancy": 1.0}


class Shared(_Sharers):
    """Views that are copies now and then, and a latent that all of them show alike."""

    redundancy: Strength = Field(default=0.5, description=REDUNDANCY)
    shared: Strength = Field(default=0.0, description=SHARED)


class Interaction(_Partners):
    """Nothing alone, everything together: XOR and its like."""

    FIXED: ClassVar[Mapping[str, Any]] = {"strengths": 0.0}

    interaction: Strength = Field(default=1.0, description=INTERACTION)
    levels: int | None = Field(default=None, ge=2, le=64, description=LEVELS)


class Suppressor(_Partners):
    """Signal + nuisance, and the nuisance: additive, yet only learned together."""

    FIXED: ClassVar[Mapping[str, Any]] = {"strengths": 0.0}

    suppressor: Strength = Field(default=1.0, description=SUPPRESSOR)
    spread: int = Field(default=2, ge=2, le=60, description=SPREAD)


class Mixed(_Sharers, _Partners):
    """All of it at once."""

    redundancy: Strength = Field(default=0.0, description=REDUNDANCY)
    shared: Strength = Field(default=0.0, description=SHARED)
    interaction: Strength = Field(default=0.0, description=INTERACTION)
    levels: int | None = Field(default=None, ge=2, le=64, description=LEVELS)
    suppressor: Strength = Field(default=0.0, description=SUPPRESSOR)
    spread: int = Field(default=2, ge=2, le=60, description=SPREAD)

    @property
    def _pairs(self) -> bool:
        return self.interaction > 0 or self.suppressor > 0 or self.partners is not None


FAMILIES: Mapping[str, type[Family]] = {
    "independent": Independent,
    "copies": Copies,
    "shared": Shared,
    "interaction": Interaction,
    "suppressor": Suppressor,
    "mixed": Mixed,
}
"""Every family by its name."""

PRESETS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "independent": ("independent", {"strengths": (0.7, 0.5)}),
    "copies": ("copies", {"strengths": 0.7}),
    "shared": ("shared", {"strengths": (0.7, 0.5), "redundancy": 0.5}),
    "xor": ("interaction", {"interaction": 0.9}),
    "suppressor": ("suppressor", {"suppressor": 0.9}),
    "useless": ("independent", {"strengths": 0.7, "useless": 1}),
    "mixed": ("mixed", {"strengths": (0.6, 0.4), "interaction": 0.6, "suppressor": 0.6}),
    "noninvertible": ("mixed", {"strengths": (0.6, 0.4), "interaction": 0.6, "code_noise": 0.7}),
}
"""Every preset: its family, and the knobs that it sets."""
