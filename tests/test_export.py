"""A network as a program: torch.compile, torch.export, and ONNX by the dynamo exporter, run in onnxruntime."""

import subprocess
import sys

import numpy as np
import onnxruntime
import pytest
import scipy.linalg
import torch

from nnrnn_core import NNRNN
from nnrnn_core.network import EURNN, LRU, ExpRNN, FreeRNN
from nnrnn_core.network.export import PLAIN, exponential
from nnrnn_core.recurrence.activations import NONLINEARITIES
from oracles import as_installed

TIME, BATCH, INPUTS, N = 3, 2, 4, 6
DEEP = {"num_layers": 2, "bidirectional": True, "batch_first": True, "dropout": 0.3}
NETWORKS = {
    "nnrnn, layers and directions": (NNRNN, DEEP),
    "nnrnn, tanh, the authors' mask": (NNRNN, {"nonlinearity": "tanh", "mask": "entry", "unit_input": True}),
    "exprnn, relu": (ExpRNN, {"nonlinearity": "relu"}),
    "free, identity": (FreeRNN, {"nonlinearity": "identity", "bias": False}),
    "eurnn": (EURNN, {}),
    "lru, layers": (LRU, {"num_layers": 2}),
}


def made(name: str, dtype: torch.dtype = torch.float64):
    """The network of that name, all its parameters moved, in evaluation."""
    kind, options = NETWORKS[name]
    rnn = kind(INPUTS, N, dtype=dtype, **options).eval()
    with torch.no_grad():
        for parameter in rnn.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return rnn


def double(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def agree(found, wanted, tolerance: float) -> None:
    for a, b in zip(found, wanted, strict=True):
        assert a.shape == b.shape
        assert (torch.as_tensor(a) - b).abs().max() < tolerance * max(1.0, float(b.detach().abs().max()))


@pytest.mark.parametrize("name", NETWORKS)
def test_an_exported_program_gives_the_outputs_and_gradients_of_the_network(name):
    rnn = made(name)
    x, hx = double(TIME, TIME, INPUTS), double(len(rnn.layers), TIME, N)
    with as_installed():
        program = torch.export.export(rnn, (x, hx)).module()
    x, hx = torch.randn_like(x), torch.randn_like(hx)
    agree(program(x, hx), rnn(x, hx), 1e-12)
    found = torch.autograd.grad(program(x, hx)[0].sin().sum(), list(program.parameters()))
    by_name = dict(zip((name for name, _ in program.named_parameters()), found, strict=True))
    wanted = torch.autograd.grad(rnn(x, hx)[0].sin().sum(), list(rnn.parameters()))
    agree([by_name[name] for name, _ in rnn.named_parameters()], wanted, 1e-11)


def test_an_exported_program_holds_for_any_batch_and_for_the_time_of_its_example():
    rnn = made("nnrnn, tanh, the authors' mask")
    with as_installed():
        program = torch.export.export(
            rnn, (double(TIME, BATCH, INPUTS),), dynamic_shapes={"input": {1: torch.export.Dim("batch")}}
        ).module()
    agree(program(double(TIME, 8, INPUTS).fill_(0.1)), rnn(double(TIME, 8, INPUTS).fill_(0.1)), 1e-12)
    with pytest.raises(AssertionError, match="input"):
        program(double(TIME + 1, BATCH, INPUTS))


BY_THE_COMPILER = """
import torch
from nnrnn_core import NNRNN
from nnrnn_core.network import EURNN, LRU

aot_eager, counts = torch._dynamo.lookup_backend("aot_eager"), []

def compiled(network):
    torch._dynamo.reset()  # or the limit of recompilations leaves the last ones uncompiled
    counts.clear()
    def counting(graph, inputs):
        counts.append(len(graph.graph.nodes))
        return aot_eager(graph, inputs) if isinstance(network, NNRNN) else graph.forward
    return torch.compile(network, backend=counting)

# a compiled network gives the same outputs and gradients: those that have something of their own to compile, and the
# nnRNN; the others differ in nothing that the compiler sees from these, or from torch's
steps = 30
for network, times in ((EURNN(4, 4), 6), (LRU(4, 4), 6), (NNRNN(4, 6), steps)):
    x = torch.randn(times, 2, 4)
    outputs = [f(x)[0] for f in (compiled(network), network)]
    assert len(counts) > 0, network
    assert torch.allclose(*outputs, atol=1e-6), network
    gradients = [torch.autograd.grad(y.square().sum(), list(network.parameters())) for y in outputs]
    for a, b in zip(*gradients, strict=True):
        assert torch.allclose(a, b, rtol=1e-4, atol=1e-5), network
# and does not unroll the loop over time: unrolled, it has a product, a sum and φ at each step
assert 0 < sum(counts) < 3 * steps, counts

# the strict export gives a program too
x = x[:3]
program = torch.export.export(network, (x,), strict=True).module()
assert (program(x)[0] - network(x)[0]).abs().max() < 1e-5
"""


@pytest.mark.integration
def test_torchs_compiler_takes_the_networks():
    """In a process of its own: the compiler stumbles over what checks the shapes in signatures here."""
    done = subprocess.run([sys.executable, "-c", BY_THE_COMPILER], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore")  # of torch's exporter, about itself
def test_a_network_runs_in_onnxruntime(tmp_path):
    rnn, x = made("nnrnn, tanh, the authors' mask", torch.float32), torch.randn(TIME, TIME, INPUTS)
    with as_installed():
        torch.onnx.export(rnn, (x,), tmp_path / "network.onnx", dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx")
    x = torch.randn_like(x)
    agree(session.run(None, {session.get_inputs()[0].name: x.numpy()}), rnn(x), 1e-5)


def test_every_nonlinearity_can_be_exported():
    assert list(PLAIN) == list(NONLINEARITIES)


@pytest.mark.parametrize("size", [1e-8, 1.0, 30.0, 500.0])
def test_the_exponential_of_an_exported_program_is_exact(size):
    A = double(N, N)
    A = (A - A.T) * size / torch.linalg.matrix_norm(A - A.T, 2)
    assert np.abs(exponential(A).numpy() - scipy.linalg.expm(A.numpy())).max() < 1e-10
