"""What Milvus tells of the machines that it runs on."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from lookalike.errors import GalleryError, GalleryUnreachable
from lookalike.gallery.milvus.link.connection import SOON
from lookalike.gallery.milvus.link.engine import Engine


class Memory(NamedTuple):
    """Memory of all query nodes together, in bytes."""

    total: int
    used: int


def memory(engine: Engine) -> Memory | None:
    """Return the memory of the query nodes; None where it is not told.

    Milvus Lite has none of its own, and who lacks the privilege is refused: nothing fails for it.
    """
    if engine.address.is_lite:
        return None
    try:
        told = engine.call(lambda client: client.metrics("system_info"), patience=SOON)
    except (GalleryError, GalleryUnreachable):
        return None
    return parsed(told)


def parsed(told: str) -> Memory | None:
    """Return the memory of the query nodes of which an answer of Milvus tells.

    What another version leaves out is passed over.

    Parameters
    ----------
    told : str
        JSON: ``nodes_info`` with ``infos`` of each, and ``hardware_infos`` in these.
    """
    try:
        answer = json.loads(told)
    except ValueError:
        return None
    nodes = [_within(one, "infos") for one in _within(answer, "nodes_info", list)]
    hardware = [
        _within(node, "hardware_infos") for node in nodes if node.get("type") == "querynode"
    ]
    total, used = (
        sum(_number(one, name) for one in hardware) for name in ("memory", "memory_usage")
    )
    return Memory(total, used) if total else None


def _within(value: Any, name: str, kind: type = dict) -> Any:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, kind) else kind()


def _number(value: dict[str, Any], name: str) -> int:
    found = value.get(name)
    return max(0, found) if isinstance(found, int) else 0
