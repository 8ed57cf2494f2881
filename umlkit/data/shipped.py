"""Sources without a file: sets that scikit-learn ships (``sklearn:digits``) and that umlkit makes (``made:motions``).

Their names stand here without the code that opens them, as a recipe is validated, and a finished run advised on,
before anything heavy is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

from umlkit.errors import InputError, Problem, closest, listed

if TYPE_CHECKING:
    from umlkit.data.raw import Raw


@dataclass(frozen=True)
class Shipped:
    """A set under a name.

    Attributes:
        opened_by: ``module:function``; the function takes the source's name and returns a
            :class:`~umlkit.data.raw.Raw`.
        packages: those whose versions decide what the set holds.
    """

    opened_by: str
    packages: tuple[str, ...]


_SKLEARN = Shipped("umlkit.data.sklearn_sets:open_set", ("scikit-learn",))
SETS = {
    "made:docstrings": Shipped("umlkit.data.made.docstrings:open_set", ("umlkit", "numpy", "scipy", "scikit-learn")),
    "made:motions": Shipped("umlkit.data.made.motions:open_set", ("umlkit", "numpy")),
    "made:wrong-join": Shipped("umlkit.data.made.wrong_join:open_set", ("umlkit", "numpy", "scikit-learn")),
    "sklearn:breast_cancer": _SKLEARN,
    "sklearn:digits": _SKLEARN,
    "sklearn:iris": _SKLEARN,
    "sklearn:wine": _SKLEARN,
}


def is_source(text: str) -> bool:
    """Whether ``text`` names a source, rightly or not, where a path could stand too."""
    return text.startswith(("sklearn:", "made:"))


def open_source(source: str) -> Raw:
    """The arrays or columns of a set.

    Args:
        source: ``sklearn:NAME`` or ``made:NAME``; ``-`` and ``_`` are one.

    Raises:
        InputError: no such set.
    """
    name = _name(source)
    module, _, function = SETS[name].opened_by.partition(":")
    opened: Callable[[str], Raw] = getattr(import_module(module), function)
    return opened(name)


def stamp(source: str) -> dict[str, str]:
    """What tells that a set is unchanged: the versions of the packages that it is made from.

    Raises:
        InputError: no such set.
    """
    return {name: version(name) for name in SETS[_name(source)].packages}


def _name(source: str) -> str:
    plain = {name.replace("_", "-"): name for name in SETS}
    if (name := plain.get(source.replace("_", "-"))) is not None:
        return name
    raise InputError(
        Problem(
            "unknown source",
            where="data.source",
            found=repr(source),
            allowed=listed(list(SETS)),
            closest=closest(source, list(SETS)),
        )
    )
