"""Many dimensions → few: reductions that are fitted on what is searched, and applied to all.

Linear ones only: a vector is centred (not for random projections), and multiplied by a matrix. So
they cost a search next to nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.errors import BadParameter, UnknownName
from lookalike.metrics import Vectors, unit
from lookalike.stages.linear import Linear

Floats = npt.NDArray[np.float64]

MOST = 4096
"""No reduction gives more components."""

BY = ("cosine", "euclidean")
"""What reduced vectors are compared by: their components are no histogram and no code any more."""

# What each component of a PCA is multiplied by is its variance to this power.
_POWERS = {"pca": 0.0, "half_whitening": -0.25, "whitening": -0.5}
KINDS = (*_POWERS, "random_projection")

# A direction with a smaller share of the largest variance is rounding, and no direction.
_ROUNDING = 1e-10

_OFFERED = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
_BLOCK_FLOATS = 4_000_000


@dataclass(frozen=True)
class Reduction:
    """A kind of reduction, and how many components it leaves.

    Attributes
    ----------
    kind : str
        ``pca``: the directions of the largest variance (Pearson, 1901; Hotelling, 1933). Of all
        linear reductions it keeps Euclidean distances best.
        ``whitening``: each of them divided by its standard deviation, so that all weigh the same.
        ``half_whitening``: divided by the square root of its standard deviation, the variance to
        the power of −1/4. What occurs in many pictures at once (backgrounds, light) makes large
        variances; whitening quiets it (Jégou & Chum, 2012), but makes noise in small ones as loud
        as the rest. This is half of the way, and mostly better than both.
        ``random_projection``: the product with independent Gaussian numbers of a fixed seed. It
        keeps distances within 1 ± ε with some 8 ln(n) / ε² components, whatever the vectors
        (Johnson & Lindenstrauss, 1984), and nothing has to be learnt from them.
    dims : int
        Components that are left, 1 to 4096.
    is_asked : bool
        Whether a person named this many dimensions; otherwise it is one of a whole series, of which
        those that do not fit are passed over.
    """

    kind: str
    dims: int
    is_asked: bool = True

    @property
    def spec(self) -> str:
        """What to type for it."""
        return f"{self.kind}:{self.dims}"

    def why_not(self, count: int, dim: int) -> str:
        """Say why vectors (count, dim) cannot be reduced so; empty if they can."""
        if self.dims > dim:
            return f"{self.spec}: the vectors have {dim} components only"
        if self.kind != "random_projection" and self.dims >= count:
            return (
                f"{self.spec}: {count} vectors span {max(0, count - 1)} directions at most; "
                "take fewer dimensions, or random_projection"
            )
        return ""


def reductions(spec: str) -> tuple[Reduction, ...]:
    """Return what a person types for reductions.

    Parameters
    ----------
    spec : str
        ``pca:64``; or ``pca`` alone for 16, 32, 64 … 4096 dimensions. Nothing for ``none``.

    Raises
    ------
    UnknownName
        There is no such kind.
    BadParameter
        The dimensions are no whole number from 1 to 4096.
    """
    typed, colon, dims = spec.partition(":")
    kind = typed.strip().lower().replace("-", "_")
    if kind == "none" and not colon:
        return ()
    if kind not in KINDS:
        raise UnknownName("reduction", typed, ("none", *KINDS))
    if not colon:
        return tuple(Reduction(kind, count, is_asked=False) for count in _OFFERED)
    if not re.fullmatch("[0-9]{1,6}", dims.strip()) or not 1 <= int(dims) <= MOST:
        raise BadParameter(f"{kind}:D leaves D dimensions, 1 to {MOST}, not {dims!r}")
    return (Reduction(kind, int(dims)),)


class Reducer:
    """Fits reductions to vectors; what several of them have in common is worked out once.

    Parameters
    ----------
    vectors : (n, dim) float32
        Those that are searched. Queries that are not searched have no say.
    """

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors
        self._spectra: dict[bool, Spectrum] = {}

    def fitted(self, reduction: Reduction, metric: str) -> Linear:
        """Fit a reduction.

        Parameters
        ----------
        reduction : Reduction
        metric : str
            What the reduced vectors are compared by: cosine or euclidean.

        Raises
        ------
        BadParameter
            There are too few vectors or components, or too few directions with any variance.
        """
        if metric not in BY:
            raise BadParameter(f"reduced vectors are compared by {' or '.join(BY)}, not {metric}")
        if why := reduction.why_not(*self._vectors.shape):
            raise BadParameter(why)
        dim, is_angular = self._vectors.shape[1], metric == "cosine"
        if reduction.kind == "random_projection":
            return Linear(reduction.spec, metric, np.zeros(dim), gaussian(dim, reduction.dims))
        if is_angular not in self._spectra:
            self._spectra[is_angular] = spectrum(
                unit(self._vectors) if is_angular else self._vectors
            )
        found = self._spectra[is_angular]
        axes = found.axes[:, : reduction.dims] * found.factors(reduction)
        return Linear(reduction.spec, metric, found.centre, axes)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The principal axes of vectors.

    Attributes
    ----------
    centre : (dim,) float64
        The mean.
    variances : (r,) float64
        Along each axis, descending; r is min(n, dim).
    axes : (dim, r) float64
        Orthonormal columns; of each the component that is largest by its absolute value is
        positive, so that they do not depend on the library that finds them.
    """

    centre: Floats
    variances: Floats
    axes: Floats

    def factors(self, reduction: Reduction) -> Floats:
        """Return what the first components are multiplied by: (dims,)."""
        power, kept = _POWERS[reduction.kind], self.variances[: reduction.dims]
        there = int((self.variances > _ROUNDING * max(self.variances[0], 0.0)).sum())
        if power and there < reduction.dims:
            raise BadParameter(
                f"{reduction.spec}: the vectors vary in {there} directions only; take fewer "
                "dimensions, or pca"
            )
        return np.asarray(kept**power) if power else np.ones(len(kept))


def spectrum(vectors: Vectors) -> Spectrum:
    """Return the principal axes of vectors (n, dim), by an eigen-decomposition in 64 bits.

    Of the covariance (dim, dim), or of the products of all vectors (n, n) where that is smaller:
    both have the same variances.
    """
    count, dim = vectors.shape
    centre = vectors.mean(axis=0, dtype=np.float64)
    if count < dim:
        centred = vectors.astype(np.float64) - centre
        values, sides = np.linalg.eigh(centred @ centred.T)
        axes = centred.T @ sides
        lengths = np.linalg.norm(axes, axis=0)
        axes /= np.where(lengths > 0, lengths, 1.0)
    else:
        values, axes = np.linalg.eigh(_scatter(vectors, centre))
    axes = axes[:, ::-1]
    turned = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])] < 0
    variances = np.maximum(values[::-1], 0.0) / max(1, count - 1)
    return Spectrum(centre, variances, np.where(turned, -axes, axes))


def _scatter(vectors: Vectors, centre: Floats) -> Floats:
    """Return the summed products of all components: (dim, dim); n − 1 times the covariance."""
    dim = vectors.shape[1]
    total = np.zeros((dim, dim))
    step = max(1, _BLOCK_FLOATS // dim)
    for start in range(0, len(vectors), step):
        part = vectors[start : start + step].astype(np.float64) - centre
        total += part.T @ part
    return total


def gaussian(dim: int, dims: int) -> Floats:
    """Return a random projection (dim, dims) that keeps squared lengths on average; seeded."""
    drawn = np.random.default_rng(0).standard_normal((dim, dims))
    return np.asarray(drawn / np.sqrt(dims))
