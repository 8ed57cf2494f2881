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
from umlkit.synth.words import KNOBS

Strength = Annotated[float, Field(ge=0, le=1)]
Mass = Annotated[float, Field(gt=0, lt=1)]


def _knob(name: str, default: Any, **limits: Any) -> Any:
    return Field(default=default, description=KNOBS[name], **limits)


class Family(Options):
    """What every family has: sizes, label, and how levels are observed."""

    FIXED: ClassVar[Mapping[str, Any]] = {}

    modalities: int = _knob("modalities", 2, ge=2, le=3)
    useless: int = _knob("useless", 0, ge=0, le=2)
    classes: int = _knob("classes", 2, ge=2, le=16)
    prior: tuple[Mass, ...] | None = _knob("prior", None)
    label_noise: float = _knob("label_noise", 0.0, ge=0, le=0.5)
    informative: int | None = _knob("informative", None, ge=1, le=256)
    noise_dims: int = _knob("noise_dims", 4, ge=0, le=4096)
    jitter: float = _knob("jitter", 0.5, ge=0, lt=1)
    observation: Literal["none", "monotone", "network"] = _knob("observation", "none")
    depth: int = _knob("depth", 2, ge=1, le=8)
    code_noise: float = _knob("code_noise", 0.0, ge=0, le=10)

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
    strengths: Strength | tuple[Strength, ...] = _knob("strengths", 0.6)

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
    partners: int | None = _knob("partners", None, ge=2, le=3)

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
    sharers: int | None = _knob("sharers", None, ge=2, le=3)

    @property
    def sharing(self) -> int:
        """Modalities that may copy one another."""
        return self.telling if self.sharers is None else self.sharers

    @model_validator(mode="after")
    def _enough_sharers(self) -> Self:
        if self.sharers is not None and self.sharers > self.telling:
            raise ValueError(f"sharers must be at most {self.telling}, the modalities that tell something")
        return self


class Independent(_Strengths):
    """Views that are independent given the label."""


class Copies(_Sharers):
    """Views that are copies of the strongest, blurred where they are weaker."""

    FIXED: ClassVar[Mapping[str, Any]] = {"redundancy": 1.0}


class Shared(_Sharers):
    """Views that are copies now and then, and a latent that all of them show alike."""

    redundancy: Strength = _knob("redundancy", 0.5)
    shared: Strength = _knob("shared", 0.0)


class Interaction(_Partners):
    """Nothing alone, everything together: XOR and its like."""

    FIXED: ClassVar[Mapping[str, Any]] = {"strengths": 0.0}

    interaction: Strength = _knob("interaction", 1.0)
    levels: int | None = _knob("levels", None, ge=2, le=64)


class Suppressor(_Partners):
    """Signal + nuisance, and the nuisance: additive, yet only learned together."""

    FIXED: ClassVar[Mapping[str, Any]] = {"strengths": 0.0}

    suppressor: Strength = _knob("suppressor", 1.0)
    spread: int = _knob("spread", 2, ge=2, le=60)


class Mixed(_Sharers, _Partners):
    """All of it at once."""

    redundancy: Strength = _knob("redundancy", 0.0)
    shared: Strength = _knob("shared", 0.0)
    interaction: Strength = _knob("interaction", 0.0)
    levels: int | None = _knob("levels", None, ge=2, le=64)
    suppressor: Strength = _knob("suppressor", 0.0)
    spread: int = _knob("spread", 2, ge=2, le=60)

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
