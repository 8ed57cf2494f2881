"""Which models a recipe names, before any of them exists: the graph of artifacts with their fingerprints.

An :class:`Artifact` is one trained model of one (seed, fold). Its fingerprint is of what it is made from: its part of
the recipe, the data's content and roles, seed, fold, the version of its method, and the models that it builds on. This
module imports no array library, so that ``advise`` and ``--dry-run`` can name every artifact at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from umlkit import registry
from umlkit.errors import InputError, Problem, closest, listed
from umlkit.methods.ume.options import UmeOptions
from umlkit.pipeline.artifact import SHORT, Artifact, together
from umlkit.pipeline.identity import DataIdentity
from umlkit.pipeline.rungs import BUDGETS, FITTED, PAPER, Rung, mixed, paper, rungs
from umlkit.probe import rules
from umlkit.recipe.data_schema import Modality
from umlkit.recipe.schema import Budget, Recipe
from umlkit.registry import MethodSpec, Options
from umlkit.runs.fingerprint import fingerprint
from umlkit.runs.layout import ALL
from umlkit.runs.records.probe import ProbeRecord

UNIMODAL = "unimodal"


@dataclass(frozen=True)
class Plan:
    """Every artifact that a recipe can ask for at one (seed, fold)."""

    recipe: Recipe
    identity: DataIdentity
    seed: int
    fold: str = ALL

    @cached_property
    def unimodal(self) -> Mapping[str, Artifact]:
        """The uni-modal models by modality."""
        return {name: self._unimodal(name) for name in self.identity.kinds}

    def named(self, method: str) -> tuple[Artifact, ...]:
        """What ``--method`` asks for: ``unimodal`` is every modality's model, ``unimodal:audio`` one of them.

        Raises:
            InputError: no such method or modality.
        """
        name, colon, modality = method.partition(":")
        if name == UNIMODAL:
            return (self._one(modality),) if colon else tuple(self.unimodal.values())
        return (self.model(method),)

    def evaluated(self, method: str) -> Artifact:
        """The one model that ``evaluate`` and ``predict`` read for a method; ``unimodal`` means ``best-single``."""
        found = self.named("best-single" if method == UNIMODAL else method)
        return found[0]

    def model(
        self,
        method: str,
        overrides: Mapping[str, Any] | None = None,
        *,
        title: str | None = None,
        short: bool = False,
        pool: str | None = None,
    ) -> Artifact:
        """The multi-modal artifact of a method.

        Args:
            method: its name.
            overrides: options laid over the recipe's.
            title: what messages call it.
            short: trained once and for at most a sixth of the epochs.
            pool: that of the ensemble, where it builds on one (:attr:`umlkit.pipeline.rungs.Rung.pool`).
        """
        spec = registry.method(method)
        options = spec.options.model_validate({**self.recipe.methods.get(method, {}), **(overrides or {})})
        if short:
            options = spec.once(options)
        needs = self._needs(spec, pool=pool)
        made_from = {
            "method": method,
            "options": options.model_dump(mode="json"),
            "modalities": [self._modality(name) for name in self.unimodal],
            "needs": [need.fingerprint for need in needs],
            **({"short": SHORT} if short else {}),
            **_version(spec),
            **self._common(),
        }
        return Artifact(
            label=method,
            title=title or method,
            spec=spec,
            options=options,
            modalities=tuple(self.unimodal),
            seed=self.seed,
            fold=self.fold,
            fingerprint=fingerprint(made_from),
            needs=needs,
            short=short,
        )

    def _ensemble(self, pool: str | None) -> Artifact:
        if pool == registry.AUTO:
            return self.model("ume") if self._is_tuned else self._of_rung(FITTED)
        return self.model("ume", None if pool is None else {"pool": pool})

    @cached_property
    def _is_tuned(self) -> bool:
        return UmeOptions.model_validate(self.recipe.methods.get("ume", {})).tuned

    def rungs(self, budget: Budget | None = None) -> list[tuple[Rung, Artifact]]:
        """The ladder's rungs at a budget, None for the recipe's, with their artifacts."""
        ladder = rungs(budget or self.recipe.probe.budget, tuned=self._is_tuned)
        return [(rung, self._of_rung(rung)) for rung in ladder]

    def paper(self) -> list[tuple[Rung, Artifact]]:
        """What the paper's rule reads, with its artifacts."""
        return [(rung, self._of_rung(rung)) for rung in paper(self.recipe.probe.budget)]

    def mixed(self) -> list[tuple[Rung, Artifact]]:
        """The rungs whose modalities a measurement mixes between samples, with their artifacts."""
        ladder = mixed(self.recipe.probe.budget, tuned=self._is_tuned)
        return [(rung, self._of_rung(rung)) for rung in ladder]

    def everything(self) -> list[Artifact]:
        """Every artifact that `run` or `train` makes at any budget, each once, in an order to train them in."""
        measured = [artifact for budget in BUDGETS for _, artifact in self.rungs(budget)]
        ruled = [self._of_rung(rung) for rung in PAPER]
        used = [self.model(name) for name in registry.methods() if name != UNIMODAL]
        return list(together([*self.unimodal.values(), *measured, *ruled, *used]).values())

    def _of_rung(self, rung: Rung) -> Artifact:
        title = f"{rung.name} (short)" if rung.short else rung.name
        return self.model(rung.method, rung.overrides, title=title, short=rung.short, pool=rung.pool)

    def _one(self, modality: str) -> Artifact:
        if modality in self.unimodal:
            return self.unimodal[modality]
        raise InputError(
            Problem(
                "no such modality",
                where=f"--method unimodal:{modality}",
                found=repr(modality),
                allowed=listed(self.unimodal),
                closest=closest(modality, self.unimodal),
            )
        )

    def _unimodal(self, name: str) -> Artifact:
        spec = registry.method(UNIMODAL)
        options = spec.options.model_validate(self.recipe.methods.get(UNIMODAL, {}))
        made_from = {
            "method": UNIMODAL,
            "options": options.model_dump(mode="json"),
            "modalities": [self._modality(name)],
            **_version(spec),
            **self._common(),
        }
        label = f"{UNIMODAL}-{name}"
        mark = fingerprint(made_from)
        return Artifact(label, label, spec, options, (name,), seed=self.seed, fold=self.fold, fingerprint=mark)

    def _needs(self, spec: MethodSpec, *, pool: str | None) -> tuple[Artifact, ...]:
        """The artifacts that a method builds on; the uni-modal ones too where an encoder is theirs to choose."""
        named = spec.builds_on
        if UNIMODAL not in named and any(unresolved(self._choice(m), kind) for m, kind in self.identity.kinds.items()):
            named = (UNIMODAL, *named)
        found: list[Artifact] = []
        for name in named:
            if name == UNIMODAL:
                found += self.unimodal.values()
            else:
                found.append(self._ensemble(pool) if name == "ume" else self.model(name))
        return tuple(found)

    def _choice(self, name: str) -> Modality:
        """The recipe's entry of a modality; every default where the file's convention named it."""
        return (self.recipe.data.modalities or {}).get(name, Modality())

    def _modality(self, name: str) -> dict[str, Any]:
        """One modality as a fingerprint sees it: its values as read, and every encoder that it may get, resolved."""
        settings = _settings(self._choice(name), self.identity.kinds[name])
        encoders = [{"name": encoder, "options": options.model_dump(mode="json")} for encoder, options in settings]
        return {"name": name, "values": self.identity.modalities[name], "encoders": encoders}

    def _common(self) -> dict[str, Any]:
        """What every model of this unit is made from."""
        return {
            "labels": self.identity.labels,
            "roles": self.identity.roles_of(self.fold),
            "train": _train(self.recipe),
            "seed": self.seed,
            "fold": self.fold,
        }


