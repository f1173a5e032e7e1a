"""One part of the files, where several runs share the work without knowing of each other."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass

from lookalike.errors import BadParameter

MOST = 100_000


@dataclass(frozen=True)
class Shard:
    """The `number`-th of `count` parts of all files.

    A path belongs to exactly one part: by its own bytes, whatever else there is, on every machine
    and in every version.

    Parameters
    ----------
    number : int
        1 to `count`.
    count : int

    Raises
    ------
    BadParameter
        There is no such part.
    """

    number: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count <= MOST:
            raise BadParameter(
                f"a shard is 1/{self.count} to {self.count}/{self.count}, and of at most {MOST:,}; "
                f"not {self.number}/{self.count}"
                if 1 <= self.count <= MOST
                else f"there are 1 to {MOST:,} shards, not {self.count}"
            )

    @classmethod
    def of(cls, text: str) -> Shard:
        """Return the shard of what a person types: ``2/8``.

        Raises
        ------
        BadParameter
            It is none.
        """
        found = re.fullmatch(r"\s*([0-9]{1,9})\s*/\s*([0-9]{1,9})\s*", text)
        if found is None:
            raise BadParameter(f"a shard is typed as 2/8, the second of eight, not {text!r}")
        return cls(int(found[1]), int(found[2]))

    def __contains__(self, path: object) -> bool:
        """Whether a file is of this part."""
        digest = hashlib.blake2b(
            os.fsencode(str(path)), digest_size=8, person=b"lookalike"
        ).digest()
        return int.from_bytes(digest, "big") % self.count == self.number - 1

    def __str__(self) -> str:
        """Return what a person types for it."""
        return f"{self.number}/{self.count}"
