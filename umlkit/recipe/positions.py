"""Where every value of a recipe was written: in which line of which file, by which flag, under which variable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]
"""Keys and list indices from the top of the recipe to a value."""


@dataclass(frozen=True)
class Place:
    """Where one value was written.

    Attributes:
        key: where its key stands (``recipe.yaml:3:1``, or the flag).
        value: where the value itself begins.
        origin: the short form that ``--dry-run`` shows (``recipe.yaml:3``).
    """

    key: str
    value: str
    origin: str


@dataclass
class Places:
    """The places of all values of one recipe; what has none is a default.

    Attributes:
        whole: where the recipe as a whole is, for what is missing at its top.
    """

    whole: Place
    _by_path: dict[Path, Place] = field(default_factory=dict)

    def __setitem__(self, path: Path, place: Place) -> None:
        self._by_path[path] = place

    def nearest(self, path: Path) -> tuple[Place, bool]:
        """The place of ``path``, else of the innermost thing around it; and whether it is that of ``path`` itself."""
        for length in range(len(path), 0, -1):
            place = self._by_path.get(path[:length])
            if place is not None:
                return place, length == len(path)
        return self.whole, not path

    def cover(self, path: Path, value: Any, place: Place) -> None:
        """Let ``value`` and all that is in it be found at ``place``."""
        self._by_path[path] = place
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in inner:
            self.cover((*path, key), item, place)

    def forget(self, path: Path) -> None:
        """Drop the places of ``path`` and of everything in it: something else takes its place."""
        for known in [p for p in self._by_path if p[: len(path)] == path]:
            del self._by_path[known]

    def move(self, path: Path, target: Path) -> None:
        """Let everything in ``path`` be found in ``target``."""
        for known in [p for p in self._by_path if p[: len(path)] == path]:
            self._by_path[target + known[len(path) :]] = self._by_path.pop(known)


def dotted(path: Path) -> str:
    """``("data", "modalities", "a.b")`` as ``data.modalities."a.b"``, as ``--set`` takes it."""
    return ".".join(f'"{part}"' if "." in str(part) else str(part) for part in path)
