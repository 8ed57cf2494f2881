"""``--dry-run``: every setting and where it is from, what would be trained, resumed or reused, and what written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from umlkit.cli.options import Invocation
from umlkit.runs.records.activity import DryRunRecord, Setting

if TYPE_CHECKING:
    from umlkit.pipeline.artifact import Artifact
    from umlkit.pipeline.session import Session
    from umlkit.recipe.loading import LoadedRecipe


def show_plan(call: Invocation, session: Session, artifacts: Sequence[Artifact]) -> None:
    """Print what the command would do; writes nothing."""
    from umlkit.pipeline.summary import planned

    models = planned(session, artifacts)
    root = session.directory.root
    record = DryRunRecord(
        settings=settings(session.loaded),
        models=tuple(models),
        writes=(*(m.directory for m in models if m.action != "reuse"), str(root)),
    )
    call.output.result_json(record.document())
    show_settings(call, session.loaded)
    rows = [[m.model, str(m.seed), m.action, m.directory] for m in models]
    call.output.table("Models", ["model", "seed", "what", "directory"], rows)
    call.output.result_text(f"Nothing was written. The run directory would be {root}")


def show_use(call: Invocation, loaded: LoadedRecipe, what: str, *, writes: tuple[str, ...] = ()) -> None:
    """Print what a command would do that only uses a finished model."""
    call.output.result_json(DryRunRecord(settings=settings(loaded), models=(), writes=writes).document())
    show_settings(call, loaded)
    call.output.result_text(what)


def settings(loaded: LoadedRecipe) -> tuple[Setting, ...]:
    """Every value of the recipe with its origin."""
    values = _leaves(loaded.recipe.model_dump(mode="json", by_alias=True))
    return tuple(
        Setting(key=key, value=value, origin=loaded.origin.get(key, "default")) for key, value in values.items()
    )


def show_settings(call: Invocation, loaded: LoadedRecipe) -> None:
    """The settings as a table."""
    rows = [[one.key, json.dumps(one.value, ensure_ascii=False), one.origin] for one in settings(loaded)]
    call.output.table("Settings", ["key", "value", "from"], rows)


def _leaves(value: Any, prefix: str = "") -> dict[str, Any]:
    """Dotted key -> value; lists and empty mappings are leaves."""
    if not isinstance(value, dict) or not value:
        return {prefix: value}
    found: dict[str, Any] = {}
    for name, inner in value.items():
        found.update(_leaves(inner, f"{prefix}.{name}" if prefix else str(name)))
    return found
