"""Files of packages that are sent to browsers: an exact list, read once."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import PurePosixPath
from typing import Any

from fastapi import Request
from starlette.responses import Response

_LARGE = 1024  # bytes from which on packing is worth it

# Not by `mimetypes`, which asks the system: on some a program is text/plain, and does not run.
_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_PACKED_ALREADY = frozenset({".ico", ".png", ".webp", ".woff2"})


@dataclass(frozen=True)
class PackagedFile:
    """One file, ready to be sent.

    Attributes
    ----------
    content : bytes
    packed : bytes
        By gzip; empty where that gains nothing.
    media_type : str
    etag : str
    """

    content: bytes
    packed: bytes
    media_type: str
    etag: str

    @classmethod
    def of(cls, name: str, content: bytes) -> PackagedFile:
        """Prepare a file; its name tells what it is."""
        suffix = PurePosixPath(name).suffix
        packs = len(content) >= _LARGE and suffix not in _PACKED_ALREADY
        packed = gzip.compress(content, 9, mtime=0) if packs else b""
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        return cls(content, packed, _TYPES[suffix], etag)

    def answer(self, request: Request, headers: Mapping[str, str] | None = None) -> Response:
        """Return the file, or that the client has it already."""
        # Asked for each time, but sent only if it has changed: so no page meets another version's
        # programs after an update.
        told = {"Cache-Control": "no-cache", "ETag": self.etag, "Vary": "Accept-Encoding"}
        told |= headers or {}
        if self.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=told)
        if self.packed and "gzip" in request.headers.get("accept-encoding", ""):
            told["Content-Encoding"] = "gzip"
            return Response(self.packed, headers=told, media_type=self.media_type)
        return Response(self.content, headers=told, media_type=self.media_type)


def packaged(package: str) -> dict[str, PackagedFile]:
    """Return a package's files that browsers may have, by their paths below it."""
    return {
        name: PackagedFile.of(name, file.read_bytes())
        for name, file in _below(resources.files(package), "")
    }


def _below(folder: Any, before: str) -> Iterator[tuple[str, Any]]:
    for item in folder.iterdir():
        if item.is_dir():
            yield from _below(item, f"{before}{item.name}/")
        elif PurePosixPath(item.name).suffix in _TYPES:
            yield before + item.name, item
