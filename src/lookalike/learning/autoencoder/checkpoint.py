"""The state of a training as one file of plain arrays."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from lookalike.learning.autoencoder.files import write_arrays
from lookalike.learning.autoencoder.run import Epoch

CHECKPOINT = "checkpoint.npz"

Arrays = dict[str, npt.NDArray[Any]]


@dataclass
class Progressed:
    """How far a training has come; together with the weights and the optimiser it is all.

    No generator's state is kept: what is drawn in an epoch depends only on the seed and the
    epoch's number.

    Attributes
    ----------
    history : list of Epoch
    best : int
        The number of the best epoch; 0 before the first.
    step : int
        Steps done of the epoch after the last in `history`.
    loss_sum : float
        Over the pictures of these steps.
    seconds : float
        That these steps took.
    precision : str
    """

    history: list[Epoch] = field(default_factory=list)
    best: int = 0
    step: int = 0
    loss_sum: float = 0.0
    seconds: float = 0.0
    precision: str = ""


def save(
    file: Path,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    best: Mapping[str, torch.Tensor],
    progressed: Progressed,
) -> None:
    """Write everything that the training goes on from; the former file stays until it is whole."""
    arrays: Arrays = {"progressed": np.array(json.dumps(dataclasses.asdict(progressed)))}
    arrays |= {f"weights/{name}": _array(value) for name, value in model.state_dict().items()}
    arrays |= {f"best/{name}": _array(value) for name, value in best.items()}
    for number, state in optimiser.state_dict()["state"].items():
        arrays |= {f"optimiser/{number}/{name}": _array(value) for name, value in state.items()}
    write_arrays(file, arrays)


def load(
    file: Path, model: nn.Module, optimiser: torch.optim.Optimizer
) -> tuple[dict[str, torch.Tensor], Progressed]:
    """Bring a model and its optimiser to where `save` left them.

    Returns
    -------
    best : dict of str to Tensor
        The weights of the best epoch; empty before the first.
    progressed : Progressed
    """
    with np.load(file, allow_pickle=False) as arrays:
        told = json.loads(str(arrays["progressed"]))
        weights, best, states = (_part(arrays, p) for p in ("weights/", "best/", "optimiser/"))
    model.load_state_dict(weights)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in states.items():
        number, _, key = name.partition("/")
        state.setdefault(int(number), {})[key] = value
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})
    told["history"] = [Epoch(**epoch) for epoch in told["history"]]
    return best, Progressed(**told)


def _part(arrays: Any, prefix: str) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(prefix): torch.from_numpy(arrays[name])
        for name in arrays.files
        if name.startswith(prefix)
    }


def _array(value: torch.Tensor) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = value.detach().cpu().contiguous().numpy()
    return array
