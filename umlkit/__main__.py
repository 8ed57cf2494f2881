"""``python -m umlkit`` is ``umlkit``."""

from umlkit.cli.main import process

process()
