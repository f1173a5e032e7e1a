"""What a person types for a stage → the stage, fitted."""

from __future__ import annotations

from lookalike.errors import BadParameter, UnknownName
from lookalike.metrics import Vectors
from lookalike.stages.base import Stage
from lookalike.stages.product import ProductCodes
from lookalike.stages.reducing import BY, KINDS, Reducer, reductions
from lookalike.stages.scalar import ScalarCodes

OFFERED = (*(f"{kind}:D" for kind in KINDS), "sq8", "pq:M")
"""What can be typed, with D dimensions and M parts."""


def fitted(spec: str, vectors: Vectors, metric: str) -> Stage:
    """Fit a stage to vectors.

    Parameters
    ----------
    spec : str
        ``pca:D``, ``half_whitening:D``, ``whitening:D`` or ``random_projection:D``, with the
        components that are left; ``sq8`` for a byte a component; ``pq:M`` for M bytes in all.
    vectors : (n, dim) float32
    metric : str
        What the result is to be compared by: cosine or euclidean.

    Raises
    ------
    UnknownName
        There is no such kind.
    BadParameter
        The number does not fit the vectors, or there are too few; or another metric.
    """
    kind, colon, number = spec.strip().lower().replace("-", "_").partition(":")
    if kind not in (*KINDS, "sq8", "pq"):
        raise UnknownName("stage", spec, OFFERED)
    if metric not in BY:
        raise BadParameter(
            f"reduced vectors are compared by {' or '.join(BY)}, not {metric}; "
            "name one: --metric euclidean"
        )
    if not len(vectors):
        raise BadParameter(f"{spec}: there are no vectors to learn from")
    if kind == "sq8":
        if colon:
            raise BadParameter(f"sq8 takes no number; write sq8, not {spec}")
        return ScalarCodes.fitted(vectors, metric)
    if kind == "pq":
        if not number.isdecimal() or not 0 < len(number) < 6:
            raise BadParameter(f"pq:M keeps M bytes of each vector, such as pq:32, not {spec!r}")
        return ProductCodes.fitted(vectors, metric, int(number))
    if not colon:
        raise BadParameter(f"say how many components are to be left, such as {kind}:64")
    (reduction,) = reductions(spec)
    return Reducer(vectors).fitted(reduction, metric)
