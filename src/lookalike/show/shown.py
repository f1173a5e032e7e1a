"""One picture that is shown, with what is written beside it."""

from __future__ import annotations

from dataclasses import dataclass

from lookalike import places
from lookalike.errors import LookalikeError, PictureError
from lookalike.images import Image, Region, Source, View, load_views


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture and its caption.

    Parameters
    ----------
    path : str or None
        Where its file is, to link to it; None for one that is no file.
    image : path, bytes, array or None
        What `lookalike.images.load` takes; None where there is no picture, as for a query in words.
    title : str
        Its name, on one line; shortened in the middle where it is too long.
    lines : tuple of str
        What is said about it: rank, how alike, distance.
    box : Region or None
        What of the picture is shown; None for all of it.
    is_indexed : bool
        The image is the path of a picture in a gallery, and so may be an address.
    """

    path: str | None
    image: Source | None
    title: str
    lines: tuple[str, ...] = ()
    box: Region | None = None
    is_indexed: bool = False

    def thumbnail(self, size: int) -> Image | str:
        """Return the picture, its longer side at most `size` pixels, or why there is none.

        Returns
        -------
        (H, W, 3) uint8, or str
            A picture that cannot be read is no reason not to show the others.
        """
        if self.image is None:
            return self.title
        try:
            view = View.within(size)
            image = self.image
            if self.is_indexed and isinstance(image, str):
                image = places.read_bytes(image)
            return load_views(image, [view], name=self.path, box=self.box)[view]
        except PictureError as error:
            return f"cannot be shown: {error.why}"
        except LookalikeError as error:
            return f"cannot be shown: {error}"
