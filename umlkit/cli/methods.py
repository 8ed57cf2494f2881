"""``umlkit methods``: the ways of training there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umlkit.cli.options import Json, Verbose

if TYPE_CHECKING:
    from umlkit.runs.records.listing import MethodsRecord


def command(json: Json = False, verbose: Verbose = False) -> None:
    """List the methods; with -v their options too.

    Examples:

      umlkit methods

      umlkit methods -v

      umlkit methods --json
    """
    from umlkit.cli.listing import options_table
    from umlkit.output import Output

    record = listed_methods()
    output = Output(json=json, verbose=verbose)
    rows = [(m.name, "yes" if m.candidate else "no", ", ".join(m.builds_on), m.summary) for m in record.methods]
    output.table("Methods", ("name", "advised", "builds on", "what it does"), rows)
    if verbose:
        options_table(output, record.methods, title="Options, in a recipe under methods: {name: {option: value}}")
    output.result_json(record.document())


def listed_methods() -> MethodsRecord:
    """All registered methods as a document."""
    from umlkit import registry
    from umlkit.cli.listing import option_entries
    from umlkit.runs.records.listing import MethodEntry, MethodsRecord

    return MethodsRecord(
        methods=[
            MethodEntry(
                name=spec.name,
                summary=spec.summary,
                candidate=spec.candidate,
                builds_on=list(spec.builds_on),
                options=option_entries(spec.options),
            )
            for spec in registry.methods().values()
        ]
    )
