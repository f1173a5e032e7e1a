"""Where the files of a network are: beside its card, or fetched into a folder of the user's.

The folder is the user's cache folder, or LOOKALIKE_CACHE. LOOKALIKE_OFFLINE=1 forbids to fetch.
"""

from __future__ import annotations

import contextlib
import os
from functools import lru_cache
from pathlib import Path

from lookalike.cache import cache_folder
from lookalike.errors import BadCard, ChecksumMismatch, DownloadFailed
from lookalike.networks import fetch
from lookalike.networks.card import File


def folder() -> Path:
    """Return the folder into which networks are fetched; it need not exist."""
    return cache_folder() / "networks"


def place(file: File, name: str, beside: Path | None = None) -> Path:
    """Return where a file lies, or will lie once it is fetched.

    Parameters
    ----------
    file : File
    name : str
        What a person calls it: ``vgg16``, ``clip_vit_b32-words``.
    beside : Path, optional
        The folder of the card, for a file that lies there.
    """
    if file.path:
        return (beside or Path()) / Path(file.path).expanduser()
    suffix = Path(file.urls[0].partition("?")[0]).suffix
    return folder() / f"{name}-{file.sha256[:8]}{suffix}"


def get(
    file: File,
    name: str,
    beside: Path | None = None,
    progress: fetch.Progress | None = None,
) -> Path:
    """Return the path of a file, which is fetched if need be.

    Raises
    ------
    BadCard
        It should lie beside the card but does not.
    DownloadFailed
        It could not be fetched; the message tells how to do it by hand.
    ChecksumMismatch
        The file that came, or that lies in its place, is another one.
    """
    path = place(file, name, beside)
    if file.path:
        if not path.is_file():
            raise BadCard(f"there is no file {path}; the card of {name} says it is there")
        return path
    try:
        if not path.is_file():
            _refuse_offline()
            fetch.fetch(file.urls, path, sha256=file.sha256, size=file.bytes, progress=progress)
        _verify(path, file)
    except (DownloadFailed, ChecksumMismatch) as error:
        raise type(error)(
            f"{name} could not be fetched: {error}. By hand: fetch {file.urls[0]} "
            f"({file.bytes:,} bytes, SHA-256 {file.sha256}) and put it at {path}; "
            "or name a file of your own with file=PATH"
        ) from error
    return path


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file; it is read again only if it changed."""
    facts = path.stat()
    return _sha256(path, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=256)
def _sha256(path: Path, size: int, mtime: int) -> str:
    return fetch.sha256_of(path)


def _refuse_offline() -> None:
    if os.environ.get("LOOKALIKE_OFFLINE", "").lower() in ("1", "true", "yes"):
        raise DownloadFailed("LOOKALIKE_OFFLINE forbids to fetch anything")


def _verify(path: Path, file: File) -> None:
    """Refuse a file that somebody else put there, unless it is the right one.

    A note beside it keeps that it was found right, so that 500 MB are not hashed at every start.
    """
    facts = path.stat()
    seen, note = f"{facts.st_size} {facts.st_mtime_ns}", Path(f"{path}.verified")
    if note.is_file() and note.read_text("utf-8") == seen:
        return
    if (found := sha256(path)) != file.sha256:
        raise ChecksumMismatch(f"{path} has the SHA-256 {found}; remove it to fetch it again")
    with contextlib.suppress(OSError):  # a folder that cannot be written is only slower to start
        note.write_text(seen, "utf-8")
