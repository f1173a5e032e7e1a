"""Files of Milvus Lite, each of which only one process can have open."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lookalike.gallery.milvus.link import errors

if TYPE_CHECKING:
    from pymilvus import MilvusClient


class Files:
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


files = Files()


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
