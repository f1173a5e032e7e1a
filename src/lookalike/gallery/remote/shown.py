"""Matches whose pictures lie on the server's machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lookalike.errors import LookalikeError, PictureError
from lookalike.images import Image
from lookalike.search import Matches
from lookalike.show import Shown

_SIDES = (160, 320, 640, 1600)


def _nothing(id: int, size: int) -> bytes:
    raise LookalikeError(f"there is no server to fetch the picture {id} from")


@dataclass(frozen=True)
class RemoteMatches(Matches):
    """The answers to one query, shown by thumbnails that are fetched when they are looked at.

    Attributes
    ----------
    thumbnail : callable
        Returns the picture of an id, at most so many pixels wide and high, as a file.
    """

    thumbnail: Callable[[int, int], bytes] = field(default=_nothing, repr=False, compare=False)

    def _shown(self) -> tuple[Shown, list[Shown]]:
        query, matches = super()._shown()
        asked = self.query.shown
        if asked.id is not None and asked.picture is None:
            query = self._fetched(query, asked.id)
        pairs = zip(matches, self.items, strict=True)
        return query, [self._fetched(shown, match.id) for shown, match in pairs]

    def _fetched(self, shown: Shown, id: int) -> Shown:
        # Without the path: no link leads to a file on another machine.
        return _Fetched(
            None,
            None,
            shown.title,
            shown.lines,
            shown.box,
            fetch=lambda size: self.thumbnail(id, size),
        )


@dataclass(frozen=True, eq=False)
class _Fetched(Shown):
    fetch: Callable[[int], bytes] = field(kw_only=True)

    def thumbnail(self, size: int) -> Image | str:
        # Of a region there is less to be seen.
        wanted = size if self.box is None else _SIDES[-1]
        side = next((one for one in _SIDES if one >= wanted), _SIDES[-1])
        try:
            seen = Shown(None, self.fetch(side), self.title, box=self.box)
        except PictureError as error:
            return f"cannot be shown: {error.why}"
        except LookalikeError as error:
            return f"cannot be shown: {error}"
        return seen.thumbnail(size)
