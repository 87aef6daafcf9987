"""A matrix from anything that people have one in: text, files, arrays, tensors, saved networks.

`read_matrix` is the way in. What is not understood to the last character is refused, and named; nothing is evaluated
as code. README.md has the table of what is read how.
"""

from .choice import MatrixChoice
from .read import Reading, is_a_file, is_schur_matrix, read, read_matrix
from .square import LARGEST

__all__ = ["LARGEST", "MatrixChoice", "Reading", "is_a_file", "is_schur_matrix", "read", "read_matrix"]
