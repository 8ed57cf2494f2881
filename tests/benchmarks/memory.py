"""Memory of a training on data of 100 MB and of 2 GB: anonymous memory of the process tree, at its peak.

    python -m tests.benchmarks.memory                       npy safetensors npz parquet
    python -m tests.benchmarks.memory npy --large 500

``umlkit train data --method umt``, two epochs of every training with fixed encoders, is run on pictures of 64 x 64 x 3
bytes and vectors of 512 floats, on a disk and not in memory. ``RssAnon`` of ``/proc/*/status`` is summed over the
process and its children many times a second: memory that the system cannot take back, unlike the pages of files. Goal:
within 10 % of each other.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

GOAL = 0.10
PICTURE, VECTOR = (64, 64, 3), 512
SAMPLE = 64 * 64 * 3 + 4 * VECTOR
BLOCK = 4096
FORMATS = ("npy", "safetensors", "npz", "parquet")
INTERVAL = 0.05
RECIPE = """\
name: memory
data:
  path: {path}
  label: y
  modalities:
    picture: {{{picture}, kind: image, encoder: {{name: mlp, hidden: 16, features: 16}}}}
    vector: {{{vector}, kind: vector, encoder: {{name: mlp, hidden: 64, features: 64}}}}
train: {{epochs: 2, batch_size: 512}}
methods:
  umt: {{weight: 0.1, init: scratch, room: none}}
"""
FROM = {"picture": "from: X_picture", "vector": "from: X_vector"}


@dataclass(frozen=True)
class Peak:
    """The largest memory of a process tree, in MB, and how long it ran.

    Attributes:
        anonymous: that nothing but swapping could take back.
        resident: with pages of files.
        seconds: wall time.
    """

    anonymous: float
    resident: float
    seconds: float


def blocks(n: int) -> Iterator[dict[str, np.ndarray]]:
    """n samples, some thousands at a time: the vector tells the class, the picture hints at it."""
    generator = np.random.default_rng(0)
    for start in range(0, n, BLOCK):
        size = min(BLOCK, n - start)
        y = generator.integers(0, 3, size)
        picture = generator.integers(0, 200, (size, *PICTURE), dtype=np.uint8)
        picture[:, :8, :8] += (20 * y).astype(np.uint8)[:, None, None, None]
        vector = generator.normal(size=(size, VECTOR)).astype(np.float32)
        vector[:, 0] += y
        yield {"X_picture": picture, "X_vector": vector, "y": y}


def write(folder: Path, form: str, n: int) -> Path:
    """n samples in a format; where it lies."""
    arrays = folder / "arrays"
    arrays.mkdir()
    shapes = {"X_picture": (np.uint8, (n, *PICTURE)), "X_vector": (np.float32, (n, VECTOR)), "y": (np.int64, (n,))}
    files = {
        name: np.lib.format.open_memmap(arrays / f"{name}.npy", mode="w+", dtype=kind, shape=shape)
        for name, (kind, shape) in shapes.items()
    }
    start = 0
    for block in blocks(n):
        for name, values in block.items():
            files[name][start : start + len(values)] = values
        start += len(block["y"])
    for file in files.values():
        file.flush()
    if form == "npy":
        return arrays
    target = folder / f"data.{form}"
    {"npz": _npz, "safetensors": _safetensors, "parquet": _parquet}[form](target, arrays)
    for path in arrays.iterdir():
        path.unlink()
    return target


def _npz(target: Path, arrays: Path) -> None:
    import zipfile

    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for path in sorted(arrays.iterdir()):
            archive.write(path, path.name)


def _safetensors(target: Path, arrays: Path) -> None:
    loaded = {path.stem: np.load(path, mmap_mode="r") for path in arrays.iterdir()}
    codes = {"uint8": "U8", "float32": "F32", "int64": "I64"}
    header, begin = {}, 0
    for name, values in sorted(loaded.items(), key=lambda named: -named[1].itemsize):
        header[name] = {
            "dtype": codes[values.dtype.name],
            "shape": list(values.shape),
            "data_offsets": [begin, begin + values.nbytes],
        }
        begin += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with target.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in header:
            for start in range(0, len(loaded[name]), BLOCK):
                file.write(np.ascontiguousarray(loaded[name][start : start + BLOCK]).data)


def _parquet(target: Path, arrays: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    loaded = {path.stem: np.load(path, mmap_mode="r") for path in arrays.iterdir()}
    writer = None
    for start in range(0, len(loaded["y"]), BLOCK):
        columns = {}
        for name, values in loaded.items():
            block = np.ascontiguousarray(values[start : start + BLOCK])
            if block.ndim == 1:
                columns[name] = pa.array(block)
            else:
                nested = pa.array(block.reshape(-1))
                for side in reversed(block.shape[1:]):
                    nested = pa.FixedSizeListArray.from_arrays(nested, side)
                columns[name] = nested
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(target, table.schema)  # without a dictionary a byte would take four
        writer.write_table(table)
    if writer is not None:
        writer.close()


def peak(command: list[str], *, cwd: Path) -> Peak:
    """Run a command and watch it; raises where it fails."""
    began = time.monotonic()
    with (cwd / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=cwd, stdout=log, stderr=log)
        anonymous = resident = 0.0
        while process.poll() is None:
            now = [_memory(pid) for pid in _tree(process.pid)]
            anonymous = max(anonymous, sum(one[0] for one in now))
            resident = max(resident, sum(one[1] for one in now))
            time.sleep(INTERVAL)
    if process.returncode:
        raise RuntimeError(f"exit {process.returncode}: {(cwd / 'log').read_text()[-3000:]}")
    return Peak(anonymous, resident, time.monotonic() - began)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = path.read_text().split()
        except OSError:
            continue
        for child in children:
            if not _is_being_born(pid, int(child)):
                yield from _tree(int(child))


def _is_being_born(parent: int, child: int) -> bool:
    """Whether the child still runs in its parent's memory, which waits until it executes a program of its own."""
    try:
        same = Path(f"/proc/{parent}/cmdline").read_bytes() == Path(f"/proc/{child}/cmdline").read_bytes()
        return same and "State:\tD" in Path(f"/proc/{parent}/status").read_text()
    except OSError:
        return True


