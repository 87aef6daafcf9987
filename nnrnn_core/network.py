"""NNRNN, the drop-in for torch.nn.RNN, its rivals, and SequenceModel: read in, unroll, read out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence
from torch.utils.checkpoint import checkpoint

from .activations import NONLINEARITIES, Activation
from .arrays import product
from .device import full_precision
from .orthogonal import Initialiser, OrthogonalMatrix, check_size, uniform
from .recurrence import unroll
from .recurrent import FreeMatrix, RecurrentMatrix
from .schur import SchurMatrix


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
        check_size("input_size", input_size)
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
        check_size("hidden_size", hidden_size)
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


def _lstm(input_size: int, hidden_size: int, *, generator: torch.Generator | None = None, **options: Any) -> nn.LSTM:
    """torch's LSTM, its weights drawn Glorot-normal from the generator, its forget gates open at the start."""
    if wrong := [name for name in ("nonlinearity", "unit_input") if name in options]:
        raise ValueError(
            f"an LSTM has no {' or '.join(wrong)}: it cannot be the linear network that this task's theorem is about; "
            "choose nnrnn, rnn or exprnn"
        )
    lstm = nn.LSTM(input_size, hidden_size, **options)
    with torch.no_grad():
        for name, weight in lstm.named_parameters():
            if "weight" in name:
                nn.init.xavier_normal_(weight, generator=generator)
            else:
                weight.zero_()
        if lstm.bias:
            forget: Tensor = lstm.get_parameter("bias_ih_l0")[hidden_size : 2 * hidden_size]
            forget.fill_(1)
    return lstm


RECURRENTS: dict[str, Callable[..., nn.Module]] = {"nnrnn": NNRNN, "rnn": FreeRNN, "exprnn": ExpRNN, "lstm": _lstm}


class SequenceModel(nn.Module):
    """y_t = W h_t + c, h the states of a recurrent network that reads x.

    recurrent    "nnrnn", "rnn", "exprnn", "lstm", or a module called like torch.nn.RNN (time first)
    state_noise  standard deviation σ of noise inside the network, σ ξ_t added to the drive, ξ ~ N(0, 1), >= 0;
                 drawn in training and in evaluation alike, for it belongs to the system
    options      go to the recurrent network: nonlinearity, bias, init, unit_input, generator, device, dtype …
    """

    def __init__(
        self,
        recurrent: str | nn.Module,
        input_size: int,
        hidden_size: int,
        output_size: int,
        *,
        state_noise: float = 0.0,
        **recurrent_options: Any,
    ) -> None:
        super().__init__()
        for size_name, size in (("input_size", input_size), ("hidden_size", hidden_size), ("output_size", output_size)):
            check_size(size_name, size)
        if isinstance(state_noise, bool) or not (0 <= state_noise < math.inf):
            raise ValueError(f"state_noise must be a finite number of at least 0; got {state_noise!r}")
        where: dict[str, Any] = {name: recurrent_options.get(name) for name in ("device", "dtype")}
        self.options = {"state_noise": float(state_noise), **recurrent_options}
        if isinstance(recurrent, nn.Module):
            self.name = type(recurrent).__name__
            if recurrent_options:
                given = ", ".join(recurrent_options)
                raise ValueError(f"options {given} belong to a recurrent given by name; this one is made already")
            self.recurrent = recurrent
        elif recurrent in RECURRENTS:
            self.name = recurrent
            self.recurrent = RECURRENTS[recurrent](input_size, hidden_size, **recurrent_options)
        else:
            raise ValueError(f"recurrent must be one of {', '.join(RECURRENTS)} or a module; got {recurrent!r}")
        _check_fit(self.recurrent, input_size, hidden_size)
        if state_noise and not isinstance(self.recurrent, RecurrentNetwork):
            raise ValueError(f"state_noise needs a network of this kit (nnrnn, rnn, exprnn); got {self.name}")
        self.input_size, self.hidden_size, self.output_size = input_size, hidden_size, output_size
        self.state_noise = float(state_noise)
        self.readout = nn.Linear(hidden_size, output_size, **where)
        self._draw_readout(recurrent_options.get("generator"))

    @torch.no_grad()
    def _draw_readout(self, generator: torch.Generator | None) -> None:
        weight = self.readout.weight
        drawn = torch.empty(weight.shape, dtype=weight.dtype, device=generator.device if generator else "cpu")
        weight.copy_(nn.init.xavier_normal_(drawn, generator=generator))
        self.readout.bias.zero_()

    @property
    def V(self) -> RecurrentMatrix | None:
        """The recurrent matrix, a module; None where there is none (an LSTM)."""
        return self.recurrent.V if isinstance(self.recurrent, RecurrentNetwork) else None

    def forward(
        self,
        inputs: Float[Tensor, "time batch inputs"],
        state: Any = None,
        *,
        tap: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[Float[Tensor, "time batch outputs"], Any]:
        """Outputs at all times and the final state, which may be handed to the next call.

        tap (time, batch, hidden_size): see `unroll`. generator: the source of the state noise; None is torch's own.
        """
        states, state = self.states(inputs, state, tap=tap, generator=generator)
        return self.readout(states), state

    def states(
        self, inputs: Tensor, state: Any = None, *, tap: Tensor | None = None, generator: torch.Generator | None = None
    ) -> tuple[Float[Tensor, "time batch n"], Any]:
        """h_t at all times and the final state, before the read-out; arguments as in `forward`."""
        if isinstance(self.recurrent, RecurrentNetwork):
            states, state = self.recurrent(inputs, state, tap=tap, noise=self.noise(inputs, generator))
        elif tap is None:
            states, state = self.recurrent(inputs, state)
        else:
            raise ValueError(f"tap needs a network of this kit (nnrnn, rnn, exprnn); got {self.name}")
        return states, state

    def noise(self, inputs: Tensor, generator: torch.Generator | None) -> Float[Tensor, "time batch n"] | None:
        """σ ξ_t for all times of these inputs; None where σ = 0."""
        if not self.state_noise:
            return None
        shape = (*inputs.shape[:2], self.hidden_size)
        source = generator.device if generator else inputs.device
        drawn = torch.randn(shape, generator=generator, device=source, dtype=inputs.dtype)
        return self.state_noise * drawn.to(inputs.device)

    def spec(self) -> dict[str, Any]:
        """Name, size, dtype and options, plain values: what a model of the same kind is made from. `own` names the
        options that plain values cannot tell (a callable initialiser)."""
        made_by_name = self.name in RECURRENTS
        options = {k: v for k, v in self.options.items() if k not in ("generator", "device", "dtype")}
        own = [k for k, v in options.items() if not isinstance(v, str | int | float | bool | None)]
        return {
            "recurrent": self.name,
            "hidden_size": self.hidden_size,
            "dtype": str(self.readout.weight.dtype).removeprefix("torch."),
            "options": {k: v for k, v in options.items() if k not in own},
            "own": own if made_by_name else [self.name],
        }

    def extra_repr(self) -> str:
        return f"state_noise={self.state_noise:g}" if self.state_noise else ""


def _check_fit(module: nn.Module, input_size: int, hidden_size: int) -> None:
    """A SequenceModel is time first, and its read-out sees hidden_size units."""
    wanted = {"input_size": input_size, "hidden_size": hidden_size, "batch_first": False, "bidirectional": False}
    for name, value in wanted.items():
        if (found := getattr(module, name, value)) != value:
            raise ValueError(f"the recurrent module's {name} must be {value}; it is {found!r}")
