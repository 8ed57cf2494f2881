"""Python, umlkit itself, what it requires, its extras, and the entry points through which everything is found.

All of it is read from the metadata of installed packages; nothing that is looked at is imported, but for the specs
behind entry points.
"""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, distribution, entry_points, version

from umlkit import __version__, registry
from umlkit.runs.records.doctor import Finding

NAME = "umlkit"
GROUPS = ("umlkit.encoders", "umlkit.heads", "umlkit.methods")
REINSTALL = "pip install --force-reinstall umlkit"

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(?P<bounds>[^;]*)(?:;(?P<marker>.*))?")
_BOUND = re.compile(r"(>=|<=|==|!=|~=|<|>)\s*(\d+(?:\.\d+)*)")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)['"]""")


@dataclass(frozen=True)
class Requirement:
    """What a package's metadata say that it needs.

    Attributes:
        name: of the package that is needed.
        bounds: on its version, as written.
        extra: the extra that needs it; None where it is always needed.
    """

    name: str
    bounds: str
    extra: str | None

    def installed(self) -> str | None:
        """The version that is installed; None where none is."""
        try:
            return version(self.name)
        except PackageNotFoundError:
            return None

    def fits(self, found: str) -> bool:
        """Whether version ``found`` lies within the bounds, by the numbers of its release."""
        return all(_within(release(found), sign, bound) for sign, bound in _BOUND.findall(self.bounds))


def release(text: str) -> tuple[int, ...]:
    """``2.6.0+cpu`` -> (2, 6): the numbers that a version begins with, without zeros at their end."""
    numbers = [int(n) for n in re.match(r"[\d.]*", text.strip())[0].split(".") if n]  # type: ignore[index]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _within(found: tuple[int, ...], sign: str, written: str) -> bool:
    bound = release(written)
    if sign == "~=":  # at least this, and the same but for the last number that is written, 0 or not
        same = tuple(map(int, written.split(".")))[:-1]
        return found >= bound and (*found, *(0 for _ in same))[: len(same)] == same
    holds = {"<": found < bound, ">": found > bound, "==": found == bound, "!=": found != bound}
    return holds.get(sign, found >= bound if sign == ">=" else found <= bound)


def requirements(lines: Iterable[str]) -> list[Requirement]:
    """The lines ``Requires-Dist`` of a package's metadata, read."""
    read = []
    for line in lines:
        match = _REQUIREMENT.match(line)
        if match:
            extra = _EXTRA.search(match["marker"] or "")
            read.append(Requirement(match["name"], match["bounds"].strip(" ()"), extra[1] if extra else None))
    return read


def python() -> Finding:
    """The interpreter."""
    where = "a virtual environment" if sys.prefix != sys.base_prefix else "no virtual environment"
    found = f"{platform.python_implementation()} {platform.python_version()}, {where}, {sys.executable}"
    needed = Requirement("python", _distribution_value("Requires-Python"), None)
    if not needed.fits(platform.python_version()):
        return Finding(
            check="python", status="broken", found=found, mend=f"use a Python {needed.bounds}: python3.11 -m venv .venv"
        )
    return Finding(check="python", status="ok", found=found)


def _distribution_value(key: str) -> str:
    try:
        return str(distribution(NAME).metadata[key] or "")
    except PackageNotFoundError:
        return ""


def itself() -> Finding:
    """umlkit: which version, and how it is installed."""
    try:
        installed = distribution(NAME)
    except PackageNotFoundError:
        found = f"{__version__}, and not installed as a package, so it finds no encoders and no methods"
        return Finding(check=NAME, status="broken", found=found, mend="pip install . (in umlkit's folder)")
    found = f"{__version__}, {_how(installed)}"
    if installed.version != __version__:
        stale = f"{found}; installed as {installed.version}, so its entry points may be old"
        return Finding(check=NAME, status="note", found=stale, mend="pip install --editable . (in umlkit's folder)")
    return Finding(check=NAME, status="ok", found=found)


def _how(installed: Distribution) -> str:
    text = installed.read_text("direct_url.json")
    if not text:
        return "from a package index"
    origin = json.loads(text)
    kind = "editable, from" if origin.get("dir_info", {}).get("editable") else "from"
    return f"{kind} {origin.get('url', 'an unknown place')}"


def required() -> Iterator[Finding]:
    """One finding about all packages that umlkit always needs, or one for each that is missing or does not fit."""
    needed = [one for one in _required() if one.extra is None]
    fitting = []
    for one in needed:
        found = one.installed()
        if found is not None and one.fits(found):
            fitting.append(f"{one.name} {found}")
        else:
            what = "is not installed" if found is None else f"{found} does not fit {one.bounds}"
            mend = f"pip install '{one.name}{one.bounds}'"
            yield Finding(check=f"package {one.name}", status="broken", found=what, mend=mend)
    if fitting:
        yield Finding(check="packages", status="ok", found=", ".join(fitting))


def extras() -> Iterator[Finding]:
    """A finding for every extra that umlkit's metadata name."""
    every = _required()
    for extra in dict.fromkeys(one.extra for one in every if one.extra is not None):
        parts = [(one, one.installed()) for one in every if one.extra == extra]
        there = [f"{one.name} {found}" for one, found in parts if found is not None and one.fits(found)]
        lacking = [
            one.name if found is None else f"{one.name} ({found}, needs {one.bounds})"
            for one, found in parts
            if found is None or not one.fits(found)
        ]
        said = "; ".join(
            [*([", ".join(there)] if there else []), *([f"missing {', '.join(lacking)}"] if lacking else [])]
        )
        yield Finding(
            check=f"extra {extra}",
            status="note" if lacking else "ok",
            found=said,
            mend=f"pip install 'umlkit[{extra}]'" if lacking else None,
        )


def _required() -> list[Requirement]:
    try:
        return requirements(distribution(NAME).requires or [])
    except PackageNotFoundError:
        return []


def plug_ins() -> Iterator[Finding]:
    """What encoders, heads and methods are found, and every entry point that cannot be loaded."""
    broken = False
    for group in GROUPS:
        for point in entry_points(group=group):
            problem = _load_problem(point)
            if problem:
                broken = True
                yield _broken_point(point, problem)
    if broken:
        return
    try:
        counts = [("encoder", registry.encoders()), ("head", registry.heads()), ("method", registry.methods())]
    except Exception as error:  # two packages under one name, or a spec of the wrong kind: told with its mending
        problem = getattr(error, "problems", [None])[0]
        mend = getattr(problem, "try_next", None) or REINSTALL
        yield Finding(check="entry points", status="broken", found=str(getattr(problem, "what", error)), mend=mend)
        return
    for what, specs in counts:
        yield Finding(
            check=f"{what}s",
            status="ok" if specs else "broken",
            found=", ".join(specs) or f"no {what} is registered",
            mend=None if specs else REINSTALL,
        )


def _load_problem(point: EntryPoint) -> str | None:
    try:
        point.load()
    except Exception as error:  # whatever a foreign package raises when it is imported is the finding
        return f"{type(error).__name__}: {error}"
    return None


def _broken_point(point: EntryPoint, problem: str) -> Finding:
    package = point.dist.name if point.dist is not None else None
    theirs = package is not None and package != NAME
    return Finding(
        check=f"entry point {point.name}",
        status="broken",
        found=f"{point.value} ({point.group}{f', of {package}' if theirs else ''}) cannot be loaded: {problem}"[:500],
        mend=f"pip install --upgrade {package}, or pip uninstall {package}" if theirs else REINSTALL,
    )