def _memory(pid: int) -> tuple[float, float]:
    """Anonymous and resident MB; nothing of a process that has ended."""
    try:
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        return tuple(int(lines[key].split()[0]) / 1000 for key in ("RssAnon", "VmRSS"))  # type: ignore[return-value]
    except (OSError, KeyError):
        return 0.0, 0.0


def measure(form: str, megabytes: int, *, parent: Path, extra: list[str]) -> Peak:
    """The training on so many MB of data in a format."""
    with tempfile.TemporaryDirectory(dir=parent) as name:
        folder = Path(name)
        path = write(folder, form, megabytes * 10**6 // SAMPLE)
        recipe = RECIPE.format(path=path, **FROM)
        (folder / "memory.yaml").write_text(recipe)
        words = [sys.executable, "-m", "umlkit", "train", "memory.yaml", "--method", "umt", "--out", "run", *extra]
        return peak(words, cwd=folder)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("formats", nargs="*", default=FORMATS)
    parser.add_argument("--small", type=int, default=100, help="MB")
    parser.add_argument("--large", type=int, default=2000, help="MB")
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()), help="on a disk with room for twice"
    )
    parser.add_argument("--workers", type=int, default=1)
    chosen = parser.parse_args()
    extra = ["--workers", str(chosen.workers)]
    failed = False
    for form in chosen.formats:
        peaks = [measure(form, size, parent=chosen.folder, extra=extra) for size in (chosen.small, chosen.large)]
        change = peaks[1].anonymous / peaks[0].anonymous - 1
        failed |= abs(change) > GOAL
        shown = "   ".join(
            f"{size} MB: {one.anonymous:.0f} MB anonymous ({one.resident:.0f} with files), {one.seconds:.0f} s"
            for size, one in zip((chosen.small, chosen.large), peaks, strict=True)
        )
        print(f"{form:12s} {shown}   change {change:+.1%}   goal +-{GOAL:.0%}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
