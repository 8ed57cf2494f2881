"""The frame of the command line: help, version, exit codes, streams, and what is imported along the way."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from umlkit import __version__
from umlkit.cli import failures
from umlkit.cli import main as frame
from umlkit.errors import InputError, InterruptedRun, RunError, VerdictError

COMMANDS = sorted(
    [(c.name or "",) for c in frame.app.registered_commands]
    + [(g.name or "",) for g in frame.app.registered_groups]
    + [("recipes", "copy")]
)
HEAVY = ("torch", "sklearn", "scipy", "matplotlib", "numpy", "yaml", "pydantic")

LOADED = """
import sys
{planted}
from umlkit.cli.main import main
code = main(sys.argv[1:])
print(code, *sorted({{name.partition(".")[0] for name in sys.modules}} & set({heavy!r})), file=sys.stderr)
"""


def loaded_by(*words: str, planted: str = "") -> set[str]:
    """Which of the heavy packages a command line imports, in a fresh process."""
    script = LOADED.format(planted=planted, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=True)
    code, *modules = done.stderr.splitlines()[-1].split()
    assert code in {"0", "2"}
    return set(modules)


def umlkit(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "umlkit", *words], capture_output=True, text=True, env={**os.environ, **environ}
    )


def refusing(monkeypatch, number: int, path: Path) -> None:
    """Let the system refuse this of every command."""

    def app(**_: object) -> int:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(frame, "app", app)


def ending(monkeypatch, with_: BaseException | int) -> None:
    """Let every command end with this."""

    def app(**_: object) -> int:
        if isinstance(with_, BaseException):
            raise with_
        return with_

    monkeypatch.setattr(frame, "app", app)


def test_help_imports_nothing_heavy():
    assert loaded_by("--help") == set()


@pytest.mark.parametrize("module", ["yaml", "numpy"])
def test_the_test_of_imports_sees_what_is_imported(module):
    assert module in loaded_by("--help", planted=f"import {module}")


@pytest.mark.parametrize("words", [("run", "no-such-recipe"), ("train", "--help"), ("methods",), ("recipes", "--json")])
def test_what_needs_no_arrays_imports_no_array_library(words):
    assert loaded_by(*words) <= {"yaml", "pydantic"}


def test_version():
    done = umlkit("--version")

    assert (done.returncode, done.stdout, done.stderr) == (0, f"umlkit {__version__}\n", "")


def test_help_lists_every_command(capsys):
    assert frame.main(["--help"]) == 0

    shown = capsys.readouterr().out
    assert all(re.search(rf"^\W+{name}\b", shown, re.MULTILINE) for name, *_ in COMMANDS)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_of_every_command_ends_its_description_with_runnable_examples(words, capsys):
    assert frame.main([*words, "--help"]) == 0

    shown = capsys.readouterr().out
    assert f"umlkit {' '.join(words)}" in shown.partition("Examples:")[2].partition("Options")[0]


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (0, 0),
        (3, 3),
        (InputError("x"), 2),
        (RunError("x"), 1),
        (VerdictError("x"), 3),
        (InterruptedRun("x"), 75),
        (KeyboardInterrupt(), 130),
        (OSError(errno.ENOSPC, "No space left on device", "f"), 1),
        (ZeroDivisionError("x"), 1),
    ],
)
def test_what_ends_a_command_gives_the_exit_code(end, code, monkeypatch, capsys):
    ending(monkeypatch, end)

    assert frame.main(["run"]) == code
    assert capsys.readouterr().out == ""


def test_too_little_memory_is_no_crash(monkeypatch, capsys):
    ending(monkeypatch, MemoryError("Unable to allocate 100 GiB"))

    assert frame.main(["run"]) == 1
    assert capsys.readouterr().err.startswith("error: out of memory\n  found: Unable to allocate 100 GiB\n")


@pytest.mark.parametrize(
    ("words", "elsewhere"),
    [
        (["run", "r.yaml"], ", or write elsewhere with --out DIR"),
        (["synth", "z.npz"], ", or name a FILE elsewhere"),
        (["init", "d.npz"], ", or write elsewhere with --to FILE"),
        (["recipes", "copy", "digits"], ", or write elsewhere with --to FILE"),
        (["clean", "r.yaml", "--yes"], ""),
    ],
)
def test_where_permission_is_denied_what_mends_it_is_what_the_command_has(
    words, elsewhere, monkeypatch, capsys, tmp_path
):
    (tmp_path / "shut in").mkdir()
    writable = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path / "shut in" and writable(path, mode))
    refusing(monkeypatch, errno.EACCES, tmp_path / "shut in" / "new" / "file")

    assert frame.main(words) == 1
    assert capsys.readouterr().err.endswith(f"  try: chmod u+rwx '{tmp_path / 'shut in'}'{elsewhere}\n")


def test_a_file_that_may_not_be_read_is_what_is_to_be_permitted(monkeypatch, capsys, tmp_path):
    file = tmp_path / "d.csv"
    file.touch()
    monkeypatch.setattr(os, "access", lambda path, mode: (Path(path), mode) != (file, os.R_OK))
    refusing(monkeypatch, errno.EACCES, file)

    frame.main(["run"])
    assert capsys.readouterr().err.endswith(f"  try: chmod u+r {file}\n")


@pytest.mark.parametrize("shut", ["folder", "file"])
def test_of_a_folder_and_a_file_that_refuse_what_decides_is_to_be_permitted(shut, monkeypatch, capsys, tmp_path):
    file = tmp_path / "recipe.yaml"
    file.touch()
    closed = {file, tmp_path} if shut == "folder" else {file}
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) not in closed or not mode & os.W_OK)
    refusing(monkeypatch, errno.EACCES, file)

    frame.main(["clean"])
    said = f"chmod u+rwx {tmp_path}" if shut == "folder" else f"chmod u+w {file}"
    assert capsys.readouterr().err.endswith(f"  try: {said}\n")


def test_a_folder_that_may_not_be_searched_is_what_is_to_be_permitted(monkeypatch, capsys, tmp_path):
    shut = tmp_path / "run"
    (shut / "seed-0").mkdir(parents=True)
    reached, allowed = os.stat, os.access

    def stat(path, **more):
        if shut in Path(path).parents:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return reached(path, **more)

    monkeypatch.setattr(os, "stat", stat)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != shut and allowed(path, mode))
    refusing(monkeypatch, errno.EACCES, shut / "seed-0" / "all")

    assert frame.main(["train"]) == 1
    assert capsys.readouterr().err.endswith(f"  try: chmod u+rwx {shut}, or write elsewhere with --out DIR\n")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EFBIG, "try: ulimit -f unlimited"),
        (errno.EISDIR, "belongs there: mv {0} {0}.old\n"),
        (errno.ENOTDIR, "belongs there: mv {0} {0}.old\n"),
        (errno.EROFS, "try: write elsewhere with --out DIR\n"),
    ],
)
def test_what_else_the_system_refuses_has_a_next_step(number, said, monkeypatch, capsys, tmp_path):
    file = tmp_path / "probe.json"
    file.touch()
    refusing(monkeypatch, number, file / "below" if number == errno.ENOTDIR else file)

    assert frame.main(["run"]) == 1
    assert said.format(file) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["clean", "--seed", "0", "--seed=1"], "error: --seed: takes one value, and is given more than once\n"),
        (["clean", "--seed", "0", "--seed=1"], "try: --set 'seeds=[0, 1]' in its place"),
        (["recipes", "copy", "digits", "--to", "a", "--to", "b"], "error: --to: takes one value"),
        (["predict", "r.yaml", "n.npz", "--to", "p.csv", "--method", "ume", "--method", "umt"], "found: ume, umt\n"),
    ],
)
def test_an_option_with_one_value_is_not_given_twice(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert frame.main(words) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_options_of_several_values_and_flags_may_be_repeated(capsys):
    assert frame.main(["methods", "-v", "-v", "--json", "--json"]) == 0
    assert frame.main(["run", "no.yaml", "--set", "a=1", "--set", "b=2"]) == 2
    assert "given more than once" not in capsys.readouterr().err


def test_ctrl_c_says_the_line_that_goes_on(monkeypatch, capsys):
    ending(monkeypatch, KeyboardInterrupt())

    frame.main(["run", "my data.npz", "--label", "y"])

    assert capsys.readouterr().err == (
        "interrupted; the same command goes on from here\n  try: umlkit run 'my data.npz' --label y\n"
    )


@pytest.mark.parametrize(
    ("code", "hint"), [(errno.ENOSPC, "free some space"), (errno.EROFS, "--out DIR"), (errno.EACCES, "--out DIR")]
)
def test_a_full_or_read_only_disk_is_told_without_traceback(code, hint, monkeypatch, capsys):
    ending(monkeypatch, OSError(code, os.strerror(code), "runs/x/model"))

    assert frame.main(["run"]) == 1

    told = capsys.readouterr().err
    assert told.startswith(f"error: runs/x/model: {os.strerror(code).lower()}\n")
    assert hint in told


@pytest.mark.parametrize("has_run_directory", [True, False])
def test_a_crash_writes_its_traceback_to_a_log_that_the_message_names(has_run_directory, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(failures.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    monkeypatch.setattr(failures, "_run_directories", [tmp_path / "run"])
    (tmp_path / "temporary").mkdir()
    if has_run_directory:
        (tmp_path / "run").mkdir()
    ending(monkeypatch, ZeroDivisionError("by zero"))

    frame.main(["run"])

    told = capsys.readouterr().err
    (log,) = (tmp_path / ("run" if has_run_directory else "temporary")).iterdir()
    assert "Traceback" not in told
    assert str(log) in told
    assert "ZeroDivisionError: by zero" in log.read_text()


@pytest.mark.parametrize(
    ("words", "said", "closest"),
    [
        (["rnu"], "no such command 'rnu'", "run"),
        (["recipe"], "no such command 'recipe'", "recipes"),
        (
            ["train", "digits", "--to", "x"],
            "no such option: --to (init, predict, recipes copy and recipes schema have it)",
            None,
        ),
        (["methods", "--jso"], "no such option: --jso", "--json"),
        (["train", "digits", "--budget", "quick"], "no such option: --budget (run, probe and advise have it)", None),
        (["recipes", "copy"], "missing argument 'NAME'", None),
        (["methods", "extra"], "got unexpected extra argument", None),
        ([], "missing command", None),
        (["train", "digits", "--method", "ume", "--seed", "x"], "invalid value for '--seed'", None),
        (["train", "digits", "--method", "ume", "--max-minutes", "-1"], "invalid value for '--max-minutes'", None),
    ],
)
def test_mistakes_in_the_command_line_are_problems_like_all_others(words, said, closest, capsys):
    code = frame.main([*words, "--json"] if words else [])

    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "")
    if not words:
        assert captured.err.startswith(f"error: {said}\n")
        return
    document = json.loads(captured.err)
    assert document["exit_code"] == 2
    assert said in document["problems"][0]["what"]
    assert document["problems"][0]["closest"] == closest
    assert not re.search("Input should|parse string", captured.err)


def test_user_text_with_markup_and_control_characters_is_shown_escaped(capsys):
    assert frame.main(["recipes", "copy", "[/]\x1b[31m"]) == 2

    assert "'[/]\\x1b[31m'" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_result_that_cannot_be_written_is_a_failure():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "umlkit", "methods"], stdout=full, stderr=subprocess.PIPE, text=True
        )

    assert done.returncode == 1
    assert done.stderr.startswith("error: no space left on device\n")
    assert "Exception ignored" not in done.stderr


def test_colours_stay_away_with_no_color():
    assert "\x1b" not in umlkit("methods", NO_COLOR="1").stdout


def test_the_module_is_the_program():
    assert umlkit("methods").stdout.startswith("Methods\n")


@pytest.mark.parametrize(("number", "code"), [(1, 1), (2, 0)])
def test_of_streams_that_are_closed_from_the_start_the_one_for_results_is_missed(number: int, code: int) -> None:
    command = [sys.executable, "-m", "umlkit"]

    good = subprocess.run(["sh", "-c", f'"$@" {number}>&-', "sh", *command, "methods"], check=False)
    bad = subprocess.run(["sh", "-c", f'"$@" {number}>&-', "sh", *command, "metods"], check=False)

    assert (good.returncode, bad.returncode) == (code, 2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_a_finished_process_ends_changes_nothing(number: int) -> None:
    script = f"import atexit, os; atexit.register(os.kill, os.getpid(), {int(number)}); import umlkit.__main__"

    done = subprocess.run([sys.executable, "-c", script, "--version"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
