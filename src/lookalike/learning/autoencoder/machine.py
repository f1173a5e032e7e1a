"""What there is to compute with."""

from __future__ import annotations

import platform
import time

import torch
from torch.nn import functional

from lookalike.errors import BadParameter
from lookalike.learning.autoencoder.architecture import default

# So much faster has bfloat16 to be; less is within the noise of so short a trial.
_WORTH = 1.25


def device(wanted: str) -> torch.device:
    """Return the device of that name; of "auto" the fastest there is.

    Raises
    ------
    BadParameter
        There is none of that name here.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if wanted == "auto":
        wanted = next(name for name, here in there.items() if here)
    if not there[wanted]:
        raise BadParameter(
            f"PyTorch finds no {wanted!r} device here; leave it at auto, or install the PyTorch "
            "that is made for it"
        )
    return torch.device(wanted)


def precision(wanted: str, on: torch.device) -> str:
    """Return the precision of that name; of "auto" bfloat16 where it is the faster one.

    A processor that has instructions for it is not always faster with them: so both are tried.
    """
    if wanted != "auto":
        return wanted
    if on.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    if on.type == "cpu" and _has_instructions() and _gain() > _WORTH:
        return "bfloat16"
    return "float32"


def described(on: torch.device) -> str:
    """Return what a person calls a device."""
    if on.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(on)})"
    return f"{on.type} ({platform.processor() or platform.machine()})"


def _has_instructions() -> bool:
    """Tell whether the processor computes with bfloat16 itself, as far as this PyTorch can tell."""
    asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, lambda: False)() for name in asked)


def _gain() -> float:
    """Return how many times faster a small network is trained in bfloat16."""
    with torch.random.fork_rng(devices=[]):
        model = default(64, 64).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        pictures = torch.rand(16, 3, 64, 64).contiguous(memory_format=torch.channels_last)
    seconds = {}
    for reduced in (False, True):
        seconds[reduced] = min(_seconds(model, pictures, reduced) for _ in range(3))
    return seconds[False] / seconds[True]


def _seconds(model: torch.nn.Module, pictures: torch.Tensor, reduced: bool) -> float:
    began = time.process_time()  # the processor's own time: others may keep it busy meanwhile
    with torch.autocast("cpu", torch.bfloat16, enabled=reduced):
        drawn = model(pictures)
    functional.mse_loss(drawn.float(), pictures).backward()  # type: ignore[no-untyped-call]
    return time.process_time() - began
