"""Training and its generator `train`: a batch, its gradients, an update."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from ..backpropagation import Backpropagation, tensor_places
from ..matrices import OrthogonalMatrix, SchurMatrix
from ..matrices.orthogonal import tangent_space, to_base
from ..network import RecurrentNetwork
from ..recurrence import total_gradients
from ..sequence_model import SequenceModel
from ..settings import Settings
from ..tasks import Batch, Task
from ..threads import threads
from . import checkpoint
from .optimisation import OPTIMISERS, hold_back
from .records import Step, norms, spectrum

EXPLODED = 1e3
POLISH = 8  # steps from one Newton-Schulz step on P to the next: the rounding of so few updates is as small as one's


class Diverged(ArithmeticError):
    """The loss or its gradient is not finite. The parameters are again the last good ones, the optimiser is empty.

    Good is a loss of at most EXPLODED times the task's baseline: a run is usually lost some steps before infinity.
    """

    def __init__(self, index: int, what: str) -> None:
        super().__init__(
            f"step {index}: the {what} is not finite; the parameters are those of the last good step. "
            "Lower the learning rates (half of each is a first try) and go on"
        )
        self.index = index


class Training:
    """Minimises task loss + δ‖γ − 1‖² over the model's parameters, one batch a step (paper, eq. 5).

    model     a SequenceModel whose sizes are the task's
    task      a task of `nnrnn_core.tasks`
    settings  Settings, or None for the task's own for this kind of model; may be changed between steps
    seed      of the batches and of the state noise; the model's own start is its maker's business

    P is moved in its tangent space and re-based after every update. Same seed, same model, same settings: the same
    run, bit for bit, on one machine with one number of threads.
    """

    def __init__(self, model: SequenceModel, task: Task, settings: Settings | None = None, seed: int = 0) -> None:
        for name in ("input_size", "output_size"):
            if getattr(model, name) != getattr(task, name):
                raise ValueError(f"{name} of the model is {getattr(model, name)}, of {task.name} {getattr(task, name)}")
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise ValueError(f"seed must be a whole number; got {seed!r}")
        self.model, self.task, self.seed = model, task, seed
        self.settings = (settings or task.settings_for(model.name)).replace()
        self.index = 0
        self.state: Any = None
        self.batches = torch.Generator().manual_seed(seed)
        self.noise = torch.Generator().manual_seed(seed + 1)
        self._backpropagation = Backpropagation(model)
        self._optimiser = OPTIMISERS[self.settings.optimiser](model)
        self._optimiser_name = self.settings.optimiser
        self._modules = list(model.modules())
        rebase(self._modules)
        self._live = _live(model)
        self._good = {name: tensors[key].detach().clone() for name, tensors, key in self._live}
        self._before = self._position()

    def step(self, *, late: bool = False) -> Step:
        """One batch, one update. late: also the gradient of the last loss term.

        Raises Diverged if loss or gradient is not finite.
        """
        settings = copy.copy(self.settings)  # it may change while the step runs
        before = self._position()
        with threads(settings.threads):
            batch = self.task.sample(settings.batch_size, self.batches, self.index)
            record, self.state = self._forward_and_backward(batch, settings, late)
            reached = "loss" if not math.isfinite(record.loss) else self._update(settings, record.loss)
        if reached:  # as if the step had not been tried, so that a run that was helped on replays exactly
            self._return_to(before)
            self.restore_last_good()
            raise Diverged(self.index + 1, reached)
        self.index += 1
        self._before = before
        return record

    @torch.no_grad()
    def probe(self, *, whole: bool = True) -> Step:
        """The record of the network as it is now, on the batch and the noise of the last step (before the first, of
        the first): nothing is updated, no generator moves, no parameter's gradient is computed. whole=False leaves
        out `gradient_norms`, which costs a sweep through time."""
        now, index = self._position(), self.index
        settings = self.settings.replace()
        self._return_to(self._before)
        try:
            with threads(settings.threads), tangent_space(self.model):
                batch = self.task.sample(settings.batch_size, self.batches, max(0, index - 1))
                batch = batch.to(next(self.model.parameters()))
                states, _ = self.model.states(batch.inputs, self._carried(batch), generator=self.noise)
                return self._record(index, states, batch, whole)
        finally:
            self._return_to(now)

    def _record(self, index: int, states: Tensor, batch: Batch, with_whole: bool) -> Step:
        with torch.enable_grad():
            outputs = self.model.readout(states.requires_grad_())
            loss = self.task.loss(outputs, batch)
        whole = self._norms_of(batch, outputs, states) if with_whole else None
        late = self._norms_of(batch.last(), outputs, states)
        return self._step(index, float(loss.detach()), outputs, states, batch, whole, late)

    def _position(self) -> tuple[Tensor, Tensor, Any]:
        return self.batches.get_state(), self.noise.get_state(), self.state

    def _return_to(self, position: tuple[Tensor, Tensor, Any]) -> None:
        self.batches.set_state(position[0])
        self.noise.set_state(position[1])
        self.state = position[2]

    def _forward_and_backward(self, batch: Batch, settings: Settings, late: bool) -> tuple[Step, Any]:
        model = self.model
        batch = batch.to(next(model.parameters()))
        if settings.optimiser != self._optimiser_name:
            self._optimiser = OPTIMISERS[settings.optimiser](model)
            self._optimiser_name = settings.optimiser
        if self._backpropagation.takes():
            return self._by_hand(batch, settings, late)
        for parameter in model.parameters():
            parameter.grad = None
        tap = self._tap(batch)
        with tangent_space(model):
            states, state = model.states(batch.inputs, self._carried(batch), tap=tap, generator=self.noise)
            outputs = model.readout(states)
            loss = self.task.loss(outputs, batch)
            late_norms = self._norms_of(batch.last(), outputs, states) if late else None
            (loss + self._penalty(settings)).backward()
        whole = None if tap is None or tap.grad is None else norms(tap.grad)
        record = self._step(self.index + 1, float(loss.detach()), outputs, states, batch, whole, late_norms)
        return record, _detached(state)

    def _by_hand(self, batch: Batch, settings: Settings, late: bool) -> tuple[Step, Any]:
        """The same without autograd."""
        to_base(self._modules)
        done = self._backpropagation.run(
            batch.inputs,
            self._carried(batch),
            self.model.noise(batch.inputs, self.noise),
            lambda outputs: self.task.loss_gradient(outputs, batch),
            0.0 if settings.hold_gamma else settings.gamma_penalty,
        )
        self._optimiser.put(done.by_parameter)
        late_norms = None
        if late:
            _, by_outputs = self.task.loss_gradient(done.outputs, batch.last())
            late_norms = self._total_norms(by_outputs @ self.model.readout.weight.detach(), done.V, done.states)
        whole = norms(done.gradients)
        record = self._step(self.index + 1, done.loss, done.outputs, done.states, batch, whole, late_norms)
        return record, done.states[-1:].clone()  # a view would hold the memory of all states

    def _step(
        self,
        index: int,
        loss: float,
        outputs: Tensor,
        states: Tensor,
        batch: Batch,
        whole: np.ndarray | None,
        late: np.ndarray | None,
    ) -> Step:
        return Step(
            index=index,
            loss=loss,
            score=self.task.score(outputs.detach(), batch),
            gradient_norms=whole,
            late_gradient_norms=late,
            state_norms=norms(states.detach()) / math.sqrt(states.shape[1]),
            _spectrum=spectrum(self.model.V),
        )

    def _carried(self, batch: Batch) -> Any:
        """The state that the batch goes on from, or None."""
        return _on(self.state, batch.inputs) if batch.continues and _fits(self.state, batch) else None

    def _tap(self, batch: Batch) -> Tensor | None:
        if not isinstance(self.model.recurrent, RecurrentNetwork):
            return None
        time, size, _ = batch.inputs.shape
        zero = batch.inputs.new_zeros(())  # in all places: no memory, and seen to be 0 at once
        return zero.expand(time, size, self.model.hidden_size).requires_grad_()

    def _norms_of(self, batch: Batch, outputs: Tensor, states: Tensor) -> np.ndarray | None:
        """‖∂L/∂h_t‖ of the batch's loss by the adjoint alone; None for a network whose inside is not at hand."""
        network = self.model.recurrent
        if not isinstance(network, RecurrentNetwork):
            return None
        with torch.enable_grad():
            (direct,) = torch.autograd.grad(self.task.loss(outputs, batch), states, retain_graph=True)
        return self._total_norms(direct, network.V().detach(), states.detach())

    def _total_norms(self, direct: Tensor, V: Tensor, states: Tensor) -> np.ndarray:
        network = cast(RecurrentNetwork, self.model.recurrent)
        return norms(total_gradients(direct, V, states, network.activation))

    def _penalty(self, settings: Settings) -> Tensor | float:
        """δ‖γ − 1‖²."""
        if not settings.gamma_penalty or settings.hold_gamma or not isinstance(self.model.V, SchurMatrix):
            return 0.0
        return settings.gamma_penalty * (self.model.V.gamma - 1).square().sum()

    def _update(self, settings: Settings, loss: float) -> str:
        """Moves the parameters; or leaves them and says what is not finite."""
        hold_back(self._modules, settings)
        if not math.isfinite(self._optimiser.gather(settings.gradient_clip)):
            return "gradient"
        if loss <= EXPLODED * self.task.baseline:
            for name, tensors, key in self._live:
                self._good[name].copy_(tensors[key].detach())
        self._optimiser.step(settings)
        rebase(self._modules, polish=self.index % POLISH == 0)
        return ""

    @torch.no_grad()
    def restore_last_good(self) -> None:
        """The last good parameters (see `Diverged`) and an optimiser without memory, for what it remembers of the
        explosion would stop it for thousands of steps. T's scale, which is the user's, stays."""
        state = self.model.state_dict()
        for name, kept in self._good.items():
            state[name].copy_(kept)
        self._optimiser = OPTIMISERS[self._optimiser_name](self.model)
        self.state = None

    @torch.no_grad()
    def evaluate(self, split: str = "valid", batches: int = 10) -> tuple[float, float]:
        """(loss, score), means over fresh batches with no update: `batches` of them, or one pass over the `split` of a
        task that has splits. The run itself is untouched: its generators stay where they are."""
        source = torch.Generator().manual_seed(self.seed + 2**31)
        size = self.settings.batch_size
        held_out = self.task.held_out(split, size) or (self.task.sample(size, source, i) for i in range(batches))
        state: Any = None
        results = []
        for batch in held_out:
            batch = batch.to(next(self.model.parameters()))
            outputs, state = self.model(batch.inputs, state if batch.continues else None, generator=source)
            results.append((float(self.task.loss(outputs, batch)), self.task.score(outputs, batch)))
        loss, score = np.mean(results, axis=0)
        return float(loss), float(score)

    def save(self, path: str | Path) -> None:
        """Everything into one file, atomically: an interrupted save leaves the old file whole."""
        checkpoint.write(
            path,
            {
                "task": self.task.spec(),
                "model": self.model.spec(),
                "settings": self.settings.as_dict(),
                "seed": self.seed,
                "index": self.index,
                "weights": self.model.state_dict(),
                "good": self._good,
                "optimiser": self._optimiser.state_dict(),
                "optimiser_name": self._optimiser_name,
                "batches": self.batches.get_state(),
                "noise": self.noise.get_state(),
                "state": self.state,
                "before": self._before,
            },
        )

    @classmethod
    def load(cls, path: str | Path, model: SequenceModel | None = None, task: Task | None = None) -> Training:
        """The training as it was saved; it goes on bit for bit. Runs no code from the file.

        model, task: needed only where the saved ones cannot be rebuilt from their names and sizes (a module or an
        initialiser of one's own). ValueError if the file is no checkpoint, or does not fit.
        """
        saved = checkpoint.read(path)
        with checkpoint.explained(path):
            task = task or checkpoint.rebuild_task(saved["task"])
            model = model or checkpoint.rebuild_model(saved["model"], task)
            training = cls(model, task, Settings(**saved["settings"]), saved["seed"])
            model.load_state_dict(saved["weights"])
            training._good = saved["good"]
            training._optimiser_name = saved["optimiser_name"]
            training._optimiser = OPTIMISERS[saved["optimiser_name"]](model)
            training._optimiser.load_state_dict(saved["optimiser"])
            training.batches.set_state(saved["batches"])
            training.noise.set_state(saved["noise"])
            training.index, training.state, training._before = saved["index"], saved["state"], saved["before"]
        return training


