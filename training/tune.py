"""Stage 4. Train the trunk on the teachers' vectors, its weights rounded as they will ship.

Batch normalisation is folded into the weights, so that channels of very unlike size lie side by
side: one learning rate for all destroys the small ones. Here every output channel is trained in
units of its own size, as if it were still normalised. The gradient passes over the rounding (the
straight-through estimator of Bengio et al. 2013). Three pictures in four are hardly changed, the
fourth is a strong edit: all are to be where the teachers have the picture itself.

The state is kept every minute; the same command goes on from there.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from augment import light, strong
from grid import rounded
from pictures import Pool, seen
from student import SIDE, Student
from torch import Tensor, nn


class Relative(nn.Module):
    """A layer's weight as the size of each output channel × what is learned; its bias likewise."""

    def __init__(self, layer: nn.Conv2d | nn.Linear) -> None:
        super().__init__()
        weight, bias = layer.weight.detach(), layer.bias.detach()
        size = weight.flatten(1).square().mean(1).sqrt().clamp(min=1e-8)
        self.register_buffer("size", size.view(-1, *[1] * (weight.dim() - 1)))
        self.register_buffer("bias_was", bias.clone())
        self.register_buffer("bias_size", size * math.sqrt(weight[0].numel()))
        self.weight = nn.Parameter(weight / self.size)
        self.bias = nn.Parameter(torch.zeros_like(bias))

    def values(self) -> tuple[Tensor, Tensor]:
        """Return weight and bias as the layer has them."""
        return self.weight * self.size, self.bias_was + self.bias * self.bias_size


def relative(student: Student) -> nn.ModuleDict:
    """Return what to train, by layer, and make the student compute with it."""
    learned = nn.ModuleDict()
    for parameter in student.parameters():
        parameter.requires_grad_(False)
    for name, layer in student.named_modules():
        if isinstance(layer, nn.Conv2d) or name == "glance":
            learned[name.replace(".", "/")] = values = Relative(layer)
            layer.forward = _forward(layer, values)
    return learned


def _forward(layer: nn.Conv2d | nn.Linear, learned: Relative):  # type: ignore[no-untyped-def]
    def convolve(x: Tensor) -> Tensor:
        weight, bias = learned.values()
        weight = weight + (rounded(weight, layer.groups > 1) - weight).detach()
        return F.conv2d(x, weight, bias, layer.stride, layer.padding, 1, layer.groups)

    def project(x: Tensor) -> Tensor:
        return F.linear(x, *learned.values())

    return convolve if isinstance(layer, nn.Conv2d) else project


class Run:
    """What is learned, its moving average, and how far it is; kept on disk."""

    def __init__(self, work: Path, start: str, to: str, rate: float) -> None:
        self.start = torch.load(work / start, weights_only=True)
        self.student = Student()
        self.student.load_state_dict(self.start)
        self.student.to(memory_format=torch.channels_last).train()
        self.learned = relative(self.student)
        self.average = copy.deepcopy(self.learned)
        self.learn = torch.optim.AdamW(self.learned.parameters(), lr=rate, weight_decay=0.0)
        self.seconds, self.step = 0.0, 0
        self._to, self._kept = work / to, work / f"{to}.state"
        if self._kept.exists():
            self._load()

    def _load(self) -> None:
        kept = torch.load(self._kept, weights_only=True)
        self.learned.load_state_dict(kept["learned"])
        self.average.load_state_dict(kept["average"])
        self.learn.load_state_dict(kept["learn"])
        self.seconds, self.step = kept["seconds"], kept["step"]

    def save(self) -> None:
        """Keep the state, and the student with the average of what was learned."""
        parts = {"learned": self.learned, "average": self.average, "learn": self.learn}
        state = {name: part.state_dict() for name, part in parts.items()}
        _replace(self._kept, state | {"seconds": self.seconds, "step": self.step})
        student = dict(self.start)
        for name, layer in self.average.items():
            weight, bias = (value.detach() for value in layer.values())
            plain = name.replace("/", ".")
            student[f"{plain}.weight"], student[f"{plain}.bias"] = weight.contiguous(), bias
        _replace(self._to, student)

    def learn_from(self, views: Tensor, wanted: Tensor, rate: float) -> Tensor:
        """Take one step; return 1 − cosine to the target for each view, (n,)."""
        for group in self.learn.param_groups:
            group["lr"] = rate
        given = F.normalize(self.student.glance(self.student.features(views)), dim=1)
        wanted = F.normalize(wanted, dim=1)
        apart = 1 - (given * wanted).sum(1)
        relations = (given @ given.T - wanted @ wanted.T).square().mean()
        self.learn.zero_grad(set_to_none=True)
        (apart.mean() + 2 * relations).backward()
        nn.utils.clip_grad_norm_(self.learned.parameters(), 1.0)
        self.learn.step()
        self.step += 1
        with torch.no_grad():
            keep = min(0.998, self.step / (self.step + 10))
            pairs = zip(self.average.parameters(), self.learned.parameters(), strict=True)
            for mean, value in pairs:
                mean.lerp_(value, 1 - keep)
        return apart.detach()


def _replace(path: Path, what: object) -> None:
    beside = path.with_name(f"{path.name}.new")
    torch.save(what, beside)
    beside.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--start", default="heads.pt")
    parser.add_argument("--to", default="tuned.pt")
    parser.add_argument("--minutes", type=float, default=60, help="of training in all")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1e-3, help="of a channel's size, a step")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_flush_denormal(True)
    run = Run(args.work, args.start, args.to, args.rate)
    train(run, Pool(args.work), args.batch, args.rate, 60 * args.minutes, args.seed)
    run.save()


def train(run: Run, pool: Pool, batch: int, rate: float, budget: float, seed: int) -> None:
    rng = torch.Generator().manual_seed(seed + 100 + run.step)
    began = time.monotonic() - run.seconds
    told = saved = time.monotonic()
    while True:
        for pictures, wanted in pool.batches(batch, rng):
            run.seconds = time.monotonic() - began
            if run.seconds >= budget:
                return
            some = batch // 4
            views = strong(pictures[:some], SIDE, rng), light(pictures[some:], SIDE, rng)
            seen_views = seen(torch.cat(views)).to(memory_format=torch.channels_last)
            apart = run.learn_from(seen_views, wanted, rate * _share(run, budget))
            now = time.monotonic()
            if now - told > 20:
                told = now
                row = {"minutes": round(run.seconds / 60, 2), "step": run.step}
                row |= {"strong": apart[:some].mean().item(), "light": apart[some:].mean().item()}
                print(json.dumps(row), flush=True)
            if now - saved > 60:
                saved = now
                run.save()


def _share(run: Run, budget: float) -> float:
    """Warm up over 50 steps, then fall as half a cosine."""
    fall = 0.5 * (1 + math.cos(math.pi * run.seconds / budget))
    return min(1.0, (run.step + 1) / 50) * (0.01 + 0.99 * fall)


if __name__ == "__main__":
    main()
