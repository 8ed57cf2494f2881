"""Every way to get a recipe wrong ends in one message that says where, what was found and what to do."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umlkit.errors import InputError, Problem
from umlkit.recipe.loading import load

DATA = "data: {path: x.npz, label: y}\n"
PYDANTIC_JARGON = ("Input should", "valid ", "Extra inputs", "dictionary", "instance of", "pydantic", "constrained")


def problems_of(text: str | bytes, folder: Path, *, name: str = "r.yaml") -> list[Problem]:
    """What loading this recipe complains about; `where` is relative to the folder."""
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        load(str(file))
    assert caught.value.exit_code == 2
    return [
        Problem(p.what, (p.where or "").replace(f"{folder}/", ""), p.found, p.allowed, p.closest, p.try_next)
        for p in caught.value.problems
    ]


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        pytest.param("", "r.yaml", "is empty", id="empty"),
        pytest.param("# all of it\n", "r.yaml", "is empty", id="only comments"),
        pytest.param("hello\n", "r.yaml", "holds no keys", id="a word"),
        pytest.param("- a\n", "r.yaml", "holds no keys", id="a list"),
        pytest.param("name: x\n", "r.yaml", "data is missing", id="no data"),
        pytest.param("data:\n\tpath: x\n", "r.yaml:2:1", "is indented with a tab", id="tab"),
        pytest.param("data:\n  path: x\n\tlabel: y\n", "r.yaml:3:1", "is indented with a tab", id="tab after spaces"),
        pytest.param(DATA + "name: a\nname: b\n", "r.yaml:3:1", "'name' is written twice", id="duplicate key"),
        pytest.param(DATA + "name: !!python/name:os.system x\n", "r.yaml:2:7", "holds a tag", id="tag that runs code"),
        pytest.param(DATA + "name: !!binary aGk=\n", "r.yaml:2:7", "holds a tag", id="binary tag"),
        pytest.param(DATA + "name: !!str x\n", "r.yaml:2:7", "holds a tag", id="harmless tag"),
        pytest.param(DATA + "name: !h!x y\n", "r.yaml:2:7", "holds a tag", id="tag with unknown handle"),
        pytest.param(DATA + "name: *no\n", "r.yaml:2:7", "is named nowhere above", id="undefined alias"),
        pytest.param("data: &d {path: *d}\n", "r.yaml:1:17", "stands inside what it names", id="alias of itself"),
        pytest.param(DATA + "<<: {name: x}\n", "r.yaml:2:1", "merges another mapping", id="merge key"),
        pytest.param(DATA + "---\nname: b\n", "r.yaml:2:1", "holds a second document", id="two documents"),
        pytest.param("? [a]\n: b\n", "r.yaml:1:3", "no plain text", id="list as key"),
        pytest.param("data: path: x\n", "r.yaml:1:11", "second colon", id="two colons"),
        pytest.param("data:\n  path x\n  label: y\n", "r.yaml:3:8", "does not fit the line above", id="colon left out"),
        pytest.param("data:\n    path: x\n  label: y\n", "r.yaml:3:3", "indented unlike", id="indented less"),
        pytest.param("data: {path: x\nname: y\n", "r.yaml:1:7", "is not closed", id="brace left open"),
        pytest.param("seeds: [1, 2\nname: y\n", "r.yaml:1:8", "is not closed", id="bracket left open"),
        pytest.param('data: {path: "x}\n', "r.yaml:1:14", "quoted text that does not end", id="quote left open"),
        pytest.param("data: {path: @x}\n", "r.yaml:1:14", "YAML reserves", id="reserved character"),
        pytest.param("name: a\x07b\n", "r.yaml:1:8", "a character that YAML does not allow", id="bell"),
        pytest.param("name: " + "[" * 500, "r.yaml:1:47", "nested more than", id="deeply nested"),
        pytest.param(b"PK\x03\x04\x00", "r.yaml", "is a binary file", id="zip"),
        pytest.param("name: é\n".encode("latin-1"), "r.yaml:1:7", "is not UTF-8 text", id="latin-1"),
        pytest.param("name: x\n".encode("utf-16"), "r.yaml", "is UTF-16 text", id="utf-16"),
        pytest.param(b"#" * 2_000_000, "r.yaml", "is too big", id="two megabytes"),
    ],
)
def test_what_is_no_recipe_says_so(text, where, what, tmp_path):
    first = problems_of(text, tmp_path)[0]

    assert (first.where, what in first.what) == (where, True), first


@pytest.mark.parametrize(
    ("lines", "where", "what", "found"),
    [
        ("trian: {}", "2:1", "unknown key 'trian'", None),
        ("train: {epochs: -3}", "2:17", "train.epochs must be auto or at least 1", "-3"),
        ("train: {epochs: 0}", "2:17", "train.epochs must be auto or at least 1", "0"),
        ("train: {epochs: 2.5}", "2:17", "train.epochs must be auto or a whole number", "2.5"),
        ("train: {epochs: true}", "2:17", "train.epochs must be auto or a whole number", "true"),
        ("train: {epochs: }", "2:16", "train.epochs must be auto or a whole number", "nothing"),
        ('train: {epochs: "1"}', "2:17", "train.epochs must be auto or a whole number", 'the text "1"'),
        ("train: {epochs: 99999999999999999999999}", "2:17", "train.epochs must be auto or at most 100,000", "9" * 23),
        (f"train: {{epochs: {'9' * 5000}}}", "2:17", "holds a whole number of 5000 digits", None),
        ("train: {lr: 1e999}", "2:13", "train.lr must be a finite number", "inf"),
        ("train: {lr: .nan}", "2:13", "train.lr must be a finite number", "nan"),
        ("train: {lr: fast}", "2:13", "train.lr must be a number", 'the text "fast"'),
        ("train: 3", "2:8", "train must be keys with values, `key: value`", "3"),
        ("name: 7", "2:7", "name must be text", "7"),
        ("name: ''", "2:7", "name is empty", None),
        ("name: ../x", "2:7", "name must be usable as a folder's name: no slash, no control character", None),
        ("device: gpu", "2:9", "device must be one of these words", 'the text "gpu"'),
        ("seeds: 3", "2:8", "seeds must be a list, such as [a, b]", "3"),
        ("seeds: []", "2:8", "seeds is empty", None),
        ("seeds: [1, a]", "2:12", "seeds.1 must be a whole number", 'the text "a"'),
        ("seeds: [1, 1]", "2:8", "seeds holds a seed twice", None),
        ("methods: [umt]", "2:10", "methods must be keys with values, `key: value`", "a list of 1"),
        ("methods: {jiont: {}}", "2:11", "unknown method 'jiont' in methods", None),
        ("methods: {ume: {poll: auto}}", "2:17", "unknown key 'poll' in methods.ume", None),
        ("methods: {umt: {weight: atuo}}", "2:25", "methods.umt.weight must be auto or a number", 'the text "atuo"'),
        ("methods: {umt: {weight: -1}}", "2:25", "methods.umt.weight must be auto or at least 0", "-1"),
    ],
)
def test_wrong_values_are_told_in_plain_words_with_their_place(lines, where, what, found, tmp_path):
    (problem,) = problems_of(DATA + lines + "\n", tmp_path)

    assert (problem.where, problem.what) == (f"r.yaml:{where}", what)
    assert found is None or problem.found == found
    assert not any(jargon in str(problem) for jargon in PYDANTIC_JARGON)


@pytest.mark.parametrize(
    ("modality", "what", "closest"),
    [
        ("{kind: imag}", "data.modalities.a.kind must be one of these words", "image"),
        ("{encoder: resnt}", "unknown encoder 'resnt'", "resnet"),
        (
            "{encoder: {name: mlp, feature: 3}}",
            "unknown key 'feature' in data.modalities.a.encoder.options",
            "features",
        ),
        ("{encoder: {name: mlp, hidden: 0}}", "data.modalities.a.encoder.options.hidden must be at least 1", None),
        ("{encoder: {name: auto, features: 3}}", "data.modalities.a.encoder: auto has no options", None),
        ("{encoder: {features: 3}}", "data.modalities.a.encoder.name is missing", None),
        ("{kind: vector, encoder: resnet}", "the encoder resnet does not read the kind vector", None),
        ("{encod: mlp}", "unknown key 'encod' in data.modalities.a", "encoder"),
        ("{columns: [a, 3]}", "data.modalities.a.columns.1 must be text", None),
        ("{take: [1, 2]}", "data.modalities.a.take must be text", None),
        ("5", "data.modalities.a must be keys with values", None),
    ],
)
def test_a_wrong_modality_is_told_with_the_closest_name(modality, what, closest, tmp_path):
    (problem,) = problems_of(f"data: {{path: x, modalities: {{a: {modality}}}}}\n", tmp_path)

    assert what in problem.what
    assert problem.closest == closest
    assert (problem.where or "").startswith("r.yaml:1:")


def test_all_problems_are_told_at_once_in_the_order_of_lines(tmp_path):
    text = (
        "naem: x\ndata:\n  path: a\n  source: b\n  lable: y\n  split: {train: .6, val: .6, test: .2, sed: 1}\n"
        "train:\n  lr: -1\n  epochs: 3\n  epochs: 4\nmethods: {jiont: {}}\n"
    )

    problems = problems_of(text, tmp_path)

    assert [(p.where, p.what) for p in problems] == [
        ("r.yaml:1:1", "unknown key 'naem'"),
        ("r.yaml:2:1", "data has both path and source; keep one of the two"),
        ("r.yaml:5:3", "unknown key 'lable' in data"),
        ("r.yaml:6:10", "data.split must make 1 in all; train + val + test make 1.4"),
        ("r.yaml:6:41", "unknown key 'sed' in data.split"),
        ("r.yaml:8:7", "train.lr must be above 0"),
        ("r.yaml:10:3", "'epochs' is written twice"),
        ("r.yaml:11:11", "unknown method 'jiont' in methods"),
    ]
    assert [p.closest for p in problems] == ["name", None, "label", None, "seed", None, None, "joint"]


def test_a_key_in_the_wrong_section_is_told_its_right_one(tmp_path):
    (problem,) = problems_of(DATA + "epochs: 5\n", tmp_path)

    assert problem.closest == "train.epochs"


def test_a_number_in_quotes_is_told_how_to_write_it(tmp_path):
    (problem,) = problems_of(DATA + 'train: {lr: "1e-3"}\n', tmp_path)

    assert problem.try_next == "write 1e-3 without quotes"


@pytest.mark.parametrize(("written", "try_next"), [("1,000", "write 1000"), ("1,2", None), ("0,5", None)])
def test_a_comma_is_left_out_only_between_thousands(written, try_next, tmp_path):
    (problem,) = problems_of(DATA + f'train: {{epochs: "{written}"}}\n', tmp_path)

    assert problem.try_next == try_next


def test_aliases_that_explode_are_refused_before_they_fill_memory(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]

    problems = problems_of("\n".join(lines), tmp_path)

    assert "once its aliases are written out" in problems[0].what


@pytest.mark.parametrize("reference", ["", "nope.yaml", "nope", "a\0b", "x" * 5000, "."])
def test_a_reference_that_leads_nowhere_is_a_problem_not_a_crash(reference, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError):
        load(reference)


def test_a_misspelt_bundled_recipe_is_told_the_closest():
    with pytest.raises(InputError) as caught:
        load("digts")

    (problem,) = caught.value.problems
    assert problem.closest == "digits"
    assert "breast-cancer, digits" in (problem.allowed or "")


def test_an_ending_that_is_neither_recipe_nor_data_is_refused(tmp_path):
    problems = problems_of("x", tmp_path, name="r.json")

    assert problems[0].what == "neither a recipe nor a data file by its ending"


def test_without_a_recipe_and_without_umlkit_yaml_the_bundled_ones_are_listed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError, match="breast-cancer, digits"):
        load(None)


WORDS = ["data", "train", "epochs", "methods", "umt", "modalities", "encoder", ": ", "&a ", "*a", "!!x ", "<<", "1e-3"]
TOKENS = st.sampled_from([*WORDS, "---\n", "...\n", *":\n\t -?[]{},|>'\"#%\x1bé"])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(tokens=st.lists(TOKENS, max_size=25))
def test_no_text_whatever_makes_loading_crash(tokens, tmp_path_factory):
    file = tmp_path_factory.mktemp("fuzz", numbered=True) / "r.yaml"
    file.write_text("".join(tokens))

    with contextlib.suppress(InputError):
        load(str(file))


def test_an_unreadable_file_is_a_problem(tmp_path, monkeypatch):
    file = tmp_path / "r.yaml"
    file.write_text(DATA)

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)

    with pytest.raises(InputError, match="Permission denied"):
        load(str(file))
