"""What all that one does with a gallery behind a server has in common."""

from __future__ import annotations

import operator

from lookalike.errors import NotIndexed, UsageError
from lookalike.gallery.remote.address import is_absolute, path_of
from lookalike.gallery.remote.connection import Connection, File, Values
from lookalike.gallery.remote.shapes import JSON, part

MOST = 1000
"""Pictures or matches in one answer."""

# Rows, or pictures that are removed, in one request: all of them are entered, or none.
_BULK = 10_000

# No catalog counts so far.
_TOO_LARGE = 2**63


class Connected:
    """A connection, and which of the server's galleries is meant."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.address}>"

    @property
    def address(self) -> str:
        """Where the gallery is: ``http://shop.local:8765/v1/galleries/shoes``."""
        return self._connection.address.of(self._name)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    # -- within ------------------------------------------------------------------------------

    def _ask(
        self,
        method: str,
        path: str = "",
        *,
        query: Values = (),
        body: object = None,
        file: File | None = None,
        repeat: bool = True,
    ) -> JSON:
        """Send a request about the gallery; see `Connection.ask`."""
        return self._connection.ask(
            method, path_of(self._name) + path, query=query, body=body, file=file, repeat=repeat
        )

    def _fetch(self, path: str, query: Values = ()) -> bytes:
        """Return the bytes that are at a path of the gallery."""
        return self._connection.fetch(path_of(self._name) + path, query)

    def _paged(self, path: str, name: str, query: Values, skip: int, top: int | None) -> JSON:
        """Return the entries `name` of as many pages as it takes, and how many there are in all."""
        found: list[JSON] = []
        while True:
            # The server returns one at least, also where they are only to be counted.
            asked = MOST if top is None else max(1, min(MOST, top - len(found)))
            page = [*query, ("skip", skip + len(found)), ("top", asked)]
            answer = self._ask("GET", path, query=page)
            entries, total = part(answer, name, list), part(answer, "total", int)
            found += entries
            is_last = not entries or skip + len(found) >= total
            if is_last or (top is not None and len(found) >= top):
                return found[:top], total

    def _served(self, path: str) -> str:
        """Return a path as the server is to understand it.

        Raises
        ------
        UsageError
            It is relative, and the server is another machine, where it leads nowhere.
        """
        from lookalike.places import is_url, placed

        if is_url(path):
            return placed(path)
        if self._connection.address.is_this_machine:
            return placed(path)
        if is_absolute(path) or path.startswith("~"):
            return path
        raise UsageError(
            f"{path!r} is to be a path on the server at {self._connection.address.base}, so it "
            "must say where it begins: /home/ada/Pictures"
        )


def checked_id(given: int) -> int:
    """Return an id as a plain number.

    Raises
    ------
    UsageError
        It is no whole number.
    NotIndexed
        No picture can have it.
    """
    try:
        id = operator.index(given)
    except TypeError:
        raise UsageError(f"a picture's id is a whole number, not {given!r}") from None
    if abs(id) >= _TOO_LARGE:
        raise NotIndexed(f"there is no picture with the id {id} in the gallery")
    return id


def check_bulk(count: int, called: str) -> None:
    """Refuse more than one request can have; several would not be all or nothing.

    Raises
    ------
    UsageError
    """
    if count > _BULK:
        raise UsageError(
            f"these are {count:,} {called}, and a server takes at most {_BULK:,} at a time; call "
            "several times, with some of them each"
        )


def picture_path(id: int) -> str:
    """Return the path of a picture, behind that of its gallery."""
    return f"/pictures/{checked_id(id)}"
