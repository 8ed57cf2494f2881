"""What torch says of itself and of the devices here; run in a process of its own: ``python -m umlkit.doctor.facts``.

A torch that is broken may raise, crash or hang when it is imported, and none of that may reach who asks.
"""

from __future__ import annotations

from typing import Any

from umlkit.output import Output


def facts() -> dict[str, Any]:
    """Version, the builds of CUDA and ROCm, devices with their names, and threads, as JSON values."""
    import torch

    from umlkit.training.device import available

    return {
        "version": torch.__version__,
        "cuda": torch.version.cuda,
        "hip": torch.version.hip,
        "devices": list(available()),
        "cards": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
        "threads": torch.get_num_threads(),
    }


if __name__ == "__main__":
    Output(json=True).result_json(facts())
