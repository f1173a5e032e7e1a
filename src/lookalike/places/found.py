"""What a place lists."""

from __future__ import annotations

from dataclasses import dataclass

# What systems and photo programs leave between a person's pictures.
_NOT_THEIRS = frozenset(
    {
        "@eaDir",
        "$RECYCLE.BIN",
        "System Volume Information",
        "lost+found",
        "node_modules",
        "__MACOSX",
    }
)


_MOST = 2**63 - 1
"""What a database takes for a whole number: as a time, the year 2262."""


@dataclass(frozen=True)
class Found:
    """A picture file as its place lists it.

    Attributes
    ----------
    path : str
        Absolute, or an address.
    size : int
        Bytes; 0 where the place does not tell.
    mtime_ns : int
        When it was changed last, in nanoseconds since 1970; 0 where the place does not tell.
    etag : str
        What the place calls this version of it; empty where it has none, as in folders.
    """

    path: str
    size: int
    mtime_ns: int
    etag: str = ""

    def __post_init__(self) -> None:
        # A clock may stand at any year, and a server on the web may say anything.
        object.__setattr__(self, "size", min(self.size, _MOST))
        object.__setattr__(self, "mtime_ns", max(-_MOST, min(self.mtime_ns, _MOST)))
        object.__setattr__(self, "etag", self.etag.encode(errors="backslashreplace").decode())


def is_passed_over(name: str) -> bool:
    """Tell whether files and folders of a name are none of a person's pictures."""
    return name.startswith(".") or name in _NOT_THEIRS
