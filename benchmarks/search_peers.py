"""Libraries for nearest neighbours, each called as its documentation does."""

from __future__ import annotations

import os
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from lookalike.metrics import Vectors

Setting = dict[str, int]


class Contestant(ABC):
    """Something that is built of unit vectors, kept in a folder, opened and asked.

    Attributes
    ----------
    needs : tuple of str
        Modules that must be there; loaded before memory is measured.
    default : dict
        What it searches with unless told; empty if there is nothing to choose.
    ladder : sequence of dict
        Settings from quick to thorough, to find the first that has a recall of 0.99.
    """

    needs: ClassVar[tuple[str, ...]] = ()
    default: Setting = {}  # noqa: RUF012 (replaced, never changed)
    ladder: Sequence[Setting] = ()

    def __init__(self, name: str) -> None:
        self.name = name

    def prepare(self, vectors: Vectors, folder: Path) -> None:  # noqa: B027
        """Lay down what is there before anything is built; not counted."""

    @abstractmethod
    def make(self, vectors: Vectors, folder: Path) -> None:
        """Build of (n, dim) float32 and write to disk."""

    @abstractmethod
    def open(self, folder: Path) -> None:
        """Read from disk what `make` wrote."""

    def set(self, setting: Setting) -> None:  # noqa: B027
        """Search by this setting from now on."""

    @abstractmethod
    def one(self, query: Vectors, k: int) -> np.ndarray:
        """Return rows (k,) int64 near a query (dim,)."""

    def many(self, queries: Vectors, k: int) -> Iterable[np.ndarray]:
        """Answer (n, dim) at once; by threads, where the library cannot by itself."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(lambda query: self.one(query, k), queries))


def steps(name: str, *values: int, **rest: int) -> list[Setting]:
    return [{name: value, **rest} for value in values]


class NumPy(Contestant):
    """One matrix product; the ten largest by argpartition."""

    def make(self, vectors: Vectors, folder: Path) -> None:
        np.save(folder / "vectors.npy", vectors)

    def open(self, folder: Path) -> None:
        self.vectors = np.load(folder / "vectors.npy")

    def one(self, query: Vectors, k: int) -> np.ndarray:
        alike = self.vectors @ query
        rows = np.argpartition(alike, -k)[-k:]
        return np.asarray(rows[np.argsort(-alike[rows])])

    def many(self, queries: Vectors, k: int) -> Iterator[np.ndarray]:
        for start in range(0, len(queries), 64):
            alike = queries[start : start + 64] @ self.vectors.T
            rows = np.argpartition(alike, -k, axis=1)[:, -k:]
            order = np.argsort(-np.take_along_axis(alike, rows, 1), axis=1)
            yield from np.take_along_axis(rows, order, 1)


class FaissFlat(Contestant):
    needs = ("faiss",)

    def empty(self, dim: int) -> Any:
        import faiss

        return faiss.IndexFlatIP(dim)

    def make(self, vectors: Vectors, folder: Path) -> None:
        import faiss

        index = self.empty(vectors.shape[1])
        index.add(vectors)
        faiss.write_index(index, str(folder / "index.faiss"))

    def open(self, folder: Path) -> None:
        import faiss

        self.index = faiss.read_index(str(folder / "index.faiss"))

    def one(self, query: Vectors, k: int) -> np.ndarray:
        return np.asarray(self.index.search(query[np.newaxis], k)[1][0])

    def many(self, queries: Vectors, k: int) -> Iterable[np.ndarray]:
        return list(self.index.search(queries, k)[1])


class FaissHnsw(FaissFlat):
    default: Setting = {"efSearch": 16}  # noqa: RUF012
    ladder = steps("efSearch", 16, 32, 64, 96, 128, 192, 256, 384, 512, 1024, 2048)

    def empty(self, dim: int) -> Any:
        import faiss

        return faiss.IndexHNSWFlat(dim, 32)

    def set(self, setting: Setting) -> None:
        self.index.hnsw.efSearch = setting["efSearch"]


class Annoy(Contestant):
    needs = ("annoy",)

    def __init__(self, name: str, trees: int) -> None:
        super().__init__(name)
        self.trees = trees
        self.default = {"search_k": -1}  # trees × k
        budgets = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000)
        self.ladder = steps("search_k", *budgets)

    def make(self, vectors: Vectors, folder: Path) -> None:
        from annoy import AnnoyIndex

        index = AnnoyIndex(vectors.shape[1], "angular")
        for row, vector in enumerate(vectors):
            index.add_item(row, vector)
        index.build(self.trees)
        index.save(str(folder / "index.annoy"))
        (folder / "dim").write_text(str(vectors.shape[1]))

    def open(self, folder: Path) -> None:
        from annoy import AnnoyIndex

        self.index = AnnoyIndex(int((folder / "dim").read_text()), "angular")
        self.index.load(str(folder / "index.annoy"))

    def set(self, setting: Setting) -> None:
        self.search_k = setting["search_k"]

    def one(self, query: Vectors, k: int) -> np.ndarray:
        return np.array(self.index.get_nns_by_vector(query, k, self.search_k))


class Hnswlib(Contestant):
    needs = ("hnswlib",)
    default: Setting = {"ef": 10}  # noqa: RUF012
    ladder = steps("ef", 10, 16, 32, 64, 96, 128, 192, 256, 384, 512, 1024, 2048)

    def make(self, vectors: Vectors, folder: Path) -> None:
        import hnswlib

        index = hnswlib.Index("cosine", vectors.shape[1])
        index.init_index(max_elements=len(vectors), ef_construction=200, M=16)
        index.add_items(vectors)
        index.save_index(str(folder / "index.bin"))
        (folder / "dim").write_text(str(vectors.shape[1]))

    def open(self, folder: Path) -> None:
        import hnswlib

        self.index = hnswlib.Index("cosine", int((folder / "dim").read_text()))
        self.index.load_index(str(folder / "index.bin"))

    def set(self, setting: Setting) -> None:
        self.index.set_ef(setting["ef"])

    def one(self, query: Vectors, k: int) -> np.ndarray:
        return np.asarray(self.index.knn_query(query, k, num_threads=1)[0][0], np.int64)

    def many(self, queries: Vectors, k: int) -> Iterable[np.ndarray]:
        return list(self.index.knn_query(queries, k)[0].astype(np.int64))


class USearch(Contestant):
    needs = ("usearch.index",)
    default: Setting = {"expansion_search": 64}  # noqa: RUF012
    ladder = steps("expansion_search", 16, 32, 64, 96, 128, 192, 256, 384, 512, 1024, 2048)

    def make(self, vectors: Vectors, folder: Path) -> None:
        from usearch.index import Index

        index = Index(ndim=vectors.shape[1], metric="cos")
        index.add(np.arange(len(vectors)), vectors)
        index.save(str(folder / "index.usearch"))

    def open(self, folder: Path) -> None:
        from usearch.index import Index

        self.index: Any = Index.restore(str(folder / "index.usearch"))

    def set(self, setting: Setting) -> None:
        self.index.expansion_search = setting["expansion_search"]

    def one(self, query: Vectors, k: int) -> np.ndarray:
        return np.asarray(self.index.search(query, k, threads=1).keys, np.int64)

    def many(self, queries: Vectors, k: int) -> Iterable[np.ndarray]:
        return list(self.index.search(queries, k).keys.astype(np.int64))


class LanceDb(Contestant):
    needs = ("lancedb", "pyarrow")

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(name)
        self.kind = kind
        self.setting: Setting = {}
        if kind == "IVF_PQ":
            self.default = {"nprobes": 20}
            self.ladder = [
                {"nprobes": n, "refine_factor": r}
                for n, r in ((10, 10), (20, 10), (20, 30), (40, 30), (80, 50), (160, 50))
            ]
        elif kind == "IVF_HNSW_SQ":
            self.default = {"nprobes": 20}
            self.ladder = [
                {"nprobes": n, "ef": ef, "refine_factor": 2}
                for n, ef in ((20, 32), (20, 64), (20, 128), (40, 256), (80, 512))
            ]

    def make(self, vectors: Vectors, folder: Path) -> None:
        import lancedb
        import pyarrow as pa

        dim = vectors.shape[1]
        schema = pa.schema([("id", pa.int64()), ("vector", pa.list_(pa.float32(), dim))])

        def batches() -> Iterator[Any]:
            for start in range(0, len(vectors), 20_000):
                part = vectors[start : start + 20_000]
                numbers = pa.FixedSizeListArray.from_arrays(pa.array(part.ravel()), dim)
                ids = pa.array(np.arange(start, start + len(part)))
                yield pa.record_batch([ids, numbers], schema=schema)

        table = lancedb.connect(folder).create_table("vectors", batches(), schema=schema)
        if self.kind:
            table.create_index(metric="cosine", index_type=self.kind)

    def open(self, folder: Path) -> None:
        import lancedb

        self.table = lancedb.connect(folder).open_table("vectors")

    def set(self, setting: Setting) -> None:
        self.setting = setting

    def one(self, query: Vectors, k: int) -> np.ndarray:
        asked = (
            self.table.search(query).distance_type("cosine").limit(k).select(["id", "_distance"])
        )
        for name, value in self.setting.items():
            asked = getattr(asked, name)(value)
        return np.asarray(asked.to_arrow()["id"].to_numpy())


class SqliteVec(Contestant):
    """By apsw where Python's own sqlite3 cannot load extensions, as is frequent."""

    needs = ("sqlite_vec",)

    def connected(self, file: Path) -> Any:
        import sqlite_vec

        if hasattr(sqlite3.Connection, "enable_load_extension"):
            db: Any = sqlite3.connect(file, isolation_level=None)
        else:
            import apsw

            db = apsw.Connection(str(file))
        db.enable_load_extension(True)
        sqlite_vec.load(db)
        return db

    def make(self, vectors: Vectors, folder: Path) -> None:
        db = self.connected(folder / "vectors.sqlite")
        kind = f"vec0(vector float[{vectors.shape[1]}] distance_metric=cosine)"
        db.execute(f"CREATE VIRTUAL TABLE vectors USING {kind}")
        db.execute("BEGIN")
        rows = ((n, vector.tobytes()) for n, vector in enumerate(vectors))
        db.cursor().executemany("INSERT INTO vectors (rowid, vector) VALUES (?, ?)", rows)
        db.execute("COMMIT")
        db.close()

    def open(self, folder: Path) -> None:
        self.file = folder / "vectors.sqlite"
        self.own = threading.local()

    def one(self, query: Vectors, k: int) -> np.ndarray:
        if not hasattr(self.own, "db"):
            self.own.db = self.connected(self.file)
        sql = "SELECT rowid FROM vectors WHERE vector MATCH ? AND k = ? ORDER BY distance"
        return np.array([row for (row,) in self.own.db.execute(sql, (query.tobytes(), k))])


def peers() -> list[Contestant]:
    return [
        NumPy("NumPy"),
        FaissFlat("FAISS IndexFlatIP"),
        FaissHnsw("FAISS IndexHNSWFlat"),
        Annoy("Annoy, 10 trees", 10),
        Annoy("Annoy, 100 trees", 100),
        Hnswlib("hnswlib"),
        USearch("USearch"),
        LanceDb("LanceDB, no index", ""),
        LanceDb("LanceDB IVF_PQ", "IVF_PQ"),
        LanceDb("LanceDB IVF_HNSW_SQ", "IVF_HNSW_SQ"),
        SqliteVec("sqlite-vec"),
    ]
