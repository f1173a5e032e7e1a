"""Which index Milvus keeps of a descriptor's vectors, and how hard it is searched.

Of many vectors an index costs memory, disk or time; which of them there is plenty of, Milvus cannot
know. So what fits is chosen by how many there are to be, and a person may say otherwise:
``index=diskann`` in the gallery's address, or ``lookalike index --index ivf_rabitq``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lookalike.errors import BadParameter, UnknownName


@dataclass(frozen=True)
class _Kind:
    """An index of Milvus's: its name there, what it is built with, what it is searched with."""

    name: str
    since: tuple[int, ...]
    build: Mapping[str, int]
    search: Mapping[str, int]
    bytes_per_number: float
    """Of memory, for each component of a vector, apart from the graph."""
    in_lite: bool = True


_KINDS = {
    "flat": _Kind("FLAT", (2, 0), {}, {}, 4.0),
    "hnsw": _Kind("HNSW", (2, 0), {"m": 16, "ef_construction": 200}, {"ef": 128}, 4.0),
    "ivf_flat": _Kind("IVF_FLAT", (2, 0), {"nlist": 1024}, {"nprobe": 64}, 4.0),
    "ivf_sq8": _Kind("IVF_SQ8", (2, 0), {"nlist": 1024}, {"nprobe": 64}, 1.0),
    "ivf_rabitq": _Kind("IVF_RABITQ", (2, 6), {"nlist": 4096}, {"nprobe": 128}, 1.2, False),
    "diskann": _Kind("DISKANN", (2, 2), {}, {"search_list": 128}, 0.6, False),
}
_WRITTEN = {
    "m": "M",
    "ef_construction": "efConstruction",
    "nlist": "nlist",
    "ef": "ef",
    "nprobe": "nprobe",
    "search_list": "search_list",
}

_HARDEST = 4
_LEAST_LISTS, _MOST_LISTS = 1024, 65_536
_BOUNDS = {"m": (2, 2048), "nlist": (1, _MOST_LISTS), "nprobe": (1, _MOST_LISTS)}
_OF_A_SHARD = 50_000_000

_BESIDE = 2_500
"""Bytes of a picture that query nodes keep beside its vector, about."""

# Milvus's names of the distances that it knows: of cosine it gives the similarity, of L2 the
# square, which of zeros and ones is how many of them differ.
METRICS = {"cosine": "COSINE", "euclidean": "L2", "hamming": "L2"}


