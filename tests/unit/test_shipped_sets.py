"""Sets without a file: what they hold is fixed, their labels are not spelt out, their names are checked."""

import subprocess
import sys
from hashlib import blake2b
from importlib.metadata import version

import numpy as np
import pytest

from umlkit.data.made import docstrings
from umlkit.data.shipped import SETS, is_source, open_source, stamp
from umlkit.errors import InputError

CLASSES = ("hold", "push", "turn", "screw-right", "screw-left")


@pytest.fixture(scope="module")
def texts():
    raw = open_source("made:docstrings")
    return {name: raw.load(name) for name in raw.headers}


@pytest.mark.parametrize("name", SETS)
def test_every_set_opens_with_a_label_as_long_as_its_arrays(name):
    raw = open_source(name)

    n = len(raw.load(raw.label))

    assert raw.name == name
    assert all(len(raw.load(key)) == n for key in raw.headers if key != "class_names")


@pytest.mark.parametrize("name", ["made:motions", "made:wrong-join"])
def test_a_made_set_is_the_same_every_time(name):
    first, second = open_source(name), open_source(name)

    for key in first.headers:
        np.testing.assert_array_equal(first.load(key), second.load(key))


def test_the_names_of_sets_take_hyphens_and_underscores():
    assert open_source("made:wrong_join").name == "made:wrong-join"
    assert open_source("sklearn:breast-cancer").name == "sklearn:breast_cancer"


@pytest.mark.parametrize(("source", "meant"), [("made:motion", "made:motions"), ("made:docstring", "made:docstrings")])
def test_an_unknown_set_is_refused_with_the_closest(source, meant):
    with pytest.raises(InputError, match=f"did you mean: {meant}"):
        open_source(source)


def test_a_stamp_holds_the_versions_that_decide_what_a_set_holds():
    assert stamp("sklearn:digits") == {"scikit-learn": version("scikit-learn")}
    assert stamp("made:motions") == {"umlkit": version("umlkit"), "numpy": version("numpy")}
    assert set(stamp("made:docstrings")) == {"umlkit", "numpy", "scipy", "scikit-learn"}


def test_sources_are_told_from_paths():
    assert [is_source(text) for text in ("made:motions", "sklearn:x", "made.csv", "C:/made")] == [
        True,
        True,
        False,
        False,
    ]


def test_names_and_stamps_import_nothing_heavy():
    code = "import sys; from umlkit.data.shipped import stamp; stamp('made:docstrings'); print(sorted(sys.modules))"

    modules = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert not [name for name in ("numpy", "scipy", "sklearn", "torch") if repr(name) in modules]


def test_docstrings_are_read_without_importing_what_they_are_from():
    code = (
        "import sys; from umlkit.data.shipped import open_source; open_source('made:docstrings');"
        "print(sorted(sys.modules))"
    )

    modules = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert not [name for name in ("scipy", "sklearn", "torch") if repr(name) in modules]


def test_docstrings_are_one_to_two_and_a_half_thousand_in_seven_subjects(texts):
    subjects, counts = np.unique(texts["subject"].astype(str), return_counts=True)

    assert list(subjects) == sorted(docstrings.SUBJECTS)
    assert 1000 <= counts.sum() <= 2500
    assert counts.min() >= 100


def test_no_docstring_spells_its_label_out(texts):
    for text, file in zip(texts["text"], texts["file"], strict=True):
        package, part, *_ = file.split("/")
        words = text.lower().split()
        assert package not in words
        assert part not in words


def test_no_two_docstrings_are_alike(texts):
    assert len({text.lower() for text in texts["text"]}) == len(texts["text"])


def test_a_function_becomes_its_prose_and_what_is_counted_in_its_code(tmp_path):
    file = tmp_path / "code.py"
    file.write_text(
        "def mean_of(values, /, weight=None, *, axis=0):\n"
        '    """Mean of `values` along an axis; see :func:`scipy.stats.gmean` and mean_of.\n'
        "\n"
        "    Weighted [1]_ in scipy.stats, or not.\n"
        "\n"
        "    Parameters\n"
        "    ----------\n"
        "    values : array\n"
        "\n"
        "    >>> mean_of([1, 2])\n"
        '    """\n'
        "    if weight is None:\n"
        "        return sum(values)\n"
        "    for _ in range(2):\n"
        "        raise ValueError\n"
        "    return None\n"
        "def _private():\n"
        '    """Says nothing to anyone outside."""\n'
        "def terse():\n"
        '    """Too short."""\n'
    )

    (row,) = docstrings._rows(file, "scipy/stats", "statistics")

    assert row.text == "Mean of values along an axis; see and . Weighted in , or not."
    assert (row.sort, row.first, row.parameters, row.defaulted) == ("function", "values", 3, 0.667)
    assert (row.lines, row.documented, row.examples) == (16, 0.562, 1)
    assert (row.returns, row.raises, row.branches, row.loops, row.calls) == (2, 1, 1, 1, 2)
    assert (row.file, row.subject) == ("scipy/stats/code.py", "statistics")


def test_motions_are_padded_at_the_end_and_hold_three_digits():
    raw = open_source("made:motions")

    for name, steps, shortest in (("force", 30, 19), ("gyroscope", 25, 16)):
        values = raw.load(name)
        missing = np.isnan(values)
        assert values.shape == (1500, steps, 3)
        assert (missing.all(axis=2) == missing.any(axis=2)).all()
        assert (np.diff(missing[..., 0].astype(int), axis=1) >= 0).all()
        lengths = (~missing[..., 0]).sum(axis=1)
        assert lengths.min() == shortest
        assert lengths.max() == steps
        np.testing.assert_allclose(values * 1000, np.rint(values * 1000), atol=1e-2)


def test_motions_are_those_that_were_published():
    raw = open_source("made:motions")

    digest = blake2b(digest_size=8)
    for name in ("force", "gyroscope", "movement"):
        digest.update(np.nan_to_num(raw.load(name).astype(np.float64), nan=99).round(2).tobytes())

    assert digest.hexdigest() == "80bc926d740270dc"
    assert np.bincount(raw.load("movement")).tolist() == [300] * 5


def test_only_both_sensors_together_tell_the_two_threads_apart():
    """The sign of the mean cube is a direction; none of the two tells the threads apart, their product does."""
    raw = open_source("made:motions")
    screws = np.flatnonzero(raw.load("movement") >= CLASSES.index("screw-right"))
    right = raw.load("movement")[screws] == CLASSES.index("screw-right")

    thrust, turn = (_direction(raw.load(name)[screws, :, 0]) for name in ("force", "gyroscope"))

    assert abs((thrust == right).mean() - 0.5) < 0.05
    assert abs((turn == right).mean() - 0.5) < 0.05
    assert ((thrust == turn) == right).mean() > 0.85


def _direction(values):
    centred = values - np.nanmean(values, axis=1, keepdims=True)
    return np.nanmean(centred**3, axis=1) > 0


def test_a_wrong_join_keeps_the_pictures_and_loses_their_labels():
    raw = open_source("made:wrong-join")
    images, misplaced = raw.load("images"), raw.load("misplaced")
    target = raw.load("target")

    order = [np.flatnonzero((images == one).all(axis=(1, 2)))[0] for one in misplaced]

    assert sorted(order) == list(range(1797))
    assert abs((target[order] == target).mean() - 0.1) < 0.02
