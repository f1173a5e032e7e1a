"""Local galleries without pictures, made in seconds: their vectors are what is measured."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from search_vectors import Data

from lookalike.store.catalog import Catalog, changed

KEY = "synthetic@1"
HALF = "width >= 800"
"""A condition that every other picture meets: those of even numbers."""

_BATCH = 20_000
_IN_A_FOLDER = 1000
_WIDTHS = (1024, 640)


def fill(folder: Path, data: Data) -> None:
    """Make a catalog of the vectors, as if each was of a picture; one that is there stays."""
    catalog = Catalog(folder, create=True)
    if not catalog.number("SELECT count(*) FROM files"):
        with catalog.transaction() as db:
            db.execute("INSERT INTO folders VALUES (?)", (b"/pictures",))
            sql = "INSERT INTO descriptors (key, spec, metric, dim) VALUES (?, ?, 'cosine', ?)"
            db.execute(sql, (KEY, "synthetic", data.dim))
        vectors = np.load(data.vectors, mmap_mode="r")
        for start in range(0, data.count, _BATCH):
            _enter(catalog, vectors, range(start, min(start + _BATCH, data.count)))
    catalog.close()


def path(number: int) -> str:
    """Return where the picture of a vector would lie."""
    return f"/pictures/{number // _IN_A_FOLDER:04d}/{number:07d}.jpg"


def number_of(path: str) -> int:
    """Return the number of the vector of a picture."""
    return int(Path(path).stem)


def _enter(catalog: Catalog, vectors: np.ndarray, numbers: range) -> None:
    with catalog.transaction() as db:
        db.executemany(
            "INSERT INTO contents VALUES (?, ?, 200000, 'JPEG', ?, 768, NULL)",
            ((n + 1, hashlib.sha256(b"%d" % n).digest(), _WIDTHS[n % 2]) for n in numbers),
        )
        db.executemany(
            "INSERT INTO vectors VALUES (1, ?, ?)", ((n + 1, vectors[n].tobytes()) for n in numbers)
        )
        sql = "INSERT INTO files (path, size, mtime_ns, content_id) VALUES (?, 200000, ?, ?)"
        rows = ((path(n).encode(), 1_700_000_000_000_000_000 + n, n + 1) for n in numbers)
        db.executemany(sql, rows)
        changed(db)
