"""An address → what fsspec reads it with. Who may do so, the environment says, not the address."""

from __future__ import annotations

import functools
import logging
import os
from typing import Any

from lookalike.errors import MissingExtra
from lookalike.places.addresses import scheme

_EXTRAS = {"s3": "s3", "gs": "gs", "http": "web", "https": "web", "memory": "web"}

_CONNECT_SECONDS, _READ_SECONDS = 10, 60
_S3_TRIES = 2


def filesystem(address: str) -> Any:
    """Return the file system that an address is of; one for all threads of this process.

    Raises
    ------
    MissingExtra
    """
    # A connection does not outlive a fork.
    kind = scheme(address)
    return _filesystem("https" if kind == "http" else kind, os.getpid())


@functools.cache
def _filesystem(kind: str, process: int) -> Any:
    # What they log they raise as well, and that is told in our own words.
    for library in ("fsspec", "gcsfs", "s3fs"):
        logging.getLogger(library).addHandler(logging.NullHandler())
    try:
        import fsspec

        # What was listed once is not kept: the next run would see the pictures of this one.
        options: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False}
        if kind == "s3":
            options["config_kwargs"] = {
                "connect_timeout": _CONNECT_SECONDS,
                "read_timeout": _READ_SECONDS,
                "retries": {"max_attempts": _S3_TRIES, "mode": "standard"},
            }
        elif kind == "https":
            options["get_client"] = _client
        found = fsspec.filesystem(kind, **options)
    except ImportError as error:
        raise MissingExtra(f"reading pictures at {kind}:// addresses", _EXTRAS[kind]) from error
    if kind == "s3":
        found.retries = _S3_TRIES
    return found


async def _client(**options: Any) -> Any:
    """Return a session that follows no link to another host, and knows proxies and ``.netrc``."""
    import aiohttp

    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_stays)
    patience = aiohttp.ClientTimeout(
        total=None, sock_connect=_CONNECT_SECONDS, sock_read=_READ_SECONDS
    )
    return aiohttp.ClientSession(trace_configs=[trace], trust_env=True, timeout=patience, **options)


async def _stays(_session: object, _context: object, told: Any) -> None:
    from yarl import URL

    target = told.url.join(URL(told.response.headers.get("Location", "")))
    if target.host != told.url.host or (told.url.scheme, target.scheme) == ("https", "http"):
        raise PermissionError(f"it leads to another host, {target.scheme}://{target.host}")
