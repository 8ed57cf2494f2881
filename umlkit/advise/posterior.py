"""What is believed of the candidates' risks after the measurement, under a flat prior.

The measured mean losses m (K,) of K candidates have a covariance V = W S W' / U, with S the covariance of per-sample
losses between entries (over groups where these are the unit), W the weights that average a candidate's seeds, and U
units. With a flat prior the risks r of these very models are

    r = m + T,    T multivariate t with U - 1 degrees of freedom and scale matrix V

where a difference of d nats has at least the variance per sample that so close models have, 2 |d| or that of .002 nats
(:mod:`umlkit.probe.power`): two that agree to the last digit are a tie, however sure their last digit is. Where the
rung of one stands for the other, as nothing else shows it, that is the variance of the smallest effect. A difference of
two has a closed form (:mod:`umlkit.advise.student`), and the best of more than two is drawn: r = m + L g / s, V = L L'
(Cholesky), g standard normal, s^2 chi-square over its degrees of freedom. The draws have a fixed seed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import mul

from umlkit.advise import student
from umlkit.errors import InputError, Problem
from umlkit.runs.records.probe import Entry, ProbeRecord, Triangle

DRAWS = 3000
SEED = 20230501
TOLERANCE = 1e-6
ROUNDING = 1e-9
"""Nats within which two drawn risks are the same."""
SAME = 0.002
"""Nats within which the cheaper of two is taken."""

Matrix = list[list[float]]


@dataclass(frozen=True)
class Comparison:
    """How much better one candidate is than another: the posterior of both differences.

    Attributes:
        nats: expected reduction of the log-loss, positive where the first is better.
        nats_error: its standard error.
        points: expected gain in accuracy, hundredths.
        points_error: its standard error.
        df: degrees of freedom of both.
        critical: t_{.975, df}.
    """

    nats: float
    nats_error: float
    points: float
    points_error: float
    df: float
    critical: float

    @property
    def interval(self) -> tuple[float, float]:
        """95% for ``nats``."""
        return self.nats - self.critical * self.nats_error, self.nats + self.critical * self.nats_error

    @property
    def points_interval(self) -> tuple[float, float]:
        """95% for ``points``."""
        return self.points - self.critical * self.points_error, self.points + self.critical * self.points_error

    @property
    def probability(self) -> float:
        """That the first candidate has the lower risk."""
        return student.probability_positive(self.nats, self.nats_error, self.df)

    @property
    def regret(self) -> float:
        """Expected loss in nats of taking the first where the second is better."""
        return student.positive_part(-self.nats, self.nats_error, self.df)


@dataclass(frozen=True)
class Standing:
    """One candidate among several: probability of the lowest risk, and expected nats above the lowest."""

    probability: float
    regret: float


class Posterior:
    """The posterior of the candidates' risks, read from a probe record.

    Args:
        probe: a measured record.
    """

    def __init__(self, probe: ProbeRecord) -> None:
        self._probe = probe
        self._candidates = {candidate.name: candidate for candidate in probe.candidates}
        by_group = probe.unit == "groups"
        self._units = probe.units
        self._worth = probe.worth
        self._loss = probe.group_loss_covariance if by_group else probe.loss_covariance
        self._correct = probe.group_correct_covariance if by_group else probe.correct_covariance

    def loss(self, name: str) -> float:
        """Expected log-loss of a candidate, nats."""
        return math.fsum(entry.log_loss for entry in self._entries(name)) / len(self._entries(name))

    def accuracy(self, name: str) -> float:
        """Expected accuracy of a candidate."""
        return math.fsum(entry.accuracy for entry in self._entries(name)) / len(self._entries(name))

    def compare(self, first: str, second: str) -> Comparison:
        """How much better ``first`` is than ``second``."""
        return Comparison(
            nats=self.loss(second) - self.loss(first),
            nats_error=math.sqrt(self._variance(first, second, self._loss) + self._lacking(first, second)),
            points=100 * (self.accuracy(first) - self.accuracy(second)),
            points_error=100 * math.sqrt(self._variance(first, second, self._correct)),
            df=self._probe.df,
            critical=self._probe.critical,
        )

    def standings(self, names: Sequence[str]) -> dict[str, Standing]:
        """Every candidate's standing among ``names``: in closed form for two, from seeded draws for more."""
        if len(names) == 1:
            return {names[0]: Standing(probability=1.0, regret=0.0)}
        if len(names) == 2:
            ahead, behind = self.compare(*names), self.compare(*reversed(names))
            return {
                names[0]: Standing(ahead.probability, ahead.regret),
                names[1]: Standing(behind.probability, behind.regret),
            }
        return self._drawn(names)

    @cached_property
    def _no_samples(self) -> InputError:
        return InputError(
            Problem(
                "the covariances of the measurement are not those of any samples",
                where=self._probe.name,
                try_next="write it again: umlkit probe RECIPE",
            )
        )

    def _entries(self, name: str) -> list[Entry]:
        return [self._probe.entries[index] for index in self._candidates[name].entries]

    def _covariance(self, first: str, second: str, triangle: Triangle | None) -> float:
        """Covariance of two candidates' means: the mean over all pairs of their entries, over U."""
        a, b = self._candidates[first], self._candidates[second]
        values = [_at(triangle or (), i, j) for i in a.entries for j in b.entries]
        return math.fsum(values) / len(values) / self._units

    def _variance(self, first: str, second: str, triangle: Triangle | None) -> float:
        """Variance of the difference of two candidates' means."""
        own = self._covariance(first, first, triangle) + self._covariance(second, second, triangle)
        variance = own - 2 * self._covariance(first, second, triangle)
        if variance < -TOLERANCE * own:
            raise self._no_samples
        return max(0.0, variance)

    def _lacking(self, first: str, second: str) -> float:
        """What the variance of the difference of two candidates' means lacks of that of so small a difference."""
        apart = min(abs(self.loss(second) - self.loss(first)), SAME)
        if self._unknown(first, second):
            apart = self._probe.smallest_effect
        return max(0.0, 2 * apart / self._worth - self._variance(first, second, self._loss))

    def _unknown(self, first: str, second: str) -> bool:
        """Whether one of two is shown by the other's rung, as nothing else shows it."""
        a, b = self._candidates[first], self._candidates[second]
        return first != second and a.rung == b.rung and (a.predicted or b.predicted)

    def _drawn(self, names: Sequence[str]) -> dict[str, Standing]:
        best = min(names, key=self.loss)
        matrix = [[self._covariance(a, b, self._loss) for b in names] for a in names]
        for i, name in enumerate(names):
            matrix[i][i] += self._lacking(name, best)
        factor = self._cholesky(matrix)
        means, df, stream = [self.loss(name) for name in names], self._probe.df, random.Random(SEED)
        wins, regrets = [0.0] * len(names), [0.0] * len(names)
        for _ in range(DRAWS):
            normal = [stream.gauss(0, 1) for _ in names]
            spread = math.sqrt(df / stream.gammavariate(df / 2, 2))
            risks = [
                mean + spread * sum(map(mul, row, normal))  # a row ends where the zeros of L begin
                for mean, row in zip(means, factor, strict=True)
            ]
            lowest = min(risks)
            equal = [i for i, risk in enumerate(risks) if risk - lowest <= ROUNDING]
            for i in equal:
                wins[i] += 1 / len(equal)
            regrets = [total + risk - lowest for total, risk in zip(regrets, risks, strict=True)]
        return {
            name: Standing(probability=won / DRAWS, regret=regret / DRAWS)
            for name, won, regret in zip(names, wins, regrets, strict=True)
        }

    def _cholesky(self, matrix: Matrix) -> Matrix:
        """Lower factor L, rows of growing length, of a matrix that may be singular: two candidates can be the same."""
        scale = max(matrix[i][i] for i in range(len(matrix)))
        factor: Matrix = []
        for i in range(len(matrix)):
            row: list[float] = []
            for j in range(i):
                rest = matrix[i][j] - math.fsum(row[k] * factor[j][k] for k in range(j))
                row.append(rest / factor[j][j] if factor[j][j] > 0 else 0.0)
            pivot = matrix[i][i] - math.fsum(value * value for value in row)
            if pivot < -TOLERANCE * scale:
                raise self._no_samples
            row.append(math.sqrt(pivot) if pivot > TOLERANCE**2 * scale else 0.0)
            factor.append(row)
        return factor


def _at(triangle: Triangle, i: int, j: int) -> float:
    return triangle[max(i, j)][min(i, j)]