def _version(spec: MethodSpec) -> dict[str, int]:
    """The method's version; nothing for the first, as before there were versions."""
    return {"version": spec.version} if spec.version > 1 else {}


def _train(recipe: Recipe) -> dict[str, Any]:
    """The training section; without class weights where there are none, as before there were any."""
    section = recipe.train.model_dump(mode="json")
    return {key: value for key, value in section.items() if (key, value) != ("class_weight", "none")}


def unresolved(modality: Modality, kind: str) -> bool:
    """Whether training the uni-modal model has to choose this modality's encoder or its regularisation."""
    return modality.encoder.name == registry.AUTO or len(_settings(modality, kind)) > 1


def _settings(modality: Modality, kind: str) -> list[tuple[str, Options]]:
    return registry.encoder_settings(modality.encoder.name, modality.encoder.options, kind=kind)


def plans(recipe: Recipe, identity: DataIdentity) -> list[Plan]:
    """What a measurement reads: one plan a (fold, seed), lowest seed first, one fold after the other."""
    return [Plan(recipe, identity, seed, fold) for fold in identity.measured for seed in sorted(recipe.seeds)]


def final_plans(recipe: Recipe, identity: DataIdentity) -> list[Plan]:
    """What is trained to be used, evaluated and predicted with: one plan a seed, lowest first, never of a part."""
    return [Plan(recipe, identity, seed) for seed in sorted(recipe.seeds)]


def at_budget(recipe: Recipe, budget: Budget) -> Recipe:
    """The recipe with the budget of its measurement replaced."""
    return recipe.model_copy(update={"probe": recipe.probe.model_copy(update={"budget": budget})})


def probe_fingerprints(recipe: Recipe, identity: DataIdentity) -> dict[Budget, str]:
    """:func:`probe_fingerprint` by budget, the dearest first."""
    return {budget: probe_fingerprint(at_budget(recipe, budget), identity) for budget in reversed(BUDGETS)}


def probe_fingerprint(recipe: Recipe, identity: DataIdentity) -> str:
    """What a measurement is made from: every rung's models, the recipe's name, the probe's own settings.

    The version of its record and of its rules are parts: a later umlkit that measures more, or judges otherwise, does
    so anew, from the same models.
    """
    models: list[str] = []
    if identity.not_measurable is None and len(identity.kinds) > 1:
        models = [a.fingerprint for plan in plans(recipe, identity) for _, a in (*plan.rungs(), *plan.paper())]
    return fingerprint(
        {
            "version": ProbeRecord.VERSION,
            "rules": rules.RULES,
            "name": recipe.name,
            "probe": recipe.probe.model_dump(mode="json"),
            "models": models,
            "data": identity.modalities,
            "roles": identity.roles,
            "not_measurable": identity.not_measurable,
            **({"folds": [fold.roles for fold in identity.folds.values()]} if identity.folds else {}),
        }
    )
