"""The run directory: where every artifact of a run lies, and how a directory is known to be a run's.

Paths are only named here; nothing but :meth:`RunDirectory.open` with ``create=True`` and
:meth:`RunDirectory.log_test_read` writes, so a reader leaves no trace::

    run.json  recipe.yaml  data.json  environment.json
    seed-0/all/models/<label>-<fingerprint>/      model.safetensors  config.json  metrics.jsonl  result.json
    seed-0/all/outputs/<label>-<fingerprint>/     <split>-00000.safetensors
    probes/<fingerprint>.json  probes/<fingerprint>-samples.csv  advice/<fingerprint>.json
    probe.json  advice.json  test-reads.jsonl
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from umlkit.errors import InputError, Problem
from umlkit.runs import atomic
from umlkit.runs.records.common import KeptDocumentError
from umlkit.runs.records.run import RunMarker

FINGERPRINT = re.compile(r"(?P<label>.+)-(?P<fingerprint>[0-9a-f]{8})")
SEED = re.compile(r"seed-(?P<seed>\d+)")
ALL = "all"
"""The fold that holds no part of the samples out but `select`, `probe` and `test`."""
RESULT = "result.json"
"""A model's last file: a folder without it is unfinished."""


def _now() -> datetime:
    return datetime.now(UTC)


def folder_name(label: str, fingerprint: str) -> str:
    """``label-fingerprint``, the label without what a file system might refuse; the fingerprint tells names apart."""
    return f"{re.sub(r'[^A-Za-z0-9._-]', '_', label)[:80]}-{fingerprint}"


def is_finished(model_dir: Path) -> bool:
    """Whether the model in this folder is whole."""
    return (model_dir / RESULT).is_file()


@dataclass(frozen=True)
class StoredModel:
    """A model's folder as it is found on disk.

    Attributes:
        path: the folder.
        label: ``ume``, ``unimodal-left``: the folder's name without the fingerprint.
        fingerprint: of what it is made from.
        finished: whether it is whole.
    """

    path: Path
    label: str
    fingerprint: str
    finished: bool


@dataclass(frozen=True)
class Unit:
    """The unit of work: one seed and one fold (``all`` where nothing is cross-fitted)."""

    root: Path
    seed: int
    fold: str

    @property
    def path(self) -> Path:
        """The unit's folder."""
        return self.root / f"seed-{self.seed}" / self.fold

    def model_dir(self, label: str, fingerprint: str) -> Path:
        """Folder of a model; see :func:`folder_name`."""
        return self.path / "models" / folder_name(label, fingerprint)

    def outputs_dir(self, label: str, fingerprint: str) -> Path:
        """Folder of a model's stored outputs."""
        return self.path / "outputs" / folder_name(label, fingerprint)

    def models(self) -> list[StoredModel]:
        """All models of the unit by name, unfinished ones too."""
        found = []
        for folder in sorted((self.path / "models").glob("*")):
            name = FINGERPRINT.fullmatch(folder.name)
            if name and folder.is_dir():
                found.append(StoredModel(folder, name["label"], name["fingerprint"], is_finished(folder)))
        return found


