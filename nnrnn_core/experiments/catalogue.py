"""Which experiments there are: a task and a network, at the scale of a class or of the paper."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

import torch

from .. import tasks
from ..budget import count_parameters
from ..checks import number, one_of
from ..checks import seed as check_seed
from ..device import check_device
from ..sequence_model import RECURRENTS, SequenceModel
from ..settings import Settings
from ..tasks import Task
from ..training import Training
from .paper import budget, papers_settings
from .tuning import SHARE_OF_P, chosen_rate

MATCHES = ("width", "parameters")


@dataclass(frozen=True)
class Scale:
    """How far an experiment goes on one task.

    Attributes
    ----------
    task : dict
        What `tasks.make` takes.
    hidden_size : int
        Width of every network, where the widths are equal; where the numbers of parameters are, that of the nnRNN of
        this width is the number.
    updates, interval : int
        How many updates, and how many between two evaluations (and checkpoints).
    """

    task: dict[str, Any]
    hidden_size: int
    updates: int
    interval: int


# A class runs each of these in minutes on two cores.
CLASS = {
    "noisy-memory": Scale({"name": "noisy-memory"}, 32, 500, 50),
    "copy-200": Scale({"name": "copying", "delay": 200}, 128, 1000, 50),
    "adding": Scale({"name": "adding", "length": 100}, 64, 2000, 100),
    "permuted-digits": Scale({"name": "digits", "permuted": True}, 64, 1500, 100),
    "characters": Scale({"name": "characters"}, 64, 2000, 200),
    "psmnist": Scale({"name": "mnist", "permuted": True}, 128, 5000, 500),
}
# The copying curves of the paper run to 1,500 updates; psMNIST has 70 epochs of 500, the Penn Treebank 100 epochs.
PAPER = {
    "copy-200": Scale({"name": "copying", "delay": 200}, 128, 1500, 50),
    "psmnist": Scale({"name": "mnist", "permuted": True}, 512, 35_000, 500),
    "ptb-150": Scale({"name": "penn-treebank", "length": 150}, 1024, 26_100, 261),
    "ptb-300": Scale({"name": "penn-treebank", "length": 300}, 1024, 13_000, 130),
}
SCALES = {"class": CLASS, "paper": PAPER}
# P and T of an nnRNN have together about as many numbers as a free V. So at a class's scale, where the nnRNN sets the
# number of parameters, these have one width either way: the run at equal width is the one at equal parameters, too.
AS_WIDE = ("nnrnn", "rnn", "rnn-orth")
GATED = ("lstm", "gru")  # they cannot be the linear network that noisy memory is about
# The nnRNN with a part of it taken away: what it then does says what the part is for. They are no rivals, so `networks`
# does not list them; an experiment can be named after them.
ABLATED: dict[str, dict[str, bool]] = {
    "nnrnn-normal": {"freeze_T": True},  # T = 0
    "nnrnn-orthogonal": {"freeze_T": True, "hold_gamma": True},  # and γ = 1
}


@dataclass(frozen=True)
class Experiment:
    """One run: what is trained, how wide, from which seed. Plain values, so that another process can be told.

    Parameters
    ----------
    task, network
        Names: of `SCALES[scale]`, and of `RECURRENTS` or `ABLATED`.
    scale
        "class" or "paper": also whose settings, the task's own tuned ones or the paper's where it has some.
    match
        "width", or "parameters": which of the two is the same for all networks.
    seed
        Of the model, the batches and the noise. The three are drawn from torch's streams of this number and
        the next: neighbouring seeds share one.
    device
        "cpu", "cuda", …
    rate
        A learning rate to be tried at the scale of a class, with a tenth of it for P; None for the chosen one
        (`tuning.py`).

    Raises
    ------
    ValueError
        For an unknown name; the nearest known one is suggested.

    Examples
    --------
    >>> Experiment.of("copy-200/nnrnn", seed=3).name
    'copy-200/nnrnn'
    >>> Experiment.of("copy-200/nrnn")
    Traceback (most recent call last):
        ...
    ValueError: no network 'nrnn'; did you mean nnrnn? There are nnrnn, rnn, ...
    """

    task: str
    network: str
    scale: str = "class"
    match: str = "width"
    seed: int = 0
    device: str = "cpu"
    rate: float | None = None

    def __post_init__(self) -> None:
        one_of("scale", self.scale, SCALES)
        one_of("match", self.match, MATCHES)
        _known("task", self.task, SCALES[self.scale])
        _known("network", self.network, [*RECURRENTS, *ABLATED])
        check_seed(self.seed)
        check_device("device", self.device, here=False)  # another machine may run it
        if self.rate is not None and self.scale == "paper":
            raise ValueError(f"the rate at the paper's scale is the paper's; got rate={self.rate!r}")
        if self.rate is not None:
            number("rate", self.rate, 0, above=True)

    @classmethod
    def of(cls, name: str, **options: Any) -> Experiment:
        """From a name such as "copy-200/nnrnn"."""
        task, slash, network = str(name).partition("/")
        if not slash:
            raise ValueError(f"an experiment is called task/network, as copy-200/nnrnn; got {name!r}")
        return cls(task, network, **options)

    @property
    def name(self) -> str:
        return f"{self.task}/{self.network}"

    @property
    def kind(self) -> str:
        """The network's name in `RECURRENTS`."""
        return "nnrnn" if self.network in ABLATED else self.network

    @property
    def plan(self) -> Scale:
        return SCALES[self.scale][self.task]

    def make_task(self) -> Task:
        return tasks.make(**self.plan.task)

    def settings(self, task: Task) -> Settings:
        """The paper's at its scale, if it has some for this network; otherwise the task's own, with the rate that the
        tuning chose."""
        settings, rate = self._papers[2] if self._papers else task.settings_for(self.kind), self.rate
        if rate is None and self.scale == "class":
            rate = chosen_rate(self.task, self.network, task.higher_is_better)
        rates = {} if rate is None else {"rate": rate, "rate_P": SHARE_OF_P * rate}
        return settings.replace(**rates, **ABLATED.get(self.network, {}))

    @property
    def _papers(self) -> tuple[int, dict[str, Any], Settings] | None:
        return papers_settings(self.task, self.kind, self.match) if self.scale == "paper" else None

    def make_training(self) -> Training:
        """The training before its first update."""
        check_device("device", self.device)
        task = self.make_task()
        options = {**(self._papers[1] if self._papers else {}), **task.model_options}
        generator = torch.Generator().manual_seed(self.seed)
        model = self._model(task, {**options, "generator": generator})
        return Training(model.to(self.device), task, self.settings(task), self.seed)

    def _model(self, task: Task, options: dict[str, Any]) -> SequenceModel:
        width = self.plan.hidden_size if self.match == "width" else self._papers[0] if self._papers else None
        if width is not None:
            return SequenceModel(self.kind, task.input_size, width, task.output_size, **options)
        parameters = budget(self.task) if self.scale == "paper" else self._parameters_of_nnrnn(task)
        assert parameters is not None
        return SequenceModel.for_budget(self.kind, task, parameters=parameters, **options)

    def _parameters_of_nnrnn(self, task: Task) -> int:
        sizes = task.input_size, self.plan.hidden_size, task.output_size
        return count_parameters(SequenceModel("nnrnn", *sizes, **task.model_options, device="meta"))


def names(scale: str = "class") -> list[str]:
    """All names at that scale."""
    return [f"{task}/{network}" for task in SCALES[one_of("scale", scale, SCALES)] for network in networks(task)]


def networks(task: str) -> list[str]:
    """The networks that race on this task: all that can do it. ValueError for an unknown task."""
    _known("task", task, {**CLASS, **PAPER})
    return [network for network in RECURRENTS if not (task == "noisy-memory" and network in GATED)]


def _known(what: str, name: str, names: Any) -> None:
    if name not in names:
        near = difflib.get_close_matches(str(name), names, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ValueError(f"no {what} {name!r}; {hint}There are {', '.join(names)}")
