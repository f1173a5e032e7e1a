"""How large a gallery is to be, what memory it has for that, and what fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lookalike.gallery.milvus.index.choosing import (
    METRICS,
    IndexPlan,
    planned,
    shards_for,
    suggested,
)
from lookalike.gallery.milvus.link import machines
from lookalike.gallery.milvus.link.address import Address
from lookalike.gallery.milvus.link.engine import Engine
from lookalike.store.catalog import StoredDescriptor

SHARE = 0.7
"""Of the query nodes' memory that a gallery may take: Milvus needs some for itself, and room to
load what it has merged beside what that replaces."""


def shards(address: Address) -> int:
    """Return the write channels of a gallery that is made."""
    if address.shards or address.is_lite:
        return address.shards or 1
    return shards_for(address.pictures)


def room(engine: Engine) -> int | None:
    """Return the bytes that the query nodes have for one copy of a gallery; None if unknown."""
    address = engine.address
    if address.memory:
        return address.memory // address.replicas
    told = machines.memory(engine)
    return None if told is None else int(SHARE * told.total) // address.replicas


def fitting(
    engine: Engine,
    new: Sequence[StoredDescriptor],
    others: Mapping[StoredDescriptor, IndexPlan],
    count: int = 0,
) -> dict[StoredDescriptor, tuple[IndexPlan, str]]:
    """Return the indexes of descriptors that fit beside those of others, and why.

    Who is not in it has the usual one: it is not known how many vectors there are to be or what
    memory there is, Lite has no choice, or Milvus does not search by the metric.

    Parameters
    ----------
    engine : Engine
    new : sequence of StoredDescriptor
        Each gets as much of what is left as those behind it.
    others : mapping of StoredDescriptor to IndexPlan
        The other descriptors of the gallery.
    count : int
        How many vectors of each there are to be, if that is more than the address says.
    """
    count = max(count, engine.address.pictures)
    left = room(engine) if count and not engine.address.is_lite else None
    if left is None:
        return {}
    usual = {one: planned("", one.metric, engine.version) for one in new}
    fixed = {**others, **{one: plan for one, plan in usual.items() if one.metric not in METRICS}}
    left -= sum(plan.resident_bytes(count, one.dim) for one, plan in fixed.items())
    free = [one for one in new if one.metric in METRICS]
    found = {}
    for place, one in enumerate(free):
        share = max(0, left) // (len(free) - place)
        plan, why = suggested(count, one.dim, share, engine.version)
        left -= plan.resident_bytes(count, one.dim)
        found[one] = plan, f"for {count:,} pictures {why}"
    return found
