"""Which ways of training may become the headline: the names that ``--among`` gives, checked."""

from __future__ import annotations

from collections.abc import Sequence

from umlkit import registry
from umlkit.errors import InputError, Problem, closest, listed
from umlkit.runs.records.probe import ProbeRecord

UME = "ume"
HEADLINES = (UME, "umt")
EVERY = "all"


def known(among: Sequence[str]) -> tuple[str, ...]:
    """``among`` checked against all ways of training there are, for want of a measurement; InputError for others."""
    names = [name for name, spec in registry.methods().items() if spec.candidate]
    return tuple(names) if EVERY in among else _checked(among, names, "a way of training that can be advised")


def measured(among: Sequence[str], probe: ProbeRecord) -> tuple[str, ...]:
    """``among`` checked against what the probe measured; ``("all",)`` is all of it. InputError for other names."""
    names = [candidate.name for candidate in probe.candidates]
    return tuple(names) if EVERY in among else _checked(among, names, "measured in this probe")


def require_both(among: Sequence[str]) -> None:
    """InputError unless the choice is between ume and umt."""
    if set(among) != set(HEADLINES):
        raise InputError(
            Problem(
                "the paper's rule chooses between ume and umt alone",
                where="--rule paper",
                found=f"--among {','.join(among)}",
                try_next="leave --among out",
            )
        )


def _checked(among: Sequence[str], names: Sequence[str], what: str) -> tuple[str, ...]:
    unknown = [
        Problem(
            f"--among names {name!r}, which is not {what}",
            allowed=f"{EVERY}, or some of {listed(names)}",
            closest=closest(name, names),
        )
        for name in among
        if name not in names
    ]
    if unknown or not among:
        raise InputError(*unknown or [Problem("--among names nothing", allowed=f"{EVERY}, or some of {listed(names)}")])
    return tuple(dict.fromkeys(among))
