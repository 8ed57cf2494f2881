"""Models and measurements that an umlkit of other rules left in a run directory, so that messages can say so."""

from __future__ import annotations

import json
from pathlib import Path

from umlkit.errors import InputError
from umlkit.pipeline.artifact import Artifact
from umlkit.probe import rules
from umlkit.runs.layout import RunDirectory, StoredModel, folder_name
from umlkit.runs.records.probe import ProbeRecord


def older_model(directory: RunDirectory, artifact: Artifact) -> StoredModel | None:
    """A finished model of the artifact's name, seed and fold that an older version of its method trained."""
    models = directory.unit(artifact.seed, artifact.fold).models()
    named = [one for one in models if one.path.name == folder_name(artifact.label, one.fingerprint)]
    return next((one for one in named if one.finished and _version(one.path) < artifact.spec.version), None)


def older_probe(directory: RunDirectory) -> ProbeRecord | None:
    """The run directory's last measurement, where it was made by older rules."""
    try:
        record = ProbeRecord.read(directory.probe)
    except InputError:
        return None
    return record if record.rules < rules.RULES else None


def _version(model: Path) -> int:
    """The version of the method that trained a model; no version is the first, a damaged file says nothing."""
    try:
        found = json.loads((model / "config.json").read_text("utf-8"))
        return int(found.get("method_version", 1))
    except (OSError, ValueError, TypeError, AttributeError):
        return 1
