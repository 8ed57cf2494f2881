"""Names to things: encoders, fusion heads and methods, found through entry points and loaded only when used.

Each is a folder with two files. ``options.py`` is light (pydantic, no torch) and holds the options and a ``SPEC`` from
this module; the file that does the work is named by ``SPEC.implementation`` as ``"module:attribute"`` and imported by
:func:`implementation`. Built-ins and third parties register alike, under the entry-point groups ``umlkit.encoders``,
``umlkit.heads`` and ``umlkit.methods``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from umlkit.errors import InputError, Problem, RunError, closest, listed

AUTO = "auto"
"""Stands for the name of an encoder that is to be chosen, and for the value of an option that is."""


class Options(BaseModel):
    """Base of every options record: unknown keys are refused, values are not coerced from text, records are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def _any_shape(_shape: tuple[int, ...]) -> bool:
    return True


def by_name_only(_shape: tuple[int, ...]) -> bool:
    """What an encoder suits that ``auto`` never considers."""
    return False


def _unchanged(options: Options) -> Options:
    return options


def _only_itself(options: Options) -> list[Options]:
    return [options]


@dataclass(frozen=True)
class EncoderSpec:
    """What is known of an encoder without importing torch.

    Attributes:
        name: as written in a recipe.
        summary: one line for ``umlkit encoders``.
        kinds: the kinds of modality it reads (``vector``, ``image``, ...).
        options: its options.
        implementation: ``"module:attribute"`` of an :class:`umlkit.encoders.base.Encoder` subclass.
        suits: shape of a sample (:mod:`umlkit.data.kinds.base`) -> whether ``auto`` considers the encoder for it.
        candidates: options with ``auto`` values -> the settings to be compared on ``select``, none of them ``auto``.
        only_for: options that not all of its kinds read -> the kinds that do.
    """

    name: str
    summary: str
    kinds: frozenset[str]
    options: type[Options]
    implementation: str
    candidates: Callable[[Any], list[Any]] = field(default=_only_itself)
    suits: Callable[[tuple[int, ...]], bool] = field(default=_any_shape)
    only_for: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class HeadSpec:
    """What is known of a fusion head without importing torch.

    Attributes:
        additive: whether the logits are a sum of one function per modality, given the features.
    """

    name: str
    summary: str
    additive: bool
    options: type[Options]
    implementation: str


@dataclass(frozen=True)
class MethodSpec:
    """What is known of a method without importing torch.

    Attributes:
        builds_on: what has to be trained before it: ``unimodal`` (every modality's model) or another method's name.
        candidate: whether it is a way of training that advice may name, or only a rung of the measurement.
        additive: options -> whether the logits are additive in the modalities, by architecture.
        once: options -> the like of them with which it trains once, for a measurement that may not cost more.
        version: of what its models mean. Raised by whoever changes how the method trains or predicts: it is a part of
            every fingerprint from 2 on, so that models of the version before are trained anew, and what builds on them.
    """

    name: str
    summary: str
    options: type[Options]
    implementation: str
    builds_on: tuple[str, ...]
    candidate: bool
    additive: Callable[[Any], bool]
    once: Callable[[Any], Any] = field(default=_unchanged)
    version: int = 1


Spec = EncoderSpec | HeadSpec | MethodSpec
SpecT = TypeVar("SpecT", EncoderSpec, HeadSpec, MethodSpec)


def encoders() -> Mapping[str, EncoderSpec]:
    """All registered encoders by name."""
    return _specs("umlkit.encoders", EncoderSpec)


def heads() -> Mapping[str, HeadSpec]:
    """All registered fusion heads by name."""
    return _specs("umlkit.heads", HeadSpec)


def methods() -> Mapping[str, MethodSpec]:
    """All registered methods by name."""
    return _specs("umlkit.methods", MethodSpec)


def encoder(name: str) -> EncoderSpec:
    """The encoder called ``name``; InputError with the closest match where there is none."""
    return _find(encoders(), "encoder", name)


