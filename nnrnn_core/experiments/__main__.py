"""`python -m nnrnn_core.experiments` runs the experiments anew."""

import sys

from .three_tasks import main

main(sys.argv[1:])
