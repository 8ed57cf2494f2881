"""UMT, the Uni-Modal Teacher (Du et al., ICML 2023): joint training that keeps what each modality can be taught alone.

    L = CE(head([z_1 .. z_M]), y) + w sum_m d(P_m z_m, z_m^T) / u_m

z_m = phi_m(x_m) are the student's features (B, S_m), z_m^T the frozen teacher's (B, D_m), d a distance and u_m its
unit, the spread of the teacher's features. That the features of frozen uni-modal teachers are distilled is the paper's;
the projection P_m of a student with room, the unit and the choice of w are ours.

Where an encoder augments, x_m is the random view that the student sees, and its teacher sees the very same one, in eval
mode and forward only. Where none does, the teachers' features were computed once and are looked up. To look them up for
augmented students too (``view: clean``) spares the teachers' pass, a sixth to a fifth of a step. The two were not told
apart: clean was .004 nats better with a standard error of .004 over six splits of digits' halves (*measured*, held-out
log-loss about .10, three weights and starts; one of sixteen pairs of trainings made most of it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from umlkit.data.records import Batch, Samples
from umlkit.methods import late_fusion
from umlkit.methods.base import Blueprint, Method, Task, Trained
from umlkit.methods.experts import encoder_of, on_views
from umlkit.methods.late_fusion import logits_of
from umlkit.methods.umt.distance import between, unit
from umlkit.methods.umt.options import UmtOptions
from umlkit.methods.umt.student import Student
from umlkit.training.loop import FitResult, Loss
from umlkit.training.risk import cross_entropy
from umlkit.training.seeds import derive, seeded

Start = Literal["scratch", "teacher"]


@dataclass(frozen=True)
class Trial:
    """One setting that is trained: where the student starts, and the weight of the distillation."""

    start: Start
    weight: float

    @property
    def name(self) -> str:
        """As in reports and file names."""
        return f"{self.start}-{self.weight:g}"


AUTOMATIC: Mapping[str, tuple[Trial, ...]] = {
    "auto": (Trial("scratch", 0.03), Trial("teacher", 0.0)),
    "scratch": (Trial("scratch", 0.03), Trial("scratch", 0.3)),
    "teacher": (Trial("teacher", 0.0), Trial("teacher", 0.1)),
}
"""By ``init``, the trials of an automatic weight. That the pair of ``auto`` does as well as three trainings was
*measured* in tests/benchmarks/umt_weight.py. Weight 0 from scratch is joint training, so it is not among them."""


class Umt(Method[UmtOptions]):
    """A wider student for every modality, taught by its finished uni-modal model."""

    def build(self, blueprint: Blueprint, resolved: Mapping[str, Any]) -> Student:
        """The student, weights from torch's random state; ``resolved["targets"]`` holds the teachers' widths."""
        scale = 1 if self.options.room == "none" else self.options.room
        encoders, head = late_fusion.parts(blueprint, head=self.options.head, scale=scale)
        return Student(encoders, head, targets=resolved["targets"], room=self.options.room != "none")

    def train(self, task: Task) -> Trained:
        """Train every trial and keep the one with the lowest `select` log-loss."""
        targets = [expert.width for expert in task.experts.values()]
        trained = {trial: self._train(task, trial, targets) for trial in self.trials()}
        best = min(trained, key=lambda trial: trained[trial][1].best_loss)
        best_last = sorted(trained, key=lambda trial: trial == best)
        return Trained(
            trained[best][0].eval(),
            task.blueprint,
            resolved={"targets": targets},
            fits={trial.name: trained[trial][1] for trial in best_last},
            report={
                "weight": best.weight,
                "init": best.start,
                "trials": [
                    {"init": trial.start, "weight": trial.weight, "select_loss": fitted.best_loss}
                    for trial, (_, fitted) in trained.items()
                ],
            },
        )

    def trials(self) -> list[Trial]:
        """What the options stand for: two automatic trials, or the stated weight from every start that fits."""
        init, weight = self.options.init, self.options.weight
        if weight == "auto":
            return list(AUTOMATIC[init])
        starts: dict[str, tuple[Start, ...]] = {
            "auto": ("scratch", "teacher") if weight > 0 else ("teacher",),
            "scratch": ("scratch",),
            "teacher": ("teacher",),
        }
        return [Trial(start, weight) for start in starts[init]]

    def _train(self, task: Task, trial: Trial, targets: list[int]) -> tuple[Student, FitResult]:
        with seeded(derive(task.seed, "umt", "init")):
            student = self.build(task.blueprint, {"targets": targets}).to(task.train.labels.device)
        if trial.start == "teacher":
            student.start_from({name: encoder_of(expert) for name, expert in task.experts.items()})
        student.projections.requires_grad_(trial.weight > 0)  # without distillation nothing would train them
        fitted = task.fit(
            trial.name,
            student,
            loss=self.loss(student, trial.weight, task),
            logits=logits_of(student),
            train=with_teachers(task),
            select=task.select,
        )
        return student, fitted

    def loss(self, student: Student, weight: float, task: Task) -> Loss:
        """The equation above, for batches that hold the teachers' features of the samples beside the inputs."""
        units = {name: unit(self.options.distance, e.features["train"]) for name, e in task.experts.items()}
        running = on_views(student, task) if self.options.view == "same" and weight > 0 else {}

        def loss(batch: Batch) -> Tensor:
            view = student.augmented(batch.inputs)
            output = student.infer(view)
            total = cross_entropy(output.logits, batch.labels, batch.weights)
            if weight == 0:
                return total
            for name, taught in student.project(output.features).items():
                teacher = running[name](view).features[name] if name in running else batch.extras[_teacher(name)]
                total = total + weight / units[name] * between(self.options.distance, taught, teacher, batch.weights)
            return total

        return loss


def with_teachers(task: Task) -> Samples:
    """The training samples with every teacher's features of them, which were computed once and are only looked up."""
    return task.train.with_extras({_teacher(name): e.features["train"] for name, e in task.experts.items()})


def _teacher(modality: str) -> str:
    return f"teacher of {modality}"
