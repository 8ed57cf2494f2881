"""Locks keep two writers apart, and outlive no process for long."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from umlkit.runs import atomic, locks, processes
from umlkit.runs.locks import lock

LONG_AGO = 61.0


class Waiting:
    """Stands for sleeping: does the next thing of a list at every look, and gives up after the last."""

    def __init__(self, *happenings: Callable[[], object]) -> None:
        self.happenings = list(happenings)

    def __call__(self, _seconds: float) -> None:
        if not self.happenings:
            raise TimeoutError
        self.happenings.pop(0)()


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / locks.NAME


def left_by(process: processes.Process, path: Path, *, age: float = 0.0) -> None:
    path.write_text(json.dumps(asdict(process)))
    grow_old(path, age)


def grow_old(path: Path, age: float) -> None:
    now = path.stat().st_mtime
    os.utime(path, (now - age, now - age))


def elsewhere() -> processes.Process:
    return replace(processes.current(), host="another-machine", boot="another boot")


def nobody() -> processes.Process:
    """A process of this machine that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return replace(processes.current(), pid=ended.pid, start="1")


def test_lock_names_its_holder_while_held_and_is_gone_afterwards(path: Path, warnings: list[str]) -> None:
    with lock(path.parent, warn=warnings.append):
        said = json.loads(path.read_text())

    assert said["pid"] == os.getpid()
    assert list(path.parent.iterdir()) == []
    assert warnings == []


def test_missing_directory_is_made(tmp_path: Path, warnings: list[str]) -> None:
    with lock(tmp_path / "a" / "b", warn=warnings.append):
        assert (tmp_path / "a" / "b" / locks.NAME).exists()


def test_lock_is_given_up_when_the_block_fails(path: Path, warnings: list[str]) -> None:
    with pytest.raises(ValueError, match="inside"), lock(path.parent, warn=warnings.append):
        raise ValueError("inside")

    assert not path.exists()


def test_living_holder_is_waited_for_and_that_is_said_once(path: Path, warnings: list[str]) -> None:
    left_by(processes.current(), path)
    waiting = Waiting(lambda: None, lambda: None, path.unlink)

    with lock(path.parent, warn=warnings.append, sleep=waiting):
        assert waiting.happenings == []

    assert len(warnings) == 1
    assert "waiting" in warnings[0]
    assert str(os.getpid()) in warnings[0]


def test_dead_holder_here_loses_the_lock_at_once_with_a_warning(path: Path, warnings: list[str]) -> None:
    left_by(nobody(), path)

    with lock(path.parent, warn=warnings.append, sleep=Waiting()):
        pass

    assert len(warnings) == 1
    assert "taken over" in warnings[0]


def test_number_of_a_dead_holder_given_to_another_process_does_not_keep_the_lock(
    path: Path, warnings: list[str]
) -> None:
    left_by(replace(processes.current(), start="long before"), path)

    with lock(path.parent, warn=warnings.append, sleep=Waiting()):
        pass

    assert "taken over" in warnings[0]


def test_holder_elsewhere_is_waited_for_until_it_has_been_silent_for_a_minute(path: Path, warnings: list[str]) -> None:
    left_by(elsewhere(), path, age=30)
    waiting = Waiting(lambda: None, lambda: grow_old(path, LONG_AGO))

    with lock(path.parent, warn=warnings.append, sleep=waiting):
        assert waiting.happenings == []

    assert "waiting" in warnings[0]
    assert "taken over" in warnings[1]


def test_holder_elsewhere_that_gives_signs_of_life_keeps_the_lock(path: Path, warnings: list[str]) -> None:
    left_by(elsewhere(), path, age=59)
    waiting = Waiting(lambda: os.utime(path), lambda: grow_old(path, 50), lambda: os.utime(path))

    with pytest.raises(TimeoutError), lock(path.parent, warn=warnings.append, sleep=waiting):
        pytest.fail("took the lock of a living holder")

    assert path.exists()
    assert not list(path.parent.glob(f"*{locks.WAITING}"))


@pytest.mark.parametrize("half", [b"", b'{"host": "a', b"[1]", b"\xff\x00"])
def test_half_written_lock_is_respected_for_a_minute_and_then_taken(
    path: Path, warnings: list[str], half: bytes
) -> None:
    path.write_bytes(half)
    waiting = Waiting(lambda: grow_old(path, LONG_AGO))

    with lock(path.parent, warn=warnings.append, sleep=waiting):
        assert waiting.happenings == []

    assert "unknown process" in warnings[1]


