"""A body: painted solids that stand together on the floor, within a ball that is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from lookalike.samples.sdf import Points, Solid, Values, column, rotation
from lookalike.samples.textures import Colours, Paint


@dataclass(frozen=True)
class Part:
    """A solid and how it looks.

    Parameters
    ----------
    solid : Solid
    paint : Paint
    gloss : float
        How much it shines, from 0 (cloth) to 1 (glazed).
    """

    solid: Solid
    paint: Paint
    gloss: float = 0.25


@dataclass(frozen=True)
class Body:
    """Parts that stand on the floor, and where.

    Parameters
    ----------
    parts : tuple of Part
        In the body's own coordinates: y up, the floor at 0, its front towards +z.
    middle : float
        Height of the centre of the ball that holds all parts.
    reach : float
        Radius of that ball.
    at : (x, z)
        Where the body stands.
    turn : float
        Degrees about the upright axis.
    size : float
        Scale.
    """

    parts: tuple[Part, ...]
    middle: float = 1.0
    reach: float = 1.3
    at: tuple[float, float] = (0.0, 0.0)
    turn: float = 0.0
    size: float = 1.0
    _back: Points = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_back", rotation("y", -self.turn) / np.float32(self.size))

    @property
    def centre(self) -> Points:
        """Centre of the ball that holds the body, (3, 1)."""
        return column((self.at[0], self.middle * self.size, self.at[1]))

    @property
    def radius(self) -> float:
        """Radius of that ball."""
        return self.reach * self.size

    def own(self, points: Points) -> Points:
        """Return points of the scene (3, n) in the body's own coordinates."""
        if self.at == (0.0, 0.0) and self.turn == 0.0 and self.size == 1.0:
            return points
        return self._back @ (points - column((self.at[0], 0.0, self.at[1])))

    def distance(self, points: Points) -> Values:
        """Return how far points of the scene (3, n) are from the body, (n,)."""
        own = self.own(points)
        return reduce(np.minimum, (part.solid(own) for part in self.parts)) * self.size

    def look(self, points: Points) -> tuple[Colours, Values]:
        """Return the colour (3, n) and gloss (n,) of points on the body's skin."""
        own = self.own(points)
        nearest = np.argmin([part.solid(own) for part in self.parts], axis=0)
        colours = np.zeros_like(points)
        gloss = np.zeros(points.shape[1], np.float32)
        for number, part in enumerate(self.parts):
            mine = nearest == number
            if mine.any():
                colours[:, mine] = part.paint(own[:, mine])
                gloss[mine] = part.gloss
        return colours, gloss
