"""RecurrentNetwork: layers and directions around recurrent matrices of any kind, called like torch.nn.RNN."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout
from torch.nn.utils.rnn import PackedSequence

from ..device import full_precision
from ..matrices import RecurrentMatrix
from .arguments import check_as_torch
from .export import to_torch
from .layer import Layer
from .layout import Packed, Padded
from .saved import renamed, unfit

OF_THE_LAYER = ("V", "U", "activation", "added_bias", "input_matrix")  # what a network of one layer shows as its own


class RecurrentNetwork(nn.Module):
    """h_t = φ(V h_{t−1} + U x_t + b), layer upon layer, called like torch.nn.RNN.

    `NNRNN` and the networks of `nnrnn_core.network.rivals` differ in V alone, or nearly so. A network of one layer in
    one direction shows the layer's `V`, `U`, `activation`, `added_bias` and `input_matrix` as its own; of more, they
    are at `layers[i]`.

    Parameters
    ----------
    matrix
        Makes the V of each layer; see `Layer`.
    input_size, hidden_size, num_layers, nonlinearity, bias, batch_first, dropout, bidirectional
        As in torch.nn.RNN; see `NNRNN`.
    unit_input, generator, device, dtype
        As in `Layer`. `unit_input` is for the first layer, the one that reads the input.

    Attributes
    ----------
    layers : torch.nn.ModuleList of Layer
        In torch's order: the first layer forwards (and backwards, if bidirectional), then the second, …
    mode : str
        "RNN_" and the nonlinearity in capitals, as torch.nn.RNN has it.
    proj_size : int
        0: there is no projection, as in torch.nn.RNN.

    Raises
    ------
    TypeError, ValueError
        For arguments that do not fit, of the kind and with the words of torch.nn.RNN, and the value.

    Examples
    --------
    >>> from functools import partial
    >>> from nnrnn_core.matrices import FreeMatrix
    >>> network = RecurrentNetwork(partial(FreeMatrix, 8), 3, 8, num_layers=2, nonlinearity="tanh")
    >>> [layer.U.shape for layer in network.layers]
    [torch.Size([8, 3]), torch.Size([8, 8])]
    """

    _version = 2  # how a state dict names its tensors: in version 1 (the kit's 0.1) there was one layer, and no list
    layers: Sequence[Layer]  # an nn.ModuleList
    layer_kind: type[Layer] = Layer
    proj_size = 0

    def __init__(
        self,
        matrix: Callable[..., RecurrentMatrix],
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "modrelu",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        unit_input: bool = False,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        check_as_torch(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
        self.input_size, self.hidden_size, self.num_layers = int(input_size), int(hidden_size), int(num_layers)
        self.nonlinearity, self.bias, self.batch_first = nonlinearity, bias, batch_first
        self.dropout, self.bidirectional, self.unit_input = float(dropout), bidirectional, unit_input
        self._directions = 2 if bidirectional else 1
        options: dict[str, Any] = {"generator": generator, "device": device, "dtype": dtype}
        layers = []
        for depth in range(self.num_layers):
            inputs, unit = (self.hidden_size * self._directions, False) if depth else (self.input_size, unit_input)
            for _ in range(self._directions):
                layers.append(self.layer_kind(matrix, inputs, nonlinearity, bias, unit_input=unit, **options))
        self.layers = cast(Sequence[Layer], nn.ModuleList(layers))
        self._unseen = True  # whether U and V may have become 0 since they were last looked at

    @property
    def mode(self) -> str:
        return f"RNN_{self.nonlinearity.upper()}"

    @property
    def all_weights(self) -> list[list[nn.Parameter]]:
        """The parameters of each layer in each direction."""
        return [list(layer.parameters()) for layer in self.layers]

    def forward(
        self,
        input: Tensor | PackedSequence,
        hx: Tensor | None = None,
        *,
        tap: Tensor | None = None,
        noise: Tensor | None = None,
    ) -> tuple[Any, Tensor]:
        """The states of the last layer at all times, and the last states of all layers.

        Parameters
        ----------
        input
            (time, batch, input_size), or (batch, time, input_size) with `batch_first`, or one sequence
            (time, input_size), or a PackedSequence.
        hx
            (layers · directions, batch, hidden_size), or (layers · directions, hidden_size) for one sequence: what the
            sequences begin with, in the order in which they were packed. None is 0.
        tap
            (time, batch, hidden_size), see `unroll`. One layer in one direction only, and no PackedSequence.
        noise
            (time, batch, hidden_size), added to U x_t + b: a network that is noisy inside. As `tap`.

        Returns
        -------
        output
            As `input`, with directions · hidden_size last: forwards first, then backwards.
        h_n
            As `hx`.

        Raises
        ------
        ValueError
            For shapes that do not fit, another dtype than that of the parameters outside of autocast, and a tap or
            noise where there is no one place for it.

        Notes
        -----
        Under autocast the recurrence stays in the precision of the parameters: in bfloat16 P is orthogonal to 1e-3
        only.
        """
        layout, rows, h0 = self._enter(input, hx)
        for name, given in (("tap", tap), ("noise", noise)):
            if given is not None:
                self._check_one_layer(name, layout)
        if self._unseen and not torch.compiler.is_compiling():
            self._warn_if_dead()
        # an exporter would write the switching of autocast into the program
        with nullcontext() if torch.compiler.is_exporting() else full_precision(rows.device):
            return layout.leave(*self._through_layers(rows, h0, layout, tap=tap, noise=noise))

    def _through_layers(
        self, rows: Tensor, h0: Tensor, layout: Padded | Packed, **given: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """The states of the last layer, time first, and the last states of all layers."""
        last: list[Tensor] = []
        for depth in range(self.num_layers):
            if depth:
                rows = self.between(rows, depth)
            if depth and self.dropout:
                rows = dropout(rows, self.dropout, self.training)
            found = []
            for backwards in range(self._directions):
                layer, start = self.layers[len(last)], h0[len(last)]
                states, end = layer(layout.backwards(rows) if backwards else rows, start, layout.runs, **given)
                found.append(layout.backwards(states) if backwards else states)
                last.append(end)
            rows = torch.cat(found, -1) if self.bidirectional else found[0]
        return rows, torch.stack(last)

    def between(self, states: Tensor, depth: int) -> Tensor:
        """What layer `depth`, from 1, reads: the states of the layer before it."""
        return states

    def final_state(self, input: Tensor, hx: Tensor | None = None, *, segments: int | None = None) -> Tensor:
        """h_n of `forward` without the states before it, in the memory of √time states if wanted.

        Parameters
        ----------
        input, hx
            As in `forward`; no PackedSequence.
        segments
            k, from 1 to the time: the sequence is cut into k parts, and of each only the state it begins with is kept;
            the way back computes its drive and its states again. The memory is O(time / k + k) states, least at
            k = √time, for about one more pass forwards. None keeps all states.

        Returns
        -------
        Tensor
            (1, batch, hidden_size) or (1, hidden_size).

        Raises
        ------
        ValueError
            For other `segments`, a PackedSequence, and a network of several layers or directions.
        RuntimeError
            From torch.func.grad with `segments`: it takes no checkpoints. `backward` and `grad` do.
        """
        layout, rows, h0 = self._enter(input, hx)
        self._check_one_layer("final_state", layout)
        with full_precision(rows.device):
            h = self.layers[0].last_state(rows, h0[0], segments)
        return h[None] if layout.batched else h

    def to_torch(self) -> nn.RNN:
        """The torch.nn.RNN with the same weights, for whatever takes torch's own.

        Returns
        -------
        torch.nn.RNN
            weight_ih = U, weight_hh = V, bias_ih = the bias, bias_hh = 0: copies, in the same mode (train or eval), of
            the same dtype and on the same device.

        Raises
        ------
        ValueError
            For "modrelu" and "identity", which torch.nn.RNN does not have.

        Examples
        --------
        >>> from nnrnn_core import NNRNN
        >>> ours, x = NNRNN(3, 8, nonlinearity="tanh"), torch.randn(5, 2, 3)
        >>> torch.allclose(ours.to_torch()(x)[0], ours(x)[0], atol=1e-6)
        True
        """
        return to_torch(self)

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw all parameters anew, as a new network draws them; buffers such as V's scale start again too."""
        for layer in self.layers:
            layer.reset_parameters(generator)
        self._unseen = True

    def flatten_parameters(self) -> None:
        """Nothing to do; here because callers of torch.nn.RNN call it."""

    def apply(self, fn: Callable[[nn.Module], None]) -> RecurrentNetwork:
        """`fn` on each module, as everywhere in torch; the next forward looks whether it left the network alive."""
        self._unseen = True
        return super().apply(fn)

    def extra_repr(self) -> str:
        usual = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False}
        options = [f"{name}={getattr(self, name)}" for name, value in usual.items() if getattr(self, name) != value]
        return ", ".join([f"{self.input_size}, {self.hidden_size}, nonlinearity={self.nonlinearity!r}", *options])

    def __getattr__(self, name: str) -> Any:
        """V and the like of the only layer (nn.Module asks here for what it does not find)."""
        if name not in OF_THE_LAYER:
            return super().__getattr__(name)
        return getattr(self._only_layer(name), name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in OF_THE_LAYER:
            setattr(self._only_layer(name), name, value)
        else:
            super().__setattr__(name, value)

    def _only_layer(self, name: str) -> nn.Module:
        layers = self.__dict__.get("_modules", {}).get("layers", [])
        if len(layers) == 1:
            only: nn.Module = layers[0]
            return only
        raise AttributeError(
            f"a {type(self).__name__} of {len(layers)} layers and directions has no one {name}: take layers[i].{name}"
        )

    def _check_one_layer(self, name: str, layout: Padded | Packed) -> None:
        if len(self.layers) > 1 or isinstance(layout, Packed):
            raise ValueError(
                f"{name} needs one layer in one direction and a tensor as input; this network has {len(self.layers)}, "
                f"the input is {type(layout).__name__.lower()}: take a network of one layer, and pad the sequences"
            )

    def _enter(self, input: Tensor | PackedSequence, hx: Tensor | None) -> tuple[Padded | Packed, Tensor, Tensor]:
        """The layout, the inputs time first, and the initial states (layers · directions, batch, hidden_size)."""
        layout = Packed(input) if isinstance(input, PackedSequence) else Padded(input, self.batch_first)
        if layout.inputs.shape[-1] != self.input_size:
            raise ValueError(
                f"input must have input_size = {self.input_size} features last; got {tuple(layout.inputs.shape[-1:])}"
            )
        rows = self._in_own_precision("input", layout.inputs)
        expected = (len(self.layers), layout.batch, self.hidden_size)
        if hx is None:
            return layout, rows, rows.new_zeros(expected)
        wanted = expected if layout.batched else (expected[0], expected[2])
        if hx.shape != wanted:
            raise ValueError(
                f"hx must be {wanted}, ({self.num_layers} layers · {self._directions} directions, "
                f"{'batch, ' if layout.batched else ''}hidden_size); got {tuple(hx.shape)}"
            )
        return layout, rows, layout.enter(self._in_own_precision("hx", hx))

    def _in_own_precision(self, name: str, tensor: Tensor) -> Tensor:
        dtype, kind = self.layers[0].U.dtype, tensor.device.type
        if tensor.dtype == dtype:
            return tensor
        if not (torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)):
            raise ValueError(  # the kind and the words of torch.nn.RNN
                f"{type(self).__name__} {name} dtype ({tensor.dtype}) does not match weight dtype ({dtype}). "
                f"Convert {name}: {name}.to({dtype}), or convert model: model.to({tensor.dtype}), or use autocast"
            )
        return tensor.to(dtype)

    def _warn_if_dead(self) -> None:
        self._unseen = False
        dead = [i for i, layer in enumerate(self.layers) if layer.is_dead()]
        if dead:
            warnings.warn(
                f"V and U of layers {dead} of this {type(self).__name__} are both 0: no state depends on the input, "
                "and with modReLU or ReLU no gradient ever changes that. An initialisation that zeroes what is not "
                'called "weight" does it; afterwards call reset_parameters() of this network, or leave it out',
                UserWarning,
                stacklevel=5,  # the caller of the module
            )

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: Any, strict: bool, *rest: Any
    ) -> None:
        renamed(state_dict, prefix)
        self._unseen = True
        if reason := unfit(self, state_dict, prefix, local_metadata.get("version")):
            rest[-1].append(reason)  # torch's list of error messages
            return
        super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, *rest)
