"""Pictures at addresses, several fetched at the same time: most of the time is spent waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from lookalike.places.addresses import is_url
from lookalike.places.found import Found
from lookalike.places.reading import read_bytes

# How many pictures, and how many bytes of them, are fetched before they are asked for.
_AT_ONCE = 8
_BYTES = 32 * 2**20


@contextmanager
def reader(files: Sequence[Found]) -> Iterator[Callable[[Found], bytes]]:
    """Return what reads files that will be asked for in this order, each once.

    What lies on this machine is read when it is asked for; of addresses the next few are fetched
    meanwhile. It raises as `read_bytes` does.

    Parameters
    ----------
    files : sequence of Found
    """
    if not any(is_url(file.path) for file in files):
        yield lambda file: read_bytes(file.path)
        return
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="lookalike-fetch") as pool:
        try:
            yield _Ahead(pool, files)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


class _Ahead:
    def __init__(self, pool: ThreadPoolExecutor, files: Sequence[Found]) -> None:
        self._pool = pool
        self._left = deque(files)
        self._fetched: deque[tuple[Found, Future[bytes]]] = deque()

    def __call__(self, file: Found) -> bytes:
        self._fetch()
        first, future = self._fetched.popleft()
        if first != file:
            raise ValueError(f"{first.path} is the next, not {file.path}")
        return future.result()

    def _fetch(self) -> None:
        waiting = sum(file.size for file, _ in self._fetched)
        while self._left and (not self._fetched or self._has_room(waiting)):
            file = self._left.popleft()
            self._fetched.append((file, self._pool.submit(read_bytes, file.path)))
            waiting += file.size

    def _has_room(self, waiting: int) -> bool:
        return len(self._fetched) < _AT_ONCE and waiting + self._left[0].size <= _BYTES
