"""Checkpoints: a resumed run is the run, an interrupted save harms nothing, a file runs no code."""

import os
import pickle
import random

import pytest
import torch

from nnrnn_core import SequenceModel, Training, tasks

NOISY = tasks.NoisyMemory(delays=4, length=12)
COPY = tasks.Copying(delay=4)
TEXT = tasks.Characters(length=8)


def training(task=NOISY, recurrent="nnrnn", seed=5, **changes) -> Training:
    generator = torch.Generator().manual_seed(seed)
    options = {} if recurrent == "lstm" else task.model_options
    model = SequenceModel(recurrent, task.input_size, 8, task.output_size, generator=generator, **options)
    return Training(model, task, task.settings_for(recurrent).replace(batch_size=4, **changes), seed)


def fingerprint(run: Training) -> list[torch.Tensor]:
    return [tensor.clone() for tensor in run.model.state_dict().values()]


@pytest.mark.parametrize(
    ("task", "recurrent", "changes"),
    [
        (NOISY, "nnrnn", {"optimiser": "rmsprop"}),
        (NOISY, "nnrnn", {"optimiser": "adam", "freeze_T": True}),
        (COPY, "exprnn", {}),
        (TEXT, "nnrnn", {}),
        (TEXT, "lstm", {}),
    ],
)
def test_a_resumed_run_is_the_uninterrupted_one_bit_for_bit(task, recurrent, changes, tmp_path):
    run = training(task, recurrent, **changes)
    for _ in range(4):
        run.step()
    run.save(tmp_path / "run.pt")
    resumed = Training.load(tmp_path / "run.pt")
    for one in (run, resumed):
        one.settings.freeze_T = False
    steps = [[one.step() for _ in range(4)] for one in (run, resumed)]
    assert [(s.index, s.loss, s.score) for s in steps[0]] == [(s.index, s.loss, s.score) for s in steps[1]]
    assert resumed.settings == run.settings
    for a, b in zip(fingerprint(run), fingerprint(resumed), strict=True):
        assert torch.equal(a, b)


def test_what_was_not_yet_applied_is_resumed_too(tmp_path):
    run = training()
    run.step()
    run.model.V.scale.fill_(0.25)
    run.settings.optimiser = "rmsprop"
    run.save(tmp_path / "run.pt")
    resumed = Training.load(tmp_path / "run.pt")
    assert float(resumed.model.V.scale) == 0.25
    assert resumed.probe().loss == run.probe().loss
    assert resumed.step().loss == run.step().loss
    assert resumed.step().loss == run.step().loss


def test_a_model_of_ones_own_is_passed_to_load(tmp_path):
    def make():
        return SequenceModel(torch.nn.GRU(10, 8), 10, 8, 9)

    run = Training(make(), COPY)
    run.step()
    run.save(tmp_path / "run.pt")
    with pytest.raises(ValueError, match="model="):
        Training.load(tmp_path / "run.pt")
    assert Training.load(tmp_path / "run.pt", model=make()).step().loss == run.step().loss


def test_a_model_with_an_initialiser_of_ones_own_is_passed_to_load(tmp_path):
    model = SequenceModel("nnrnn", 10, 8, 9, init=lambda size, g, dtype: torch.eye(size, dtype=dtype))
    run = Training(model, COPY)
    run.save(tmp_path / "run.pt")
    with pytest.raises(ValueError, match="init"):
        Training.load(tmp_path / "run.pt")
    assert Training.load(tmp_path / "run.pt", model=SequenceModel("nnrnn", 10, 8, 9)).step().loss == run.step().loss


def test_a_model_of_another_size_does_not_fit(tmp_path):
    training().save(tmp_path / "run.pt")
    with pytest.raises(ValueError, match="does not fit"):
        Training.load(tmp_path / "run.pt", model=SequenceModel("nnrnn", 1, 10, 4, **NOISY.model_options))


def test_a_save_that_fails_leaves_the_old_file_whole_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    run = training()
    run.save(path)
    before = path.read_bytes()

    def fails(content, file):
        with open(file, "wb") as half:
            half.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", fails)
    run.step()
    with pytest.raises(OSError, match="disk full"):
        run.save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["run.pt"]


class Malicious:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("write", [torch.save, lambda content, path: path.write_bytes(pickle.dumps(content))])
def test_loading_runs_no_code_from_the_file(write, tmp_path):
    write({"format": Malicious(tmp_path / "ran")}, tmp_path / "run.pt")
    with pytest.raises(ValueError, match="not a readable checkpoint"):
        Training.load(tmp_path / "run.pt")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", bytes(1000), b"\x80\x02."])
def test_a_file_that_is_no_checkpoint_is_refused(content, tmp_path):
    path = tmp_path / "run.pt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"run\.pt.*not a readable checkpoint"):
        Training.load(path)


@pytest.mark.parametrize("content", [{"weights": torch.zeros(3)}, [1, 2], {"format": "nnrnn-kit training 0"}])
def test_a_foreign_file_or_one_of_another_version_is_refused(content, tmp_path):
    torch.save(content, tmp_path / "run.pt")
    with pytest.raises(ValueError, match="not a checkpoint of this kit"):
        Training.load(tmp_path / "run.pt")


@pytest.mark.filterwarnings("ignore")  # torch warns of some of the damage itself
def test_a_damaged_checkpoint_is_a_value_error_and_never_another(tmp_path):
    path = tmp_path / "run.pt"
    training().save(path)
    whole, chance = path.read_bytes(), random.Random(0)
    refused = 0
    for _ in range(100):
        damaged = bytearray(whole)
        if chance.random() < 0.5:
            damaged = damaged[: chance.randrange(len(whole))]
        else:
            for _ in range(8):
                damaged[chance.randrange(len(whole))] = chance.randrange(256)
        path.write_bytes(damaged)
        try:
            Training.load(path)  # a flipped bit in a weight is nobody's to notice
        except ValueError:
            refused += 1
    assert refused > 50


def test_a_file_or_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError):
        Training.load(tmp_path / "none.pt")
    with pytest.raises(ValueError, match="existing folder"):
        training().save(tmp_path / "none" / "run.pt")


@pytest.mark.parametrize("old", ["nnrnn-kit training 1", "nnrnn-kit training 2"])
def test_a_checkpoint_of_version_0_1_is_refused_by_that_name(tmp_path, old):
    file = tmp_path / "old.pt"
    torch.save({"format": old, "weights": {}}, file)
    with pytest.raises(ValueError, match=r"version 0\.1 of the kit.*take the model alone"):
        Training.load(file)


def test_an_optimisers_state_of_another_model_is_refused(tmp_path):
    """The weights fit, the optimiser's memory is of a wider model."""
    files = []
    for size in (8, 12):
        training = Training(SequenceModel("nnrnn", 10, size, 9), tasks.Copying(3))
        training.step()
        files.append(tmp_path / f"{size}.pt")
        training.save(files[-1])
    narrow, wide = (torch.load(file, weights_only=True) for file in files)
    torch.save({**narrow, "optimiser": wide["optimiser"]}, files[0])
    with pytest.raises(ValueError, match="does not fit: the optimiser's state is that of another model"):
        Training.load(files[0])