@dataclass(frozen=True)
class IndexPlan:
    """An index of Milvus's, with its parameters.

    Attributes
    ----------
    kind : str
        ``flat``, ``hnsw``, ``ivf_flat``, ``ivf_sq8``, ``ivf_rabitq`` or ``diskann``.
    build, search : mapping
        Parameters by our names; `search` is what a search uses unless it says otherwise.
    """

    kind: str
    build: Mapping[str, int] = field(default_factory=dict)
    search: Mapping[str, int] = field(default_factory=dict)

    @property
    def spec(self) -> str:
        """What a person types for it."""
        return _spec(self.kind, {**self.build, **self.search})

    @property
    def structure(self) -> str:
        """The same without what it is searched with."""
        return _spec(self.kind, self.build)

    @property
    def is_exact(self) -> bool:
        """Whether it finds all."""
        return self.kind == "flat"

    @property
    def index_type(self) -> str:
        """Milvus's name of it."""
        return _KINDS[self.kind].name

    @property
    def index_params(self) -> dict[str, int]:
        """What Milvus builds it with."""
        return {_WRITTEN[name]: value for name, value in self.build.items()}

    def is_like(self, other: IndexPlan) -> bool:
        """Tell whether one need not be built where the other is: the number of lists may differ."""
        return self.kind == other.kind and all(
            value < 2 * other.build[name] and other.build[name] < 2 * value
            for name, value in self.build.items()
        )

    def harder(self, times: int = 2) -> IndexPlan:
        """Return the same index, to be searched so many times as hard."""
        search = {name: times * value for name, value in self.search.items()}
        if "nprobe" in search:
            search["nprobe"] = min(search["nprobe"], self.build["nlist"])
        return replace(self, search=search)

    @property
    def is_hard(self) -> bool:
        """Whether it is searched as hard as it ever is unless a person says so.

        That is four times as hard as it comes, or with an eighth of the lists.
        """
        most = {name: _HARDEST * value for name, value in _KINDS[self.kind].search.items()}
        if "nprobe" in most:
            lists = self.build["nlist"]
            most["nprobe"] = min(lists, max(most["nprobe"], _HARDEST * lists // 32))
        return all(value >= most[name] for name, value in self.search.items())

    def search_params(self, limit: int) -> dict[str, int]:
        """Return what Milvus searches it with, for so many answers."""
        found = {_WRITTEN[name]: value for name, value in self.search.items()}
        for name in ("ef", "search_list"):
            if name in found:
                found[name] = max(found[name], limit)
        return found

    def memory_bytes(self, count: int, dim: int) -> int:
        """Return about how much memory the index of so many vectors takes, without their fields."""
        kind = _KINDS[self.kind]
        # A graph of degree 2 M at its lowest level, with 4 bytes a neighbour.
        graph = 8.0 * self.build.get("m", 0)
        return int(count * (kind.bytes_per_number * dim + graph))

    def resident_bytes(self, count: int, dim: int) -> int:
        """Return about how much memory the query nodes take for it, with what lies beside it.

        Paths, folders, facts and columns are kept in memory as well, as are the rows of the files:
        for short vectors that is most of it. Measured with Milvus 2.3.5; see docs/scale.md.
        """
        return self.memory_bytes(count, dim) + _BESIDE * count


def planned(
    spec: str, metric: str, version: tuple[int, ...], *, is_lite: bool = False
) -> IndexPlan:
    """Return the index of a spec; by default ``hnsw``, or for metrics that Milvus lacks ``flat``.

    Parameters
    ----------
    spec : str
        Such as ``hnsw:m=32,ef=256``; empty for the default.
    metric : str
        The natural metric of the vectors.
    version : tuple of int
        The server's.
    is_lite : bool
        Whether it is no server, but Milvus Lite.

    Raises
    ------
    UnknownName
        Milvus has no such index.
    BadParameter
        A parameter does not fit; or the server is too old for the index, or Lite lacks it.
    """
    if not spec:
        spec = "hnsw" if metric in METRICS else "flat"
    name, _, values = spec.strip().lower().partition(":")
    if name == "exact":
        name = "flat"
    if name not in _KINDS:
        raise UnknownName("index of Milvus", name, _KINDS)
    kind = _KINDS[name]
    if version < kind.since:
        least = ".".join(map(str, kind.since))
        found = ".".join(map(str, version))
        raise BadParameter(f"{name} needs Milvus {least} or later, and this is {found}")
    if is_lite and not kind.in_lite:
        known = ", ".join(other for other, one in _KINDS.items() if one.in_lite)
        raise BadParameter(f"{name} needs a Milvus server; Milvus Lite has {known}")
    given = _values(name, values, {*kind.build, *kind.search})
    return IndexPlan(
        name,
        {key: given.get(key, value) for key, value in kind.build.items()},
        {key: given.get(key, value) for key, value in kind.search.items()},
    )


def names_effort(spec: str) -> bool:
    """Tell whether a spec says how hard to search the index, as ``ef=`` and ``nprobe=`` do."""
    name, _, values = spec.strip().lower().partition(":")
    kind = _KINDS.get(name)
    return kind is not None and any(
        part.partition("=")[0].strip() in kind.search for part in values.split(",")
    )


def suggested(
    count: int, dim: int, memory_bytes: int, version: tuple[int, ...]
) -> tuple[IndexPlan, str]:
    """Return the index for so many vectors in so much memory, and why.

    The graph finds most in the least time, as long as all of it fits into memory. Codes of a bit or
    a byte for each number need much less of it, and DiskANN the least: it reads from disk.

    Parameters
    ----------
    count, dim : int
        Of the vectors.
    memory_bytes : int
        What the query nodes have for them, all together.
    version : tuple of int
        The server's.
    """
    lists = min(_MOST_LISTS, max(_LEAST_LISTS, 4 * math.isqrt(count)))
    probed = max(64, lists // 32)
    coded = "ivf_rabitq" if version >= _KINDS["ivf_rabitq"].since else "ivf_sq8"
    tried: list[str] = []
    for spec in ("hnsw", f"{coded}:nlist={lists},nprobe={probed}"):
        plan = planned(spec, "cosine", version)
        needed = plan.resident_bytes(count, dim)
        if needed <= memory_bytes:
            before = f"; {tried[-1]} would not fit" if tried else ""
            return plan, f"{plan.kind} needs {in_words(needed)} of {in_words(memory_bytes)}{before}"
        tried.append(f"{plan.kind} with {in_words(needed)}")
    plan = planned("diskann", "cosine", version)
    needed = plan.resident_bytes(count, dim)
    return plan, (
        f"neither {' nor '.join(tried)} fits into {in_words(memory_bytes)}; diskann reads from "
        f"disk, and needs about {in_words(needed)}, so fast disks in the query nodes"
    )


def shards_for(count: int) -> int:
    """Return the write channels for so many pictures: one for each fifty million, at most 16.

    They are told when a gallery is made, and stay.
    """
    return min(16, max(1, math.ceil(count / _OF_A_SHARD)))


def in_words(size: float) -> str:
    """Write a number of bytes as memory is told: ``3.4 GiB``."""
    unit, name = (2**20, "MiB") if size < 2**30 else (2**30, "GiB")
    number = size / unit
    return f"{number:,.0f} {name}" if number >= 10 else f"{number:.1f} {name}"


def _values(name: str, text: str, known: set[str]) -> dict[str, int]:
    found = {}
    for part in filter(None, text.split(",")):
        key, _, value = (one.strip() for one in part.partition("="))
        if key not in known:
            raise UnknownName(f"parameter of {name}", key, known)
        if not re.fullmatch(r"[1-9][0-9]{0,5}", value):
            raise BadParameter(f"{key} of {name} is a whole number above 0, not {value!r}")
        found[key] = int(value)
        # Milvus refuses others when the former index is gone already, or at each search.
        least, most = _BOUNDS.get(key, (1, 999_999))
        if not least <= found[key] <= most:
            raise BadParameter(f"{key} of {name} is from {least} to {most:,}, not {value}")
    return found


def _spec(kind: str, values: Mapping[str, int]) -> str:
    written = ",".join(f"{name}={value}" for name, value in values.items())
    return f"{kind}:{written}" if written else kind
