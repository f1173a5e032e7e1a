"""The address that a person types → the server, and which of its galleries."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import parse_qs, quote, unquote, urlsplit

from lookalike.errors import UsageError

_GALLERIES = "/v1/galleries/"


@dataclass(frozen=True)
class Address:
    """Where a server answers.

    Attributes
    ----------
    base : str
        ``http://shop.local:8765``, perhaps with the path that a proxy has put before it; without a
        slash at its end.
    host : str
    gallery : str
        Which of the server's galleries; empty if the address names none.
    """

    base: str
    host: str
    gallery: str = ""

    @property
    def is_this_machine(self) -> bool:
        """Whether the server runs where this runs, as far as its address tells."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def of(self, gallery: str) -> str:
        """Return the address of one of the server's galleries."""
        return f"{self.base}{path_of(gallery)}"


def path_of(gallery: str) -> str:
    """Return the path of a gallery on its server."""
    return _GALLERIES + quote(gallery, safe="")


def address_of(text: str) -> Address:
    """Take an address apart: a server's, one of its galleries', or one copied from its page.

    Raises
    ------
    UsageError
        It is none, or it has a user's name or password in it.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError(f"{text!r} is no address: {error}") from error
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "an address takes no user and password here; give the server's API key as api_key, or "
            "as LOOKALIKE_API_KEY"
        )
    if parts.scheme.lower() not in ("http", "https") or not host or any(map(str.isspace, host)):
        raise UsageError(f"{text!r} is no address; one is such as http://127.0.0.1:8765")
    before, found, behind = parts.path.partition(_GALLERIES)
    named = unquote(behind.strip("/")) if found else parse_qs(parts.query).get("g", [""])[0]
    if "/" in named:
        raise UsageError(f"{text!r} is no gallery's address; one ends in {_GALLERIES}NAME")
    prefix = before.rstrip("/") if found else before.rstrip("/").removesuffix("/v1")
    at = f"[{host}]" if ":" in host else host
    where = at if port is None else f"{at}:{port}"
    return Address(f"{parts.scheme.lower()}://{where}{prefix}", host, named)


def is_absolute(path: str) -> bool:
    """Tell whether a path begins at a root, of whatever system the server may be."""
    return PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()
