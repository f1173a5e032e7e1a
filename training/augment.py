"""Batches of pictures → two views of each: one hardly changed, one edited as people edit pictures.

All on batches (n, 3, H, W) float32 in 0…1, because two processor cores must feed the student: the
single-picture functions of `lookalike.samples.edits` are what the result is measured with, never
what it is trained with, so that a recall measured there is not a memory of the training.
"""

from __future__ import annotations

import io
import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor


def light(pictures: Tensor, side: int, rng: torch.Generator) -> Tensor:
    """Return views that mean the same: half whole, half crops of 75 % and more; half mirrored."""
    views = _placed(pictures, side, rng, area=(0.75, 1.0), turn=0.0, whole=0.5)
    return _coloured(views, rng, strength=0.12, share=0.4).clamp_(0, 1)


def strong(pictures: Tensor, side: int, rng: torch.Generator) -> Tensor:
    """Return edited copies, each by several edits, in the order in which people make them."""
    views = _placed(pictures, side, rng, area=(0.33, 1.0), turn=18.0, whole=0.25)
    views = _coloured(views, rng, strength=0.5, share=0.7)
    views = _greyed(views, rng, share=0.12)
    views = _coarse(views, rng, share=0.25)
    views = _blurred(views, rng, share=0.2)
    views = _covered(views, rng, share=0.35)
    views = _written_on(views.clamp_(0, 1), rng, share=0.2)
    views = _framed(views, rng, share=0.25)
    views = views + _chosen(views, rng, 0.15) * 0.06 * torch.randn(views.shape, generator=rng)
    return _recompressed(views.clamp_(0, 1), rng, share=0.3)


def _uniform(n: int, low: float, high: float, rng: torch.Generator) -> Tensor:
    return torch.rand(n, generator=rng) * (high - low) + low


def _chosen(views: Tensor, rng: torch.Generator, share: float) -> Tensor:
    return (torch.rand(len(views), generator=rng) < share).float().view(-1, 1, 1, 1)


def _placed(
    pictures: Tensor,
    side: int,
    rng: torch.Generator,
    *,
    area: tuple[float, float],
    turn: float,
    whole: float,
) -> Tensor:
    """Crop, stretch, mirror and rotate in one resampling; what falls outside is one colour."""
    n = len(pictures)
    share = _uniform(n, *area, rng)
    share = torch.where(torch.rand(n, generator=rng) < whole, torch.ones(n), share)
    aspect = torch.exp(_uniform(n, -0.2, 0.2, rng)) ** (share < 1)
    wide, high = (share * aspect).sqrt().clamp(max=1), (share / aspect).sqrt().clamp(max=1)
    right = (1 - wide) * _uniform(n, -1, 1, rng)
    down = (1 - high) * _uniform(n, -1, 1, rng)
    mirror = torch.where(torch.rand(n, generator=rng) < 0.5, -1.0, 1.0)
    turned = (torch.rand(n, generator=rng) < 0.35).float()
    angle = turned * _uniform(n, -turn, turn, rng) * math.pi / 180
    shear = turned * _uniform(n, -0.1, 0.1, rng) * (turn > 0)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = wide * mirror * torch.cos(angle)
    theta[:, 0, 1] = -wide * (torch.sin(angle) + shear)
    theta[:, 1, 0] = high * mirror * torch.sin(angle)
    theta[:, 1, 1] = high * torch.cos(angle)
    theta[:, 0, 2], theta[:, 1, 2] = right, down
    grid = F.affine_grid(theta, [n, 3, side, side], align_corners=False)
    fill = torch.randint(0, 3, (n, 1, 1, 1), generator=rng) / 2
    moved = F.grid_sample(pictures - fill, grid, mode="bilinear", align_corners=False)
    return moved + fill


def _coloured(views: Tensor, rng: torch.Generator, *, strength: float, share: float) -> Tensor:
    n = len(views)

    def factor(spread: float) -> Tensor:
        return torch.exp(_uniform(n, -spread, spread, rng)).view(-1, 1, 1, 1)

    changed = views * factor(strength)
    changed = (changed - changed.mean((1, 2, 3), keepdim=True)) * factor(strength) + changed.mean(
        (1, 2, 3), keepdim=True
    )
    grey = _luma(changed)
    changed = grey + (changed - grey) * factor(strength * 1.5)
    cast = 1 + 0.4 * strength * (2 * torch.rand(n, 3, 1, 1, generator=rng) - 1)
    changed = (changed * cast).clamp(0.001, 1) ** factor(strength * 0.7)
    return torch.where(_chosen(views, rng, share) > 0, changed, views)


def _luma(views: Tensor) -> Tensor:
    return (views * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)


def _greyed(views: Tensor, rng: torch.Generator, *, share: float) -> Tensor:
    return torch.where(_chosen(views, rng, share) > 0, _luma(views).expand_as(views), views)


def _coarse(views: Tensor, rng: torch.Generator, *, share: float) -> Tensor:
    """Some shrunk to a third or a half of the side, and enlarged again."""
    some = torch.rand(len(views), generator=rng) < share
    if some.any():
        side = views.shape[-1]
        small = int(side * float(_uniform(1, 0.3, 0.7, rng)))
        shrunk = F.interpolate(views[some], size=small, mode="bilinear", antialias=True)
        views[some] = F.interpolate(shrunk, size=side, mode="bilinear")
    return views


