"""The samples' names as a sequence of texts that are made when they are asked for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from umlkit.data.digests import text
from umlkit.data.records import Array
from umlkit.data.strings import StringArray


class _Lazy(Sequence[str]):
    """N texts by number."""

    @abstractmethod
    def _one(self, row: int) -> str:
        """The text of a row in [0, N)."""

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> tuple[str, ...]: ...
    def __getitem__(self, row: int | slice) -> str | tuple[str, ...]:
        rows = range(len(self))
        return tuple(map(self._one, rows[row])) if isinstance(row, slice) else self._one(rows[row])


@dataclass(frozen=True)
class RowNumbers(_Lazy):
    """``0``, ``1``, ...: the names of N samples that have none of their own."""

    length: int

    def __len__(self) -> int:
        return self.length

    def _one(self, row: int) -> str:
        return str(row)


@dataclass(frozen=True, eq=False)
class Named(_Lazy):
    """What the values (N,) of an array or column say."""

    values: Array | StringArray

    def __len__(self) -> int:
        return len(self.values)

    def _one(self, row: int) -> str:
        value = self.values[row]
        return text(value.item() if hasattr(value, "item") else value)