@dataclass(frozen=True)
class RunDirectory:
    """A run directory by its path.

    Attributes:
        root: the directory; it need not exist before :meth:`open`.
    """

    root: Path

    def check(self) -> None:
        """InputError where this is a file, or a directory with other things in it; it need not exist."""
        if problem := self._problem():
            raise InputError(problem)

    def open(self, *, create: bool) -> RunDirectory:
        """Make sure that this is a run's directory, and with ``create`` that it exists.

        Raises:
            InputError: it is a file, or a directory with other things in it; without ``create`` also: it is missing.
            OSError: it cannot be made or read.
        """
        self.check()
        marked = self._is_marked()
        if not create and not marked and not self._holds_models():
            raise InputError(Problem("there is no run here yet", where=str(self.root), try_next="umlkit run RECIPE"))
        if create and not marked:
            self.root.mkdir(parents=True, exist_ok=True)
            RunMarker().write(self.marker)
        return self

    @property
    def lost_marker(self) -> bool:
        """Whether ``run.json`` is missing or damaged where models lie: it says no more than they do."""
        return not self._is_marked() and self._holds_models()

    @property
    def marker(self) -> Path:
        """The file by which a run directory is known."""
        return self.root / "run.json"

    @property
    def recipe(self) -> Path:
        """The resolved recipe."""
        return self.root / "recipe.yaml"

    @property
    def data(self) -> Path:
        """The data's fingerprint and splits."""
        return self.root / "data.json"

    @property
    def environment(self) -> Path:
        """Versions, device, threads."""
        return self.root / "environment.json"

    @property
    def probe(self) -> Path:
        """A copy of the last probe."""
        return self.root / "probe.json"

    @property
    def advice(self) -> Path:
        """A copy of the last advice."""
        return self.root / "advice.json"

    @property
    def test_reads(self) -> Path:
        """Every look at the test split, one JSON object a line."""
        return self.root / "test-reads.jsonl"

    def probe_path(self, fingerprint: str) -> Path:
        """The probe with this fingerprint."""
        return self.root / "probes" / f"{fingerprint}.json"

    def samples_path(self, fingerprint: str) -> Path:
        """The probe samples one by one, of the probe with this fingerprint."""
        return self.root / "probes" / f"{fingerprint}-samples.csv"

    def advice_path(self, fingerprint: str) -> Path:
        """The advice with this fingerprint."""
        return self.root / "advice" / f"{fingerprint}.json"

    def unit(self, seed: int, fold: str = ALL) -> Unit:
        """The unit of work of a seed and a fold."""
        return Unit(self.root, seed, fold)

    def units(self) -> list[Unit]:
        """All units on disk, by seed and fold."""
        folders = [
            (int(seed["seed"]), fold.name)
            for fold in self.root.glob("seed-*/*")
            if fold.is_dir() and (seed := SEED.fullmatch(fold.parent.name))
        ]
        return [self.unit(seed, fold) for seed, fold in sorted(folders)]

    def log_test_read(self, command: str, what: str, *, now: Callable[[], datetime] = _now) -> None:
        """Note that ``command`` looked at ``what`` of the test split."""
        entry = {"when": now().isoformat(timespec="seconds"), "command": command, "what": what}
        atomic.append_line(self.test_reads, json.dumps(entry, ensure_ascii=False))

    def _problem(self) -> Problem | None:
        """Why this path can hold no run, or None."""
        files = [path for path in (self.root, *self.root.parents) if path.exists() and not path.is_dir()]
        if files:
            return _refusal("is a file, and a run needs a directory", files[0])
        try:
            RunMarker.read(self.marker)
        except KeptDocumentError as error:
            return error.problems[0]
        except InputError as error:
            return None if self._holds_models() else self._foreign(error)
        return None

    def _foreign(self, error: InputError) -> Problem | None:
        """What is here, where there is neither a model nor a sound ``run.json``; None for nothing."""
        if self.marker.exists():
            what = f"is not the mark of a run directory that umlkit made: it {error.problems[0].what}"
            return _refusal(what, self.marker)
        if self.root.exists() and any(not entry.name.endswith(atomic.TEMPORARY) for entry in self.root.iterdir()):
            return _refusal("is a directory with other things in it, and not a run's: it has no run.json", self.root)
        return None

    def _is_marked(self) -> bool:
        try:
            RunMarker.read(self.marker)
        except KeptDocumentError:
            raise
        except InputError:
            return False
        return True

    def _holds_models(self) -> bool:
        return any(unit.models() for unit in self.units())


def _refusal(what: str, path: Path) -> Problem:
    allowed = "a new, an empty or a run's directory"
    return Problem(what, where=str(path), allowed=allowed, try_next="the same command with --out DIR, a new one")