def _blurred(views: Tensor, rng: torch.Generator, *, share: float) -> Tensor:
    some = torch.rand(len(views), generator=rng) < share
    if some.any():
        sigma = float(_uniform(1, 0.6, 2.5, rng))
        reach = int(3 * sigma)
        at = torch.arange(-reach, reach + 1).float()
        bell = torch.exp(-(at**2) / (2 * sigma**2))
        bell = (bell / bell.sum()).view(1, 1, -1, 1).repeat(3, 1, 1, 1)
        taken = F.pad(views[some], [reach] * 4, mode="reflect")
        taken = F.conv2d(taken, bell, groups=3)
        views[some] = F.conv2d(taken, bell.transpose(2, 3), groups=3)
    return views


def _covered(views: Tensor, rng: torch.Generator, *, share: float) -> Tensor:
    """Some with a rectangle of 4 to 35 % of the area on top: one colour, or another picture."""
    side = views.shape[-1]
    source = views.clone()
    for i in torch.nonzero(torch.rand(len(views), generator=rng) < share).flatten().tolist():
        area = float(_uniform(1, 0.04, 0.35, rng))
        aspect = math.exp(float(_uniform(1, -0.7, 0.7, rng)))
        w = min(side, max(2, int(side * math.sqrt(area * aspect))))
        h = min(side, max(2, int(side * math.sqrt(area / aspect))))
        x = int(torch.randint(0, side - w + 1, (1,), generator=rng))
        y = int(torch.randint(0, side - h + 1, (1,), generator=rng))
        if torch.rand(1, generator=rng) < 0.5:
            views[i, :, y : y + h, x : x + w] = torch.rand(3, 1, 1, generator=rng)
        else:
            other = source[(i + 1) % len(views)][None]
            views[i, :, y : y + h, x : x + w] = F.interpolate(other, (h, w), mode="bilinear")[0]
    return views


_WORDS = ("SALE", "when you see it", "© photo", "monday", "LOL", "new!", "50 %", "breaking news")


def _written_on(views: Tensor, rng: torch.Generator, *, share: float) -> Tensor:
    side = views.shape[-1]
    for i in torch.nonzero(torch.rand(len(views), generator=rng) < share).flatten().tolist():
        pixels = Image.fromarray(_bytes(views[i]))
        draw = ImageDraw.Draw(pixels)
        for _ in range(int(torch.randint(1, 4, (1,), generator=rng))):
            word = _WORDS[int(torch.randint(0, len(_WORDS), (1,), generator=rng))]
            size = float(_uniform(1, side / 14, side / 5, rng))
            at = _uniform(2, 0, side * 0.8, rng).tolist()
            ink = (255, 255, 255) if torch.rand(1, generator=rng) < 0.5 else (0, 0, 0)
            edge = tuple(255 - c for c in ink)
            font = ImageFont.load_default(size)
            draw.text(tuple(at), word, ink, font=font, stroke_width=1, stroke_fill=edge)
        views[i] = _floats(pixels)
    return views


def _framed(views: Tensor, rng: torch.Generator, *, share: float) -> Tensor:
    """Some shrunk into a frame: an even border, a letterbox, or the bars of a screenshot."""
    side = views.shape[-1]
    for i in torch.nonzero(torch.rand(len(views), generator=rng) < share).flatten().tolist():
        left, right, top, bottom = _uniform(4, 0.0, 0.18, rng).tolist()
        kind = int(torch.randint(0, 3, (1,), generator=rng))
        if kind == 0:
            right = top = bottom = left
        if kind == 1:
            left = right = 0.0
            bottom = top
        w = max(8, int(side * (1 - left - right)))
        h = max(8, int(side * (1 - top - bottom)))
        x, y = int(side * left), int(side * top)
        inner = F.interpolate(views[i][None], (h, w), mode="bilinear", antialias=True)[0]
        grey = float(torch.randint(0, 3, (1,), generator=rng)) / 2
        views[i] = grey
        if kind == 2:
            for _ in range(4):  # buttons, captions
                bx, by = (int(v) for v in _uniform(2, 0, side * 0.9, rng))
                views[i, :, by : by + side // 24, bx : bx + side // 6] = torch.rand(
                    3, 1, 1, generator=rng
                )
        views[i, :, y : y + h, x : x + w] = inner[:, : side - y, : side - x]
    return views


def _recompressed(views: Tensor, rng: torch.Generator, *, share: float) -> Tensor:
    for i in torch.nonzero(torch.rand(len(views), generator=rng) < share).flatten().tolist():
        file = io.BytesIO()
        quality = int(torch.randint(6, 60, (1,), generator=rng))
        Image.fromarray(_bytes(views[i])).save(file, "JPEG", quality=quality)
        views[i] = _floats(Image.open(file))
    return views


def _bytes(view: Tensor) -> np.ndarray:
    return (view.permute(1, 2, 0).numpy() * 255 + 0.5).astype(np.uint8)


def _floats(pixels: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(pixels)).permute(2, 0, 1).float() / 255
