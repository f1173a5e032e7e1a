"""The student: MobileNetV2 at 176 px, and two heads on it.

Its trunk starts from the Apache-licensed MobileNetV2 that is also one of the teachers (batch
normalisation is folded into the convolutions).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import Tensor, nn

SIDE = 176
DIM = 256
# In, expanded, out, stride of the inverted residuals (MobileNetV2, table 2).
EARLY = [(16, 96, 24, 2), (24, 144, 24, 1), (24, 144, 32, 2), *[(32, 192, 32, 1)] * 2]
MIDDLE = [(32, 192, 64, 2), *[(64, 384, 64, 1)] * 3, (64, 384, 96, 1), *[(96, 576, 96, 1)] * 2]
LATE = [(96, 576, 160, 2), *[(160, 960, 160, 1)] * 2, (160, 960, 320, 1)]
POOLED = 1280 + 2 * 96
LAYOUT = 9 * 96


class Convolution(nn.Module):
    """A convolution with bias, padded as TensorFlow's SAME does for even sizes, and ReLU6."""

    def __init__(
        self, i: int, o: int, size: int = 1, stride: int = 1, groups: int = 1, bent: bool = True
    ) -> None:
        super().__init__()
        inside = size // 2 if stride == 1 else 0
        self.conv = nn.Conv2d(i, o, size, stride, inside, groups=groups)
        self.uneven = stride == 2
        self.bent = bent

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(F.pad(x, (0, 1, 0, 1)) if self.uneven else x)
        return F.relu6(x) if self.bent else x


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; added to its input where the shapes agree."""

    def __init__(self, i: int, expanded: int, o: int, stride: int) -> None:
        super().__init__()
        self.residual = stride == 1 and i == o
        self.steps = nn.Sequential(
            Convolution(i, expanded),
            Convolution(expanded, expanded, 3, stride, expanded),
            Convolution(expanded, o, bent=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.steps(x) if self.residual else self.steps(x)


class Student(nn.Module):
    """Pictures → a vector of what they show, and a vector of which picture they are.

    Attributes
    ----------
    glance : Linear
        Pooled maps (1,472) → 256.
    glance_copy : Linear
        Pooled maps and the layout (2,336) → 256.
    """

    def __init__(self) -> None:
        super().__init__()
        self.early = nn.Sequential(
            Convolution(3, 32, 3, 2),
            Convolution(32, 32, 3, 1, 32),
            Convolution(32, 16, bent=False),
            *[InvertedResidual(*row) for row in EARLY],
        )
        self.middle = nn.Sequential(*[InvertedResidual(*row) for row in MIDDLE])
        self.late = nn.Sequential(*[InvertedResidual(*row) for row in LATE], Convolution(320, 1280))
        self.register_buffer("mean", torch.zeros(POOLED))
        self.register_buffer("deviation", torch.ones(POOLED))
        self.register_buffer("layout_mean", torch.zeros(LAYOUT))
        self.register_buffer("layout_deviation", torch.ones(LAYOUT))
        self.glance = nn.Linear(POOLED, DIM)
        self.glance_copy = nn.Linear(POOLED + LAYOUT, DIM)

    def maps(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the middle map (n, 96, s / 16, s / 16) and the last (n, 1280, s / 32, s / 32)."""
        middle = self.middle(self.early(x))
        return middle, self.late(middle)

    def features(self, x: Tensor) -> Tensor:
        """Return (n, 1472) for x (n, 3, s, s) in -1…1, standardised; see `pooled`."""
        return (pooled(*self.maps(x)) - self.mean) / self.deviation

    def all_features(self, x: Tensor) -> Tensor:
        """Return (n, 2336): `features`, then the `layout`, standardised."""
        middle, last = self.maps(x)
        whole = (pooled(middle, last) - self.mean) / self.deviation
        return torch.cat([whole, (layout(middle) - self.layout_mean) / self.layout_deviation], 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return `glance` (n, 256) of length 1, and `glance_copy` (n, 256)."""
        features = self.all_features(x)
        return F.normalize(self.glance(features[:, :POOLED]), dim=1), self.glance_copy(features)


def pooled(middle: Tensor, last: Tensor) -> Tensor:
    """Return (n, 1472).

    The mean of the last map under a square root, as the teachers' are; of the middle map the
    mean and the deviation, which tell of colours and textures.
    """
    mean = middle.mean((2, 3))
    spread = (middle * middle).mean((2, 3)) - mean * mean
    rough = (spread.clamp(min=0) + 1e-5).sqrt()
    return torch.cat([(last.mean((2, 3)) + 1e-5).sqrt(), mean, rough], 1)


def layout(middle: Tensor) -> Tensor:
    """Return where things are, (n, 864), the same for a picture and its mirror image.

    Of 3 × 3 overlapping parts of the middle map the mean; left and right by their sum and by how
    much they differ.
    """
    parts = F.avg_pool2d(middle, 5, 3)
    left, centre, right = parts[..., 0], parts[..., 1], parts[..., 2]
    return torch.cat([left + right, (left - right).abs(), centre], 2).flatten(1)


def from_teacher(network: Path) -> Student:
    """Return a student with MobileNetV2's trunk and heads that know nothing yet."""
    held = {i.name: numpy_helper.to_array(i) for i in onnx.load(network).graph.initializer}
    weights = [(held[f"t{k}_w"], held[f"t{k}_b"]) for k in range(110, 172) if f"t{k}_w" in held]
    student = Student()
    modules = [*student.early.modules(), *student.middle.modules(), *student.late.modules()]
    convolutions = [m for m in modules if isinstance(m, nn.Conv2d)]
    for conv, (weight, bias) in zip(convolutions, weights, strict=True):
        conv.weight.data = torch.from_numpy(np.array(weight)).view_as(conv.weight)
        conv.bias.data = torch.from_numpy(np.array(bias))
    return student
