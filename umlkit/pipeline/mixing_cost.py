"""What the marginals of a planned model will cost: seconds and disk, from mixing a few samples of a rehearsed one."""

from __future__ import annotations

import time

import torch

from umlkit.methods.mixing import marginal
from umlkit.pipeline import mixing_plan
from umlkit.pipeline.artifact import Artifact
from umlkit.pipeline.cost import ASIDE, Cost
from umlkit.pipeline.rehearsal import Rehearsal

SAMPLES = 64


def of_marginals(rehearsal: Rehearsal, artifact: Artifact) -> Cost:
    """What the marginals of one multi-modal artifact cost, whether or not it is trained yet."""
    session = rehearsal.session
    network = rehearsal.needed(artifact, "slowest").model.eval()
    dear = network.parts_are == "inputs"
    few = rehearsal.few("select").only(*artifact.modalities).batch(slice(0, SAMPLES)).inputs
    count = min(len(next(iter(few.values()))), mixing_plan.references_of(session, artifact, dear=dear))
    began = time.perf_counter()
    with torch.inference_mode():
        parts = network.parts(few)
    passed = time.perf_counter()
    marginal(network, parts, {name: part[:count] for name, part in parts.items()}, keep=[artifact.modalities[0]])
    fused = time.perf_counter()
    held = len(next(iter(few.values())))
    samples = sum(len(session.roles.rows(role)) for role in mixing_plan.ROLES)
    least = (fused - passed) / (held * count) * mixing_plan.fusions_of(session, artifact, dear=dear)
    if network.parts_are == "computed":
        least += (passed - began) / held * samples
    size = mixing_plan.bytes_of(session, artifact)
    return Cost(seconds=(least, ASIDE * least), bytes=(size, size))
