"""The same gallery twice: in Milvus Lite, and in a folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from lookalike import Gallery, LocalGallery, MilvusGallery
from lookalike.store.pictures import Picture


@dataclasses.dataclass
class Both:
    """The same gallery twice."""

    folder: Path
    milvus: MilvusGallery
    local: LocalGallery

    @property
    def each(self) -> tuple[Gallery, Gallery]:
        return self.milvus, self.local

    def id_of(self, gallery: Gallery, name: str) -> int:
        (found,) = gallery.pictures(f"name = {name}").items
        return found.id


def plain(pictures: tuple[Picture, ...]) -> list[Picture]:
    """Return pictures but for their ids, which differ."""
    return [dataclasses.replace(one, id=0) for one in pictures]
