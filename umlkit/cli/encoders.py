"""``umlkit encoders``: the encoders there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umlkit.cli.options import Json, Verbose

if TYPE_CHECKING:
    from umlkit.runs.records.listing import EncodersRecord


def command(json: Json = False, verbose: Verbose = False) -> None:
    """List the encoders; with -v their options too.

    Examples:

      umlkit encoders

      umlkit encoders -v

      umlkit encoders --json
    """
    from umlkit.cli.listing import options_table
    from umlkit.output import Output

    record = listed_encoders()
    output = Output(json=json, verbose=verbose)
    rows = [(e.name, ", ".join(e.kinds), e.summary) for e in record.encoders]
    output.table("Encoders", ("name", "kinds", "what it is"), rows)
    if verbose:
        title = "Options, in a recipe under a modality: encoder: {name: NAME, option: value}"
        options_table(output, record.encoders, title=title)
    output.result_json(record.document())


def listed_encoders() -> EncodersRecord:
    """All registered encoders as a document."""
    from umlkit import registry
    from umlkit.cli.listing import option_entries
    from umlkit.runs.records.listing import EncoderEntry, EncodersRecord

    return EncodersRecord(
        encoders=[
            EncoderEntry(
                name=spec.name, summary=spec.summary, kinds=sorted(spec.kinds), options=option_entries(spec.options)
            )
            for spec in registry.encoders().values()
        ]
    )
