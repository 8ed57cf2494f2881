"""umlkit: which way of multi-modal training fits your data, measured and then trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from umlkit.pipeline.model import TrainedModel

__all__ = ["__version__", "load_model"]

__version__ = "0.1.0"


def load_model(directory: str | Path, *, method: str | None = None, seed: int | None = None) -> TrainedModel:
    """A finished model, ready to predict.

    Args:
        directory: a run directory (``runs/digits``) or a model's own directory within it.
        method: of a run, which model; default: the advised one, else the only one trained.
        seed: of a run, which training seed; default: the lowest.

    Returns:
        An object with ``predict_proba(arrays) -> (n, C)``, ``predict``, ``classes`` and ``modalities``. ``arrays`` maps
        every modality to an array (n, ...) as in the training data, or names the raw arrays that the recipe cuts.

    Raises:
        umlkit.errors.InputError: no such directory, no finished model in it, or several and none advised.
        umlkit.errors.RunError: the model's files are damaged.
    """
    from umlkit.pipeline.loading import load_model as load

    return load(Path(directory), method=method, seed=seed)
