"""What every test stands on: one thread, fixed seeds, no GPU assumed."""

from collections.abc import Iterator

import pytest
import torch
from hypothesis import settings
from threadpoolctl import threadpool_limits

SEED = 20191208  # the first day of NeurIPS 2019

# The same examples in every run, and no deadline: the first call of a torch operator may take a second.
settings.register_profile("kit", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("kit")

torch.set_num_threads(1)
threadpool_limits(1, user_api="blas")  # numpy's: on small matrices a second thread only gets in the way


@pytest.fixture
def seed() -> int:
    """The seed of a test that needs one."""
    return SEED


@pytest.fixture
def generator(seed: int) -> torch.Generator:
    """A fresh generator on the CPU, the same for every test."""
    return torch.Generator().manual_seed(seed)


@pytest.fixture(autouse=True)
def _global_state(seed: int) -> Iterator[None]:
    """Seed torch's global generator, and hand threads and default dtype to the next test as they were."""
    torch.manual_seed(seed)
    yield
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float32)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests marked `cuda` on a machine without a GPU."""
    if torch.cuda.is_available():
        return
    for item in items:
        if item.get_closest_marker("cuda"):
            item.add_marker(pytest.mark.skip(reason="no NVIDIA GPU here"))
