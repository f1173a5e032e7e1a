"""A connection to Milvus that is bounded in time, and outlives what it is connected to."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from lookalike.errors import MissingExtra
from lookalike.gallery.milvus.link import errors
from lookalike.gallery.milvus.link.address import Address

if TYPE_CHECKING:
    from pymilvus import MilvusClient

T = TypeVar("T")

_OPENING = 10.0

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

    Raises
    ------
    MissingExtra
        pymilvus, or for a file Milvus Lite, is not installed.
    GalleryUnreachable
        Nothing answers there.
    GalleryBusy
        Another process has the file open.
    """

    def __init__(self, address: Address, token: str, patience: float) -> None:
        self._address = address
        self._token = token
        self._patience = patience
        _check_installed(address)
        if address.is_lite:
            self._client = _files.opened(address.uri)
        else:
            # An address that is mistyped is told sooner than an outage.
            self._client = self._patiently(self._connected, min(patience, _OPENING))

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
            _files.close(self._client, self._address.uri)
        else:
            self._client.close()

    # -- within ------------------------------------------------------------------------------

    def _patiently(self, ask: Callable[[float], T], patience: float, attempt: float = LONG) -> T:
        import grpc
        from pymilvus import MilvusException

        until, pause = time.monotonic() + patience, _BEGIN
        most = _attempt(patience)
        bound = min(attempt, most)
        while True:
            began = time.monotonic()
            try:
                return ask(bound)
            except (MilvusException, grpc.RpcError, grpc.FutureTimeoutError) as error:
                left = until - time.monotonic()
                if left <= 0 or not errors.is_passing(error):
                    raise errors.named(error, self._address.text) from error
            except ValueError as error:  # of a channel that was closed
                raise errors.named(error, self._address.text) from error
            if time.monotonic() - began >= bound:
                bound, pause = min(2 * bound, most), _BEGIN
            # The last attempt comes at the end. Many may wait at once, and are not to ask at once.
            time.sleep(min(pause * random.uniform(0.5, 1), left))  # noqa: S311
            pause = min(2 * pause, _LONGEST)

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


class _Files:
    """The files of Milvus Lite that this process has open, each of which is served only once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users: Counter[str] = Counter()

    def opened(self, file: str) -> MilvusClient:
        """Open a file, or use it once more.

        Raises
        ------
        GalleryBusy
            Another process has it open.
        GalleryError
            It cannot be opened.
        """
        from pymilvus import MilvusClient

        def start() -> MilvusClient:
            with _heard("milvus_lite.server_manager"):
                return MilvusClient(file, dedicated=True)

        with self._lock:
            client = errors.opened(start, file)
            if not self._users[file]:
                _load(client)
            self._users[file] += 1
            return client

    def close(self, client: MilvusClient, file: str) -> None:
        """Close a client, and with the last one the file, for other processes to open it."""
        from milvus_lite.server_manager import server_manager_instance

        with self._lock:
            if client._handler is None:  # it is closed already
                return
            client.close()
            self._users[file] -= 1
            if not self._users[file]:
                del self._users[file]
                server_manager_instance.release_server(file)


_files = _Files()


@contextmanager
def _heard(logger: str) -> Iterator[None]:
    """Raise what is only logged where something fails: Lite says nowhere else why it did."""
    heard = _Heard()
    told = logging.getLogger(logger)
    told.addHandler(heard)
    told.setLevel(logging.ERROR)
    told.propagate = False
    try:
        yield
    except Exception as error:
        raise heard.error or error from error
    finally:
        told.removeHandler(heard)


class _Heard(logging.Handler):
    error: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.error = record.exc_info[1]


def _load(client: MilvusClient) -> None:
    """Load what a file of Lite has: where it is opened anew, nothing of it is."""
    for collection in client.list_collections():
        if client.list_indexes(collection):  # not yet, if who made it was killed
            client.load_collection(collection)


def _attempt(patience: float) -> float:
    """Return the seconds of one attempt, of which there are to be two."""
    return min(LONG, max(_LEAST, patience / 2))


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
