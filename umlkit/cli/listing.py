"""What the listing commands share: options of encoders and methods as entries and as lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from umlkit.output import Output
    from umlkit.registry import Options
    from umlkit.runs.records.listing import EncoderEntry, MethodEntry, OptionEntry


def option_entries(options: type[Options]) -> list[OptionEntry]:
    """The options of a record, with defaults and descriptions."""
    from umlkit.runs.records.listing import OptionEntry

    return [
        OptionEntry(name=field.alias or name, default=field.default, description=field.description or "")
        for name, field in options.model_fields.items()
    ]


def options_table(output: Output, entries: Sequence[MethodEntry | EncoderEntry], *, title: str) -> None:
    """One row for every option of every entry."""
    rows = [
        (entry.name, option.name, str(option.default), option.description)
        for entry in entries
        for option in entry.options
    ]
    if rows:
        output.table(title, ("name", "option", "default", "meaning"), rows)
