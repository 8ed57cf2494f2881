"""What becomes of a crash: the traceback goes to a log file, and the user is told its name."""

from __future__ import annotations

import tempfile
import time
import traceback
from pathlib import Path

_run_directories: list[Path] = []


def remember(run_directory: Path) -> None:
    """Note the run directory of the command under way, where a crash would be logged once it exists."""
    _run_directories.append(run_directory)


def remembered() -> Path | None:
    """The run directory of the command under way; None before it is known."""
    return _run_directories[-1] if _run_directories else None


def write_log(error: BaseException) -> Path | None:
    """Write the traceback of ``error`` to the run directory, else the temporary one; None where neither is writable."""
    text = "".join(traceback.format_exception(error))
    name = f"umlkit-crash-{time.strftime('%Y%m%d-%H%M%S')}.log"
    for folder in (*reversed(_run_directories), Path(tempfile.gettempdir())):
        try:
            if folder.is_dir():
                path = folder / name
                path.write_text(text, encoding="utf-8", errors="backslashreplace")
                return path.resolve()
        except OSError:
            continue
    return None
