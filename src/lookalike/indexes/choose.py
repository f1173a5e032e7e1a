"""Which index for so many vectors: the quickest that is worth its building.

What things cost is measured on this machine (`costs`); here is only arithmetic.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lookalike.indexes.faiss_tools import sample_size
from lookalike.indexes.ivf_sketch import IvfSketch
from lookalike.indexes.sketches import more

# Fewer are looked at one by one by any index.
SMALL = 4096

# Another index must be so many times as fast. Less is not worth a change, and between the place
# where one grows out of an index and the place where one shrinks back to it there must be room.
_WORTH = 1.5

_NEAREST = 10

# k-means goes over what it learns from so many times.
_ROUNDS = 25


@dataclass(frozen=True)
class Costs:
    """Seconds that the parts of a search, and of building, take on one machine.

    Attributes
    ----------
    exact_call, sketch_call : float
        A search by itself, however few vectors there are.
    component : float
        One component of one vector that is compared with the query.
    bit : float
        One bit of one code that is compared.
    candidate : float
        One component of one vector that is picked out and looked at truly.
    visit : float
        One list of codes that is looked into, besides its codes.
    coding : float
        Building: one bit of one code.
    grouping : float
        Building: one component of one vector, compared with one centre.
    """

    exact_call: float
    sketch_call: float
    component: float
    bit: float
    candidate: float
    visit: float
    coding: float
    grouping: float


def auto(
    count: int,
    dim: int,
    metric: str,
    costs: Costs | None,
    *,
    present: str = "exact",
    refused: Collection[str] = (),
) -> str:
    """Return the index to search by.

    It is the quickest whose building is earned back by one search for every vector, which is what
    finding all duplicates takes. As long as none is half as fast again as the present one, that
    stays: so a gallery that grows and shrinks about a switch point does not build at every turn.

    Parameters
    ----------
    count : int
        Vectors.
    dim : int
        Components of each.
    metric : str
    costs : Costs or None
        None if the library of the approximate indexes is not installed.
    present : str
        What searches go by now.
    refused : collection of str
        Those that find too few of the nearest here.

    Returns
    -------
    str
        ``exact``, ``sketch`` or ``ivf_sketch``.
    """
    if costs is None or count <= SMALL or metric not in IvfSketch.metrics:
        return "exact"
    able = [name for name in ("exact", "sketch", "ivf_sketch") if name not in refused]
    now = present if present in able else "exact"
    times = {name: seconds(name, count, dim, costs) for name in able}
    worth = [
        name
        for name in able
        if times[name] * _WORTH <= times[now]
        and building(name, count, dim, costs) <= count * (times[now] - times[name])
    ]
    return min(worth, key=lambda name: times[name], default=now)


def seconds(name: str, count: int, dim: int, costs: Costs) -> float:
    """Return what one search for the ten nearest takes, by the model.

    Parameters
    ----------
    name : {"exact", "sketch", "ivf_sketch"}
    count, dim : int
        Vectors, and components of each.
    costs : Costs
    """
    if name == "exact":
        return costs.exact_call + costs.component * count * dim
    model = IvfSketch()
    bits = max(model.bits, dim)
    fixed = costs.sketch_call + costs.candidate * (model.rerank * _NEAREST + more(count)) * dim
    if name == "sketch":
        return fixed + costs.bit * count * bits
    lists = _lists(count, bits)
    visits = min(lists, model.nprobe)
    scanned = count * visits / lists
    return (
        fixed + costs.component * lists * bits + costs.visit * visits + costs.bit * scanned * bits
    )


def building(name: str, count: int, dim: int, costs: Costs) -> float:
    """Return how many seconds an index takes to build, by the model; as `seconds`."""
    if name == "exact":
        return 0.0
    bits = max(IvfSketch().bits, dim)
    coded = costs.coding * count * bits
    if name == "sketch":
        return coded
    grouped = _ROUNDS * sample_size(count, bits) + count
    return coded + costs.grouping * grouped * _lists(count, bits) * bits


def _lists(count: int, bits: int) -> int:
    return IvfSketch()._list_count(count, sample_size(count, bits))
