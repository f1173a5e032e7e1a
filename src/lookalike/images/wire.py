"""Messages between two processes: a header of JSON, then blocks of bytes.

Nothing in a message is ever run or unpickled, so that one process need not trust the other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, BinaryIO, TypeAlias, cast

import numpy as np
import numpy.typing as npt

Header: TypeAlias = dict[str, Any]
Block: TypeAlias = "bytes | npt.NDArray[np.uint8]"

_MAX_HEADER = 2**20


def send(stream: BinaryIO, header: Header, blocks: Sequence[Block] = ()) -> None:
    """Write a message.

    Raises
    ------
    OSError
        Nobody reads it any more.
    """
    views = [memoryview(cast("bytes", block)).cast("B") for block in blocks]
    text = json.dumps({**header, "sizes": [view.nbytes for view in views]}).encode()
    stream.write(len(text).to_bytes(4, "big") + text)
    for view in views:
        stream.write(view)
    stream.flush()


def receive(stream: BinaryIO, max_bytes: int) -> tuple[Header, list[bytearray]]:
    """Read a message.

    Parameters
    ----------
    stream : BinaryIO
    max_bytes : int
        That all blocks may have together.

    Raises
    ------
    EOFError
        It ends before the message does.
    ValueError
        It is no message, or one with more bytes.
    """
    length = int.from_bytes(_exactly(stream, 4), "big")
    if length > _MAX_HEADER:
        raise ValueError(f"a header of {length:,} bytes")
    header = json.loads(_exactly(stream, length))
    sizes = header.pop("sizes", None) if isinstance(header, dict) else None
    if not isinstance(sizes, list) or not all(type(size) is int and size >= 0 for size in sizes):
        raise ValueError("a header that does not say what follows")
    if sum(sizes) > max_bytes:
        raise ValueError(f"{sum(sizes):,} bytes, and at most {max_bytes:,} were expected")
    return header, [_exactly(stream, size) for size in sizes]


def _exactly(stream: BinaryIO, size: int) -> bytearray:
    block = bytearray(size)
    if stream.readinto(block) < size:  # type: ignore[attr-defined]
        raise EOFError("the stream ends inside a message")
    return block
