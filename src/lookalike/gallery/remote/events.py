"""Server-sent events, as a server streams them while something goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Far more than any event of ours.
_LONGEST = 2**24


@dataclass(frozen=True)
class Event:
    """One of them: what it is called, and its data."""

    name: str
    data: str


def events(chunks: Iterable[bytes]) -> Iterator[Event]:
    """Take a stream apart, as the HTML standard says (section 9.2, Server-sent events).

    An event that the stream breaks off in is left out.

    Raises
    ------
    ValueError
        A line has no end.
    """
    name, data = "", list[str]()
    for line in _lines(chunks):
        if not line:
            if data:
                yield Event(name or "message", "\n".join(data))
            name, data = "", []
            continue
        field, _, value = line.partition(":")  # a comment has no field
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    # Not by `splitlines`, which breaks a file's name with U+2028 in it.
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")
        if len(rest) > _LONGEST:
            raise ValueError("a line without an end")
