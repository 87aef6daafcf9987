"""Training and its generator `train`: a batch, its gradients, an update."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..checks import seed as check_seed
from ..checks import whole_number
from ..matrices import OrthogonalMatrix, SchurMatrix
from ..recurrence import total_gradients
from ..sequence_model import SequenceModel
from ..settings import Settings
from ..tasks import Batch, Task
from ..threads import threads
from ..torch_internals import optimiser_step, without_compiler
from . import checkpoint
from .optimisation import hold_back, make_optimiser, set_rates
from .records import Step, norms, spectrum

EXPLODED = 1e3  # times the task's baseline: the parameters of a step with a larger loss are not kept as good ones

POLISH = 8  # updates from one polishing of P to the next: the rounding of so few is as small as that of one


class Diverged(ArithmeticError):
    """The loss or its gradient is not finite.

    The parameters are again the last good ones, and the optimiser has forgotten the past. Good are the parameters of a
    step whose loss was at most 1,000 times the task's baseline: a run is usually lost some steps before infinity.

    Attributes
    ----------
    index : int
        Number of the step that failed.

    Examples
    --------
    >>> from nnrnn_core import SequenceModel, Training, tasks
    >>> training = Training(SequenceModel("rnn", 10, 4, 9), tasks.Copying(3))
    >>> training.settings.rate = 1e38
    >>> try:
    ...     for _ in range(3):
    ...         _ = training.step()
    ... except Diverged as problem:
    ...     print(problem.index <= 3)
    True
    """

    def __init__(self, index: int, what: str) -> None:
        super().__init__(
            f"step {index}: the {what} is not finite; the parameters are those of the last good step. "
            "Lower the learning rates (half of each is a first try) and go on"
        )
        self.index = index


class Training:
    """Minimises task loss + δ‖γ − 1‖² over the model's parameters, one batch for each step (paper, eq. 5).

    Parameters
    ----------
    model
        A SequenceModel whose sizes are the task's.
    task
        A task: any object with the protocol of `nnrnn_core.tasks.Task`.
    settings
        A Settings, or None for the task's own for this kind of model. It is copied; `training.settings` may be changed
        between steps.
    seed
        Of the batches and of the state noise. The model's own start is its maker's business.

    Raises
    ------
    ValueError
        If the sizes of model and task differ, or the seed is no whole number.

    Notes
    -----
    The gradient is autograd's, of whatever `task.loss` returns. P is re-based after every update, so that its parameter
    is always 0 when a gradient is taken. The same seed, model and settings give the same run, bit for bit, on one
    machine with one number of threads. Dropout alone draws from torch's global generator, which neither the seed nor a
    checkpoint sets.

    References
    ----------
    Kerg et al., Non-normal Recurrent Neural Network (nnRNN), NeurIPS 2019, section 2 and eq. 5.

    Examples
    --------
    >>> from nnrnn_core import SequenceModel, tasks
    >>> task = tasks.Copying(delay=5)
    >>> model = SequenceModel("nnrnn", task.input_size, 16, task.output_size)
    >>> training = Training(model, task)
    >>> expected = training.probe()
    >>> step = training.step()
    >>> step.index, step.loss == expected.loss
    (1, True)
    """

    def __init__(self, model: SequenceModel, task: Task, settings: Settings | None = None, seed: int = 0) -> None:
        for name in ("input_size", "output_size"):
            if getattr(model, name) != getattr(task, name):
                raise ValueError(f"{name} of the model is {getattr(model, name)}, of {task.name} {getattr(task, name)}")
        self.model, self.task, self.seed = model, task, check_seed(seed)
        self.settings = (settings or task.settings_for(model.kind)).replace()
        self.index = 0  # updates so far
        self.state: Any = None  # the network's state after the last batch, for a task whose batches follow one another
        self.batches = torch.Generator().manual_seed(self.seed)
        self.noise = torch.Generator().manual_seed(self.seed + 1)
        self._optimiser = make_optimiser(model, self.settings.optimiser)
        self._optimiser_name = self.settings.optimiser
        self._rebase(polish=True)
        self._good = {name: tensor.clone() for name, tensor in self._learnt().items()}

    # ---- steps
    def step(self, *, late: bool = False) -> Step:
        """One batch and one update.

        Parameters
        ----------
        late
            Also find the gradient of the last loss term, `late_gradient_norms`.

        Returns
        -------
        Step
            The network before the update, on this batch: what `probe` foretold.

        Raises
        ------
        Diverged
            If loss or gradient is not finite. The run is as if the step had not been tried, with the last good
            parameters and an optimiser without memory.
        """
        settings = copy.copy(self.settings)  # it may change while the step runs
        before = self._position()
        self._use_optimiser(settings.optimiser)
        self.model.zero_grad()
        with threads(settings.threads):
            batch = self._next_batch(settings)
            tap = self._tap(batch)
            states, state = self._states(batch, tap)
            outputs = self.model.readout(states)
            loss = self.task.loss(outputs, batch)
            problem = "" if math.isfinite(float(loss.detach())) else "loss"
            if not problem:
                late_norms = self._norms_of(self.task.loss(outputs, batch.last()), states) if late else None
                (loss + self._penalty(settings)).backward()
                whole_norms = None if tap is None or tap.grad is None else norms(tap.grad)
                record = self._record(batch, states, outputs, loss, whole_norms, late_norms)
                problem = self._update(settings, record.loss)
        if problem:
            self._return_to(before)
            self.restore_last_good()
            raise Diverged(self.index + 1, problem)
        self.index, self.state = self.index + 1, _detached(state)
        return record

    @torch.no_grad()
    def probe(self, *, whole_loss: bool = True) -> Step:
        """The record of the step to come, on the batch and the noise to come.

        Nothing is updated, no generator moves, and no parameter's gradient is computed.

        Parameters
        ----------
        whole_loss
            Also find `gradient_norms`, which costs a sweep back through time. `late_gradient_norms` is always found.

        Returns
        -------
        Step
            index = training.index + 1, with the numbers that the next `step` will report.
        """
        now, settings = self._position(), self.settings.replace()
        try:
            # torch's global generator, which dropout uses, is put back too
            with threads(settings.threads), torch.random.fork_rng(devices=[]):
                batch = self._next_batch(settings)
                states, _ = self._states(batch, None)
                with torch.enable_grad():
                    outputs = self.model.readout(states.requires_grad_())
                    loss, late_loss = (self.task.loss(outputs, part) for part in (batch, batch.last()))
                whole_norms = self._norms_of(loss, states) if whole_loss else None
                late_norms = self._norms_of(late_loss, states)
                return self._record(batch, states, outputs, loss, whole_norms, late_norms)
        finally:
            self._return_to(now)

    def _next_batch(self, settings: Settings) -> Batch:
        batch = self.task.sample(settings.batch_size, self.batches, self.index)
        return batch.to(next(self.model.parameters()))

    def _states(self, batch: Batch, tap: Tensor | None) -> tuple[Tensor, Any]:
        """h_t at all times and the state that the next batch may go on from."""
        carried = _on(self.state, batch.inputs) if batch.continues and _fits(self.state, batch) else None
        return self.model.states(batch.inputs, carried, tap=tap, generator=self.noise)

    def _tap(self, batch: Batch) -> Tensor | None:
        """Zeros, whose gradient is that of the states; None for a network that takes no tap."""
        if self.model.layer is None:
            return None
        time, size, _ = batch.inputs.shape
        zero = batch.inputs.new_zeros(())  # one number in all places: no memory, and seen to be 0 at once
        return zero.expand(time, size, self.model.hidden_size).requires_grad_()

    def _norms_of(self, loss: Tensor, states: Tensor) -> np.ndarray | None:
        """‖∂L/∂h_t‖ for this loss, without a gradient of parameters; None where the tap is None."""
        layer = self.model.layer
        if layer is None:
            return None
        (direct,) = torch.autograd.grad(loss, states, retain_graph=True)
        return norms(total_gradients(direct, layer.V().detach(), states.detach(), layer.activation))

    def _record(
        self,
        batch: Batch,
        states: Tensor,
        outputs: Tensor,
        loss: Tensor,
        whole_norms: np.ndarray | None,
        late_norms: np.ndarray | None,
    ) -> Step:
        return Step(
            index=self.index + 1,
            loss=float(loss.detach()),
            score=self.task.score(outputs.detach(), batch),
            gradient_norms=whole_norms,
            late_gradient_norms=late_norms,
            state_norms=norms(states) / math.sqrt(states.shape[1]),
            _spectrum=spectrum(self.model.V),
        )

    # ---- the update
    def _penalty(self, settings: Settings) -> Tensor | float:
        """δ‖γ − 1‖², over all layers and directions."""
        if not settings.gamma_penalty or settings.hold_gamma:
            return 0.0
        parts = [(V.gamma - 1).square().sum() for V in self.model.modules() if isinstance(V, SchurMatrix)]
        return settings.gamma_penalty * sum(parts)

    def _use_optimiser(self, name: str) -> None:
        """Another optimiser begins without memory."""
        if name != self._optimiser_name:
            self._optimiser, self._optimiser_name = make_optimiser(self.model, name), name

    def _update(self, settings: Settings, loss: float) -> str:
        """Move the parameters; or leave them, and return what is not finite."""
        hold_back(self.model.modules(), settings)
        parameters = list(self.model.parameters())
        gradients = [parameter.grad.flatten() for parameter in parameters if parameter.grad is not None]
        # torch's get_total_norm takes five times as long for tensors so small
        size = torch.cat(gradients).norm() if gradients else torch.zeros(())
        if not bool(size.isfinite()):
            return "gradient"
        if settings.gradient_clip is not None:
            torch.nn.utils.clip_grads_with_norm_(parameters, settings.gradient_clip, size)
        if loss <= EXPLODED * self.task.baseline:
            for name, tensor in self._learnt().items():
                self._good[name].copy_(tensor)
        set_rates(self._optimiser, settings)
        optimiser_step(self._optimiser)
        self._rebase(polish=self.index % POLISH == 0)
        return ""

    def _rebase(self, *, polish: bool) -> None:
        for module in self.model.modules():
            if isinstance(module, OrthogonalMatrix):
                module.rebase(polish=polish)

    def _learnt(self) -> dict[str, Tensor]:
        """The saved tensors of the model by name, except T's scale, which is the user's."""
        scales = {f"{name}.scale" for name, module in self.model.named_modules() if isinstance(module, SchurMatrix)}
        return {name: tensor for name, tensor in self.model.state_dict().items() if name not in scales}

    @torch.no_grad()
    def restore_last_good(self) -> None:
        """Go back to the last good parameters (see `Diverged`), with an optimiser without memory: what it remembers of
        the explosion would stop it for thousands of steps. T's scale stays."""
        for name, tensor in self._learnt().items():
            tensor.copy_(self._good[name])
        self._optimiser = make_optimiser(self.model, self._optimiser_name)
        self.state = None

    def _position(self) -> tuple[Tensor, Tensor]:
        return self.batches.get_state(), self.noise.get_state()

    def _return_to(self, position: tuple[Tensor, Tensor]) -> None:
        self.batches.set_state(position[0])
        self.noise.set_state(position[1])

    # ---- evaluation and files
    @torch.no_grad()
    def evaluate(self, split: str = "valid", batches: int = 10) -> tuple[float, float]:
        """Mean loss and score over fresh batches, with no update and no dropout. The run itself is untouched.

        A batch counts as often as it has sequences (the last of a split may be smaller).

        Parameters
        ----------
        split
            For a task that has splits: the one to pass over, once.
        batches
            For a task that has none: how many batches to draw.

        Returns
        -------
        tuple of float
            (loss, score).
        """
        whole_number("batches", batches, 1)
        source = torch.Generator().manual_seed(self.seed + 2**31)
        size = self.settings.batch_size
        held_out = self.task.held_out(split, size) or (self.task.sample(size, source, i) for i in range(batches))
        state: Any = None
        results, sequences = [], []
        modes = {module: module.training for module in self.model.modules()}
        self.model.eval()
        try:
            for batch in held_out:
                batch = batch.to(next(self.model.parameters()))
                outputs, state = self.model(batch.inputs, state if batch.continues else None, generator=source)
                results.append((float(self.task.loss(outputs, batch)), self.task.score(outputs, batch)))
                sequences.append(batch.inputs.shape[1])
        finally:
            for module, training in modes.items():
                module.training = training
        loss, score = np.average(results, axis=0, weights=sequences)
        return float(loss), float(score)

    def save(self, path: str | Path) -> None:
        """Write everything into one file, atomically: an interrupted save leaves the old file whole.

        Parameters
        ----------
        path
            In an existing folder.
        """
        with without_compiler():
            optimiser = self._optimiser.state_dict()
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
                "optimiser": optimiser,
                "optimiser_name": self._optimiser_name,
                "batches": self.batches.get_state(),
                "noise": self.noise.get_state(),
                "state": self.state,
            },
        )

    @classmethod
    def load(cls, path: str | Path, model: SequenceModel | None = None, task: Task | None = None) -> Training:
        """The training as it was saved; it goes on bit for bit. Runs no code from the file.

        Parameters
        ----------
        path
            Written by `save`.
        model, task
            Needed only where the saved ones cannot be rebuilt from their names and sizes (a module or an initialiser of
            one's own).

        Returns
        -------
        Training

        Raises
        ------
        ValueError
            If the file is no checkpoint of this version, or does not fit.
        """
        saved = checkpoint.read(path)
        with checkpoint.explained(path):
            task = task or checkpoint.rebuild_task(saved["task"])
            model = model or checkpoint.rebuild_model(saved["model"], task)
            training = cls(model, task, Settings(**saved["settings"]), saved["seed"])
            model.load_state_dict(saved["weights"])
            training._good = saved["good"]
            training._use_optimiser(saved["optimiser_name"])
            checkpoint.load_optimiser(training._optimiser, saved["optimiser"])
            training.batches.set_state(saved["batches"])
            training.noise.set_state(saved["noise"])
            training.index, training.state = saved["index"], saved["state"]
        return training


