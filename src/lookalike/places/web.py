"""Pages that list pictures → what they list; and what a server on the web answers."""

from __future__ import annotations

import asyncio
import email.utils
from collections.abc import Callable, Iterable, Iterator, Sequence
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urldefrag, urljoin

from lookalike.places.found import Found
from lookalike.places.refusals import is_transient

_MOST_PAGES, _DEEPEST = 100_000, 40
_PAGE_BYTES = 32 * 2**20

_LONGEST = 4000
"""Characters of an address; hardly a server takes longer ones, and no gallery has to keep them."""

# Pictures that are asked after at the same time.
_AT_ONCE, _BATCH = 16, 256

_PAUSES = (0.2, 0.8)
"""Seconds before each further try."""


class TooLong(Exception):
    """An answer has more bytes than are wanted."""

    def __init__(self, size: int) -> None:
        super().__init__(f"more than {size} bytes")
        self.size = size


def get(files: Any, address: str, most: int) -> tuple[str, bytes]:
    """Return where an answer came from in the end, and its bytes.

    Raises
    ------
    TooLong
        It has more than `most`; the rest is not fetched.
    """
    from fsspec.asyn import sync

    return sync(files.loop, _patiently, lambda: _get(files, address, most))  # type: ignore[no-any-return]


def heads(files: Any, addresses: Sequence[str]) -> list[Found | Exception]:
    """Return what a server tells of pictures, without fetching them, or why it does not."""
    from fsspec.asyn import sync

    return sync(files.loop, _heads, files, addresses)  # type: ignore[no-any-return]


def below(
    files: Any,
    place: str,
    is_wanted: Callable[[str], bool],
    goes_into: Callable[[str], bool],
    tell: Callable[[str, Exception], None],
) -> Iterator[Found]:
    """Yield the pictures that pages list, and the pages below them.

    Followed are links that stay below the page they stand on. Those that end in a slash are taken
    for pages, so that a walk asks for nothing else.

    Parameters
    ----------
    files : fsspec.AbstractFileSystem
    place : str
    is_wanted, goes_into : callable
        Asked for the address of each file, and of each folder.
    tell : callable
        Told of folders that cannot be listed, or not all of them, and why.
    """
    waiting, seen = [f"{place}/"], {f"{place}/"}
    while waiting:
        page = waiting.pop()
        folder = page.rstrip("/")
        if len(seen) > _MOST_PAGES or page[len(place) :].count("/") > _DEEPEST:
            tell(folder, TooManyPages())
            continue
        try:
            links = _links(*get(files, page, _PAGE_BYTES), page)
        except Exception as error:  # whatever aiohttp raises
            tell(folder, error)
            continue
        pages = [one for one in links if one.endswith("/") and one not in seen]
        pages = [one for one in pages if goes_into(one.rstrip("/"))]
        seen.update(pages)
        waiting.extend(reversed(pages))
        yield from _told(files, [one for one in links if is_wanted(one)], folder, tell)


class TooManyPages(Exception):
    """A walk that may never end was ended."""

    def __init__(self) -> None:
        super().__init__(
            f"there are more than {_MOST_PAGES:,} pages, or they go deeper than {_DEEPEST} folders"
        )


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def _links(base: str, data: bytes, page: str) -> list[str]:
    """Return the links of a page to what lies below it, each once, in order."""
    parser = _Links()
    parser.feed(data.decode("utf-8", "replace"))
    parser.close()
    found = {urldefrag(urljoin(base, link.strip())).url for link in parser.found}
    # One with a question is the same page once more, sorted otherwise.
    below = (one for one in found if one.startswith(page) and one != page and "?" not in one)
    return sorted(one for one in below if len(one) <= _LONGEST)


def _told(
    files: Any, links: Sequence[str], folder: str, tell: Callable[[str, Exception], None]
) -> Iterator[Found]:
    for start in range(0, len(links), _BATCH):
        batch = links[start : start + _BATCH]
        for link, told in zip(batch, heads(files, batch), strict=True):
            if isinstance(told, Found):
                yield told
            elif is_transient(told):
                tell(folder, told)
            else:
                yield Found(link, 0, 0)  # so that reading it names the reason


async def _heads(files: Any, addresses: Sequence[str]) -> list[Found | Exception]:
    few = asyncio.Semaphore(_AT_ONCE)

    async def told(address: str) -> Found | Exception:
        async with few:
            try:
                found: Found = await _patiently(lambda: _head(files, address))
                return found
            except Exception as error:  # whatever aiohttp raises
                return error

    return await asyncio.gather(*map(told, addresses))


async def _patiently(ask: Callable[[], Any]) -> Any:
    for pause in _PAUSES:
        try:
            return await ask()
        except TooLong:
            raise
        except Exception as error:  # whatever aiohttp raises
            if not is_transient(error):
                raise
        await asyncio.sleep(pause)
    return await ask()


async def _get(files: Any, address: str, most: int) -> tuple[str, bytes]:
    session = await files.set_session()
    async with session.get(files.encode_url(address), **files.kwargs) as answer:
        answer.raise_for_status()
        if (answer.content_length or 0) > most:
            raise TooLong(answer.content_length)
        data = bytearray()
        async for piece in answer.content.iter_chunked(2**18):
            data += piece
            if len(data) > most:
                raise TooLong(len(data))
        return str(answer.url), bytes(data)


async def _head(files: Any, address: str) -> Found:
    session = await files.set_session()
    url = files.encode_url(address)
    # As it lies there: packed for the way, its size would be another.
    options = {**files.kwargs, "headers": {"Accept-Encoding": "identity"}}
    async with session.head(url, allow_redirects=True, **options) as answer:
        if answer.status not in (405, 501):
            return _found(address, answer)
    async with session.get(url, **options) as answer:  # closed before its body is read
        return _found(address, answer)


def _found(address: str, answer: Any) -> Found:
    answer.raise_for_status()
    told = answer.headers
    try:
        when = email.utils.parsedate_to_datetime(told.get("Last-Modified", ""))
        mtime_ns = int(when.timestamp()) * 10**9
    except ValueError:
        mtime_ns = 0
    etag = told.get("ETag", "").removeprefix("W/").strip('"')
    return Found(address, int(told.get("Content-Length") or 0), mtime_ns, etag)
