"""What the README and the help texts tell a user to type works as it is written."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from umlkit.cli import main as frame
from umlkit.cli.main import main

README = Path(__file__).parents[2] / "README.md"
VERDICTS = {"--expect", "--min-confidence"}


def blocks(language: str) -> list[str]:
    """The README's fenced blocks of a language, in order."""
    return re.findall(
        rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )


def commands_of(text: str) -> list[str]:
    """The lines that call umlkit, without what a comment says."""
    lines = (line.split("  #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line.startswith("umlkit ")]


def examples() -> list[str]:
    """Every example of every command's help, the steps in the order in which a user takes them."""
    order = ("init", "data", "run", "train", "probe", "advise", "evaluate", "predict", "clean")
    texts = {
        (c.name or c.callback.__module__): c.callback.__wrapped__.__doc__
        if hasattr(c.callback, "__wrapped__")
        else c.callback.__doc__
        for c in frame.app.registered_commands
    }
    named = {name.rpartition(".")[2]: text or "" for name, text in texts.items()}
    ordered = [*(n for n in order if n in named), *(n for n in named if n not in order)]
    groups = [
        c.callback.__doc__ or "" for g in frame.app.registered_groups for c in g.typer_instance.registered_commands
    ]
    return [line for text in [*(named[n] for n in ordered), *groups] for line in commands_of(text)]


def shell(line: str) -> int:
    """Run one line: ``umlkit`` with ``$(umlkit ...)`` and ``> file``, in this process."""
    inner = re.search(r'"?\$\((umlkit [^)]*)\)"?', line)
    if inner:
        line = line.replace(inner[0], captured(inner[1]).strip())
    words = shlex.split(line)[1:]
    if ">" in words:
        cut = words.index(">")
        Path(words[cut + 1]).write_text(captured(shlex.join(["umlkit", *words[:cut]])))
        return 0
    return main(words)


def captured(line: str) -> str:
    """What a command prints to stdout; it has to end well."""
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(StringIO()):
        assert main(shlex.split(line)[1:]) == 0, line
    return out.getvalue()


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the files that the documentation speaks of; trainings are cut short."""
    folder = tmp_path_factory.mktemp("workplace")
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 520)
    audio, video = (rng.normal(0, 1, (520, 3)) + y[:, None] for _ in range(2))
    np.savez(folder / "mydata.npz", X_audio=audio, X_video=video, y=y)
    rows = [
        [f"p{i % 40}", "ill" if y[i] else "well", *(f"{v:.3f}" for v in (*audio[i], *video[i]))] for i in range(520)
    ]
    header = ["patient", "diagnosis", *(f"audio_{i}" for i in range(3)), *(f"video_{i}" for i in range(3))]
    (folder / "mydata.csv").write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n")
    for name, first in (("audio", 2), ("clinical", 5)):
        cells = [[f"v{i}", f"k{i % 40}", *row[1:2], *row[first : first + 3]] for i, row in enumerate(rows)]
        columns = ["visit", "patient", "diagnosis", "low", "middle", "high"]
        (folder / f"{name}.csv").write_text("\n".join(",".join(row) for row in [columns, *cells]) + "\n")
    np.savez(folder / "new.npz", images=rng.integers(0, 17, (6, 8, 8)).astype(float), target=np.arange(6))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("UMLKIT_TRAIN__EPOCHS", "2")
        yield folder


def test_there_is_something_to_run() -> None:
    assert len(commands_of("\n".join(blocks("sh")))) >= 10
    assert len(examples()) >= 20


def test_the_readmes_commands_work_in_their_order(workplace: Path) -> None:
    shell("umlkit run digits")
    for line in commands_of("\n".join(blocks("sh"))):
        assert shell(line) == 0, line
    assert (workplace / "predictions.csv").read_text().startswith("id,class,p:0")


def test_the_readmes_python_works(workplace: Path) -> None:
    (code,) = blocks("python")
    names: dict[str, object] = {}
    exec(code, names)
    assert names["probabilities"].shape == (5, 10)  # type: ignore[attr-defined]


def test_the_readmes_recipe_is_one(workplace: Path) -> None:
    (text,) = blocks("yaml")
    (workplace / "readme.yaml").write_text(text)
    assert shell("umlkit data readme.yaml") == 0


@pytest.mark.parametrize("line", examples())
def test_the_examples_in_the_help_work(workplace: Path, line: str) -> None:
    for stale in ("umlkit.yaml", "mine.yaml", "digits.yaml", "breast-cancer.yaml"):
        if "init" in line or "copy" in line:
            (workplace / stale).unlink(missing_ok=True)
    allowed = {0, 3} if VERDICTS & set(line.split()) else {0}
    try:
        code = shell(line)
    except SystemExit as ended:
        code = int(ended.code or 0)
    assert code in allowed, line


def test_the_table_of_commands_is_complete() -> None:
    listed = set(re.findall(r"^\| `umlkit (\w+)", README.read_text(encoding="utf-8"), flags=re.MULTILINE))
    names = {(c.name or "") for c in frame.app.registered_commands} | {
        (g.name or "") for g in frame.app.registered_groups
    }
    assert names - listed <= {"methods", "encoders"}
