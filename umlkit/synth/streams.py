"""Random numbers that are the same everywhere: of a seed and a name, by PCG64 and nothing that numpy may change.

NumPy promises the raw words of a bit generator and the way a seed is spread for good, but not what ``Generator`` makes
of them (NEP 19). So numbers are made here: 52 bits of a word are a uniform, and the inverse of the normal distribution
function makes it a normal.
"""

from __future__ import annotations

import hashlib

import numpy as np
from scipy.special import ndtri

from umlkit.synth.table import Floats


class Stream:
    """Numbers one after the other, independent of those of any other seed or name.

    Args:
        seed: a whole number.
        name: what the numbers are for.
    """

    def __init__(self, seed: int, name: str) -> None:
        digest = hashlib.sha256(f"umlkit.synth/1\n{seed}\n{name}".encode()).digest()
        words = [int.from_bytes(digest[i : i + 4], "little") for i in range(0, len(digest), 4)]
        self._bits = np.random.PCG64(np.random.SeedSequence(words))

    def uniforms(self, *shape: int) -> Floats:
        """Numbers between 0 and 1, never either of them."""
        raw = self._bits.random_raw(int(np.prod(shape)))
        return np.asarray(((raw >> np.uint64(12)) + 0.5) * 2.0**-52).reshape(shape)

    def normals(self, *shape: int) -> Floats:
        """Numbers of mean 0 and variance 1."""
        return np.asarray(ndtri(self.uniforms(*shape)))

    def rotation(self, size: int) -> Floats:
        """(size, size) an orthogonal matrix, any one as likely as any other (Mezzadri, Notices of the AMS 2007)."""
        q, r = np.linalg.qr(self.normals(size, size))
        return np.asarray(q * np.sign(np.diag(r)))