def test_lock_taken_over_in_the_meantime_is_not_removed_by_its_old_holder(path: Path, warnings: list[str]) -> None:
    with lock(path.parent, warn=warnings.append):
        left_by(elsewhere(), path)

    assert json.loads(path.read_text())["host"] == "another-machine"


def test_of_two_who_take_over_the_slower_one_gives_back_the_faster_ones_lock(path: Path, warnings: list[str]) -> None:
    left_by(processes.current(), path)
    judged = json.dumps(asdict(nobody())).encode()

    locks._take_away(path, judged, warn=warnings.append)

    assert json.loads(path.read_text())["pid"] == os.getpid()
    assert warnings == []


def test_holder_is_named_while_it_lives_and_not_once_it_is_dead_or_silent(path: Path) -> None:
    assert locks.holder(path) is None
    left_by(processes.current(), path)
    assert locks.holder(path) == str(processes.current())
    left_by(nobody(), path)
    assert locks.holder(path) is None
    left_by(elsewhere(), path, age=30)
    assert locks.holder(path) == str(elsewhere())
    grow_old(path, LONG_AGO)
    assert locks.holder(path) is None
    assert [file.name for file in path.parent.iterdir()] == [locks.NAME]


def test_looking_for_a_holder_on_this_machine_writes_nothing(path: Path) -> None:
    for process in (processes.current(), nobody()):
        left_by(process, path)
        os.utime(path.parent, ns=(1, 1))
        locks.holder(path)
        assert path.parent.stat().st_mtime_ns == 1


def test_who_is_at_work_is_known_within_the_block_and_what_the_dead_left_is_removed(
    tmp_path: Path, warnings: list[str]
) -> None:
    left_by(nobody(), tmp_path / f"{locks.AT_WORK}-of-the-dead")
    left_by(elsewhere(), tmp_path / f"{locks.AT_WORK}-elsewhere")
    me = str(processes.current())
    with locks.at_work(tmp_path), locks.at_work(tmp_path):
        assert locks.at_work_in(tmp_path) == sorted([me, str(elsewhere())])
    assert [file.name for file in tmp_path.iterdir()] == [f"{locks.AT_WORK}-elsewhere"]
    with lock(tmp_path / "seed-0" / "all" / "models" / "ume-0a1b2c3d", warn=warnings.append):
        assert me in locks.at_work_in(tmp_path)


def test_lock_works_where_the_file_system_has_no_links(
    path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)

    first, second = (lock(path.parent, warn=warnings.append, sleep=Waiting()) for _ in range(2))
    with first, pytest.raises(TimeoutError), second:
        pytest.fail("held twice")

    assert not path.exists()


def test_holder_clears_away_what_killed_processes_left(path: Path, warnings: list[str]) -> None:
    partial = path.with_name(f".model.safetensors.1{atomic.TEMPORARY}")
    silent, patient = (path.with_name(f"{locks.NAME}-{i}{locks.WAITING}") for i in "12")
    for file in (partial, silent, patient):
        file.touch()
    grow_old(silent, LONG_AGO)

    with lock(path.parent, warn=warnings.append):
        left = {file.name for file in path.parent.iterdir()}

    assert left == {locks.NAME, patient.name}


def test_heartbeat_renews_the_time_of_its_own_lock_only(path: Path) -> None:
    class TwoBeats:
        def __init__(self) -> None:
            self.answers = [False, True]

        def wait(self, _seconds: float) -> bool:
            return self.answers.pop(0)

    for content, renewed in ((b"ours", True), (b"theirs", False)):
        path.write_bytes(content)
        grow_old(path, 1000)
        before = path.stat().st_mtime

        locks._beat(path, b"ours", TwoBeats())  # type: ignore[arg-type]

        assert (path.stat().st_mtime > before) is renewed


def test_process_that_was_killed_but_not_collected_counts_as_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    living = replace(processes.current(), pid=child.pid, start=processes._start(child.pid) or "")
    assert processes.alive(living)

    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert processes.alive(living) is False
    child.communicate()
