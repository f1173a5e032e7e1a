"""What is in a gallery behind a server, picture by picture."""

from __future__ import annotations

from collections.abc import Sequence

from lookalike.errors import BadParameter
from lookalike.gallery.remote import reading
from lookalike.gallery.remote.connected import Connected, picture_path
from lookalike.gallery.remote.shapes import part
from lookalike.gallery.wanted import conditions
from lookalike.store.fields import FieldInfo
from lookalike.store.pictures import Picture, PicturePage
from lookalike.store.thumbnails import SIZES


class Browsing(Connected):
    """What shows the pictures of a gallery."""

    def pictures(
        self, where: str | Sequence[str] = (), *, skip: int = 0, top: int = 100
    ) -> PicturePage:
        """See `lookalike.Gallery.pictures`."""
        for name, value in (("skip", skip), ("top", top)):
            if value < 0:
                raise BadParameter(f"{name} is a number of pictures, 0 or more, not {value}")
        query = [("where", one) for one in conditions(where)]
        found, total = self._paged("/pictures", "pictures", query, skip, top)
        return PicturePage(tuple(map(reading.picture, found)), total)

    def picture(self, id: int) -> Picture:
        """See `lookalike.Gallery.picture`."""
        return reading.picture(self._ask("GET", picture_path(id)))

    def thumbnail(self, id: int, size: int = 320) -> bytes:
        """See `lookalike.Gallery.thumbnail`."""
        if size not in SIZES:
            known = ", ".join(map(str, SIZES))
            raise BadParameter(f"a thumbnail's size is one of {known} pixels, not {size!r}")
        return self._fetch(f"{picture_path(id)}/thumbnail", [("size", size)])

    def fields(self) -> list[FieldInfo]:
        """See `lookalike.Gallery.fields`."""
        return [reading.field(one) for one in part(self._ask("GET", "/fields"), "fields", list)]
