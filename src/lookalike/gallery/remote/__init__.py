"""A gallery behind a server, over HTTP."""

from __future__ import annotations

import os

from lookalike.errors import GalleryMissing, MissingExtra, UsageError
from lookalike.gallery.interface import Gallery
from lookalike.gallery.remote.address import Address, address_of
from lookalike.gallery.remote.connection import Connection
from lookalike.gallery.remote.judging import Judging
from lookalike.gallery.remote.shapes import part

__all__ = ["RemoteGallery"]


class RemoteGallery(Judging, Gallery):
    """A gallery that a server offers, used as if it were here.

    Pictures that are searched with are read here and sent to the server; folders that are to be
    indexed, and pictures that were found, are the server's. It may be used by several threads at a
    time.
    """

    @classmethod
    def open(  # type: ignore[override]  # nothing is made from afar
        cls, where: str, *, api_key: str | None = None
    ) -> RemoteGallery:
        """Open a gallery behind a server.

        Parameters
        ----------
        where : str
            ``http://shop.local:8765``, or ``http://shop.local:8765/v1/galleries/shoes`` for one of
            several.
        api_key : str, optional
            What the server wants to see; by default LOOKALIKE_API_KEY.

        Raises
        ------
        UsageError
            It is no address; or it has several galleries, and which one is meant is not said; or
            the key is not the server's.
        GalleryMissing
            No server answers, or it has no such gallery.
        MissingExtra
            httpx is not installed.
        """
        address = address_of(where)
        given = api_key if api_key is not None else os.environ.get("LOOKALIKE_API_KEY", "")
        connection = _connect(address, given.strip())
        try:
            return cls(connection, _chosen(address, connection))
        except BaseException:
            connection.close()
            raise


def _connect(address: Address, key: str) -> Connection:
    try:
        return Connection(address, key)
    except ImportError as error:
        raise MissingExtra("a gallery behind a server", "client") from error


def _chosen(address: Address, connection: Connection) -> str:
    """Return the name of the gallery that an address means."""
    about = connection.ask("GET", "/v1")
    if not isinstance(about, dict) or about.get("name") != "lookalike":
        raise GalleryMissing(
            f"what answers at {address.base} is no Lookalike; look whether the address is right"
        )
    names = [str(name) for name in part(about, "galleries", list)]
    if address.gallery in names or (len(names) == 1 and not address.gallery):
        return address.gallery or names[0]
    told = ", ".join(address.of(name) for name in names)
    if not names:
        raise GalleryMissing(f"the server at {address.base} has no gallery")
    if address.gallery:
        raise GalleryMissing(
            f"the server at {address.base} has no gallery {address.gallery!r}; it has {told}"
        )
    raise UsageError(f"the server at {address.base} has several galleries; name one: {told}")
