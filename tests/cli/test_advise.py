"""``umlkit advise`` as scripts and people use it: streams, exit codes, and what it imports."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.test_plan import IDENTITY
from umlkit.cli.main import main
from umlkit.pipeline import locate
from umlkit.probe.measure import not_measurable
from umlkit.runs.records.advice import AdviceRecord
from umlkit.runs.records.probe import ProbeRecord

GOLDEN = Path(__file__).parents[1] / "golden"
HALVES = IDENTITY.model_copy(
    update={"modalities": {"left": "c", "right": "d"}, "kinds": {"left": "image", "right": "image"}}
)


@pytest.fixture
def probe(tmp_path: Path) -> str:
    """A finished probe.json, alone in its folder."""
    folder = tmp_path / "alone"
    folder.mkdir()
    return str(shutil.copy(GOLDEN / "probe-3.json", folder / "probe.json"))


@pytest.fixture
def unmeasured(tmp_path: Path) -> str:
    """The probe.json of data that were too few."""
    path = tmp_path / "small.json"
    not_measurable("small", "not measurable with n = 40", 100).write(path)
    return str(path)


def test_quiet_prints_the_name_and_nothing_else(probe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advise", probe, "--quiet"]) == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("umt\n", "")


def test_a_wider_choice_may_print_another_name(probe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advise", probe, "-q", "--among", "all"]) == 0
    assert capsys.readouterr().out == "residual\n"
    assert main(["advise", probe, "-q", "--among", "ume, joint"]) == 0
    assert capsys.readouterr().out == "joint\n"


def test_the_text_has_the_advice_in_two_sentences(probe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advise", probe]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Train with UMT: its expected log-loss is 0.105 nats lower than that of UME")
    assert max(len(line) for line in out.splitlines()) <= 80


def test_json_is_one_document_of_its_schema(probe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advise", probe, "--json"]) == 0
    captured = capsys.readouterr()
    advice = AdviceRecord.model_validate_json(captured.out)
    assert (advice.schema_, advice.headline, captured.err) == ("umlkit.advice/2", "umt", "")


def test_nothing_is_written_beside_a_probe_json(probe: str) -> None:
    main(["advise", probe])
    assert [path.name for path in Path(probe).parent.iterdir()] == ["probe.json"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--expect", "umt"], 0),
        (["--expect", "ume"], 3),
        (["--expect", "umt", "--min-confidence", "0.99"], 0),
        (["--expect", "umt", "--min-confidence", "0.999"], 3),
        (["--min-confidence", "0.9"], 0),
        (["--min-confidence", "1"], 3),
        (["--among", "all", "--min-confidence", "0.9"], 3),
        (["--rule", "paper", "--expect", "ume"], 3),
    ],
)
def test_a_negative_verdict_is_exit_3_and_the_result_still_stands(
    probe: str, options: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["advise", probe, "--quiet", *options]) == code
    captured = capsys.readouterr()
    assert captured.out in {"ume\n", "umt\n", "residual\n"}
    assert bool(captured.err) == (code == 3)


def test_without_a_measurement_it_is_ume_and_every_verdict_is_negative(
    unmeasured: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["advise", unmeasured]) == 0
    assert capsys.readouterr().out.startswith("Not measured: not measurable with n = 40.\n")
    assert main(["advise", unmeasured, "--quiet"]) == 0
    assert capsys.readouterr().out == "ume\n"
    assert main(["advise", unmeasured, "--expect", "ume"]) == 3
    assert main(["advise", unmeasured, "--min-confidence", "0"]) == 3


@pytest.mark.parametrize(
    "options",
    [
        ["--among", "ume,utm"],
        ["--among", ""],
        ["--expect", "joint"],
        ["--expect", ""],
        ["--min-confidence", "1.5"],
        ["--min-confidence", "nan"],
        ["--rule", "dice"],
        ["--rule", "paper", "--among", "all"],
        ["--quiet", "--json"],
        ["--seed", "3"],
        ["--set", "train.epochs=3"],
    ],
)
def test_bad_usage_is_exit_2_with_nothing_on_stdout(
    probe: str, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["advise", probe, *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err
    assert "Value error" not in captured.err


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": "umlkit.probe/3"}', '{"schema": "umlkit.advice/2"}'])
def test_a_file_that_is_no_probe_is_exit_2_by_name(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "probe.json"
    path.write_text(content)
    assert main(["advise", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert str(path) in captured.err
    assert "Traceback" not in captured.err


def test_with_json_a_verdict_is_an_object_on_stderr(probe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advise", probe, "--json", "--expect", "ume"]) == 3
    captured = capsys.readouterr()
    assert json.loads(captured.out)["headline"] == "umt"
    assert json.loads(captured.err)["exit_code"] == 3


@pytest.fixture
def measured_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run directory whose recipe has a finished probe."""
    monkeypatch.setattr(
        locate,
        "find_probe",
        lambda loaded, directory, *, reference: (ProbeRecord.read(GOLDEN / "probe-3.json"), HALVES),
    )
    return tmp_path / "run"


def test_on_a_recipe_the_advice_is_written_into_its_run_directory(
    measured_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["advise", "digits", "--out", str(measured_run)]) == 0
    assert AdviceRecord.read(measured_run / "advice.json").headline == "umt"
    (own,) = (measured_run / "advice").iterdir()
    assert AdviceRecord.read(own).headline == "umt"


def test_another_choice_is_another_advice_and_the_first_stays(measured_run: Path) -> None:
    for among in ("ume,umt", "all"):
        assert main(["advise", "digits", "--out", str(measured_run), "--among", among]) == 0
    headlines = {AdviceRecord.read(path).headline for path in (measured_run / "advice").iterdir()}
    assert headlines == {"umt", "residual"}
    assert AdviceRecord.read(measured_run / "advice.json").headline == "residual"


def test_a_dry_run_says_what_would_be_written_and_writes_nothing(
    measured_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["advise", "digits", "--out", str(measured_run), "--dry-run"]) == 0
    assert "would advise umt" in capsys.readouterr().out
    assert not measured_run.exists()


def test_a_recipe_without_a_probe_is_exit_2_and_names_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["advise", "digits", "--out", str(tmp_path / "run")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "umlkit probe digits" in captured.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("options", [["--quiet"], ["--among", "all"], ["--json"], ["--rule", "paper"]])
def test_advising_on_a_probe_json_imports_no_array_library(probe: str, options: list[str]) -> None:
    heavy = ("numpy", "scipy", "sklearn", "torch", "matplotlib")
    code = (
        "import sys\n"
        "from umlkit.cli.main import main\n"
        f"code = main(['advise', {probe!r}, *{options!r}])\n"
        f"sys.exit(code or ','.join(m for m in {heavy!r} if m in sys.modules) or None)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_where_nothing_was_measured_no_array_library_is_imported_either(unmeasured: str) -> None:
    code = (
        "import sys\n"
        "from umlkit.cli.main import main\n"
        f"main(['advise', {unmeasured!r}, '--among', 'all'])\n"
        "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--expect", "utm"], "--expect names what cannot be advised"),
        (["--among", "ume,utm"], "--among names 'utm'"),
    ],
)
def test_a_wrong_name_is_told_before_a_probe_is_looked_for(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(["advise", "digits", *words]) == 2

    told = capsys.readouterr().err
    assert said in told
    assert "did you mean: umt" in told
    assert "no probe" not in told
