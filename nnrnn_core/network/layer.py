"""One layer in one direction: h_t = φ(V h_{t−1} + U x_t + b)."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..checks import switch
from ..matrices import RecurrentMatrix
from ..matrices.orthogonal import at_least_float32, uniform
from ..recurrence import unroll
from ..recurrence.activations import NONLINEARITIES, WITH_OWN_BIAS, Activation
from ..recurrence.arrays import product
from ..torch_internals import is_wrapped, opaque
from .export import Run, written_out
from .layout import Runs


class Layer(nn.Module):
    """h_t = φ(V h_{t−1} + U x_t + b) (paper, eq. 1): one layer of a network, in one direction.

    With modReLU, real or complex, the bias is its b, and nothing is added to U x. The tensors are time first; batches
    that are first, packed sequences and several layers are the business of `RecurrentNetwork`.

    Parameters
    ----------
    matrix
        Makes V: called with `generator`, `device` and `dtype` by name, such as
        `functools.partial(SchurMatrix, 8, "henaff")`.
    input_size
        Number of inputs, at least 1.
    nonlinearity
        φ: "modrelu", "tanh", "relu", "identity", or "complex-modrelu", whose units are pairs of entries of the state.
    bias
        Whether there is a bias. modReLU needs one.
    unit_input
        Whether each column of U is divided by its norm, so that an input enters with a strength that the network
        cannot change.
    generator, device, dtype
        As everywhere in torch. U is Glorot-normal, the bias 0, or U(−0.01, 0.01) with modReLU.

    Raises
    ------
    ValueError
        For an unknown nonlinearity, and for modReLU without a bias.

    Examples
    --------
    >>> from functools import partial
    >>> from nnrnn_core import SchurMatrix
    >>> layer = Layer(partial(SchurMatrix, 8), input_size=3, nonlinearity="tanh")
    >>> layer.V().shape, layer.U.shape, layer.bias.shape
    (torch.Size([8, 8]), torch.Size([8, 3]), torch.Size([8]))
    """

    V: RecurrentMatrix
    bias: nn.Parameter | None

    def __init__(
        self,
        matrix: Callable[..., RecurrentMatrix],
        input_size: int,
        nonlinearity: str,
        bias: bool = True,
        *,
        unit_input: bool = False,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if nonlinearity not in NONLINEARITIES:
            raise ValueError(f"nonlinearity must be one of {', '.join(NONLINEARITIES)}; got {nonlinearity!r}")
        switch("unit_input", unit_input)
        self._matrix = matrix
        self.V = matrix(generator=generator, device=device, dtype=dtype)
        n = self.V.size
        self.input_size, self.hidden_size, self.nonlinearity, self.unit_input = input_size, n, nonlinearity, unit_input
        self.U = nn.Parameter(torch.empty(n, input_size, device=device, dtype=dtype))
        width = WITH_OWN_BIAS.get(nonlinearity, 1)
        if n % width:
            raise ValueError(f"hidden_size must be even for {nonlinearity}, whose units are pairs; got {n}")
        b = nn.Parameter(torch.empty(n // width, device=device, dtype=dtype)) if bias else None
        self.register_parameter("bias", b)
        self._draw(generator)
        _ = self.activation  # a combination that cannot run says so now

    @torch.no_grad()
    def _draw(self, generator: torch.Generator | None) -> None:
        """U and the bias as they are at the start."""
        n, dtype = self.hidden_size, self.U.dtype
        source = generator.device if generator else "cpu"
        drawn = torch.randn(self.U.shape, generator=generator, dtype=at_least_float32(dtype), device=source)
        self.U.copy_(drawn.to("cpu") * math.sqrt(2 / (n + self.input_size)))
        width = 0.01 if self.nonlinearity in WITH_OWN_BIAS else 0.0  # near the identity: copy needs it (paper, A.1)
        start = uniform(
            n // WITH_OWN_BIAS.get(self.nonlinearity, 1), -width, width, generator, dtype
        )  # drawn also without a bias: one seed, one U and V
        if self.bias is not None:
            self.bias.copy_(start)

    @torch.no_grad()
    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw V, U and the bias anew, as a new layer draws them; buffers such as V's scale start again too."""
        fresh = self._matrix(generator=generator, device="cpu", dtype=self.U.dtype)
        assert isinstance(fresh, nn.Module) and isinstance(self.V, nn.Module)
        self.V.load_state_dict(fresh.state_dict())
        self._draw(generator)

    @property
    def activation(self) -> Activation:
        """φ, with this layer's bias where it has a parameter."""
        return NONLINEARITIES[self.nonlinearity](self.bias)

    @property
    def added_bias(self) -> Tensor | None:
        """The bias as a part of the drive; None with a modReLU, which has it as its own b."""
        return None if self.nonlinearity in WITH_OWN_BIAS else self.bias

    def input_matrix(self) -> Float[Tensor, "n inputs"]:
        """U as it acts: with columns of norm 1 if `unit_input`, except for one that is 0."""
        if not self.unit_input:
            return self.U
        lengths = self.U.norm(dim=0)
        return self.U / torch.where(lengths > 0, lengths, 1)

    def forward(
        self, inputs: Tensor, h0: Tensor, runs: Runs, *, tap: Tensor | None = None, noise: Tensor | None = None
    ) -> tuple[Tensor, Float[Tensor, "batch n"]]:
        """All states, laid out as the inputs, and the last state of each sequence.

        Parameters
        ----------
        inputs
            (time, batch, input_size), or (rows, input_size), one run after another.
        h0
            (batch, n), the states that the sequences begin with.
        runs
            (steps, batch) of each stretch of time in which no sequence ends, the batch never growing: a sequence that
            has ended is the last of the batch and is left out of the next run.
        tap, noise
            (time, batch, n): the tap of `unroll`, and what is added to the drive. With one run only.
        """
        drive, run = written_out(self, inputs) if torch.compiler.is_exporting() else self._by_unroll(inputs)
        if noise is not None:
            drive = drive + noise
        if len(runs) == 1:
            states = run(drive.view(*runs[0], self.hidden_size), h0, tap)
            return states.view(drive.shape), states[-1]
        parts, ended, h = [], [], h0
        for part, (steps, batch) in zip(drive.split([steps * batch for steps, batch in runs]), runs, strict=True):
            ended.append(h[batch:])
            parts.append(run(part.view(steps, batch, -1), h[:batch]))
            h = parts[-1][-1]
        return torch.cat([part.flatten(0, 1) for part in parts]), torch.cat([h, *reversed(ended)])

    def _by_unroll(self, inputs: Tensor) -> tuple[Tensor, Run]:
        """The drive at all times, and the recurrence, a function of the drive, h_0 and the tap."""
        V, phi = self.V(), self.activation
        drive = _drive(inputs, self.input_matrix(), self.added_bias)
        return drive, lambda drive, h0, tap=None: unroll(drive, V, h0, phi, tap)

    def last_state(self, inputs: Tensor, h0: Tensor, segments: int | None) -> Float[Tensor, "batch n"]:
        """The last state alone; see `RecurrentNetwork.final_state`."""
        counts = isinstance(segments, Integral) and not isinstance(segments, bool)
        if segments is not None and not (counts and 1 <= segments <= len(inputs)):
            raise ValueError(
                f"segments must be a whole number from 1 to the time, here {len(inputs)}; got {segments!r}: "
                "take about the root of the time, or None to keep all states"
            )
        # all made here: on the way back the module may hold other parameters (functional_call)
        given = self.input_matrix(), self.added_bias, self.V(), self.activation
        if segments is None:
            return _last_state(inputs, h0, *given)
        for part in inputs.tensor_split(segments):
            h0 = checkpoint(_last_state, part, h0, *given, use_reentrant=False, preserve_rng_state=False)
        return h0

    @opaque  # a compiler cannot decide by numbers
    @torch.no_grad()
    def is_dead(self) -> bool:
        """Whether U and V are both 0; False where their numbers cannot be read (the meta device, torch.func)."""
        U = self.U
        plain = type(U) in (Tensor, nn.Parameter) and not is_wrapped(U)
        return plain and U.device.type != "meta" and not bool(U.any()) and not bool(self.V().any())

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
