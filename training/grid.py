"""The grid of eight-bit weights that the shipped trunk is rounded to.

Older x86 processors (without VNNI) multiply unsigned activations with signed weights and add the
products of two neighbours in sixteen bits: 255 × (a + b) has to stay below 32,768, so that two
neighbours of one sign may come to 128 together. Seven bits for all would do, at half the
resolution; here each output channel gets the largest scale at which no pair overflows.
"""

from __future__ import annotations

import torch
from torch import Tensor

_LIMIT = 128


def scales(weight: Tensor, depthwise: bool) -> Tensor:
    """Return the size of one step for each output channel, (o,), for a weight (o, i, h, w).

    Of a pointwise convolution the processor adds neighbouring input channels; of others the order
    is the library's own affair, so that any two may meet.
    """
    rows = weight.detach().flatten(1)
    if depthwise or weight.shape[-1] > 1:
        pairs = torch.cat([_largest(rows), _largest(-rows)], 1)
    else:
        if rows.shape[1] % 2:
            rows = torch.nn.functional.pad(rows, (0, 1))
        a, b = rows[:, ::2], rows[:, 1::2]
        pairs = torch.cat([(a + b).abs(), a.abs(), b.abs()], 1)
    return torch.maximum(pairs.amax(1) / _LIMIT, rows.abs().amax(1) / 127).clamp(min=1e-12) * 1.008


def _largest(rows: Tensor) -> Tensor:
    """The sum of the two largest positive values of each row, (o, 1)."""
    return rows.clamp(min=0).topk(min(2, rows.shape[1]), 1).values.sum(1, keepdim=True)


def rounded(weight: Tensor, depthwise: bool) -> Tensor:
    """Return the weight as the grid has it."""
    step = scales(weight, depthwise).view(-1, *[1] * (weight.dim() - 1))
    return torch.round(weight.detach() / step) * step
