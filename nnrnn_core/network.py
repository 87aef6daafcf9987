"""NNRNN, the drop-in for torch.nn.RNN, and the free and the orthogonal network beside it."""

from __future__ import annotations

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence
from torch.utils.checkpoint import checkpoint

from .checks import whole
from .device import full_precision
from .matrices import FreeMatrix, OrthogonalMatrix, RecurrentMatrix, SchurMatrix
from .matrices.orthogonal import Initialiser, uniform
from .recurrence import unroll
from .recurrence.activations import NONLINEARITIES, Activation
from .recurrence.arrays import product


class RecurrentNetwork(nn.Module):
    """h_t = φ(V h_{t−1} + U x_t + b) around a given recurrent matrix V (paper, eq. 1); called like torch.nn.RNN.

    With modReLU the bias is its b, and nothing is added to U x. `unit_input` divides each column of U by its norm,
    so that an input enters with a strength the network cannot change.
    """

    V: RecurrentMatrix
    bias: nn.Parameter | None

    def __init__(
        self,
        V: RecurrentMatrix,
        input_size: int,
        nonlinearity: str,
        bias: bool,
        batch_first: bool,
        *,
        unit_input: bool = False,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        whole("input_size", input_size, 1)
        if nonlinearity not in NONLINEARITIES:
            raise ValueError(f"nonlinearity must be one of {', '.join(NONLINEARITIES)}; got {nonlinearity!r}")
        dtype = dtype or torch.get_default_dtype()
        n = V.size
        self.input_size, self.hidden_size, self.nonlinearity = input_size, n, nonlinearity
        self.batch_first, self.unit_input = batch_first, unit_input
        self.V = V
        source = generator.device if generator else "cpu"
        glorot = torch.randn(n, input_size, generator=generator, dtype=dtype, device=source)
        self.U = nn.Parameter(glorot.to(device) * math.sqrt(2 / (n + input_size)))
        width = 0.01 if nonlinearity == "modrelu" else 0.0  # near the identity at the start: copy needs it (paper, A.1)
        start = uniform(n, -width, width, generator, dtype).to(device)
        self.register_parameter("bias", nn.Parameter(start) if bias else None)
        _ = self.activation  # a combination that cannot run says so now

    @property
    def activation(self) -> Activation:
        """φ, with this network's bias where it has a parameter."""
        return NONLINEARITIES[self.nonlinearity](self.bias)

    def input_matrix(self) -> Float[Tensor, "n inputs"]:
        """U, its columns at norm 1 if `unit_input`."""
        return self.U / self.U.norm(dim=0) if self.unit_input else self.U

    def forward(
        self, input: Tensor, h_0: Tensor | None = None, *, tap: Tensor | None = None, noise: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """input (time, batch, input_size), or (batch, time, …) with batch_first, or (time, input_size) unbatched
        -> output of the same layout with hidden_size last, and h_n (1, batch, hidden_size) or (1, hidden_size).

        h_0    as h_n; zeros if None
        tap    (time, batch, hidden_size), see `unroll`
        noise  (time, batch, hidden_size), added to U x_t + b: a network that is noisy inside
        Under autocast the recurrence stays in the parameters' precision: in bfloat16 P is orthogonal only to 1e-3.
        """
        inputs, h0, batched = self._time_first(input, h_0)
        with full_precision(inputs.device):
            drive = _drive(inputs, self.input_matrix(), self.added_bias)
            if noise is not None:
                drive = drive + noise
            states = unroll(drive, self.V(), h0, self.activation, tap)
        last = states[-1:]
        if not batched:
            return states[:, 0], last[:, 0]
        return (states.transpose(0, 1) if self.batch_first else states), last

    def final_state(self, input: Tensor, h_0: Tensor | None = None, *, segments: int | None = None) -> Tensor:
        """h_n of `forward`, (1, batch, hidden_size) or (1, hidden_size), without the states before it.

        input, h_0  as in `forward`
        segments    k, from 1 to the time: the sequence is cut into k parts, and of each only the state it begins with
                    is kept; the way back computes its drive and its states again. The memory is O(time / k + k)
                    states, least at k = √time, for about one more pass forwards. None keeps all states.
        Raises ValueError for other `segments`. With k the gradient is autograd's `backward` or `grad`:
        torch.func.grad takes no checkpoints, and raises RuntimeError.
        """
        inputs, h, batched = self._time_first(input, h_0)
        whole = isinstance(segments, int) and not isinstance(segments, bool)
        if segments is not None and not (whole and 1 <= segments <= len(inputs)):
            raise ValueError(
                f"segments must be a whole number from 1 to the time, here {len(inputs)}; got {segments!r}: "
                "take about the root of the time, or None to keep all states"
            )
        with full_precision(inputs.device):
            # all made here: on the way back the module may hold other parameters (functional_call)
            given = self.input_matrix(), self.added_bias, self.V(), self.activation
            if segments is None:
                h = _last_state(inputs, h, *given)
            for part in inputs.tensor_split(segments) if segments else ():
                h = checkpoint(_last_state, part, h, *given, use_reentrant=False, preserve_rng_state=False)
        return h[None] if batched else h

    @property
    def added_bias(self) -> Tensor | None:
        """The bias as a part of the drive; modReLU has it as its own."""
        return None if self.nonlinearity == "modrelu" else self.bias

    def _time_first(self, input: Tensor, h_0: Tensor | None) -> tuple[Tensor, Tensor, bool]:
        """Input as (time, batch, input_size), initial state as (batch, hidden_size), and whether there was a batch."""
        if isinstance(input, PackedSequence):
            raise TypeError("input is a PackedSequence; pad the sequences (pad_packed_sequence) and mask the loss")
        if input.dim() not in (2, 3) or input.shape[-1] != self.input_size:
            raise ValueError(f"input must be 2-D or 3-D with {self.input_size} features last; got {tuple(input.shape)}")
        batched = input.dim() == 3
        inputs = input.unsqueeze(1) if not batched else input.transpose(0, 1) if self.batch_first else input
        if inputs.shape[0] < 1:
            raise ValueError(f"input must have at least one time step; got {tuple(input.shape)}")
        inputs = self._in_own_precision("input", inputs)
        if h_0 is None:
            return inputs, inputs.new_zeros(inputs.shape[1], self.hidden_size), batched
        expected = (1, inputs.shape[1], self.hidden_size) if batched else (1, self.hidden_size)
        if h_0.shape != expected:
            raise ValueError(f"h_0 must be {expected}; got {tuple(h_0.shape)}")
        return inputs, self._in_own_precision("h_0", h_0)[0] if batched else self._in_own_precision("h_0", h_0), batched

    def _in_own_precision(self, name: str, tensor: Tensor) -> Tensor:
        dtype = self.U.dtype
        if tensor.dtype == dtype:
            return tensor
        kind = tensor.device.type
        if not (torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)):
            raise TypeError(f"{name} is {tensor.dtype}, the network {dtype}: convert one of them, or use autocast")
        return tensor.to(dtype)

    def flatten_parameters(self) -> None:
        """Nothing to do; here because callers of torch.nn.RNN call it."""

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}, nonlinearity={self.nonlinearity!r}"


