"""A connection to Milvus that is bounded in time, and outlives what it is connected to."""

from __future__ import annotations

import json
import logging
import math
import os
import random
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from lookalike.errors import MissingExtra
from lookalike.gallery.milvus.link import errors
from lookalike.gallery.milvus.link.address import Address
from lookalike.gallery.milvus.link.lite import files

if TYPE_CHECKING:
    from pymilvus import MilvusClient

T = TypeVar("T")

# Seconds for an address at which nobody has answered yet, as it may be mistyped; and for one where
# a machine says that nothing listens.
_OPENING, _CLOSED = 10.0, 3.0

PATIENCE = 30.0
"""Seconds that an engine which does not answer is waited for."""

SOON = 2.5
"""Seconds of a first attempt to ask what is usually answered at once.

What meets a query node that has just died is tried there again by Milvus itself, after pauses of
0.2, 0.4, 0.8, 1.6 … s for as long as the next one ends before the attempt; only then is another
node asked. Of 2.5 s, one is left for its answer; of 3 s none would be, nor of 15. Each attempt that
was given up lets the next take twice as long: perhaps the server is only slow.
"""

LONG = 20.0
"""Seconds that any attempt may take."""

_LEAST = 0.5
_BEGIN, _LONGEST = 0.05, 3.0  # pauses between attempts

# gRPC connects again by itself, but as it comes only two minutes after a long outage.
_OPTIONS = {
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.min_reconnect_backoff_ms": 1000,
    "grpc.max_reconnect_backoff_ms": 2000,
}


class Connection:
    """A connection to Milvus. Any number of threads may use it at once.

    Parameters
    ----------
    address : Address
    token : str
        What the server wants to see; empty for nothing.
    patience : float
        Seconds that an engine which does not answer is waited for.
    is_known : bool
        The address has been answered at before, so that it is not mistyped, and is waited for as
        long from the beginning.

    Raises
    ------
    MissingExtra
        pymilvus, or for a file Milvus Lite, is not installed.
    GalleryUnreachable
        Nothing answers there.
    GalleryBusy
        Another process has the file open.
    """

    def __init__(
        self, address: Address, token: str, patience: float, *, is_known: bool = False
    ) -> None:
        self._address = address
        self._token = token
        self._patience = patience
        _check_installed(address)
        if address.is_lite:
            self._client = files.opened(address.uri)
        elif is_known:
            self._client = self._patiently(self._connected, patience)
        else:
            self._client = self._patiently(
                self._connected, min(patience, _OPENING), hope=self._hope
            )

    def call(
        self,
        ask: Callable[[MilvusClient], T],
        patience: float | None = None,
        attempt: float = LONG,
    ) -> T:
        """Ask Milvus something, again and again for a while where it does not answer.

        Parameters
        ----------
        ask : callable
            Is given pymilvus's client, whose calls end in time unless they are told otherwise; may
            be called several times.
        patience : float, optional
            Seconds; by default the connection's own. One attempt more may come on top.
        attempt : float
            Seconds that the first attempt may take; `SOON` for what is usually answered at once.

        Raises
        ------
        GalleryUnreachable
            It did not answer all that while.
        GalleryMissing
            There is no such collection.
        GalleryError
            It refuses.
        """

        def asked(seconds: float) -> T:
            bounded: Any = _Bounded(self._client, seconds)
            return ask(bounded)

        return self._patiently(asked, self._patience if patience is None else patience, attempt)

    def close(self) -> None:
        """Let go of the connection."""
        if self._address.is_lite:
            files.close(self._client, self._address.uri)
        else:
            self._client.close()

    # -- within ------------------------------------------------------------------------------

    def _patiently(
        self,
        ask: Callable[[float], T],
        patience: float,
        attempt: float = LONG,
        hope: Callable[[Exception], float] = lambda _: math.inf,
    ) -> T:
        import grpc
        from pymilvus import MilvusException

        start, pause = time.monotonic(), _BEGIN
        most = _attempt(patience)
        bound = min(attempt, most)
        while True:
            began = time.monotonic()
            try:
                return ask(bound)
            except (MilvusException, grpc.RpcError, grpc.FutureTimeoutError) as error:
                left = start + min(patience, hope(error)) - time.monotonic()
                if left <= 0 or not errors.is_passing(error):
                    raise errors.named(error, self._address.text) from error
            except ValueError as error:  # of a channel that was closed
                raise errors.named(error, self._address.text) from error
            if time.monotonic() - began >= bound:
                bound, pause = min(2 * bound, most), _BEGIN
            # The last attempt comes at the end. Many may wait at once, and are not to ask at once.
            time.sleep(min(pause * random.uniform(0.5, 1), left))  # noqa: S311
            pause = min(2 * pause, _LONGEST)

    def _hope(self, error: Exception) -> float:
        """Return how many seconds a first connection that fails so is tried."""
        if errors.is_closed(error):
            return _CLOSED
        return 0.0 if errors.is_lost(error) and _is_unknown(self._address.uri) else math.inf

    def _connected(self, bound: float) -> MilvusClient:
        from pymilvus import MilvusClient

        client = MilvusClient(
            self._address.uri,
            token=self._token,
            db_name=self._address.database,
            timeout=bound,
            dedicated=True,  # a shared one is never closed
            grpc_options=_OPTIONS,
        )
        # pymilvus would connect anew itself, one thread after the other, each waiting in vain for
        # as long as all those before it. gRPC does so for all of them together.
        client._handler._on_rpc_error = _unheeded
        return client


class _Bounded:
    """pymilvus's client, whose calls end after some seconds."""

    def __init__(self, client: MilvusClient, seconds: float) -> None:
        self._client = client
        self._seconds = seconds

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def called(*args: object, **values: object) -> object:
            return method(*args, **{"timeout": self._seconds, **values})

        return called

    def metrics(self, kind: str) -> str:
        """Return figures as JSON, empty where they are refused; pymilvus has no call for them."""
        from pymilvus.grpc_gen import milvus_pb2

        request = milvus_pb2.GetMetricsRequest(request=json.dumps({"metric_type": kind}))
        stub = self._client._get_connection()._stub
        return str(stub.GetMetrics(request, timeout=self._seconds).response)


def _attempt(patience: float) -> float:
    """Return the seconds of one attempt, of which there are to be two."""
    return min(LONG, max(_LEAST, patience / 2))


def _is_unknown(uri: str) -> bool:
    """Tell whether no host is called so; a resolver that is away for now does not say so."""
    try:
        socket.getaddrinfo(urlsplit(uri).hostname, None)
    except socket.gaierror as error:
        return error.errno != socket.EAI_AGAIN
    except UnicodeError:  # no host can be called so
        return True
    return False


def _unheeded(error: Exception) -> bool:
    del error
    return False


def _check_installed(address: Address) -> None:
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # it would write to the terminal by itself
    try:
        import grpc  # noqa: F401
        import pymilvus  # noqa: F401

        if address.is_lite:
            import milvus_lite  # noqa: F401
    except ImportError as error:
        raise MissingExtra("a gallery in Milvus", "milvus") from error
    # Their errors are told as ours; they set up their logs when they are imported.
    for name in ("pymilvus", "pymilvus.milvus_client", "milvus_lite"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
