"""Stages 3 and 5. Fit the heads, each in one step and without a learning rate.

    heads.py begin     `glance` on MobileNetV2's trunk: what `tune.py` begins with
    heads.py finish    `glance` half-whitened and `glance_copy`, on the tuned trunk as it will ship

`glance` is ridge regression of the teachers' vectors on the trunk's features, then trained with it
(`tune.py`). `glance_copy` is a linear discriminant: the directions in which pictures differ most,
measured by how little an edit of a picture moves it (Fisher 1936; Rao 1948 for many classes, each
picture being one). It is not brought to length 1: its Euclidean distance is in units of how far an
edit moves a picture.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from augment import strong
from grid import rounded
from pictures import Pool, plain, seen
from student import DIM, POOLED, SIDE, Student, from_teacher, layout, pooled
from torch import Tensor, nn

BATCH = 64
JUDGED = 3000  # pictures that nothing is fitted on


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["begin", "finish"])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, help="mobilenet_v2.onnx, to begin with")
    parser.add_argument("--pictures", type=int, default=24_000, help="to begin with")
    parser.add_argument("--pairs", type=int, default=16_000, help="to finish on")
    args = parser.parse_args()
    torch.set_flush_denormal(True)
    torch.set_grad_enabled(False)
    pool = Pool(args.work)
    if args.what == "begin":
        student = from_teacher(args.teacher).eval().to(memory_format=torch.channels_last)
        fit_glance(student, *_described(student, pool, args.pictures + JUDGED))
    else:
        student = Student().eval()
        student.load_state_dict(torch.load(args.work / "tuned.pt", weights_only=True))
        exact = {name: value.clone() for name, value in student.state_dict().items()}
        _round(student)
        student.to(memory_format=torch.channels_last)
        plainly, edited = _edited(student, pool, args.pairs)
        whiten_glance(student, plainly)
        fit_copy(student, plainly, edited)
        for name, value in student.named_parameters():
            if ".conv." in name:
                value.copy_(exact[name])  # `export.py` rounds it
    to = args.work / ("heads.pt" if args.what == "begin" else "finished.pt")
    beside = to.with_suffix(".new")
    torch.save(student.state_dict(), beside)
    beside.replace(to)


def _round(student: Student) -> None:
    for layer in student.modules():
        if isinstance(layer, nn.Conv2d):
            layer.weight.copy_(rounded(layer.weight, layer.groups > 1))


def fit_glance(student: Student, x: Tensor, y: Tensor) -> None:
    """Fix the features' scale, and fit x (n, 1472) to y (n, 256)."""
    student.mean.copy_(x[:-JUDGED].mean(0))
    student.deviation.copy_(x[:-JUDGED].std(0) + 1e-3)
    x = x - student.mean  # channels count by their variance: standardised, rare ones are noise
    known = x[:-JUDGED]
    gram = _shrunk(known.T @ known / len(known), 0.1)
    weight = torch.linalg.solve(gram, known.T @ y[:-JUDGED] / len(known))
    student.glance.weight.copy_((weight * student.deviation[:, None]).T)
    student.glance.bias.zero_()
    for name, part in (("fitted", slice(0, -JUDGED)), ("others", slice(-JUDGED, None))):
        cosine = torch.nn.functional.cosine_similarity(x[part] @ weight, y[part]).mean()
        print(f"glance: cosine to the teachers {cosine:.3f} on {name}", flush=True)


def whiten_glance(student: Student, x: Tensor) -> None:
    """Half-whiten what `glance` gives for x (n, 2336): a fit shrinks what it is unsure of."""
    given = student.glance(x[:, :POOLED])
    middle = given.mean(0)
    variance, axes = torch.linalg.eigh((given - middle).T @ (given - middle) / len(given))
    turn = axes * variance.clamp(min=1e-9) ** -0.25
    bias = (student.glance.bias - middle) @ turn
    student.glance.weight.copy_(turn.T @ student.glance.weight)
    student.glance.bias.copy_(bias)


def fit_copy(student: Student, plainly: Tensor, edited: Tensor) -> None:
    """Fit to features (n, 2336) of pictures and of an edited copy of each.

    Those of the layout are raw; their scale is fixed here.
    """
    both = torch.cat([plainly, edited])
    student.layout_mean.copy_(both[:, POOLED:].mean(0))
    student.layout_deviation.copy_(both[:, POOLED:].std(0) + 1e-3)
    for part in (plainly, edited, both):
        part[:, POOLED:] -= student.layout_mean
        part[:, POOLED:] /= student.layout_deviation
    middle = both.mean(0)
    total = (both - middle).T @ (both - middle) / len(both)
    moved = edited - plainly
    within = _shrunk(moved.T @ moved / (2 * len(moved)), 0.05)
    inverse = torch.linalg.inv(torch.linalg.cholesky(within))
    _, axes = torch.linalg.eigh(inverse @ total @ inverse.T)
    weight = inverse.T @ axes[:, -DIM:]
    weight /= (moved @ weight).square().sum(1).mean().sqrt()
    student.glance_copy.weight.copy_(weight.T)
    student.glance_copy.bias.copy_(-(middle @ weight))


def _shrunk(gram: Tensor, share: float) -> Tensor:
    return gram + share * gram.diagonal().mean() * torch.eye(len(gram))


def _described(student: Student, pool: Pool, count: int) -> tuple[Tensor, Tensor]:
    """Features of pictures as they are, and the teachers' vectors."""
    given, wanted = [], []
    told = _Told("pictures", count)
    for pictures, vectors in pool.batches(BATCH, torch.Generator().manual_seed(1)):
        given.append(student.features(seen(plain(pictures))))
        wanted.append(vectors)
        if told.enough(len(given) * BATCH):
            break
    return torch.cat(given), torch.cat(wanted)


def _edited(student: Student, pool: Pool, count: int) -> tuple[Tensor, Tensor]:
    """Features of pictures as they are, and of strong edits of them; the layout's raw."""
    rng = torch.Generator().manual_seed(5)
    plainly, edited = [], []
    told = _Told("pairs", count)
    for pictures, _ in pool.batches(BATCH, rng):
        views = torch.cat([plain(pictures), strong(pictures, SIDE, rng)])
        middle, last = student.maps(seen(views).to(memory_format=torch.channels_last))
        whole = (pooled(middle, last) - student.mean) / student.deviation
        features = torch.cat([whole, layout(middle)], 1)
        plainly.append(features[: len(pictures)])
        edited.append(features[len(pictures) :])
        if told.enough(len(plainly) * BATCH):
            break
    return torch.cat(plainly), torch.cat(edited)


class _Told:
    """Progress, once in ten seconds."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total = what, total
        self._began = self._last = time.monotonic()

    def enough(self, done: int) -> bool:
        now = time.monotonic()
        if now - self._last > 10:
            self._last = now
            rate = done / (now - self._began)
            left = (self._total - done) / rate
            print(f"{done}/{self._total} {self._what}, {rate:.0f}/s, {left:.0f} s left", flush=True)
        return done >= self._total


if __name__ == "__main__":
    main()