def _drive(inputs: Tensor, U: Tensor, bias: Tensor | None) -> Tensor:
    """U x_t + b at all times."""
    drive: Tensor = product(inputs, U.T)
    return drive if bias is None else drive.add(bias)


def _last_state(
    inputs: Tensor, h0: Tensor, U: Tensor, bias: Tensor | None, V: Tensor, activation: Activation
) -> Float[Tensor, "batch n"]:
    # a copy: a view would hold the memory of all states
    states: Tensor = unroll(_drive(inputs, U, bias), V, h0, activation)
    return states[-1].clone()


def _refuse(num_layers: int, dropout: float, bidirectional: bool) -> None:
    """What torch.nn.RNN takes and these networks do not do."""
    if num_layers != 1:
        raise ValueError(f"num_layers must be 1; got {num_layers!r}: for more, feed one network's output to the next")
    if dropout != 0:
        raise ValueError(f"dropout must be 0; got {dropout!r}: it acts between layers, put nn.Dropout there")
    if bidirectional:
        raise ValueError("bidirectional must be False: run a second network on input.flip(0) and join the outputs")


class NNRNN(RecurrentNetwork):
    """h_t = φ(V h_{t−1} + U x_t), V = P (Λ + s T) Pᵀ: the non-normal RNN (paper, eqs 1 and 4), a drop-in for nn.RNN.

    Positions and shapes as in torch.nn.RNN. `hidden_size` is even. `init` is P's (see `SchurMatrix`). With modReLU,
    the default, `bias` is its b; other nonlinearities add the bias to U x. num_layers > 1, dropout, bidirectional and
    packed sequences are errors. Where the last state of a long sequence is all that is wanted, `final_state` gives it
    in the memory of √time states.

    >>> output, h_n = NNRNN(10, 32)(torch.zeros(50, 4, 10))
    >>> output.shape, h_n.shape
    (torch.Size([50, 4, 32]), torch.Size([1, 4, 32]))
    """

    V: SchurMatrix

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "modrelu",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        init: str | Initialiser = "cayley",
        mask: str = "block",
        unit_input: bool = False,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        _refuse(num_layers, dropout, bidirectional)
        whole("hidden_size", hidden_size, 1)
        if hidden_size % 2:
            raise ValueError(f"hidden_size must be even to hold 2×2 blocks; got {hidden_size}")
        V = SchurMatrix(hidden_size, init, generator, device, dtype, mask=mask)
        where: dict[str, Any] = {"generator": generator, "device": device, "dtype": dtype}
        super().__init__(V, input_size, nonlinearity, bias, batch_first, unit_input=unit_input, **where)


class FreeRNN(RecurrentNetwork):
    """h_t = φ(V h_{t−1} + U x_t + b) with every entry of V free: the vanilla RNN, by default tanh (as in the paper)."""

    def __init__(
        self, input_size: int, hidden_size: int, *, nonlinearity: str = "tanh", bias: bool = True, **options: Any
    ) -> None:
        where = {name: options.get(name) for name in ("generator", "device", "dtype")}
        super().__init__(FreeMatrix(hidden_size, **where), input_size, nonlinearity, bias, False, **options)


class ExpRNN(RecurrentNetwork):
    """h_t = φ(V h_{t−1} + U x_t), V = V₀ exp(A − Aᵀ): the orthogonal RNN (Lezcano-Casado & Martínez-Rubio 2019)."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        nonlinearity: str = "modrelu",
        bias: bool = True,
        init: str | Initialiser = "henaff",
        **options: Any,
    ) -> None:
        where = {name: options.get(name) for name in ("generator", "device", "dtype")}
        V = OrthogonalMatrix(hidden_size, init, **where)
        super().__init__(V, input_size, nonlinearity, bias, False, **options)
