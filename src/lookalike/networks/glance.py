"""The encoder that ships inside the package: several vectors of a picture in one pass.

Its trained weights are ONNX files in ``weights``, one an edition: ``glance_1.onnx``. A file takes
``pictures``, (n, height, width, 3) uint8 sRGB, and gives (n, dim) float32 under the name of each
descriptor that it makes: ``glance``, of L2 norm 1, and ``glance_copy``. An edition that has been
published is never changed and never left out again, as galleries are made with it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from lookalike.images import Image, View
from lookalike.metrics import Vectors
from lookalike.networks.session import Session

WEIGHTS = Path(__file__).parent / "weights"

_INPUT = "pictures"

# Pictures at once. On two cores: 1,190 a second one at a time, 1,380 by fours, 1,350 by sixteens
# (benchmarks/encoder.py).
_BATCH = 4

_OPENING = threading.Lock()  # so that of several threads one opens a file, and the others wait


def editions() -> list[int]:
    """Return the numbers of the editions that are in this package, in order."""
    numbers = (path.stem.removeprefix("glance_") for path in WEIGHTS.glob("glance_*.onnx"))
    return sorted(int(number) for number in numbers if number.isdecimal())


@dataclass(frozen=True)
class Edition:
    """The encoder with the weights of one edition. May be used by several threads at once.

    The file is opened when it is first needed, once in a process.

    Parameters
    ----------
    number : int
        One of `editions`.
    """

    number: int

    @property
    def view(self) -> View:
        """How it wants to see each picture: stretched to the size that the file says."""
        _, height, width, _ = self._session.inputs[_INPUT][1]
        return View.stretch(width, height, "bilinear")

    def dim(self, output: str) -> int:
        """Return how many components the vectors of an output have, as the file says."""
        return int(self._session.outputs[output][1][1])

    def encode(self, images: Sequence[Image]) -> dict[str, Vectors]:
        """Describe pictures, each of which goes through the network once.

        Parameters
        ----------
        images : n × (height, width, 3) uint8, sRGB
            Each in `view`.

        Returns
        -------
        dict of str to (n, dim) float32
            By the name of the output.

        Raises
        ------
        NetworkError
            The network fails on them.
        """
        session = self._session
        names = list(session.outputs)
        parts = [
            session.run(names, {_INPUT: np.stack(images[start : start + _BATCH])})
            for start in range(0, len(images), _BATCH)
        ]
        none = [np.empty((0, self.dim(name)), np.float32) for name in names]
        columns = zip(*[none, *parts], strict=True)
        return {name: np.concatenate(column) for name, column in zip(names, columns, strict=True)}

    @property
    def _session(self) -> Session:
        with _OPENING:
            return _opened(WEIGHTS / f"glance_{self.number}.onnx")


@lru_cache(maxsize=8)
def _opened(path: Path) -> Session:
    return Session(path)
