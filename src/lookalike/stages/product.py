"""Each part of a vector as one byte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from lookalike.errors import BadParameter, MissingExtra
from lookalike.metrics import Vectors, unit
from lookalike.stages.base import Arrays, Stage

CENTROIDS = 256

# What is learnt hardly gets better with more vectors, or more rounds of turning and clustering. A
# rotation of more components takes minutes; such vectors had better be reduced first.
_MOST_VECTORS, _ROUNDS, _MOST_TURNED = 20_000, 5, 512
_BLOCK = 1024


@dataclass(frozen=True, eq=False)
class ProductCodes(Stage):
    """Product quantisation (Jégou, Douze & Schmid, 2011), after a rotation (Ge et al., 2013).

    The rotated vector is cut into parts of equal length. Each part is replaced by the nearest of
    256 that were found by k-means: one byte a part.

    Parameters
    ----------
    name : str
    metric : str
        For ``cosine`` vectors are scaled to length 1 before.
    rotation : (dim, dim) float32
        Orthonormal; a vector is multiplied by it from the right. The identity for vectors of more
        than 512 components.
    centroids : (parts, 256, dim / parts) float32
    """

    kind: ClassVar[str] = "product"

    name: str
    metric: str
    rotation: Vectors
    centroids: Vectors

    @classmethod
    def fitted(cls, vectors: Vectors, metric: str, parts: int) -> ProductCodes:
        """Fit to vectors (n, dim) float32.

        Raises
        ------
        BadParameter
            The parts are not equally long, or there are fewer than 256 vectors.
        MissingExtra
            FAISS is not installed.
        """
        count, dim = vectors.shape
        if not 1 <= parts <= dim or dim % parts:
            fitting = [n for n in range(1, dim + 1) if dim % n == 0]
            raise BadParameter(
                f"pq:{parts} cuts vectors of {dim} components into {parts} equal parts, which "
                f"cannot be; possible are {', '.join(map(str, fitting))}"
            )
        if count < CENTROIDS:
            raise BadParameter(
                f"pq needs {CENTROIDS} vectors to learn from, and there are {count}; take sq8"
            )
        seen = unit(vectors) if metric == "cosine" else vectors
        chosen = np.random.default_rng(0).permutation(count)[:_MOST_VECTORS]
        rotation, centroids = _learnt(np.ascontiguousarray(seen[np.sort(chosen)]), parts)
        return cls(f"pq:{parts}", metric, rotation, centroids)

    @property
    def takes(self) -> int:
        """Components of the vectors that go in."""
        return len(self.rotation)

    @property
    def dim(self) -> int:
        """Components of the vectors that come out: as many."""
        return len(self.rotation)

    def __call__(self, vectors: Vectors) -> Vectors:
        """Return what the codes of vectors (n, dim) float32 stand for."""
        return self._meant(self._codes(unit(vectors) if self.metric == "cosine" else vectors))

    def coded(self, vectors: Vectors) -> list[bytes]:
        """Return one byte a part of each vector that came out of this."""
        return [codes.tobytes() for codes in self._codes(vectors)]

    def decoded(self, codes: Sequence[bytes]) -> Vectors:
        """Return the vectors (n, dim) float32 that codes stand for."""
        parts = len(self.centroids)
        return self._meant(np.frombuffer(b"".join(codes), np.uint8).reshape(-1, parts))

    @property
    def arrays(self) -> Arrays:
        """The rotation and the centroids."""
        return {"rotation": self.rotation, "centroids": self.centroids}

    @classmethod
    def of(cls, name: str, metric: str, arrays: Arrays) -> ProductCodes:
        """Return the codes of these centroids."""
        return cls(name, metric, arrays["rotation"], arrays["centroids"])

    def _codes(self, vectors: Vectors) -> npt.NDArray[np.uint8]:
        parts, _, length = self.centroids.shape
        codes = np.empty((len(vectors), parts), np.uint8)
        # |x − c|² less |x|², which is the same for all centroids.
        squares = np.square(self.centroids).sum(axis=2)
        for start in range(0, len(vectors), _BLOCK):
            turned = (vectors[start : start + _BLOCK] @ self.rotation).reshape(-1, parts, length)
            products = np.einsum("npl,pcl->npc", turned, self.centroids, optimize=True)
            codes[start : start + _BLOCK] = (squares - 2 * products).argmin(axis=2)
        return codes

    def _meant(self, codes: npt.NDArray[np.uint8]) -> Vectors:
        # A part at a time: a column of codes picks rows of that part's centroids.
        columns = [self.centroids[part][codes[:, part]] for part in range(len(self.centroids))]
        return np.asarray(np.hstack(columns) @ self.rotation.T, np.float32)


def _learnt(vectors: Vectors, parts: int) -> tuple[Vectors, Vectors]:
    """Return a rotation (dim, dim) and centroids (parts, 256, dim / parts)."""
    try:
        import faiss
    except ImportError as error:  # no wheels for Macs with Intel processors
        raise MissingExtra("product quantisation", "", "conda install faiss-cpu") from error
    dim = vectors.shape[1]
    rotation = np.eye(dim, dtype=np.float32)
    codes = faiss.ProductQuantizer(dim, parts, 8)
    codes.cp.min_points_per_centroid = 1  # it warns on standard error otherwise
    # On two processors that others use as well, two threads took ten times as long as one.
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        if dim <= _MOST_TURNED:
            rotation = _rotation(vectors, codes)
        codes.train(np.ascontiguousarray(vectors @ rotation))
    finally:
        faiss.omp_set_num_threads(threads)
    found = faiss.vector_to_array(codes.centroids).reshape(parts, CENTROIDS, dim // parts)
    return rotation, found.astype(np.float32)


def _rotation(vectors: Vectors, codes: Any) -> Vectors:
    import faiss

    dim = vectors.shape[1]
    turning = faiss.OPQMatrix(dim, codes.M)
    turning.niter, turning.max_train_points, turning.pq = _ROUNDS, len(vectors), codes
    turning.train(vectors)
    found: Vectors = faiss.vector_to_array(turning.A).reshape(dim, dim).T.copy()
    return found