def head(name: str) -> HeadSpec:
    """The fusion head called ``name``; InputError with the closest match where there is none."""
    return _find(heads(), "head", name)


def method(name: str) -> MethodSpec:
    """The method called ``name``; InputError with the closest match where there is none."""
    return _find(methods(), "method", name)


def encoder_settings(
    name: str, options: Mapping[str, Any], *, kind: str, shape: tuple[int, ...] | None = None
) -> list[tuple[str, Options]]:
    """What a choice of encoder stands for: every encoder that it may be, with every setting of its ``auto`` options.

    Args:
        name: a registered encoder, or ``auto`` for all that read ``kind``.
        options: its options, as the recipe writes them.
        kind: of the modality.
        shape: of its samples, for which ``auto`` leaves out what does not suit it; None where it is not known yet.

    Raises:
        InputError: no such encoder, or it does not read ``kind``, or an option that it reads for other kinds alone.
        pydantic.ValidationError: an option that it does not know or accept.
    """
    fitting = [spec for spec in encoders().values() if kind in spec.kinds]
    suiting = [spec for spec in fitting if shape is None or spec.suits(shape)]
    specs = suiting if name == AUTO else [encoder(name)]
    if any(kind not in spec.kinds for spec in specs):
        raise InputError(
            Problem(
                f"the encoder {name} does not read the kind {kind}",
                allowed=listed([AUTO, *(spec.name for spec in fitting)]),
                try_next="umlkit encoders",
            )
        )
    return [(spec.name, setting) for spec in specs for setting in _settings(spec, options, kind)]


def _settings(spec: EncoderSpec, options: Mapping[str, Any], kind: str) -> list[Options]:
    """The settings that differ in an option that is read for this kind."""
    unread = [option for option, kinds in spec.only_for.items() if kind not in kinds]
    plain = spec.options()
    said = (plain, spec.candidates(plain)[0])  # the default, and what stands in a resolved setting for it
    if idle := [o for o in unread if o in options and options[o] not in [getattr(one, o) for one in said]]:
        raise InputError(
            Problem(
                f"the option {idle[0]} of the encoder {spec.name} says nothing for the kind {kind}",
                found=repr(options[idle[0]]),
                allowed=f"for {listed(sorted(spec.only_for[idle[0]]))} alone",
                try_next=f"take {idle[0]} out",
            )
        )
    settings: list[Options] = spec.candidates(spec.options.model_validate(dict(options)))
    first = [getattr(settings[0], option) for option in unread]
    return [setting for setting in settings if [getattr(setting, option) for option in unread] == first]


def implementation(spec: Spec) -> Any:
    """Import and return what ``spec.implementation`` names."""
    module, _, attribute = spec.implementation.partition(":")
    return getattr(importlib.import_module(module), attribute)


@cache
def _specs(group: str, kind: type[SpecT]) -> Mapping[str, SpecT]:
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        other = found.get(point.name)
        if other is not None and other.value != point.value:
            raise RunError(
                Problem(
                    f"two packages register {point.name!r} under {group}",
                    found=f"{other.value} and {point.value}",
                    try_next="uninstall one of the two packages",
                )
            )
        found[point.name] = point
    return {name: _load(point, kind) for name, point in sorted(found.items())}


def _load(point: EntryPoint, kind: type[SpecT]) -> SpecT:
    spec = point.load()
    if not isinstance(spec, kind) or spec.name != point.name:
        raise RunError(
            Problem(
                f"the entry point {point.name!r} of {point.group} is not a {kind.__name__} of that name",
                found=repr(spec),
                try_next=f"let {point.value} be a {kind.__name__}(name={point.name!r}, ...)",
            )
        )
    return spec


def _find(specs: Mapping[str, SpecT], what: str, name: str) -> SpecT:
    if name in specs:
        return specs[name]
    raise InputError(
        Problem(
            f"unknown {what}",
            found=repr(name),
            allowed=listed(specs),
            closest=closest(name, specs),
            try_next=f"umlkit {what}s" if what != "head" else None,
        )
    )
