"""A finished model on disk, and the object that predicts with it.

A model directory holds ``config.json`` (everything needed to build the architecture and to read raw data for it),
``model.safetensors`` (weights and what preprocessing was fitted), ``metrics.jsonl`` (one line an epoch of every
training) and ``result.json``, written last: a directory without it is unfinished.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field

from umlkit import registry
from umlkit.data.input_spec import InputSpec
from umlkit.data.kinds import KINDS, Preprocess
from umlkit.data.records import Array, ModalityArray
from umlkit.data.samples import all_rows
from umlkit.data.unseen import cut_arrays
from umlkit.methods import inference
from umlkit.methods.base import Blueprint, Method, ModalityPlan, MultiModalModel
from umlkit.methods.calibration import softmax
from umlkit.runs import tensors
from umlkit.runs.records.common import Migration, Part, Record, unchanged

PADDED = ".edges"
"""Arrays called so hold NaN where a column has no further bin; in any other NaN is damage."""


class ModalityConfig(Part):
    """One modality of a saved model: how its raw data are read and which encoder reads them."""

    source: str
    take: str | None
    columns: tuple[str, ...]
    kind: str
    missing: str
    lengths: str | None = None
    raw_shape: tuple[int, ...]
    categories: tuple[int, ...] = ()
    sample_shape: tuple[int, ...]
    encoder: str
    options: dict[str, Any]

    def input_spec(self) -> InputSpec:
        """The part that reading unseen data needs."""
        return InputSpec(
            source=self.source,
            take=self.take,
            columns=self.columns,
            kind=self.kind,
            missing=self.missing,
            sample_shape=self.raw_shape,
            lengths=self.lengths,
            categories=self.categories,
        )


class ModelConfig(Record):
    """``config.json``: the model, resolved, so that it loads without the rest of the run."""

    KIND: ClassVar[str] = "umlkit.model"
    VERSION: ClassVar[int] = 2
    COMMAND: ClassVar[str] = tensors.AGAIN
    MIGRATIONS: ClassVar[Mapping[int, Migration]] = {1: unchanged}

    schema_: Literal["umlkit.model/2"] = Field(default="umlkit.model/2", alias="schema")
    label: str = Field(description="names the model within its run")
    method: str
    method_version: int = Field(default=1, description="of the method that trained it (MethodSpec.version)")
    options: dict[str, Any] = Field(description="the method's options, as the recipe resolved them")
    resolved: dict[str, Any] = Field(description="what training chose that the architecture depends on")
    modalities: dict[str, ModalityConfig]
    classes: tuple[str, ...]
    class_values: tuple[str, ...] = Field(description="the labels as the data write them, in the order of classes")
    label_name: str
    sample_weight: str | None = Field(
        default=None, description="array or column of the training samples' weights; null for none"
    )
    class_weights: tuple[float, ...] | None = Field(
        default=None, description="in the order of classes; null where all weigh 1"
    )
    temperature: float = Field(gt=0, description="logits are divided by it; fitted on select")
    seed: int
    fold: str
    fingerprint: str
    built_on: dict[str, str] = Field(description="label -> fingerprint of the models it builds on")
    recipe: dict[str, Any] = Field(description="the whole recipe, resolved")

    def blueprint(self) -> Blueprint:
        """Modalities and classes as a method builds from them."""
        plans = {
            name: ModalityPlan(m.kind, m.encoder, m.options, m.sample_shape) for name, m in self.modalities.items()
        }
        return Blueprint(plans, len(self.classes))


@dataclass(frozen=True, repr=False)
class TrainedModel:
    """A model that predicts from raw arrays.

    Attributes:
        config: what it is.
        network: in eval mode.
        preprocess: modality -> what was fitted on the training samples.
        directory: where it was loaded from.
        again: the command that trains it anew, for messages.
    """

    config: ModelConfig
    network: MultiModalModel
    preprocess: Mapping[str, Preprocess]
    directory: Path
    again: str = tensors.AGAIN

    def __repr__(self) -> str:
        """In one line: a network and a vocabulary would fill the screen."""
        about = f"modalities={self.modalities}, classes={self.classes}, directory={str(self.directory)!r}"
        return f"{type(self).__name__}({self.method!r}, {about})"

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, in the order of the columns of :meth:`predict_proba`."""
        return self.config.classes

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities that it reads."""
        return tuple(self.config.modalities)

    @property
    def method(self) -> str:
        """The method that trained it."""
        return self.config.method

    def named(self, asked: str) -> str:
        """What was asked for by the name of a method, with the modality where ``unimodal`` stood for the best one."""
        return f"{asked}:{self.modalities[0]}" if asked == "unimodal" else asked

    def predict_proba(self, arrays: Mapping[str, Any]) -> Array:
        """Calibrated class probabilities softmax(logits / T).

        Args:
            arrays: modality -> (n, ...) array as in the training data; or the raw arrays that the recipe cuts them
                from.

        Returns:
            (n, C) float64, rows sum to 1, columns in the order of :attr:`classes`.

        Raises:
            InputError: a modality missing, of another shape or length, or with values that are not finite; or the model
                gives none, as its weights are damaged.
        """
        specs = {name: modality.input_spec() for name, modality in self.config.modalities.items()}
        return self.proba_of(cut_arrays({name: np.asarray(array) for name, array in arrays.items()}, specs))

    def predict(self, arrays: Mapping[str, Any]) -> list[str]:
        """The most probable class's name for every sample; arguments as for :meth:`predict_proba`."""
        return [self.classes[i] for i in self.predict_proba(arrays).argmax(axis=1)]

    def notes_of(self, cut: Mapping[str, ModalityArray]) -> tuple[str, ...]:
        """What new samples hold that a model does not know or does not read, a line each, such as unseen categories."""
        return tuple(
            f"{name}: {note}"
            for name, modality in cut.items()
            for note in self.preprocess[name].notes(modality, np.arange(len(modality)))
        )

    def proba_of(self, cut: Mapping[str, ModalityArray]) -> Array:
        """:meth:`predict_proba` of samples that are cut and settled already."""
        inputs = all_rows(cut, self.preprocess)
        logits = inference.logits(self.network, inputs).double().numpy()
        broken = ~np.isfinite(logits).all(axis=1)
        if broken.any():
            found = f"NaN or infinity for {np.count_nonzero(broken)} of {len(logits)} samples"
            path = self.directory / "model.safetensors"
            raise tensors.unusable(path, "gives no prediction", found=found, again=self.again)
        proba: Array = softmax(logits / self.config.temperature)
        return proba


