"""SequenceModel: read in, unroll, read out; the recurrent networks by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from .budget import Sized, budget_width
from .checks import number, whole_number
from .matrices import RecurrentMatrix
from .network import EURNN, LRU, NNRNN, ExpRNN, FreeRNN, Layer, OrthogonalStartRNN, RecurrentNetwork
from .network.linear import glorot_linear
from .network.rivals import gru, lstm

RECURRENTS: dict[str, Callable[..., nn.Module]] = {
    "nnrnn": NNRNN,
    "rnn": FreeRNN,
    "rnn-orth": OrthogonalStartRNN,
    "exprnn": ExpRNN,
    "eurnn": EURNN,
    "lru": LRU,
    "lstm": lstm,
    "gru": gru,
}
OF_THE_KIT = ", ".join(name for name, made in RECURRENTS.items() if isinstance(made, type))


class SequenceModel(nn.Module):
    """y_t = W h_t + c: a recurrent network reads x, a linear map reads its states.

    Parameters
    ----------
    recurrent
        "nnrnn", "rnn", "rnn-orth", "exprnn", "eurnn", "lru", "lstm", "gru", or a module that is called like
        torch.nn.RNN, time first.
    input_size, hidden_size, output_size
        Numbers of inputs, units and outputs, at least 1.
    state_noise
        σ >= 0, the standard deviation of noise inside the network: σ ξ_t with ξ ~ N(0, 1) is added to the drive, in
        training and in evaluation alike, for it belongs to the system.
    recurrent_options
        What the recurrent network takes by name, see `nnrnn_core.network`: num_layers, nonlinearity, bias, dropout,
        bidirectional, init, unit_input, generator, device, dtype, … With bidirectional=True the read-out sees both
        directions.

    Attributes
    ----------
    recurrent, readout : torch.nn.Module
        The network, and the torch.nn.Linear with W and c. An "lru" is linear in time, so that what is nonlinear of it
        stands in the read-out, before the Linear.

    Raises
    ------
    ValueError
        For an unknown name, sizes that do not fit a module that is given, and options that its network does not have.

    Examples
    --------
    >>> model = SequenceModel("nnrnn", 10, 32, 9)
    >>> outputs, state = model(torch.zeros(50, 4, 10))
    >>> outputs.shape, state.shape
    (torch.Size([50, 4, 9]), torch.Size([1, 4, 32]))
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
        input_size = whole_number("input_size", input_size, 1)
        hidden_size = whole_number("hidden_size", hidden_size, 1)
        output_size = whole_number("output_size", output_size, 1)
        state_noise = number("state_noise", state_noise, 0)
        recurrent_options = {k: v.item() if isinstance(v, np.generic) else v for k, v in recurrent_options.items()}
        where: dict[str, Any] = {name: recurrent_options.get(name) for name in ("device", "dtype")}
        self.options = {"state_noise": state_noise, **recurrent_options}
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
        if state_noise and self.layer is None:
            raise ValueError(
                f"state_noise needs a network of this kit ({OF_THE_KIT}) of one layer in one direction; "
                f"got {self.recurrent}"
            )
        self.input_size, self.hidden_size, self.output_size = input_size, hidden_size, output_size
        self.state_noise = state_noise
        width = 2 * hidden_size if getattr(self.recurrent, "bidirectional", False) else hidden_size
        drawn = {"generator": recurrent_options.get("generator"), **where}
        self.readout: nn.Module = glorot_linear(width, output_size, **drawn)
        if isinstance(self.recurrent, LRU):
            self.readout = nn.Sequential(self.recurrent.readout_unit(**drawn), self.readout)

    @classmethod
    def for_budget(cls, recurrent: str, task: Sized, parameters: int, **options: Any) -> SequenceModel:
        """The model for a task whose number of parameters, read-out included, comes nearest to a budget.

        Parameters
        ----------
        recurrent
            A name of `RECURRENTS`.
        task
            Says input_size, output_size and model_options: a task of `nnrnn_core.tasks`.
        parameters
            The budget; the paper's are 18 900 (copy), 269 000 (permuted MNIST), 1 320 000 (characters).
        options
            As for a model, in place of the task's model_options where both say something. An EURNN of the usual two
            layers has few parameters for its width, so that here it needs more: the paper's 256 complex units (512
            entries of the state) on the copy task take capacity=34.

        Returns
        -------
        SequenceModel
            Of two widths as near the narrower.

        Raises
        ------
        ValueError
            If the narrowest network has more than twice the budget, and what a model refuses.

        Examples
        --------
        >>> from nnrnn_core import tasks
        >>> SequenceModel.for_budget("exprnn", tasks.Copying(), parameters=18_900).hidden_size
        176
        """
        options = {**task.model_options, **options}
        on_meta = {**options, "device": "meta", "generator": None}  # nothing is drawn from the generator
        width = budget_width(lambda n: cls(recurrent, task.input_size, n, task.output_size, **on_meta), parameters)
        return cls(recurrent, task.input_size, width, task.output_size, **options)

    @property
    def kind(self) -> str:
        """The name in `RECURRENTS` of a recurrent of this kind; its class's own name where there is none."""
        if self.name in RECURRENTS:
            return self.name
        return next((name for name, made in RECURRENTS.items() if made is type(self.recurrent)), self.name)

    @property
    def layer(self) -> Layer | None:
        """The layer of a network of this kit that has one, in one direction; None for all others."""
        network = self.recurrent
        return network.layers[0] if isinstance(network, RecurrentNetwork) and len(network.layers) == 1 else None

    @property
    def V(self) -> RecurrentMatrix | None:
        """The recurrent matrix, a module; None where there is not one (an LSTM, several layers or directions)."""
        return None if self.layer is None else self.layer.V

    def forward(
        self,
        inputs: Float[Tensor, "time batch inputs"],
        state: Any = None,
        *,
        tap: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[Float[Tensor, "time batch outputs"], Any]:
        """Outputs at all times and the final state.

        Parameters
        ----------
        inputs
            (time, batch, input_size).
        state
            What the sequences begin with: a final state of this model, or None for 0.
        tap
            (time, batch, hidden_size), see `unroll`; a network of this kit with one layer in one direction only.
        generator
            The source of the state noise; None is torch's own.

        Returns
        -------
        outputs
            (time, batch, output_size).
        state
            The final state, which may be handed to the next call.

        Raises
        ------
        ValueError
            For a tap that the network has no one place for, and what the network itself refuses.
        """
        states, state = self.states(inputs, state, tap=tap, generator=generator)
        outputs: Tensor = self.readout(states)
        return outputs, state

    def states(
        self, inputs: Tensor, state: Any = None, *, tap: Tensor | None = None, generator: torch.Generator | None = None
    ) -> tuple[Float[Tensor, "time batch n"], Any]:
        """h_t at all times and the final state, before the read-out; arguments as in `forward`."""
        if isinstance(inputs, PackedSequence):
            raise TypeError(
                "inputs is a PackedSequence: give it to model.recurrent, and the data of its output to model.readout"
            )
        if isinstance(self.recurrent, RecurrentNetwork):
            states, state = self.recurrent(inputs, state, tap=tap, noise=self.noise(inputs, generator))
        elif tap is None:
            states, state = self.recurrent(inputs, state)
        else:
            raise ValueError(f"tap needs a network of this kit ({OF_THE_KIT}); got {self.name}")
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
            "dtype": str(next(self.readout.parameters()).dtype).removeprefix("torch."),
            "options": {k: v for k, v in options.items() if k not in own},
            "own": own if made_by_name else [self.name],
        }

    def extra_repr(self) -> str:
        return f"state_noise={self.state_noise:g}" if self.state_noise else ""


def _check_fit(module: nn.Module, input_size: int, hidden_size: int) -> None:
    """A SequenceModel is time first, and its read-out sees hidden_size units in each direction."""
    wanted = {"input_size": input_size, "hidden_size": hidden_size, "batch_first": False, "proj_size": 0}
    for name, value in wanted.items():
        if (found := getattr(module, name, value)) != value:
            raise ValueError(f"the recurrent module's {name} must be {value}; it is {found!r}")
