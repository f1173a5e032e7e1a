"""The camera: from pixels to rays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lookalike.samples.sdf import Points, Triple, Values, column, norm, rotation


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from.

    Parameters
    ----------
    target : (x, y, z)
        What it looks at.
    azimuth : float
        Degrees about the upright axis; 0 looks at the thing's front.
    elevation : float
        Degrees above the floor.
    distance : float
        From the target.
    opening : float
        Degrees of the field of view across the shorter side.
    roll : float
        Degrees about the line of sight.
    """

    target: Triple
    azimuth: float
    elevation: float
    distance: float
    opening: float = 34.0
    roll: float = 0.0

    @property
    def frame(self) -> Points:
        """Columns right, up and backwards of the camera, (3, 3)."""
        upright = rotation("y", self.azimuth) @ rotation("x", -self.elevation)
        return np.asarray(upright @ rotation("z", self.roll), np.float32)

    @property
    def position(self) -> Points:
        """Where the camera stands, (3, 1)."""
        return np.asarray(column(self.target) + self.frame[:, 2:3] * np.float32(self.distance))

    def rays(self, x: Values, y: Values, size: tuple[int, int]) -> Points:
        """Return the directions in which pixels look.

        Parameters
        ----------
        x, y : (n,) float32
            Places in the picture in pixels, from its upper left corner.
        size : (width, height)

        Returns
        -------
        (3, n) float32, unit length
        """
        width, height = size
        scale = 2.0 * math.tan(math.radians(self.opening) / 2.0) / min(size)
        right, up = (x - width / 2.0) * scale, (height / 2.0 - y) * scale
        ways = np.stack([right, up, np.full_like(right, -1.0)]).astype(np.float32)
        return np.asarray(self.frame @ (ways / norm(*ways)), np.float32)
