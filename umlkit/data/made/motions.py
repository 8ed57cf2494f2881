"""``made:motions``: movements with a screwdriver, as a force sensor and a gyroscope in its handle tell them.

Drawn from equations. A movement is a row of thrusts along the handle, of turns about it, of both, or of neither. With
both it drives a screw in or out, and the two threads differ in one thing alone: whether thrust and turn go together
(in and clockwise, out and anticlockwise: a right-handed thread), or against each other. In and out are as frequent, so
neither sensor tells the threads apart by itself: that is paired information, and the rest of the label is uni-modal.

With p the direction of the thrusts and q that of the turns (0 where there are none), time t in seconds, the rhythm
``theta(t) = 2 pi f t + phi`` and pulses ``u(theta) = exp(3 (cos(theta) - 1))``:

    force(t)     = (g_x, g_y, 1) + p A u(theta(t)) (1, 0.3, 0) + 0.15 noise
    gyroscope(t) = (b_x, b_y, b_z) + q W u(theta(t) + delta) (1, 0, 0.3) + 0.15 noise

    class         p         q
    hold          0         0
    push          -1 or 1   0
    turn          0         -1 or 1
    screw-right   -1 or 1   p
    screw-left    -1 or 1   -p

What differs from sample to sample, and tells nothing: rhythm f ~ U(0.8, 1.6) per second, phi ~ U(0, 2 pi), lag delta
~ N(0, 0.3), strengths log A, log W ~ N(log 1.2, 0.3), the grip g ~ N(0, 0.1), the gyroscope's drift b ~ N(0, 0.1), and
the duration ~ U(1.5, 2.5) s. Force is read 12 times a second, the gyroscope 10 times.
"""

from __future__ import annotations

import numpy as np

from umlkit.data.raw import Raw, from_arrays
from umlkit.data.records import Doubles, Floats

SEED = 0
SAMPLES = 1500
CLASSES = ("hold", "push", "turn", "screw-right", "screw-left")
THRUSTS = np.array([0, 1, 0, 1, 1])
TURNS = np.array([0, 0, 1, 1, -1])
"""q of a class where p = 1, or, without thrusts, of a turn to the right."""
LONGEST = 2.5
"""Seconds."""
FORCE, GYROSCOPE = 12, 10
"""Readings in a second."""
SHARPNESS, NOISE = 3.0, 0.15


def open_set(source: str) -> Raw:
    """Arrays ``force`` (1500, 30, 3), ``gyroscope`` (1500, 25, 3), NaN behind a sample's end, and ``movement``.

    Values have three digits, so that the last bit of a machine's sine does not matter.
    """
    rng = np.random.default_rng(SEED)
    movement = rng.permutation(np.arange(SAMPLES) % len(CLASSES))
    way = rng.choice([-1.0, 1.0], SAMPLES)
    seconds, rhythm, start = rng.uniform((1.5, 0.8, 0), (LONGEST, 1.6, 2 * np.pi), (SAMPLES, 3)).T
    late = rng.normal(0, 0.3, SAMPLES)
    thrust, turn = way * 1.2 * np.exp(rng.normal(0, 0.3, (2, SAMPLES)))
    grip = rng.normal(0, 0.1, (SAMPLES, 3)) * (1, 1, 0) + (0, 0, 1)
    drift = rng.normal(0, 0.1, (SAMPLES, 3))

    pulses = _pulses(FORCE, seconds, rhythm, start)
    force = grip[:, None] + _along((1, 0.3, 0), THRUSTS[movement] * thrust, pulses)
    pulses = _pulses(GYROSCOPE, seconds, rhythm, start + late)
    gyroscope = drift[:, None] + _along((1, 0, 0.3), TURNS[movement] * turn, pulses)
    arrays = {
        "force": _noisy(force, rng),
        "gyroscope": _noisy(gyroscope, rng),
        "movement": movement,
        "class_names": np.array(CLASSES),
    }
    return from_arrays(arrays, name=source, label="movement")


def _pulses(rate: int, seconds: Doubles, rhythm: Doubles, start: Doubles) -> Doubles:
    """(N, T) ``u(theta(t))`` at the sensor's readings; NaN from the end of a sample on."""
    time = np.arange(int(LONGEST * rate)) / rate
    theta = 2 * np.pi * rhythm[:, None] * time + start[:, None]
    pulses = np.exp(SHARPNESS * (np.cos(theta) - 1))
    return np.where(time < seconds[:, None], pulses, np.nan)


def _along(direction: tuple[float, ...], strength: Doubles, pulses: Doubles) -> Doubles:
    """(N, T, 3) the pulses of every sample, of its strength, along a direction."""
    moved: Doubles = (strength[:, None] * pulses)[..., None] * np.array(direction)
    return moved


def _noisy(values: Doubles, rng: np.random.Generator) -> Floats:
    noisy: Floats = (values + rng.normal(0, NOISE, values.shape)).round(3).astype(np.float32)
    return noisy
