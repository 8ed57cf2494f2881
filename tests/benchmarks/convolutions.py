"""What channels last in memory gain on a CPU: seconds of the encoder `resnet` with them over those without.

    python -m tests.benchmarks.convolutions

Both networks have the same weights and take turns on the same batch of 64, on one thread; a ratio is that of the
medians of CPU time over the turns. Pictures of one channel and of three; networks as narrow as a uni-modal model and as
wide as a student.
"""

from __future__ import annotations

import copy
import time
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from umlkit.encoders.base import Encoder, SampleSpec
from umlkit.encoders.convolution import Convolution
from umlkit.encoders.resnet.encoder import ResnetEncoder
from umlkit.encoders.resnet.options import ResnetOptions

SHAPES = ((1, 8, 4), (1, 28, 28), (1, 40, 26), (3, 32, 32))
BATCH, CLASSES = 64, 10


class Plain(nn.Conv2d):
    """The convolution that :class:`Convolution` is faster than."""


def plain(module: nn.Module) -> nn.Module:
    """A copy whose convolutions are torch's own."""
    other = copy.deepcopy(module)
    for part in other.modules():
        if isinstance(part, Convolution):
            part.__class__ = Plain
    return other


class Turns:
    """A network, what trains it, and how long its turns took."""

    def __init__(self, network: nn.Module, x: Tensor, y: Tensor) -> None:
        self.network, self.x, self.y = network, x, y
        self.optimiser = torch.optim.AdamW(network.parameters(), fused=True)
        self.steps: list[float] = []
        self.passes: list[float] = []

    def step(self) -> None:
        """One step of training."""
        began = time.process_time()
        self.network.train()
        self.optimiser.zero_grad()
        cross_entropy(self.network(self.x), self.y).backward()
        self.optimiser.step()
        self.steps.append(time.process_time() - began)

    def infer(self) -> None:
        """One pass without gradients."""
        self.network.eval()
        began = time.process_time()
        with torch.inference_mode():
            self.network(self.x)
        self.passes.append(time.process_time() - began)


class Classifier(nn.Module):
    """An encoder and a linear layer."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder, self.head = encoder, nn.Linear(encoder.features, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, CLASSES)."""
        logits: Tensor = self.head(self.encoder(x).features)
        return logits


def ratios(shape: tuple[int, ...], scale: int, *, turns: int) -> tuple[float, float]:
    """(a training step, a pass without gradients), with over without."""
    torch.manual_seed(0)
    ours = Classifier(ResnetEncoder(ResnetOptions(dropout=0.0), SampleSpec("image", shape), scale))
    x, y = torch.randn(BATCH, *shape), torch.randint(CLASSES, (BATCH,))
    sides = [Turns(ours, x, y), Turns(plain(ours), x, y)]
    for _ in range(turns):
        for side in sides:
            side.step()
            side.infer()
    (steps, passes), (plain_steps, plain_passes) = ((median(s.steps[2:]), median(s.passes[2:])) for s in sides)
    return steps / plain_steps, passes / plain_passes


def main() -> None:
    """Print the ratios."""
    torch.set_num_threads(1)
    for shape in SHAPES:
        for scale in (1, 2):
            step, infer = ratios(shape, scale, turns=30)
            print(f"{'x'.join(map(str, shape))}, {scale} times as wide: step {step:.2f}, pass {infer:.2f}", flush=True)


if __name__ == "__main__":
    main()
