"""``umlkit data`` and ``umlkit init`` as a user calls them: the screen, the document, the file, the exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.unit.data_sets import arrays, dataset
from umlkit.cli.main import main
from umlkit.data.describe import describe
from umlkit.data.roles import assign
from umlkit.runs.records.data import DataRecord, InitRecord

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    np.savez(tmp_path / "mine.npz", **arrays(n=600, groups=np.arange(600) // 6))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_document_of_data_is_the_golden_one() -> None:
    data = dataset(np.arange(600) % 2, groups=np.arange(600) // 6)
    record = describe(data, assign(data, None))
    assert record.document() == json.loads((GOLDEN / "data-2.json").read_text())
    assert DataRecord.read(GOLDEN / "data-2.json") == record


def test_data_shows_modalities_classes_and_roles(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "mine.npz", "--label", "y"]) == 0
    shown = capsys.readouterr().out
    assert "modality a: vector, 4 values" in shown
    assert "Measurable: yes" in shown and "Groups: 100" in shown
    assert sorted(path.name for path in folder.iterdir()) == ["mine.npz"]


def test_data_as_json_is_one_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "mine.npz", "--label", "y", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "umlkit.data/2"
    assert sum(document["roles"].values()) == document["samples"] == 600


def test_data_says_of_every_role_what_models_will_not_know(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{'north' if i < 40 else 'west'},{i % 7},{'train' if i < 30 else 'test'},{i % 2}" for i in range(50)]
    (folder / "t.csv").write_text("\n".join(["site,dose,split,y", *lines]))
    assert main(["data", "t.csv", "--label", "y"]) == 0
    said = "In test, table: 10 cells in column 'site' with a category unseen in training, read as unknown: 'west'"
    shown = capsys.readouterr().out.splitlines()
    assert said in " ".join(shown)
    assert shown[-1].startswith("Measurable: no, one modality has nothing to be compared with")
    assert main(["data", "t.csv", "--label", "y", "--json"]) == 0
    (note,) = json.loads(capsys.readouterr().out)["notes"]
    assert (note["modality"], note["role"]) == ("table", "test")


def test_bad_data_exit_2_with_nothing_on_stdout(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "mine.npz", "--label", "labels"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and "no array 'labels'" in err


def test_init_writes_a_recipe_that_data_reads(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "mine.npz", "--label", "y"]) == 0
    assert capsys.readouterr().out == "umlkit.yaml\n"
    assert main(["data", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["groups"] == 100


def test_init_finds_the_data_from_another_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "recipes").mkdir()
    assert main(["init", "mine.npz", "--label", "y", "--to", "recipes/mine.yaml", "--json"]) == 0
    assert InitRecord.model_validate_json(capsys.readouterr().out).modalities == ("a", "v")
    assert main(["data", "recipes/mine.yaml"]) == 0


def test_several_files_are_joined_from_init_to_the_report(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.csv").write_text("who,p,q,y\n" + "".join(f"s{i},{i % 7},{i % 5},{i % 2}\n" for i in range(60)))
    (folder / "b.csv").write_text("who,p,r\n" + "".join(f"s{i},{i % 3},{i * i % 11}\n" for i in range(50, -3, -1)))
    assert main(["init", "a.csv", "b.csv", "--label", "y"]) == 2
    assert "--id who" in capsys.readouterr().err
    assert main(["init", "a.csv", "b.csv", "--label", "y", "--id", "who"]) == 0
    capsys.readouterr()
    assert main(["data", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["name"], document["samples"]) == ("a.csv + b.csv", 51)
    assert [entry["columns"] for entry in document["modalities"]] == [["a.p", "q"], ["b.p", "r"]]
    assert [(one["file"], one["count"], one["ids"][0]) for one in document["left_out"]] == [
        ("a", 9, "s51"),
        ("b", 2, "s-1"),
    ]


@pytest.mark.parametrize("reference", ["d", "d/", "./d"])
def test_a_folder_of_arrays_is_a_data_file(reference: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "d").mkdir()
    for name, values in arrays(n=60).items():
        np.save(folder / "d" / f"{name}.npy", values)
    assert main(["data", reference, "--label", "y", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "d"
    assert main(["data", reference, "--label", "y"]) == 0
    assert "Measurable: no, with n = 48 samples of train and validation" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("there.yaml", "not overwritten"),
        ("mine", "is a folder"),
        ("nowhere/a.yaml", "no such folder"),
        ("mine.npz", "not overwritten"),
        ("recipe.txt", "not the name of a recipe"),
    ],
)
def test_init_refuses_a_target_and_leaves_it_alone(
    to: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "there.yaml").write_text("mine")
    (folder / "mine").mkdir()
    assert main(["init", "mine.npz", "--label", "y", "--to", to]) == 2
    assert said in capsys.readouterr().err
    assert (folder / "there.yaml").read_text() == "mine"


def test_init_tells_what_is_wrong_with_data_and_target_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "mime.npz", "--label", "y", "--to", "mine.npz"]) == 2
    err = capsys.readouterr().err
    assert "not overwritten" in err and "no such file" in err and "did you mean: mine.npz" in err


def test_init_of_one_modality_names_the_command_that_works(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "sklearn:wine"]) == 0
    assert "umlkit train umlkit.yaml --method unimodal" in capsys.readouterr().err
    assert "umlkit run" not in (folder / "umlkit.yaml").read_text()
    assert main(["data"]) == 0
    assert "umlkit train umlkit.yaml --method unimodal" in capsys.readouterr().out


def test_init_without_a_label_lists_candidates_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "mine.npz"]) == 2
    assert "--label y" in capsys.readouterr().err
    assert not (folder / "umlkit.yaml").exists()


@pytest.mark.parametrize(
    ("command", "heavy"), [("init", "{'torch', 'sklearn', 'matplotlib'}"), ("data", "{'torch', 'matplotlib'}")]
)
def test_looking_at_a_file_imports_nothing_heavy(command: str, heavy: str, folder: Path) -> None:
    code = (
        "import sys; from umlkit.cli.main import main; "
        f"code = main(['{command}', 'mine.npz', '--label', 'y']); "
        f"sys.exit(code or bool({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (50, "# The measurement: not measurable with n = 40 samples of train and validation, needs about 60."),
        (100, "# The measurement: cross-fitted, 5 folds of n = 80: all is trained in each."),
        (600, "# The measurement: on 100 held-out samples."),
    ],
)
def test_init_says_how_a_measurement_of_these_samples_goes(folder: Path, n: int, said: str) -> None:
    views = {f"X_{name}": np.random.default_rng(n).normal(size=(n, 3)) for name in "ab"}
    np.savez(folder / "few.npz", **views, y=np.arange(n) % 2)
    assert main(["init", "few.npz", "--label", "y", "--to", "few.yaml"]) == 0
    assert said in (folder / "few.yaml").read_text().splitlines()
