"""What ``threads`` binds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import scipy.linalg  # noqa: F401 - loads the linear algebra that is to be bound
import torch
from threadpoolctl import threadpool_info

from umlkit.training import device


@pytest.fixture
def restored() -> Iterator[None]:
    """What the machine had, put back."""
    before = torch.get_num_threads()
    yield
    device.set_threads(before)


@pytest.mark.usefixtures("restored")
def test_threads_bind_torch_and_linear_algebra_alike() -> None:
    for count in (2, 1):
        device.set_threads(count)
        assert torch.get_num_threads() == count
        assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {count}


@pytest.mark.usefixtures("restored")
def test_one_thread_is_for_the_meanwhile_even_where_it_fails() -> None:
    device.set_threads(2)
    with pytest.raises(ValueError, match="no"), device.one_thread():
        assert torch.get_num_threads() == 1
        raise ValueError("no")
    assert torch.get_num_threads() == 2