def save(directory: Path, config: ModelConfig, network: MultiModalModel, preprocess: Mapping[str, Preprocess]) -> None:
    """Write ``model.safetensors`` and ``config.json``, each atomically."""
    arrays = {
        f"model.{name}": value.detach().cpu().contiguous().numpy() for name, value in network.state_dict().items()
    }
    for name, fitted in preprocess.items():
        arrays.update({f"preprocess.{name}.{key}": value for key, value in fitted.to_arrays().items()})
    tensors.save(directory / "model.safetensors", arrays, {"schema": config.schema_, "fingerprint": config.fingerprint})
    config.write(directory / "config.json")


def load(directory: Path) -> TrainedModel:
    """The model in a model directory, on the CPU.

    Raises:
        InputError: no model there, or written by a newer umlkit; or its files are damaged, or do not fit together.
    """
    config = ModelConfig.read(directory / "config.json")
    path = directory / "model.safetensors"
    arrays, metadata = tensors.load(path)
    if metadata.get("fingerprint") != config.fingerprint:
        raise tensors.unusable(path, "is of another model than config.json")
    tensors.check_finite(path, {name: values for name, values in arrays.items() if not name.endswith(PADDED)})
    network = build(config)
    weights = {
        name.removeprefix("model."): torch.from_numpy(a) for name, a in arrays.items() if name.startswith("model.")
    }
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise tensors.unusable(path, "does not fit config.json", found=str(error)) from error
    preprocess = {
        name: KINDS[config.modalities[name].kind].preprocess.from_arrays(
            {
                key.removeprefix(f"preprocess.{name}."): value
                for key, value in arrays.items()
                if key.startswith(f"preprocess.{name}.")
            }
        )
        for name in config.modalities
    }
    return TrainedModel(config, network.eval(), preprocess, directory)


def build(config: ModelConfig) -> MultiModalModel:
    """The architecture of a saved model, weights not loaded."""
    spec = registry.method(config.method)
    method: Method[Any] = registry.implementation(spec)(spec.options.model_validate(config.options))
    return method.build(config.blueprint(), config.resolved)