def train(model: SequenceModel, task: Task, settings: Settings | None = None, seed: int = 0) -> Iterator[Step]:
    """The endless run of `Training`, a step at a time.

    Parameters
    ----------
    model, task, settings, seed
        As for `Training`.

    Yields
    ------
    Step

    Examples
    --------
    >>> from itertools import islice
    >>> from nnrnn_core import SequenceModel, tasks
    >>> task = tasks.Copying(delay=5)
    >>> model = SequenceModel("nnrnn", task.input_size, 16, task.output_size)
    >>> [step.index for step in islice(train(model, task), 3)]
    [1, 2, 3]
    """
    training = Training(model, task, settings, seed)
    return (training.step() for _ in itertools.repeat(None))


def _detached(state: Any) -> Any:
    """A copy without its history; a view would hold the memory of all states."""
    return tuple(_detached(s) for s in state) if isinstance(state, tuple) else state.detach().clone()


def _on(state: Any, like: Tensor) -> Any:
    """A carried state where the batch is: a checkpoint's comes back on the CPU."""
    return tuple(_on(s, like) for s in state) if isinstance(state, tuple) else state.to(like)


def _fits(state: Any, batch: Batch) -> bool:
    """Whether a carried state has the batch's size; after a change of batch size it has not, and starts anew."""
    first = state[0] if isinstance(state, tuple) else state
    return first is not None and first.shape[1] == batch.inputs.shape[1]
