"""Lookalike's indexes by themselves, and behind the public API."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from search_peers import Contestant, Setting, steps

from lookalike import Gallery
from lookalike.descriptors import create as descriptor
from lookalike.indexes import INDEXES, create
from lookalike.metrics import Vectors
from lookalike.search import upkeep
from lookalike.store.catalog import Catalog, changed

_EF = steps("ef", 10, 16, 32, 64, 96, 128, 192, 256, 384, 512, 1024, 2048)
LADDERS: dict[str, list[Setting]] = {
    "annoy": steps("nodes", 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000),
    "hnsw": _EF,
    "ivf_sketch": steps("nprobe", 4, 8, 16, 32, 64, 128, 256, 512),
    "nmslib": _EF,
    "nndescent": steps("starts", 32, 64, 128, 256, 512, 1024, 2048, 4096),
    "sketch": steps("rerank", 1, 2, 5, 10, 20, 50),
    "svs": _EF,
    "usearch": _EF,
}
BEHIND_GALLERY = ("exact", "sketch", "ivf_sketch", "hnsw")


class Ours(Contestant):
    """An index as it is, on the matrix that a gallery keeps anyway."""

    needs = ("faiss",)

    def __init__(self, spec: str) -> None:
        super().__init__(spec)
        self.spec = spec
        self.ladder = LADDERS.get(spec, ())
        if self.ladder:
            names = self.ladder[0]
            self.default = {name: getattr(INDEXES.get(spec), name) for name in names}

    def prepare(self, vectors: Vectors, folder: Path) -> None:
        np.save(folder / "vectors.npy", vectors)

    def make(self, vectors: Vectors, folder: Path) -> None:
        index = create(self.spec)
        index.build(self.mapped(folder), "cosine")
        (folder / "index").mkdir()
        index.save(folder / "index")

    def open(self, folder: Path) -> None:
        self.index = create(self.spec)
        self.index.load(folder / "index", self.mapped(folder))

    def mapped(self, folder: Path) -> Vectors:
        return np.asarray(np.load(folder / "vectors.npy", mmap_mode="r"))

    def set(self, setting: Setting) -> None:
        values = ",".join(f"{name}={value}" for name, value in setting.items())
        self.index = self.index.searching_as(create(f"{self.spec}:{values}"))

    def one(self, query: Vectors, k: int) -> np.ndarray:
        return np.asarray(self.index.search(query[np.newaxis], k).rows[0])

    def many(self, queries: Vectors, k: int) -> Iterable[np.ndarray]:
        return list(self.index.search(queries, k).rows)


class Public(Contestant):
    """`Gallery.search(vector=…)`; by the index that the gallery chooses, or by a named one."""

    needs = ("faiss",)

    def __init__(self, spec: str | None) -> None:
        super().__init__(f"Gallery, {spec}" if spec else "auto")
        self.spec = spec

    def prepare(self, vectors: Vectors, folder: Path) -> None:
        filled(folder, vectors)
        with Gallery.open(folder) as gallery:  # lays the matrix beside the catalog, if it is large
            gallery.search(vector=vectors[0], index="exact")

    def make(self, vectors: Vectors, folder: Path) -> None:
        if self.spec is None:
            # The last thing that `Gallery.sync` does; itself it would look for the pictures.
            catalog = Catalog(folder)
            upkeep.keep_up(catalog, lambda _: None)
            catalog.close()
        elif self.spec != "exact":
            with Gallery.open(folder) as gallery:
                gallery.build_index(self.spec)

    def open(self, folder: Path) -> None:
        self.gallery = Gallery.open(folder)

    def one(self, query: Vectors, k: int) -> np.ndarray:
        found = self.gallery.search(vector=query, top=k, index=self.spec)
        self.used = found.index_used
        return np.array([match.id for match in found])

    def many(self, queries: Vectors, k: int) -> Iterable[np.ndarray]:
        found = self.gallery.search_many(vectors=queries, top=k, index=self.spec)
        return [np.array([match.id for match in one]) for one in found]


def filled(folder: Path, vectors: Vectors) -> None:
    """Make a gallery whose n-th picture has the n-th vector; there are no files behind it."""
    catalog = Catalog(folder, create=True)
    known = descriptor("glance")
    with catalog.transaction() as db:
        values = (1, known.key, known.spec, known.metric, vectors.shape[1])
        sql = "INSERT INTO descriptors (id, key, spec, metric, dim) VALUES (?, ?, ?, ?, ?)"
        db.execute(sql, values)
        db.executemany(
            "INSERT INTO contents (id, sha256, bytes, format, width, height) "
            "VALUES (?, ?, 100000, 'JPEG', 640, 480)",
            ((n, n.to_bytes(32, "big")) for n in range(len(vectors))),
        )
        _files(db, len(vectors))
        rows: Iterator[tuple[int, bytes]] = ((n, v.tobytes()) for n, v in enumerate(vectors))
        db.executemany("INSERT INTO vectors VALUES (1, ?, ?)", rows)
        changed(db)
    catalog.close()


def _files(db: sqlite3.Connection, count: int) -> None:
    db.executemany(
        "INSERT INTO files (id, path, size, mtime_ns, content_id) VALUES (?, ?, 100000, 1, ?)",
        ((n, f"/pictures/{n // 1000}/{n:09}.jpg".encode(), n) for n in range(count)),
    )


def ours() -> list[Contestant]:
    return [
        Public(None),
        *(Public(spec) for spec in BEHIND_GALLERY),
        *(Ours(spec) for spec in sorted(INDEXES.names())),
    ]
