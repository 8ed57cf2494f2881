"""Writes happen wholly or not at all."""

import errno
import json
import os
import resource
import signal
from pathlib import Path

import pytest

from umlkit.runs import atomic

OLD, NEW = b"old content", b"new content, a little longer"


class Killed(BaseException):
    """Stands for SIGKILL: nothing of the program runs afterwards."""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "result.json"
    path.write_bytes(OLD)
    return path


def test_content_is_replaced_and_nothing_else_is_left(target: Path) -> None:
    atomic.write_bytes(target, NEW)

    assert target.read_bytes() == NEW
    assert [path.name for path in target.parent.iterdir()] == ["result.json"]


def test_json_and_text_are_utf8_with_a_final_newline(tmp_path: Path) -> None:
    atomic.write_json(tmp_path / "a.json", {"name": "[/] ü,\n"})

    assert json.loads((tmp_path / "a.json").read_bytes()) == {"name": "[/] ü,\n"}
    assert (tmp_path / "a.json").read_text(encoding="utf-8").endswith("}\n")


@pytest.mark.parametrize(
    ("call", "kept"),
    [("open", OLD), ("write", OLD), ("flush", OLD), ("fsync", OLD), ("replace", OLD), ("replaced", NEW), ("sync", NEW)],
)
def test_kill_before_within_and_after_a_write_leaves_one_whole_content(
    target: Path, monkeypatch: pytest.MonkeyPatch, call: str, kept: bytes
) -> None:
    kill_at(call, monkeypatch)

    with pytest.raises(Killed):
        atomic.write_bytes(target, NEW)

    assert target.read_bytes() == kept


def test_what_a_killed_write_left_is_removed_by_the_next_holder(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        kill_at("replace", patch)
        with pytest.raises(Killed):
            atomic.write_bytes(target, NEW)
    assert len(list(target.parent.iterdir())) == 2

    atomic.remove_leftovers(target.parent)

    assert [path.name for path in target.parent.iterdir()] == ["result.json"]


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_failing_disk_leaves_the_old_file_and_no_temporary_one(
    target: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    fail_at(call, OSError(number, os.strerror(number)), monkeypatch)

    with pytest.raises(OSError) as failure:
        atomic.write_bytes(target, NEW)

    assert (failure.value.errno, failure.value.filename) == (number, str(target))
    assert {path.name: path.read_bytes() for path in target.parent.iterdir()} == {"result.json": OLD}


def test_limit_on_file_size_leaves_the_old_file_whole(target: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            atomic.write_bytes(target, b"x" * 200_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)

    assert {path.name: path.read_bytes() for path in target.parent.iterdir()} == {"result.json": OLD}


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_read_only_directory_is_an_os_error(target: Path) -> None:
    target.parent.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            atomic.write_bytes(target, NEW)
    finally:
        target.parent.chmod(0o700)

    assert target.read_bytes() == OLD


def test_appended_lines_stand_one_below_the_other(tmp_path: Path) -> None:
    for line in ("first", "second"):
        atomic.append_line(tmp_path / "log.jsonl", line)

    assert (tmp_path / "log.jsonl").read_text() == "first\nsecond\n"


def kill_at(call: str, patch: pytest.MonkeyPatch) -> None:
    """End at ``call`` as SIGKILL does: without the cleaning up that an exception gets."""
    patch.setattr(Path, "unlink", lambda *args, **kwargs: None)
    fail_at(call, Killed(), patch)


def fail_at(call: str, error: BaseException, patch: pytest.MonkeyPatch) -> None:
    real_open, real_fsync, real_replace = Path.open, os.fsync, Path.replace
    synced = []

    class File:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, data):
            self.file.write(data[: len(data) // 2] if call == "write" else data)
            if call == "write":
                raise error

        def flush(self):
            if call == "flush":
                raise error
            self.file.flush()

        def fileno(self):
            return self.file.fileno()

    def open_(path, mode="r", *args, **kwargs):
        if mode != "xb":
            return real_open(path, mode, *args, **kwargs)
        if call == "open":
            raise error
        return File(real_open(path, mode))

    def fsync(descriptor):
        synced.append(descriptor)
        if (call, len(synced)) in {("fsync", 1), ("sync", 2)}:
            raise error
        real_fsync(descriptor)

    def replace(path, to):
        if call == "replace":
            raise error
        result = real_replace(path, to)
        if call == "replaced":
            raise error
        return result

    patch.setattr(Path, "open", open_)
    patch.setattr(os, "fsync", fsync)
    patch.setattr(Path, "replace", replace)
