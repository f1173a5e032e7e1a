"""What is in a gallery, picture by picture."""

from __future__ import annotations

from collections.abc import Sequence

from lookalike.errors import BadParameter
from lookalike.gallery.local.opened import Opened
from lookalike.gallery.originals import unchanged
from lookalike.images import Decoder, load_views
from lookalike.images.files import named
from lookalike.store import Catalog, fields, pictures
from lookalike.store.fields import FieldInfo
from lookalike.store.pictures import Picture, PicturePage
from lookalike.store.thumbnails import SIZES, Thumbnails, thumbnail_of


class Browsing(Opened):
    """What shows the pictures of a gallery."""

    def __init__(self, catalog: Catalog, decoder: Decoder = load_views) -> None:
        super().__init__(catalog, decoder)
        self._thumbnails = Thumbnails(catalog.folder)

    def close(self) -> None:
        """Close the gallery's files."""
        self._thumbnails.close()
        super().close()

    def pictures(
        self, where: str | Sequence[str] = (), *, skip: int = 0, top: int = 100
    ) -> PicturePage:
        """See `lookalike.Gallery.pictures`."""
        conditions = (where,) if isinstance(where, str) else tuple(where)
        return pictures.page(self._catalog, conditions, skip=skip, top=top)

    def picture(self, id: int) -> Picture:
        """See `lookalike.Gallery.picture`."""
        return pictures.by_id(self._catalog, id)

    def thumbnail(self, id: int, size: int = 320) -> bytes:
        """See `lookalike.Gallery.thumbnail`."""
        if size not in SIZES:
            known = ", ".join(map(str, SIZES))
            raise BadParameter(f"a thumbnail's size is one of {known} pixels, not {size!r}")
        shown = self.picture(id)
        # By its content, so that a picture that has changed never shows what it was.
        sha256 = bytes.fromhex(shown.sha256)
        found = self._thumbnails.get(sha256, size)
        if found is None:
            data = unchanged(shown.path, sha256)
            found = thumbnail_of(data, size, self._decoder, name=named(shown.path))
            self._thumbnails.keep(sha256, size, found)
        return found

    def original(self, id: int) -> bytes:
        """Return the bytes of a picture's file, if they still are what was indexed.

        Raises
        ------
        NotIndexed
            There is no picture of that id.
        PictureError
            The file is not there, cannot be read, is larger than `lookalike.images.MAX_BYTES`, or
            has changed since it was indexed.
        """
        shown = self.picture(id)
        return unchanged(shown.path, bytes.fromhex(shown.sha256))

    def fields(self) -> list[FieldInfo]:
        """See `lookalike.Gallery.fields`."""
        return fields.fields(self._catalog)
