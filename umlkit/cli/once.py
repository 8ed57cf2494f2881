"""The class of every command: an option that takes one value is given once, as of two the first would go unheard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from typer.core import TyperCommand

from umlkit.errors import InputError, Problem


class Once(TyperCommand):
    """A command that refuses an option with one value given twice."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The words of the command line that are no options.

        Raises:
            InputError: an option with one value was given twice.
        """
        words = list(args)
        rest: list[str] = super().parse_args(ctx, args)
        if not ctx.resilient_parsing:  # which completion does
            *_, order = self.make_parser(ctx).parse_args(args=list(words))
            given = [one.opts[0] for one in order if one.param_type_name == "option" and _takes_one(one)]
            problems = [_twice(name, words) for name in dict.fromkeys(given) if given.count(name) > 1]
            if problems:
                raise InputError(*problems)
        return rest


def _takes_one(option: Any) -> bool:
    return not (option.multiple or option.is_flag or option.count)


def _twice(name: str, words: list[str]) -> Problem:
    values = ", ".join(_values(name, words))
    several = f"--set 'seeds=[{values}]' in its place, for one training seed after the other"
    return Problem(
        "takes one value, and is given more than once",
        where=name,
        found=values,
        try_next=several if name == "--seed" else "give it once",
    )


def _values(name: str, words: list[str]) -> Iterator[str]:
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == name:
            yield following
        elif word.startswith(f"{name}="):
            yield word.partition("=")[2]
