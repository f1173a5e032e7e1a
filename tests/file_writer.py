"""A writer of which workers on other machines have one each: a file for every picture."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lookalike.store.commit import Written
from lookalike.store.intake import Taken


@dataclass(frozen=True)
class FileWriterSpec:
    folder: str

    def open(self) -> FileWriter:
        return FileWriter(Path(self.folder))


class FileWriter:
    """Keeps a file for each picture, and beside it one line for each time that it was written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def known(self, hashes: Sequence[bytes]) -> Mapping[bytes, frozenset[int]]:
        return {}

    def commit(self, batch: Sequence[Taken]) -> Written:
        written = Written()
        for taken in batch:
            name = hashlib.sha256(os.fsencode(taken.found.path)).hexdigest()
            path = self._folder / f"{name}.json"
            written.added += not path.exists()
            about = {
                "path": taken.found.path,
                "sha256": taken.sha256 and taken.sha256.hex(),
                "vectors": {number: one.hex() for number, one in taken.vectors.items()},
                "reason": taken.reason,
            }
            part = path.with_suffix(f".{os.getpid()}")
            part.write_text(json.dumps(about))
            part.replace(path)
        return written

    def close(self) -> None:
        pass
