"""How sequences lie in memory: what comes in becomes time first, and what goes out lies as what came in."""

from __future__ import annotations

from itertools import groupby
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

# (steps, batch) of each stretch of time in which no sequence ends
Runs: TypeAlias = list[tuple[int, int]]


class Padded:
    """A tensor: (time, batch, …), or (batch, time, …) with `batch_first`, or one sequence, (time, …)."""

    def __init__(self, input: Tensor, batch_first: bool) -> None:
        if input.dim() not in (2, 3):
            raise ValueError(f"input must be 2-D or 3-D, (time, batch, input_size); got {tuple(input.shape)}")
        self.batched = input.dim() == 3
        self._batch_first = batch_first and self.batched
        self.inputs = self._swapped(input) if self.batched else input.unsqueeze(1)
        time, self.batch = self.inputs.shape[:2]
        if time < 1:
            raise ValueError(f"input must have at least one time step; got {tuple(input.shape)}")
        self.runs: Runs = [(time, self.batch)]

    def _swapped(self, tensor: Tensor) -> Tensor:
        return tensor.transpose(0, 1) if self._batch_first else tensor

    def backwards(self, rows: Tensor) -> Tensor:
        """Each sequence from its last time to its first."""
        return rows.flip(0)

    def enter(self, hx: Tensor) -> Tensor:
        """States as they were given -> (layers · directions, batch, n)."""
        return hx if self.batched else hx.unsqueeze(1)

    def leave(self, output: Tensor, h_n: Tensor) -> tuple[Any, Tensor]:
        """Output and last states in the layout that came in."""
        return (self._swapped(output), h_n) if self.batched else (output[:, 0], h_n[:, 0])


class Packed:
    """A PackedSequence: at each time the sequences that are not over, the longest first, one row each."""

    batched = True

    def __init__(self, input: PackedSequence) -> None:
        sizes = input.batch_sizes.tolist()
        if input.data.dim() != 2 or not sizes or sum(sizes) != len(input.data):
            raise ValueError(
                f"input must be packed from sequences (time, input_size); its data is {tuple(input.data.shape)} for "
                f"batch sizes {sizes}: make it with pack_sequence or pack_padded_sequence"
            )
        if any(later > earlier or later < 1 for earlier, later in zip(sizes, sizes[1:] + sizes[-1:], strict=True)):
            raise ValueError(
                f"input must be packed with the longest sequence first; its batch sizes are {sizes}: "
                "make it with pack_sequence(..., enforce_sorted=False), which sorts"
            )
        self._input, self.inputs, self.batch = input, input.data, sizes[0]
        self.runs: Runs = [(len(list(same)), size) for size, same in groupby(sizes)]
        self._reversal: Tensor | None = None

    def backwards(self, rows: Tensor) -> Tensor:
        """Each sequence from its last time to its first."""
        if self._reversal is None:
            sizes = self._input.batch_sizes
            first = sizes.cumsum(0) - sizes  # the row of each time's first sequence
            place = torch.arange(self.batch, device=sizes.device)
            lengths = (sizes[:, None] > place).sum(0)
            order = [first[lengths[:size] - 1 - t] + place[:size] for t, size in enumerate(sizes.tolist())]
            self._reversal = torch.cat(order).to(rows.device)
        return rows[self._reversal]

    def enter(self, hx: Tensor) -> Tensor:
        """States in the order of the sequences -> in the order of their lengths."""
        return hx if self._input.sorted_indices is None else hx[:, self._input.sorted_indices]

    def leave(self, output: Tensor, h_n: Tensor) -> tuple[Any, Tensor]:
        """Output packed as the input, and last states in the order of the sequences."""
        back = self._input.unsorted_indices
        packed = PackedSequence(output, self._input.batch_sizes, self._input.sorted_indices, back)
        return packed, h_n if back is None else h_n[:, back]
