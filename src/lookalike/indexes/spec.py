"""What a person types for an index → the index.

    spec = name [ ":" values ]      (values: see `lookalike.parameters`)

``exact`` · ``hnsw:m=32,ef=128``
"""

from __future__ import annotations

import dataclasses

from lookalike.errors import UsageError
from lookalike.indexes.base import Index
from lookalike.parameters import parsed
from lookalike.registry import Registry

INDEXES: Registry[Index] = Registry(
    "index",
    Index,  # type: ignore[type-abstract]
    "lookalike.indexes",
    frozenset(
        {
            "base",
            "choose",
            "costs",
            "faiss_tools",
            "foreign",
            "graph",
            "neighbours",
            "rotation",
            "sketches",
            "spec",
        }
    ),
)


def create(spec: str) -> Index:
    """Return the index that a spec describes, with nothing in it yet.

    Raises
    ------
    UnknownName
        No index has that name, or it has no such parameter.
    BadParameter
        A value does not fit its parameter.
    """
    typed, _, values = spec.partition(":")
    name = typed.strip().lower().replace("-", "_")
    kind = INDEXES.get(name)
    return kind(**parsed(kind, name, values))


def brief(spec: str) -> str:
    """Return a spec without the values that are so by default; as it is if its index is unknown."""
    try:
        index = create(spec)
    except UsageError:
        return spec
    told = [
        f"{field.name}={value}"
        for field in dataclasses.fields(index)
        if (value := getattr(index, field.name)) != field.default
    ]
    return ":".join(filter(None, (index.name, ",".join(told))))
