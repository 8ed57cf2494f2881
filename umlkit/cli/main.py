"""The command line as a whole: all commands, and one place that turns what ends them into exit codes and messages.

Commands are registered when this module is imported; what they need is imported when they run.
"""

from __future__ import annotations

import errno
import re
import shlex
import sys
from collections.abc import Iterator
from itertools import takewhile
from types import ModuleType
from typing import Annotated, Any, NoReturn

import typer

from umlkit import __version__
from umlkit.cli import (
    advise,
    clean,
    completing,
    data,
    doctor,
    encoders,
    evaluate,
    failures,
    init,
    methods,
    predict,
    probe,
    recipes,
    run,
    synth,
    train,
)
from umlkit.cli.once import Once
from umlkit.cli.options import literal
from umlkit.cli.refused import refused
from umlkit.errors import (
    EXIT_SIGINT,
    InputError,
    Problem,
    RunError,
    UmlkitError,
    closest,
    listed,
)
from umlkit.output import Output, discard
from umlkit.output.text import enumerated
from umlkit.runs.interrupts import interrupts

PANELS = {
    "Start": (run, init, data, synth),
    "Step by step": (train, probe, advise, evaluate, predict, clean),
    "What there is": (recipes, methods, encoders, doctor),
}
"""The commands' modules by the part of the help that lists them."""

SMALLER = "store the arrays as .npy or with numpy.savez, which are read in place; or take a smaller train.batch_size"

app = typer.Typer(
    name="umlkit",
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        Output().result_text(f"umlkit {__version__}")
        raise typer.Exit


@app.callback()
def _umlkit(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Which way of multi-modal training fits your data: measured, then trained.

    Examples:

      umlkit run digits

      umlkit run mydata.npz --label y

      umlkit train --help
    """


def _register(module: ModuleType, *, panel: str) -> None:
    """Add the command, or the group of commands, of a module in this package."""
    name = module.__name__.rpartition(".")[2]
    if hasattr(module, "app"):
        app.add_typer(module.app, name=name, rich_help_panel=panel)
    else:
        app.command(name, cls=Once, help=literal(module.command), rich_help_panel=panel)(module.command)


for _panel, _modules in PANELS.items():
    for _module in _modules:
        _register(_module, panel=_panel)


class _Interrupted(UmlkitError):  # noqa: N818 -- it is no error
    """Ctrl-C."""

    exit_code = EXIT_SIGINT


def process() -> NoReturn:
    """The console script: run the process's command line, and exit with its code, which no signal changes any more."""
    code = main()
    interrupts.ignore()
    sys.exit(code)


def main(arguments: list[str] | None = None) -> int:
    """Run a command line.

    Args:
        arguments: without the program's name; default: the process's.

    Returns:
        The exit code: 0 done; 1 the run failed; 2 bad usage, recipe or data; 3 a negative verdict; 75 interrupted and
        resumable; 130 Ctrl-C.
    """
    completing.prepare()
    arguments = sys.argv[1:] if arguments is None else arguments
    output = Output(json="--json" in takewhile(lambda word: word != "--", arguments))
    try:
        interrupts.install()
        code = app(args=arguments, prog_name="umlkit", standalone_mode=False)
    except SystemExit:
        raise
    except BaseException as error:  # whatever ends a command gets its exit code and its message here
        code = _ended_by(error, output, arguments)
    finally:
        interrupts.uninstall()
    if code == EXIT_SIGINT:
        output.error(
            _Interrupted(
                Problem("interrupted; the same command goes on from here", try_next=f"umlkit {shlex.join(arguments)}")
            )
        )
    return code if isinstance(code, int) else 0


def _ended_by(error: BaseException, output: Output, arguments: list[str]) -> int:
    """Say what ended the command; returns its exit code."""
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return EXIT_SIGINT
    told = _told(error, arguments)
    try:
        output.error(told)
    except OSError:
        discard(output.stderr)
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EIO, errno.EPIPE}:
        discard(output.stdout)
    return told.exit_code


def _told(error: BaseException, arguments: list[str]) -> UmlkitError:
    if isinstance(error, UmlkitError):
        return error
    if hasattr(error, "format_message"):  # typer's usage errors have no public base class
        return _usage(error)
    if isinstance(error, OSError):
        return refused(error, arguments)
    if isinstance(error, MemoryError):
        return RunError(Problem("out of memory", found=str(error) or None, try_next=SMALLER))
    return _crash(error)


def _usage(error: Any) -> InputError:
    """A mistake in the command line, told as any other problem."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "umlkit"
    text = re.split(r"\. | \(Possible ", error.format_message().strip())[0].rstrip(".").replace(": Value error, ", ": ")
    found, known = _mistyped(error, context)
    elsewhere = _having(found, context) if found and found.startswith("-") else []
    near = closest(found.lstrip("-"), [name.lstrip("-") for name in known]) if found and not elsewhere else None
    return InputError(
        Problem(
            (text[:1].lower() + text[1:] or "no command given") + _only(elsewhere),
            allowed=listed(known, limit=40) if known else None,
            closest=next((name for name in known if name.lstrip("-") == near), None),
            try_next=f"{command} --help",
        )
    )


def _only(commands: list[str]) -> str:
    """That these alone have it; nothing where none has."""
    return f" ({enumerated(commands)} {'has' if len(commands) == 1 else 'have'} it)" if commands else ""


def _having(option: str, context: Any) -> list[str]:
    """The commands that have this option."""
    return [
        name for name, parameters in _commands(context.find_root().command) if any(option in p.opts for p in parameters)
    ]


def _commands(group: Any, before: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Every command below a group, by all of its name, with its parameters."""
    for name, command in getattr(group, "commands", {}).items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command.params


def _mistyped(error: Any, context: Any) -> tuple[str | None, list[str]]:
    """The option or command that was not known, and those that are; nothing for other mistakes."""
    if context is None:
        return None, []
    option = getattr(error, "option_name", None)
    if option:
        return option, [name for p in context.command.params for name in p.opts if name.startswith("--")]
    commands = list(getattr(context.command, "commands", {}))
    said = error.format_message()
    unknown = said.split("'")[1] if said.startswith("No such command '") else None
    return unknown, commands if commands else []


def _crash(error: BaseException) -> RunError:
    log = failures.write_log(error)
    return RunError(
        Problem(
            "umlkit stopped on an error of its own, which is not a mistake of yours",
            found=f"{type(error).__name__}: {error}"[:300],
            try_next=f"read the traceback in {log}" if log else None,
        )
    )
