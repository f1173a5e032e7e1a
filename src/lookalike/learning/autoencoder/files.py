"""Files of a run that are either there as a whole or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.store import durable


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Give the path to write to; the file takes the place of the former once it is whole."""
    beside = file.with_name(f"{file.name}.new")
    yield beside
    durable.settle(beside)
    beside.replace(file)
    durable.settle(file.parent)


def write_arrays(file: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays as one file of NumPy's, in which nothing is ever executed."""
    with replacing(file) as path, path.open("wb") as out:
        np.savez(out, allow_pickle=False, **arrays)