def train(model: SequenceModel, task: Task, settings: Settings | None = None, seed: int = 0) -> Iterator[Step]:
    """The endless run of `Training`, a step at a time; `itertools.islice(train(…), 100)` takes a hundred."""
    training = Training(model, task, settings, seed)
    return (training.step() for _ in itertools.repeat(None))


def rebase(modules: Iterable[torch.nn.Module], *, polish: bool = True) -> None:
    """Every orthogonal matrix among them to its base."""
    for module in modules:
        if isinstance(module, OrthogonalMatrix):
            module.rebase(polish=polish)


def _live(model: torch.nn.Module) -> list[tuple[str, dict[str, Any], str]]:
    """Where the parameters and the bases of orthogonal matrices are found; not the scale of T."""
    scales = {f"{name}.scale" for name, module in model.named_modules() if isinstance(module, SchurMatrix)}
    saved = model.state_dict().keys() - scales
    return [(name, *place) for name, place in tensor_places(model).items() if name in saved]


def _detached(state: Any) -> Any:
    return tuple(_detached(s) for s in state) if isinstance(state, tuple) else state.detach()


def _on(state: Any, like: Tensor) -> Any:
    """A carried state where the batch is: a checkpoint's comes back on the CPU."""
    return tuple(_on(s, like) for s in state) if isinstance(state, tuple) else state.to(like)


def _fits(state: Any, batch: Batch) -> bool:
    """Whether a carried state has the batch's size; after a change of batch size it has not, and starts anew."""
    first = state[0] if isinstance(state, tuple) else state
    return first is not None and first.shape[1] == batch.inputs.shape[1]
