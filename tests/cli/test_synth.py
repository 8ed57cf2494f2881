"""``umlkit synth``: what it writes, prints and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from umlkit.cli.main import main
from umlkit.runs.records.synth import SynthRecord
from umlkit.synth import options, task, words

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def arrays(file):
    with np.load(file, allow_pickle=False) as found:
        return dict(found)


def error(capsys):
    return capsys.readouterr().err


def rounded(value):
    """The document with numbers as they are the same everywhere."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items() if key != "gap"}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return round(value, 6) if isinstance(value, float) else value


def test_the_file_holds_the_samples_of_the_task_and_its_truth():
    assert main(["synth", "a.npz", "--interaction", ".5", "--strengths", ".6,.4", "--n", "50", "--seed", "3"]) == 0

    found, made = arrays("a.npz"), task("mixed", seed=3, interaction=0.5, strengths=(0.6, 0.4))
    sample = made.draw(50, 3)
    assert set(found) == {"X_x1", "X_x2", "y", "class_names", "truth_levels", "truth_table", "truth_record"}
    assert np.array_equal(found["X_x1"], sample.x["x1"])
    assert np.array_equal(found["y"], sample.y)
    assert np.array_equal(found["truth_levels"], sample.levels)
    assert np.array_equal(found["truth_table"], made.table.joint)
    assert SynthRecord.model_validate_json(str(found["truth_record"])).truth == made.truth


def test_the_document_is_the_golden_one(capsys):
    assert main(["synth", "mixed.npz", "--preset", "mixed", "--n", "20", "--json"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert rounded(document) == rounded(json.loads((GOLDEN / "synth-1.json").read_text()))


def test_the_truth_is_printed_in_bits_and_nats(capsys):
    main(["synth", "xor.npz", "--preset", "xor", "--interaction", "1", "--n", "20"])
    out = capsys.readouterr().out

    (line,) = [line for line in out.splitlines() if "D_UME" in line]
    assert line.split()[-2:] == ["1.0000", "0.6931"]
    assert "synergy 1.000" in out


def test_another_stream_gives_other_samples_of_the_same_task():
    main(["synth", "a.npz", "--observation", "network", "--n", "30"])
    main(["synth", "b.npz", "--observation", "network", "--n", "30", "--stream", "test"])
    a, b = arrays("a.npz"), arrays("b.npz")

    assert np.array_equal(a["truth_table"], b["truth_table"])
    assert not np.array_equal(a["X_x1"], b["X_x1"])


def test_a_split_is_written_where_it_is_asked_for():
    main(["synth", "a.npz", "--n", "10", "--split"])

    assert arrays("a.npz")["split"].tolist() == ["train"] * 6 + ["val"] * 2 + ["test"] * 2


def test_where_levels_are_hidden_no_truth_is_written(capsys):
    main(["synth", "a.npz", "--preset", "noninvertible", "--n", "10"])

    assert "No truth is known" in capsys.readouterr().out
    assert not {"truth_levels", "truth_table"} & set(arrays("a.npz"))


def test_the_file_is_read_as_it_is(capsys):
    main(["synth", "a.npz", "--preset", "xor", "--n", "600"])

    assert main(["init", "a.npz", "--label", "y"]) == 0
    assert main(["data", "umlkit.yaml"]) == 0
    assert main(["data", "a.npz", "--label", "y"]) == 0
    captured = capsys.readouterr()
    assert "Measurable: yes" in captured.out
    assert "ignored: truth_levels (600, 2), truth_table (2, 2, 2), truth_record" in captured.out


def test_nothing_is_overwritten_without_force(capsys):
    Path("a.npz").write_bytes(b"mine")

    assert main(["synth", "a.npz"]) == 2
    assert "--force" in error(capsys)
    assert Path("a.npz").read_bytes() == b"mine"
    assert main(["synth", "a.npz", "--n", "10", "--force"]) == 0
    assert len(arrays("a.npz")["y"]) == 10


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "FILE is missing"),
        (["a.csv"], "did you mean: a.npz"),
        (["nowhere/a.npz"], "mkdir -p nowhere"),
        (["a.npz", "--preset", "xr"], "did you mean: xor"),
        (["a.npz", "--family", "interactoin"], "did you mean: interaction"),
        (["a.npz", "--preset", "xor", "--family", "mixed"], "leave --family out"),
        (["a.npz", "--n", "0"], "allowed: 1 to"),
        (["a.npz", "--n", "many"], "must be a whole number"),
        (["a.npz", "--clases", "3"], "did you mean: --classes"),
        (["a.npz", "--classes", "two"], "classes must be a whole number from 2 to 16"),
        (["a.npz", "--interaction", "1.2"], "interaction must be a number from 0 to 1"),
        (["a.npz", "--strengths", ".5,x"], "strengths must be a number from 0 to 1, or one a modality"),
        (["a.npz", "--prior", ".5,.6"], "prior must sum to 1"),
        (["a.npz", "--prior", "1,0"], "prior must be numbers between 0 and 1, one a class"),
        (["a.npz", "--family", "copies", "--interaction", ".5"], "the family copies has no interaction"),
    ],
)
def test_mistakes_are_told_in_the_form_of_the_house(arguments, said, capsys):
    assert main(["synth", *arguments]) == 2

    assert said in error(capsys)
    assert not Path("a.npz").exists()


@pytest.mark.parametrize(
    ("arguments", "said"), [(["--preset", "xr"], "did you mean: xor"), (["--family", "mixd"], "did you mean: mixed")]
)
def test_the_list_passes_over_no_name_that_is_none(arguments, said, capsys):
    assert main(["synth", "--list", *arguments]) == 2
    captured = capsys.readouterr()
    assert said in captured.err and not captured.out


def test_a_file_that_exists_hides_no_other_mistake(capsys):
    Path("a.npz").write_bytes(b"mine")

    assert main(["synth", "a.npz", "--interaction", "1.2", "--n", "0"]) == 2
    told = [line for line in error(capsys).splitlines() if line.startswith("error:")]
    assert len(told) == 3
    assert "interaction must be" in told[0] and "number of samples" in told[1] and "exists already" in told[2]


def test_samples_of_one_class_are_warned_of_and_nobody_is_sent_to_train_on_them(capsys):
    assert main(["synth", "a.npz", "--prior", "0.999999,0.000001", "--n", "50"]) == 0

    said = error(capsys)
    assert "all samples are of one class" in said
    assert "try: umlkit run" not in said


def test_the_list_shows_every_family_preset_and_knob(capsys):
    main(["synth", "--list"])
    shown = capsys.readouterr().out

    assert all(word in shown for word in (*words.FAMILIES, *words.PRESETS, *words.KNOBS))


def test_the_list_as_a_document_is_the_golden_one(capsys):
    main(["synth", "--list", "--json"])

    assert json.loads(capsys.readouterr().out) == json.loads((GOLDEN / "families-1.json").read_text())


def test_words_options_and_flags_speak_of_the_same_knobs():
    fields = options.Mixed.model_fields

    assert set(words.KNOBS) == set(fields)
    assert all(field.description == words.KNOBS[name] for name, field in fields.items())
    assert set(words.FAMILIES) == set(options.FAMILIES)
    assert set(words.PRESETS) == set(options.PRESETS)
    assert all(set(family.model_fields) <= set(fields) for family in options.FAMILIES.values())


def test_the_readme_shows_what_is_printed(capsys):
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    main(["synth", "xor.npz", "--preset", "xor"])

    shown = [line.rstrip() for line in capsys.readouterr().out.strip().splitlines()]
    assert "\n".join(shown) in readme
