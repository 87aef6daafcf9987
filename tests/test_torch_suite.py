"""torch's own cases of torch.nn.RNN (its module database, in training and in evaluation) and of what it refuses.

The database asks for two layers in every case, with 2 or 3 units. An NNRNN has an even number of units: where torch
asks for 3 or 5, the kit's answer is the error that says so, and the case is run with one unit more.
"""

import copy
import pickle
import warnings
from functools import cache

import pytest
import torch

from nnrnn_core import NNRNN

pytestmark = pytest.mark.as_installed


@cache
def database():
    """torch's test modules take seconds to load: here, and not when tests are collected."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's test suite, about itself
        from torch.testing._internal.common_modules import module_db
    (info,) = (info for info in module_db if info.module_cls is torch.nn.RNN)
    return info


@cache
def cases() -> list:
    """(training, the module's arguments, input and state, torch's own reference) of each case."""
    info, found = database(), []
    for training in (True, False):
        torch.manual_seed(0)
        for case in info.module_inputs_func(info, "cpu", torch.float64, requires_grad=True, training=training):
            options = dict(case.constructor_input.kwargs, dtype=torch.float64)
            found.append((training, options, case.forward_input.args, case.reference_fn))
    return found


@cache
def refusals() -> list:
    info = database()
    return info.module_error_inputs_func(info, torch.device("cpu"), torch.float32, requires_grad=False, training=False)


def even(options: dict, given: tuple) -> tuple[dict, tuple]:
    """The case with an even number of units: a unit more in the network and in the state."""
    x, *states = given
    odd = options["hidden_size"] % 2
    states = [torch.nn.functional.pad(h.detach(), (0, odd)).requires_grad_() for h in states]
    return {**options, "hidden_size": options["hidden_size"] + odd}, (x, *states)


def test_the_database_has_the_cases_that_are_run_here():
    assert (len(cases()), len(refusals())) == (64, 14)


@pytest.mark.parametrize("index", range(64))
def test_torchs_case_passes(index):
    training, options, given, reference = cases()[index]
    if options["hidden_size"] % 2:
        with pytest.raises(ValueError, match="hidden_size must be even to hold 2×2 blocks; got 3"):
            NNRNN(**options)
    options, given = even(options, given)
    rnn = NNRNN(**options).train(training)
    output, h_n = rnn(*given)
    # torch's test_forward: what a sequence gives without a batch is what it gives in a batch of one
    for a, b in zip((output, h_n), reference(rnn, *given), strict=True):
        assert torch.equal(a, b)
    # its test_grad, sharper: the values and gradients of torch's own network with these weights
    twin = torch.nn.RNN(**options).train(training)
    twin.load_state_dict(rnn.to_torch().state_dict())
    found = torch.autograd.grad(output.sin().sum() + h_n.cos().sum(), given)
    output_twin, h_twin = twin(*given)
    wanted = torch.autograd.grad(output_twin.sin().sum() + h_twin.cos().sum(), given)
    for a, b in zip((output, h_n, *found), (output_twin, h_twin, *wanted), strict=True):
        assert a.shape == b.shape
        assert torch.allclose(a, b, rtol=1e-10, atol=1e-12)
    # its test_pickle, test_repr, test_factory_kwargs
    for other in (pickle.loads(pickle.dumps(rnn)), copy.deepcopy(rnn)):
        assert torch.equal(other(*given)[0], output)
    assert f"{options['input_size']}, {options['hidden_size']}" in repr(rnn)
    assert {tensor.dtype for tensor in rnn.state_dict().values()} == {torch.float64}


@pytest.mark.parametrize("index", range(14))
def test_what_torch_refuses_is_refused_with_its_kind_of_error_and_its_words(index):
    case = refusals()[index]
    made, given = case.module_error_input.constructor_input, case.module_error_input.forward_input
    # none of these is about the number of units being odd
    sizes = [made.args[0], *(6 if size == 5 and isinstance(size, int) else size for size in made.args[1:])]
    with pytest.raises(case.error_type, match=case.error_regex):
        NNRNN(*sizes, **made.kwargs)(*given.args)
