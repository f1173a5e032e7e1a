"""What indexes on libraries of others share: their import, their files, numbers that fit."""

from __future__ import annotations

import importlib
import json
import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.errors import GalleryDamaged, MissingExtra
from lookalike.indexes.faiss_tools import blocks, checksum, points
from lookalike.metrics import Vectors

_SEAL = "seal.json"


def library(module: str, index: str, note: str = "") -> Any:
    """Return a module that an index needs.

    Parameters
    ----------
    module : str
    index : str
        Its extra has the same name.
    note : str
        What one should know before installing it.

    Raises
    ------
    MissingExtra
        It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        install = f'pip install "lookalike[{index}]"'
        raise MissingExtra(
            f"the index {index}", index, f"{install} ({note})" if note else install
        ) from error


def reach(vectors: Vectors, metric: str) -> float:
    """Return the largest component of the `points` of vectors, whatever its sign; 1 if all are 0.

    Divided by it, numbers fit into 16 bits, which end at 65,504, and fill 8 bits well.
    """
    largest = 0.0
    for block in blocks(vectors, vectors.shape[1]):
        largest = max(largest, float(np.abs(points(block, metric)).max()))
    return largest or 1.0


class Workshop:
    """A folder for a file that a library has mapped, which goes when nothing holds it any more.

    Parameters
    ----------
    let_go : function
        Called before: no system but Unix removes a file that is mapped.
    """

    def __init__(self, let_go: Callable[[], object] = lambda: None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lookalike-"))
        self._end = weakref.finalize(self, _tidy, self.folder, let_go)


def _tidy(folder: Path, let_go: Callable[[], object]) -> None:
    let_go()
    shutil.rmtree(folder, ignore_errors=True)


def seal(folder: Path) -> None:
    """Write down what the files in a folder are, so that damage is seen before they are read.

    Several libraries end the whole program over a file that is cut off.
    """
    sums = {
        file.relative_to(folder).as_posix(): checksum(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
    (folder / _SEAL).write_text(json.dumps(sums), encoding="utf-8")


def unsealed(folder: Path, *names: str) -> Path:
    """Return the folder, if its files are those that were sealed, and these are among them.

    Raises
    ------
    GalleryDamaged
        They are not.
    """
    try:
        sums = json.loads((folder / _SEAL).read_text(encoding="utf-8"))
        broken = [name for name in names if name not in sums]
        broken += [name for name, known in sums.items() if checksum(folder / name) != known]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise GalleryDamaged(f"{folder} holds no index ({error}); build it again") from error
    if broken:
        raise GalleryDamaged(f"{folder / broken[0]} is not what was written; build the index again")
    return folder
