"""However umlkit is installed, it runs and finds its recipes.

Every trial has an environment of its own that reuses the packages of this one (torch is large) through a ``.pth`` file;
umlkit itself is installed into it with ``--no-deps``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
RECIPES = ["breast-cancer", "digits", "docstrings", "motions", "wrong-join"]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> dict[str, Path]:
    """The sdist, and the wheel built from it."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT), cwd=folder)
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


ANEW = ("--no-deps", "--ignore-installed")  # though the packages that are lent hold an umlkit of the same version


def test_wheel_holds_the_recipes_and_nothing_beside_the_package(built):
    names = zipfile.ZipFile(built["wheel"]).namelist()

    assert {f"umlkit/_recipes/{name}.yaml" for name in RECIPES} <= set(names)
    assert "umlkit/recipe/recipe.schema.json" in names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"umlkit"}


def test_sdist_holds_sources_recipes_and_tests(built):
    with tarfile.open(built["sdist"]) as archive:
        tops = {name.split("/")[1] for name in archive.getnames() if "/" in name}

    assert {"umlkit", "recipes", "tests", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"} <= tops


@pytest.mark.parametrize("kind", ["wheel", "sdist", "editable"])
def test_installed_program_lists_loads_and_copies_its_recipes(kind, built, tmp_path):
    programs = _environment(tmp_path / "env")
    what = ["--editable", str(ROOT)] if kind == "editable" else [str(built[kind])]
    _run(str(programs / "python"), "-m", "pip", "install", "--quiet", *ANEW, *what, cwd=tmp_path)

    where = _run(str(programs / "python"), "-c", "import umlkit; print(umlkit.__file__)", cwd=tmp_path).strip()
    listed = json.loads(_run(str(programs / "umlkit"), "recipes", "--json", cwd=tmp_path))
    for name in RECIPES:
        _run(str(programs / "umlkit"), "recipes", "copy", name, cwd=tmp_path)
        _run(str(programs / "python"), "-c", f"from umlkit.recipe.loading import load; load({name!r})", cwd=tmp_path)

    assert Path(where).is_relative_to(ROOT if kind == "editable" else tmp_path)
    assert [recipe["name"] for recipe in listed["recipes"]] == RECIPES
    assert all((tmp_path / f"{name}.yaml").read_text() == _source(name) for name in RECIPES)


def _environment(folder: Path) -> Path:
    """A fresh environment that sees the packages of this one after its own; returns where its programs are."""
    venv.create(folder, with_pip=True)
    purelib = sysconfig.get_path("purelib", scheme="venv", vars={"base": str(folder), "platbase": str(folder)})
    (Path(purelib) / "zz_reused.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return Path(sysconfig.get_path("scripts", scheme="venv", vars={"base": str(folder), "platbase": str(folder)}))


def _run(*command: str, cwd: Path) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "UMLKIT_"))}
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _source(name: str) -> str:
    return (ROOT / "recipes" / f"{name}.yaml").read_text()
