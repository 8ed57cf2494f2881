"""What is seen of a level: an invertible map of its code and of noise that is independent of everything.

    h = (code[level] + jitter, noise)        jitter uniform, too small for two levels to touch; noise standard normal
    none       x = h
    monotone   x_j = sinh(d_j arsinh(h_j) + e_j), each dimension bent by its own d_j > 0 and e_j (Jones & Pewsey,
               Biometrika 2009)
    network    x = Q_0 h, then per layer x <- Q leaky(x + b), Q orthogonal, leaky(t) = t for t > 0, else t / 4

From x follow h and the level, so the label hangs on x as it does on the level, and the table's truth is that of the
data. ``code_noise`` adds Gaussian noise to the code, and then it is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umlkit.synth.options import Mixed
from umlkit.synth.streams import Stream
from umlkit.synth.table import Floats, Ints

SLOPE = 0.25
TRIES = 20


@dataclass(frozen=True, eq=False)
class Observation:
    """How one modality is seen.

    Attributes:
        name: of the modality.
        code: (L, d) of every level.
        half: the jitter's greatest size in a dimension.
        knobs: of the task.
        seed: of the task, which decides the map.
    """

    name: str
    code: Floats
    half: float
    knobs: Mixed
    seed: int

    def __call__(self, levels: Ints, *, seed: int, stream: str) -> NDArray[np.float32]:
        """Levels (n,) -> what is seen of them (n, D), the noise being that of a seed and a stream's name."""
        n, d = len(levels), self.code.shape[1]
        code = self.code[levels] + self.half * (2 * self._draws("jitter", seed, stream).uniforms(n, d) - 1)
        if self.knobs.code_noise > 0:
            code = code + self.knobs.code_noise * self._draws("code noise", seed, stream).normals(n, d)
        noise = self._draws("noise", seed, stream).normals(n, self.knobs.noise_dims)
        return self.mapped(np.concatenate([code, noise], axis=1)).astype(np.float32)

    def mapped(self, inner: Floats) -> Floats:
        """(n, D) -> (n, D), invertible."""
        if self.knobs.observation == "monotone":
            return self._bent(inner)
        return self._mixed(inner) if self.knobs.observation == "network" else inner

    def _draws(self, what: str, seed: int, stream: str) -> Stream:
        return Stream(seed, f"{stream}/{self.name}/{what}")

    def _bent(self, inner: Floats) -> Floats:
        draws = Stream(self.seed, f"map/{self.name}/monotone").uniforms(2, inner.shape[1])
        tails, skew = np.exp(draws[0] - 0.5), draws[1] - 0.5
        return np.asarray(np.sinh(tails * np.arcsinh(inner) + skew))

    def _mixed(self, inner: Floats) -> Floats:
        size = inner.shape[1]
        draws = Stream(self.seed, f"map/{self.name}/network")
        seen = inner @ draws.rotation(size)
        for _ in range(self.knobs.depth):
            seen = seen + 0.5 * draws.normals(size)
            seen = np.where(seen > 0, seen, SLOPE * seen) @ draws.rotation(size)
        return np.asarray(seen)


def observe(name: str, code: Floats, knobs: Mixed, *, seed: int) -> Observation:
    """How a modality with this code (L, d') is seen, in as many informative dimensions as the knobs ask for."""
    code = _fitted(name, code, knobs.informative or code.shape[1], seed)
    return Observation(name, code, knobs.jitter * nearest(code) / 2, knobs, seed)


def nearest(code: Floats) -> float:
    """The smallest distance of two levels, in the dimension in which they are furthest apart."""
    apart = np.abs(code[:, None] - code[None]).max(-1)
    return float(np.min(apart, where=~np.eye(len(code), dtype=bool), initial=np.inf)) if len(code) > 1 else 0.0


def _fitted(name: str, code: Floats, size: int, seed: int) -> Floats:
    """The code in ``size`` dimensions: turned into more, or squeezed into fewer, by a random map, of variance 1.

    Of several random maps the one that keeps the nearest levels furthest apart.
    """
    if size == code.shape[1]:
        return code
    draws = Stream(seed, f"map/{name}/code")
    tries = [_scaled(code @ draws.rotation(max(size, code.shape[1]))[: code.shape[1], :size]) for _ in range(TRIES)]
    return max(tries, key=nearest)


def _scaled(code: Floats) -> Floats:
    """Of variance 1 over levels and dimensions."""
    return np.asarray(code / np.sqrt(np.mean((code - code.mean(0)) ** 2)))
