"""What a search goes through: an index of Milvus's, or all vectors, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lookalike.descriptors import label
from lookalike.errors import NotIndexed
from lookalike.gallery.milvus.index.choosing import METRICS, IndexPlan
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.metrics import Vectors
from lookalike.store.catalog import StoredDescriptor

# Milvus's bounds leave out what lies on them, and its distances are rounded.
_WIDER, _ROUNDING = 1e-5, 1e-6


@dataclass(frozen=True)
class Through:
    """What a search goes through.

    Attributes
    ----------
    collection : str
    metric : str
        That distances are of.
    plan : IndexPlan or None
        The index; None if all vectors are fetched and compared here.
    recall : float or None
        As it was measured; None if that is not known.
    """

    collection: str
    metric: str
    plan: IndexPlan | None
    recall: float | None

    @property
    def spec(self) -> str:
        """What a person types for it."""
        return "exact" if self.plan is None or self.plan.is_exact else self.plan.spec

    def distances(self, told: list[float]) -> Vectors:
        """Return distances for what Milvus calls so: (k,) float32."""
        found = np.asarray(told, np.float32)
        if METRICS[self.metric] == "COSINE":
            return np.asarray(np.clip(1 - found, 0, 2), np.float32)
        squared = np.maximum(found, 0)
        return np.asarray(np.rint(squared) if self.metric == "hamming" else np.sqrt(squared))

    def radius(self, within: float) -> dict[str, float]:
        """Return the parameters that bound a search; a bit more than asked for comes through."""
        if METRICS[self.metric] == "COSINE":
            least = 1 - within * (1 + _WIDER) - _ROUNDING
            return {"radius": least} if least > -1 else {}
        most = within if self.metric == "hamming" else within**2
        found = most * (1 + _WIDER) + (0.5 if self.metric == "hamming" else _ROUNDING)
        return {"radius": found} if np.isfinite(np.float32(found)) else {}


def through(kept: Kept, stored: StoredDescriptor, metric: str, spec: str | None) -> Through:
    """Return what to search through.

    Parameters
    ----------
    kept : Kept
    stored : StoredDescriptor
    metric : str
    spec : str, optional
        The index; by default that of the collection, or where Milvus lacks the metric, or it is not
        the natural one, all vectors.

    Raises
    ------
    NotIndexed
        The vectors are indexed otherwise.
    UnknownName, BadParameter
        There is no such index.
    """
    collection, own = kept.collection(stored), kept.plan(stored)
    name, _, values = (spec or own.kind).strip().lower().partition(":")
    serves = metric == stored.metric and metric in METRICS
    exact = Through(collection, metric, own if serves and own.is_exact else None, 1.0)
    if name in ("exact", "flat") or (spec is None and not serves):
        kept.planned(f"{name}:{values}", metric)  # refuses what does not fit
        return exact
    if name != own.kind or not serves:
        plan = kept.planned(f"{name}:{values}", metric)
        raise NotIndexed(_not_built(plan.spec if values else name, stored, metric, own))
    # As hard as it is searched otherwise, but for what is said.
    plan = kept.planned(f"{own.spec},{values}", metric)
    if plan.structure != own.structure:
        raise NotIndexed(_not_built(plan.structure, stored, metric, own))
    recall = kept.told(stored).get("recall") if plan.spec == own.spec else None
    return Through(collection, metric, plan, recall)


def _not_built(spec: str, stored: StoredDescriptor, metric: str, own: IndexPlan) -> str:
    called = label(stored.key)
    if metric != stored.metric:
        return (
            f"in Milvus {called} is indexed by its own metric, {stored.metric}; by {metric} search "
            "through all vectors: --index exact"
        )
    return (
        f"no index {spec} of {called} is built, but {own.structure}; build it: "
        f'lookalike index --index "{spec}" --descriptor "{called}"'
    )
