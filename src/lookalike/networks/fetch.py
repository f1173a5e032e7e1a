"""A file from the web, once: resumed, verified, and never half there.

What has arrived lies in ``NAME.part`` until it is whole and its SHA-256 is right; only then it gets
its name. So a download may be killed, or cut, at any moment, and goes on from there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, TypeAlias
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from lookalike.errors import BadCard, ChecksumMismatch, DownloadFailed

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the bytes that are here and the bytes there will be."""

RETRIES = 4
"""How often a download is taken up again without a single byte having arrived."""

_SILENCE = 30.0  # seconds without a byte after which a connection counts as cut
_CHUNK = 1 << 18
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}


def check_url(url: str) -> None:
    """Refuse whatever is not https; plain http only to this very machine.

    Raises
    ------
    BadCard
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise BadCard(f"only https:// is fetched, not {url}")


def fetch(
    urls: Sequence[str],
    target: Path,
    *,
    sha256: str,
    size: int,
    progress: Progress | None = None,
    wait: float = 1.0,
) -> None:
    """Bring a file here, unless it is here.

    Of several threads or processes that want the same file one fetches it, the others wait.

    Parameters
    ----------
    urls : sequence of str
        The same file at several places; the next is tried where one fails.
    target : Path
        Where the file will lie; its folder is made.
    sha256 : str
        What the file must be.
    size : int
        Its bytes; not one more is stored.
    progress : callable, optional
        Called after each chunk.
    wait : float
        Seconds before the first retry; doubled with each.

    Raises
    ------
    DownloadFailed
        No URL gave the file, or it cannot be written.
    ChecksumMismatch
        What came is another file.
    """
    from filelock import FileLock

    failures: list[DownloadFailed | ChecksumMismatch] = []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{target}.lock"):
            if target.exists():
                return
            for url in urls:
                download = _Download(url, Path(f"{target}.part"), sha256, size, progress, wait)
                try:
                    download.run()
                    download.tag.unlink(missing_ok=True)
                    download.part.replace(target)
                    return
                except (DownloadFailed, ChecksumMismatch) as error:
                    failures.append(error)
    except OSError as error:
        raise DownloadFailed(f"{target} cannot be written: {error}") from error
    mismatch = any(isinstance(failure, ChecksumMismatch) for failure in failures)
    reasons = "; ".join(str(failure) for failure in failures)
    raise (ChecksumMismatch if mismatch else DownloadFailed)(reasons) from failures[-1]


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


class _CutError(Exception):
    """The connection broke, or the server asks to come again."""


@dataclass(frozen=True)
class _Download:
    url: str
    part: Path
    sha256: str
    size: int
    progress: Progress | None
    wait: float

    @property
    def tag(self) -> Path:
        """Keeps which file at which URL the part is of, as the server names it: its ETag."""
        return self.part.with_name(f"{self.part.name}.etag")

    def run(self) -> None:
        resumed = self._arrived() > 0
        self._until_whole()
        if resumed and sha256_of(self.part) != self.sha256:
            self._discard()  # an old part may be of an older file; a fresh one tells
            self._until_whole()
        found = sha256_of(self.part)
        if found != self.sha256:
            self._discard()
            raise ChecksumMismatch(
                f"{self.url} is not the file that was meant: its SHA-256 is {found}, "
                f"not {self.sha256}"
            )

    def _discard(self) -> None:
        self.part.unlink(missing_ok=True)
        self.tag.unlink(missing_ok=True)

    def _until_whole(self) -> None:
        failures = 0
        while (before := self._arrived()) != self.size:
            try:
                self._attempt(before)
            except _CutError as error:
                failures = 1 if self._arrived() > before else failures + 1
                if failures > RETRIES:
                    raise DownloadFailed(f"{self.url}: {error}; tried {failures} times") from error
                time.sleep(self.wait * 2 ** (failures - 1))

    def _arrived(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _attempt(self, arrived: int) -> None:
        headers = {"User-Agent": "lookalike", "Accept-Encoding": "identity"}
        url, _, etag = (
            self.tag.read_text("utf-8").partition("\n") if self.tag.exists() else ("",) * 3
        )
        if 0 < arrived < self.size and etag and url == self.url:
            headers |= {"Range": f"bytes={arrived}-", "If-Range": etag}
        request = Request(self.url, headers=headers)  # noqa: S310  (`check_url` saw it)
        with self._open(request) as response:
            start = self._check(response, arrived)
            self._note_tag(response.headers)
            self._store(response, start)

    def _open(self, request: Request) -> HTTPResponse:
        try:
            response: HTTPResponse = _opener().open(request, timeout=_SILENCE)
        except HTTPError as error:
            error.close()
            if error.code == 416:
                self._discard()
            if error.code == 416 or error.code in _TRANSIENT:
                raise _CutError(f"the server answers {error.code} {error.reason}") from error
            raise DownloadFailed(
                f"{self.url}: the server answers {error.code} {error.reason}"
            ) from error
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, (ssl.SSLCertVerificationError, socket.gaierror)):
                raise DownloadFailed(f"{self.url}: {reason}") from error
            raise _CutError(str(reason)) from error
        return response

    def _check(self, response: HTTPResponse, arrived: int) -> int:
        """Return where the body begins; refuse a file of another size before it is stored."""
        length = response.headers.get("Content-Length", "")
        whole, start = length, 0
        if response.status == 206:
            span, _, whole = response.headers.get("Content-Range", "").partition("/")
            if not span.startswith(f"bytes {arrived}-"):
                raise DownloadFailed(f"{self.url}: the server sends {span!r}, which was not asked")
            start = arrived
        if whole.isdecimal() and int(whole) != self.size:
            raise ChecksumMismatch(
                f"{self.url} is not the file that was meant: it has {int(whole):,} bytes, "
                f"not {self.size:,}"
            )
        return start

    def _note_tag(self, headers: Message) -> None:
        etag = headers.get("ETag", "")
        if etag and not etag.startswith("W/"):  # a weak one does not promise the same bytes
            self.tag.write_text(f"{self.url}\n{etag}", "utf-8")
        else:
            self.tag.unlink(missing_ok=True)

    def _store(self, response: HTTPResponse, start: int) -> None:
        free = shutil.disk_usage(self.part.parent).free
        if free < self.size - start:
            raise DownloadFailed(
                f"{self.url} needs {self.size - start:,} bytes in {self.part.parent}, "
                f"where {free:,} are free; make room, or set LOOKALIKE_CACHE to another folder"
            )
        with self.part.open("ab") as out:
            out.truncate(start)
            for chunk in _chunks(response):
                start += len(chunk)
                if start > self.size:
                    raise ChecksumMismatch(f"{self.url} has more than {self.size:,} bytes")
                out.write(chunk)
                if self.progress is not None:
                    self.progress(start, self.size)
            out.flush()
            os.fsync(out.fileno())
        if start < self.size:
            raise _CutError(f"the connection broke off after {start:,} of {self.size:,} bytes")


def _chunks(response: HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := response.read1(_CHUNK):  # read would lose what came before a cut
            yield chunk
    except (HTTPException, OSError) as error:
        raise _CutError(f"the connection broke off: {error}") from error


def _opener() -> OpenerDirector:
    return build_opener(_Redirects)


class _Redirects(HTTPRedirectHandler):
    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> Request | None:
        try:
            check_url(newurl)
            if urlsplit(req.full_url).scheme == "https" != urlsplit(newurl).scheme:
                raise BadCard("away from https")
        except BadCard as error:
            fp.close()
            raise DownloadFailed(f"{req.full_url} redirects to {newurl}: {error}") from error
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]
