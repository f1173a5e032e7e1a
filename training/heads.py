"""Stage 3. Fit both heads on the trunk as it is, each in one step and without a learning rate.

`glance` is ridge regression of the teachers' vectors on the trunk's features. `glance_copy` is a
linear discriminant: the directions in which pictures differ most, measured by how little an edit of
a picture moves it (Fisher 1936; Rao 1948 for many classes, each picture being one).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from augment import light, strong
from pictures import Pool, plain, seen
from student import DIM, SIDE, Student, from_teacher
from torch import Tensor

BATCH = 64
JUDGED = 3000  # pictures that nothing is fitted on


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, required=True, help="mobilenet_v2.onnx")
    parser.add_argument("--pictures", type=int, default=24_000, help="to fit glance on")
    parser.add_argument("--pairs", type=int, default=14_000, help="to fit glance_copy on")
    args = parser.parse_args()
    torch.set_flush_denormal(True)
    student = from_teacher(args.teacher).eval().to(memory_format=torch.channels_last)
    pool = Pool(args.work)
    with torch.no_grad():
        fit_glance(student, *_described(student, pool, args.pictures + JUDGED))
        fit_copy(student, *_edited(student, pool, args.pairs))
    beside = args.work / "heads.new"
    torch.save(student.state_dict(), beside)
    beside.replace(args.work / "heads.pt")


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


def fit_copy(student: Student, plainly: Tensor, edited: Tensor) -> None:
    """Fit to features (n, 1472) of pictures and of an edited copy of each."""
    both = torch.cat([plainly, edited])
    middle = both.mean(0)
    total = (both - middle).T @ (both - middle) / len(both)
    moved = edited - plainly
    within = _shrunk(moved.T @ moved / (2 * len(moved)), 0.05)
    root = torch.linalg.cholesky(within)
    inverse = torch.linalg.inv(root)
    variance, axes = torch.linalg.eigh(inverse @ total @ inverse.T)
    weight = inverse.T @ axes[:, -DIM:]
    # Half-whitened: the few directions that tell scenes apart are not to outvote all others.
    weight /= variance[-DIM:] ** 0.25
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
    """Features of pictures hardly changed, and of strong edits of them."""
    rng = torch.Generator().manual_seed(2)
    plainly, edited = [], []
    told = _Told("pairs", count)
    for pictures, _ in pool.batches(BATCH, rng):
        views = torch.cat([light(pictures, SIDE, rng), strong(pictures, SIDE, rng)])
        features = student.features(seen(views).to(memory_format=torch.channels_last))
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
