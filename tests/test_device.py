"""Threads: works side by side, and what they find set."""

import threading

import pytest
import torch
from threadpoolctl import threadpool_info

from nnrnn_core.recurrence.passes import side_by_side
from nnrnn_core.threads import threads


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_works_side_by_side_run_at_the_same_time_and_their_results_keep_their_order(count):
    together = threading.Barrier(count, timeout=60)
    assert side_by_side([lambda i=i: (together.wait(), i)[1] for i in range(count)]) == list(range(count))


@pytest.mark.parametrize("count", [1, 2])
def test_each_work_has_one_thread_of_torch_and_of_blas_and_the_caller_has_his_own_again(count):
    with threads(2):
        found = side_by_side([lambda: (torch.get_num_threads(), blas_threads())] * count)
        assert (torch.get_num_threads(), blas_threads()) == (2, {2})
    assert found == [(1, {1})] * count


@pytest.mark.parametrize("inference", [False, True])
def test_works_in_other_threads_record_no_gradients_and_are_in_inference_mode_if_the_caller_is(inference):
    def modes() -> tuple[bool, bool]:
        return torch.is_grad_enabled(), torch.is_inference_mode_enabled()

    with torch.inference_mode(inference):
        assert side_by_side([modes, modes]) == [(False, inference)] * 2


@pytest.mark.parametrize("failing", [0, 1])
def test_what_a_work_raises_reaches_the_caller_whose_threads_are_as_they_were(failing):
    with threads(2):
        with pytest.raises(ZeroDivisionError):
            side_by_side([lambda i=i: 1 // (i != failing) for i in range(2)])
        assert (torch.get_num_threads(), blas_threads()) == (2, {2})
