"""torch's own cases of torch.nn.RNN (its module database, in training and in evaluation) and of what it refuses.

The database asks for two layers in every case, with 2 or 3 units. An NNRNN has an even number of units: where torch asks
for 3 or 5, the kit's answer is the error that says so, and the case is run with one unit more.
"""

import copy
import pickle
import re
import warnings

import pytest
import torch

from nnrnn_core import NNRNN
from oracles import as_installed

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of torch's test suite, about itself
    from torch.testing._internal.common_modules import ModuleErrorEnum, module_db

(INFO,) = (info for info in module_db if info.module_cls is torch.nn.RNN)


def cases() -> list:
    """All 64: (training, the module's arguments, the input, the state or none, torch's own reference)."""
    found = []
    for training in (True, False):
        torch.manual_seed(0)
        for case in INFO.module_inputs_func(INFO, "cpu", torch.float64, requires_grad=True, training=training):
            options = dict(case.constructor_input.kwargs, dtype=torch.float64)
            found.append((training, options, case.forward_input.args, case.reference_fn))
    return found


def even(options: dict, given: tuple) -> tuple[dict, tuple]:
    """The case with an even number of units: a unit more in the network and in the state."""
    x, *states = given
    odd = options["hidden_size"] % 2
    states = [torch.nn.functional.pad(h.detach(), (0, odd)).requires_grad_() for h in states]
    return {**options, "hidden_size": options["hidden_size"] + odd}, (x, *states)


def name(case) -> str:
    training, options, given, _ = case
    chosen = "-".join(key for key in ("bias", "batch_first", "bidirectional") if options[key])
    return f"{'train' if training else 'eval'}-{options['nonlinearity']}-{options['hidden_size']}-{chosen}-{len(given)}"


def test_the_database_has_64_cases():
    assert len(cases()) == 64


@pytest.mark.parametrize("case", cases(), ids=name)
def test_torchs_case_passes(case):
    training, options, given, reference = case
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
    # torch's test_pickle, test_repr, test_factory_kwargs
    for other in (pickle.loads(pickle.dumps(rnn)), copy.deepcopy(rnn)):
        assert torch.equal(other(*given)[0], output)
    assert f"{options['input_size']}, {options['hidden_size']}" in repr(rnn)
    assert {tensor.dtype for tensor in rnn.state_dict().values()} == {torch.float64}


def errors() -> list:
    return INFO.module_error_inputs_func(INFO, torch.device("cpu"), torch.float32, requires_grad=False, training=False)


@pytest.mark.parametrize("case", errors(), ids=lambda case: re.sub(r"\W+", "-", case.error_regex)[:40])
def test_what_torch_refuses_is_refused_with_its_kind_of_error_and_its_words(case):
    made, given = case.module_error_input.constructor_input, case.module_error_input.forward_input
    # none of these is about the number of units being odd
    sizes = [made.args[0], *(5 + 1 if size == 5 and type(size) is int else size for size in made.args[1:])]
    with as_installed(), pytest.raises(case.error_type, match=case.error_regex):
        rnn = NNRNN(*sizes, **made.kwargs)
        assert case.error_on == ModuleErrorEnum.FORWARD_ERROR
        rnn(*given.args)
