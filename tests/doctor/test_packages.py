"""Versions, requirements, extras and entry points, as their metadata have them."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint, PackageNotFoundError
from types import SimpleNamespace

import pytest

from umlkit import __version__, registry
from umlkit.doctor import packages
from umlkit.doctor.packages import Requirement, release, requirements


@pytest.mark.parametrize(
    ("version", "numbers"), [("2.6.0+cpu", (2, 6)), ("1.5.0rc1", (1, 5)), ("10", (10,)), ("unknown", ())]
)
def test_a_version_is_compared_by_the_numbers_of_its_release(version, numbers):
    assert release(version) == numbers


@pytest.mark.parametrize(
    ("bounds", "found", "fits"),
    [
        ("", "1.0", True),
        (">=2.6,<2.14", "2.6.0", True),
        (">=2.6,<2.14", "2.13.1+cpu", True),
        (">=2.6,<2.14", "2.14.0", False),
        (">=2.6,<2.14", "2.5.9", False),
        ("==1.0", "1.0.0", True),
        ("!=1.0", "1.0.0", False),
        ("~=1.4", "1.9", True),
        ("~=1.4", "2.0", False),
        ("~=1.0", "1.9", True),
        ("~=1.0", "2.0", False),
        ("~=2.0.1", "2.0", False),
        ("~=2.0.0", "2.0", True),
        ("~=2.0.0", "2.1", False),
        (">1", "1.0.1", True),
        ("<=1", "1.0.1", False),
    ],
)
def test_bounds(bounds, found, fits):
    assert Requirement("x", bounds, None).fits(found) is fits


def test_requirements_are_read_from_metadata():
    lines = ["numpy>=2.0", "torch<2.14,>=2.6", "pyarrow>=15; extra == 'parquet'", 'a[b] (>=1) ; extra == "media"']

    assert requirements(lines) == [
        Requirement("numpy", ">=2.0", None),
        Requirement("torch", "<2.14,>=2.6", None),
        Requirement("pyarrow", ">=15", "parquet"),
        Requirement("a", ">=1", "media"),
    ]


class Installed(SimpleNamespace):
    """A distribution of umlkit."""

    def read_text(self, name: str) -> str | None:
        return self.files.get(name)


def install(monkeypatch, *requires: str, version: str = __version__, **files: str) -> None:
    """Let umlkit be installed so."""
    found = Installed(
        version=version, requires=list(requires), files={"direct_url.json": files.get("url")}, metadata={}
    )
    monkeypatch.setattr(packages, "distribution", lambda _: found)


def test_an_extra_that_is_whole_is_told_with_versions(monkeypatch):
    install(monkeypatch, "numpy>=1; extra == 'a'")

    (finding,) = packages.extras()

    assert (finding.check, finding.status, finding.mend) == ("extra a", "ok", None)
    assert finding.found.startswith("numpy 2")


def test_an_extra_that_is_not_whole_says_what_lacks_and_the_command_that_adds_it(monkeypatch):
    install(monkeypatch, "numpy>=1; extra == 'a'", "no-such-thing>=2; extra == 'a'", "pydantic>=99; extra == 'b'")

    a, b = packages.extras()

    assert (a.status, a.mend, b.mend) == ("note", "pip install 'umlkit[a]'", "pip install 'umlkit[b]'")
    assert "missing no-such-thing" in a.found
    assert "needs >=99" in b.found


def test_a_requirement_that_is_missing_or_too_old_is_broken(monkeypatch):
    install(monkeypatch, "numpy>=99", "no-such-thing>=2", "pydantic>=2")

    old, missing, rest = packages.required()

    assert (old.status, old.mend) == ("broken", "pip install 'numpy>=99'")
    assert (missing.found, missing.mend) == ("is not installed", "pip install 'no-such-thing>=2'")
    assert (rest.status, rest.found.partition(" ")[0]) == ("ok", "pydantic")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (None, "from a package index"),
        ({"url": "file:///src", "dir_info": {"editable": True}}, "editable, from file:///src"),
        ({"url": "file:///umlkit.whl", "archive_info": {}}, "from file:///umlkit.whl"),
    ],
)
def test_how_umlkit_is_installed_is_said(url, said, monkeypatch):
    install(monkeypatch, **({"url": json.dumps(url)} if url else {}))

    assert (packages.itself().status, packages.itself().found) == ("ok", f"{__version__}, {said}")


def test_metadata_of_another_version_are_noted(monkeypatch):
    install(monkeypatch, version="0.0.1")

    assert packages.itself().status == "note"


def test_umlkit_that_is_not_installed_is_broken(monkeypatch):
    def missing(_: str):
        raise PackageNotFoundError

    monkeypatch.setattr(packages, "distribution", missing)

    assert (packages.itself().status, list(packages.extras())) == ("broken", [])


def points(monkeypatch, *found: EntryPoint) -> None:
    """Let these entry points be registered beside none."""
    monkeypatch.setattr(packages, "entry_points", lambda *, group: [p for p in found if p.group == group])


def test_an_entry_point_that_fails_to_load_is_broken_and_named(monkeypatch):
    points(monkeypatch, EntryPoint("theirs", "no_such_module:SPEC", "umlkit.encoders"))

    (finding,) = packages.plug_ins()

    assert (finding.check, finding.status) == ("entry point theirs", "broken")
    assert "no_such_module:SPEC" in finding.found
    assert "ModuleNotFoundError" in finding.found
    assert finding.mend


def test_what_is_found_through_entry_points_is_listed():
    assert [(f.check, f.status) for f in packages.plug_ins()] == [
        ("encoders", "ok"),
        ("heads", "ok"),
        ("methods", "ok"),
    ]


def test_two_packages_under_one_name_are_broken(monkeypatch):
    from umlkit.errors import Problem, RunError

    def clash():
        raise RunError(Problem("two packages register 'mlp'", try_next="uninstall one"))

    monkeypatch.setattr(registry, "encoders", clash)

    (finding,) = packages.plug_ins()

    assert (finding.status, finding.found, finding.mend) == ("broken", "two packages register 'mlp'", "uninstall one")


def test_nothing_registered_is_broken(monkeypatch):
    monkeypatch.setattr(registry, "methods", dict)

    assert [f.status for f in packages.plug_ins()] == ["ok", "ok", "broken"]
