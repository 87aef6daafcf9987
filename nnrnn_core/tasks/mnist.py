"""MNIST pixel by pixel, in order or permuted, in the paper's split."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..settings import Settings
from .data import DataFile, DataMissing, read_all
from .images import Images

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "http://yann.lecun.com/exdb/mnist/",
)
SUMS = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
FILES = {
    name: DataFile("mnist", name, f"sha256:{digest}", tuple(f"{mirror}{name}.gz" for mirror in MIRRORS))
    for name, digest in SUMS.items()
}


class MNIST(Images):
    """Name a handwritten digit after its 784 pixels, read one by one (see `Images`).

    The split and the order of the permuted pixels are those of the authors' code: NumPy's RandomState(1234) draws first
    the order of the pixels, then one of the 60,000 pictures, of which the first 50,000 are to train on and 10,000
    valid; the 10,000 of the test set are for the end.

    The four files are looked for in the folder `mnist` of NNRNN_DATA (or of ~/.cache/nnrnn), fetched if they are not
    there, and checked (`nnrnn_core.tasks.data`). The settings are the paper's for 512 units (supplement, A.2).

    Parameters
    ----------
    permuted
        Whether the pixels come in the fixed random order ("psMNIST").

    Raises
    ------
    DataMissing
        If the files are neither here nor to be fetched; the message says where to put them.

    References
    ----------
    LeCun, Cortes and Burges, The MNIST database; Le, Jaitly and Hinton, arXiv 1504.00941, for the task.

    Examples
    --------
    >>> task = MNIST(permuted=True)  # doctest: +SKIP
    >>> task.updates_per_epoch(100)  # doctest: +SKIP
    500
    """

    name = "mnist"
    tuned = {
        "nnrnn": Settings(rate=1.5e-4, rate_P=1.5e-5, smoothing=0.99, gamma_penalty=0.15, T_decay=1e-4, batch_size=100),
        "exprnn": Settings(rate=5e-4, rate_P=5e-5, smoothing=0.99, batch_size=100),
        "rnn-orth": Settings(rate=5e-5, rate_P=5e-5, smoothing=0.99, batch_size=100),
        "eurnn": Settings(rate=1e-4, smoothing=0.9, batch_size=100),
        "rnn": Settings(rate=1e-4, smoothing=0.9, batch_size=100),
        "lstm": Settings(rate=5e-4, smoothing=0.9, batch_size=100),
        "gru": Settings(rate=5e-4, smoothing=0.9, batch_size=100),  # not in the paper: the LSTM's
    }
    white = 255

    def __init__(self, permuted: bool = False) -> None:
        contents = read_all(FILES)
        parts = {name: parse_idx(name, content) for name, content in contents.items()}
        pictures, labels = (parts[f"train-{what}-ubyte"] for what in ("images-idx3", "labels-idx1"))
        source = np.random.RandomState(1234)
        order = source.permutation(math.prod(pictures.shape[1:]))
        drawn = source.permutation(len(labels))
        kept = 5 * len(labels) // 6
        splits = {
            "train": (pictures[drawn[:kept]], labels[drawn[:kept]]),
            "valid": (pictures[drawn[kept:]], labels[drawn[kept:]]),
            "test": (parts["t10k-images-idx3-ubyte"], parts["t10k-labels-idx1-ubyte"]),
        }
        flat = {name: (images.reshape(len(images), -1), digits) for name, (images, digits) in splits.items()}
        super().__init__(flat, permuted, order)

    def spec(self) -> dict[str, Any]:
        return {"name": self.name, "permuted": self.permuted}


def parse_idx(name: str, content: bytes) -> np.ndarray:
    """The array of an IDX file of bytes: two zeros, 8 (bytes), the number of axes, each axis's length, the entries.

    Raises
    ------
    DataMissing
        If the content is not such a file.

    Examples
    --------
    >>> parse_idx("two", bytes([0, 0, 8, 1, 0, 0, 0, 2, 5, 7])).tolist()
    [5, 7]
    """
    axes = content[3] if len(content) > 3 else 0
    head = 4 + 4 * axes
    shape = [int.from_bytes(content[at : at + 4], "big") for at in range(4, head, 4)]
    if content[:3] != b"\x00\x00\x08" or len(content) != head + math.prod(shape):
        raise DataMissing(f"{name} is not an IDX file of bytes: it begins with {content[:8]!r} and has {len(content)}")
    return np.frombuffer(content, np.uint8, offset=head).reshape(shape).copy()  # of its own, for torch to write into
