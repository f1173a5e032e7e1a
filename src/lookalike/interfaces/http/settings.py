"""What a server is told when it is started."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path

from lookalike.errors import BadParameter, UsageError

SHORTEST_KEY = 16
"""Characters. A key of random letters that short takes longer to guess than anybody will wait."""

OPEN_RATE = 20.0
"""Requests a second that one client may make, where other machines can reach the server."""


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class ServerSettings:
    """What a server is told when it is started.

    Parameters
    ----------
    host : str
        The address that it is bound to.
    port : int
        0 for any that is free.
    api_key : str or None
        What a client has to know, of `SHORTEST_KEY` characters or more. Anybody may ask if it is
        None, which needs an address of this machine only, or `without_key`.
    without_key : bool
        Answer other machines without a key. Then nothing can be changed, and paths are not shown
        in full.
    shared : str or None
        A folder or an address where several servers keep uploads and tell of their index jobs, so
        that each can be asked about all of them; None for a folder of this server's own.
    read_only : bool
        Nothing can be changed, whoever asks.
    allow_urls : bool
        Pictures may be given by their address, which the server fetches.
    allowed_folders : tuple of path or address
        What may be indexed besides the folders that are. With none of them, on an address of this
        machine only, that is every folder.
    allowed_hosts : tuple of str
        Further names that the server is asked by, such as ``shop.local``; ``*`` for any.
    allowed_origins : tuple of str
        Pages of others that may ask, such as ``https://shop.example``.
    max_upload_bytes : int
    max_pixels : int
        Of an uploaded picture.
    decode_seconds : float
        How long decoding one picture may take.
    upload_seconds : float
        How long the body of a request may take to arrive.
    workers : int
        Threads that search and describe.
    queue : int
        Requests that may wait for one of them.
    rate : float or None
        Requests a second that one client may make; 0 for as many as it likes; None for that on an
        address of this machine only, and `OPEN_RATE` elsewhere.

    Raises
    ------
    UsageError
        Other machines could ask without a key, and nobody said that they may.
    BadParameter
        A value that does not fit.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    api_key: str | None = field(default=None, repr=False)
    without_key: bool = False
    shared: str | None = None
    read_only: bool = False
    allow_urls: bool = False
    allowed_folders: tuple[str | Path, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    max_upload_bytes: int = 50 * 2**20
    max_pixels: int = 100_000_000
    decode_seconds: float = 10
    upload_seconds: float = 30
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    queue: int = 64
    rate: float | None = None

    def __post_init__(self) -> None:
        self._check_key()
        self._check_numbers()
        for origin in self.allowed_origins:
            _check_origin(origin)

    @property
    def is_loopback(self) -> bool:
        """Only this machine can reach the server."""
        return is_loopback(self.host)

    @property
    def may_write(self) -> bool:
        """Galleries can be changed."""
        return not self.read_only and (self.is_loopback or self.api_key is not None)

    @property
    def shows_paths(self) -> bool:
        """Paths are shown in full, and not from the last folder on."""
        return self.is_loopback or self.api_key is not None

    @property
    def may_reveal(self) -> bool:
        """The file manager may be opened: whoever asks sits at this machine."""
        return self.is_loopback

    @property
    def allows_any_folder(self) -> bool:
        """Every folder of this machine may be indexed."""
        return self.may_write and self.is_loopback and not self.allowed_folders

    @property
    def requests_per_second(self) -> float:
        """What one client may ask for in a second; 0 for as much as it likes."""
        if self.rate is not None:
            return self.rate
        return 0.0 if self.is_loopback else OPEN_RATE

    def _check_key(self) -> None:
        if self.api_key is None:
            if not self.is_loopback and not self.without_key:
                raise UsageError(
                    f"{self.host} can be reached by other machines, and there is no API key; put "
                    f"one of {SHORTEST_KEY} characters or more into a file and name it: "
                    "--api-key-file FILE, or set LOOKALIKE_API_KEY; or let anybody search, but "
                    "change nothing: --without-key"
                )
            return
        if self.without_key:
            raise UsageError("there is an API key, and --without-key; leave one of them out")
        if len(self.api_key) < SHORTEST_KEY:
            raise BadParameter(
                f"the API key has {len(self.api_key)} characters, and a short one can be guessed; "
                f"take {SHORTEST_KEY} or more, such as python -c "
                '"import secrets; print(secrets.token_urlsafe())"'
            )
        if not self.api_key.isascii() or not self.api_key.isprintable() or " " in self.api_key:
            raise BadParameter(
                "the API key has characters that a header cannot carry; take letters, digits and "
                "punctuation of ASCII, without spaces"
            )

    def _check_numbers(self) -> None:
        if not 0 <= self.port <= 65535:
            raise BadParameter(f"a port is from 0 to 65535, not {self.port}")
        lowest = {
            "max_upload_bytes": 1024,
            "max_pixels": 1,
            "workers": 1,
            "queue": 0,
            "rate": 0,
        }
        for name, least in lowest.items():
            value = getattr(self, name)
            if value is not None and not value >= least:
                raise BadParameter(f"{name} is {least} or more, not {value}")
        for name in ("decode_seconds", "upload_seconds"):
            if not getattr(self, name) > 0:
                raise BadParameter(f"{name} is more than 0, not {getattr(self, name)}")


def _check_origin(origin: str) -> None:
    scheme, separator, rest = origin.partition("://")
    if scheme not in ("http", "https") or not separator or not rest or "/" in rest or "*" in rest:
        raise BadParameter(
            f"{origin!r} is not an origin; it is scheme and host, and nothing behind them, such as "
            "https://shop.example"
        )
