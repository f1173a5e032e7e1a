"""A path → the bytes of the file, or the reason why not."""

from __future__ import annotations

import errno
import os
import stat
from typing import TypeAlias

from lookalike.errors import (
    EmptyPicture,
    MissingPicture,
    NotAFile,
    PictureError,
    PictureTooLarge,
    UnreadablePicture,
)

FilePath: TypeAlias = "str | os.PathLike[str]"

MAX_BYTES = 512 * 2**20
"""The largest file that is read."""

# Not waiting is what keeps a pipe without a writer from blocking; Windows has none of these.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def read_bytes(path: FilePath) -> bytes:
    """Return the bytes of a picture file.

    Parameters
    ----------
    path : str or os.PathLike
        Links are followed.

    Raises
    ------
    MissingPicture
        There is nothing at that path.
    NotAFile
        It leads to a folder, a pipe, a device or a loop of links; none of them is opened.
    UnreadablePicture
        The system refuses, or the disk fails.
    EmptyPicture
        The file has zero bytes.
    PictureTooLarge
        It has more than `MAX_BYTES`.
    """
    name = named(path)
    try:
        # Before opening, for to open a device may do something; Path would take "" for the folder.
        _check_kind(name, os.stat(path))  # noqa: PTH116
        handle = os.open(path, _FLAGS)
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            _check_kind(name, found)
            _check_size(name, found.st_size)
            data = file.read(found.st_size)
    except OSError as error:
        raise _reason(name, error) from error
    except ValueError as error:
        raise MissingPicture(name, "no file can have such a name") from error
    _check_size(name, len(data))
    return data


def named(path: FilePath) -> str:
    """Return a path as text that can always be printed, whatever bytes the file's name has."""
    return os.fspath(path).encode("utf-8", "backslashreplace").decode("utf-8")


def _check_kind(name: str, found: os.stat_result) -> None:
    if stat.S_ISREG(found.st_mode):
        return
    if stat.S_ISDIR(found.st_mode):
        raise NotAFile(name, "it is a folder; name a picture in it")
    raise NotAFile(name, "it is a pipe or a device, not a file; save the picture to a file first")


def _check_size(name: str, size: int) -> None:
    if not size:
        raise EmptyPicture(name, "the file is empty; fetch or copy it again")
    if size > MAX_BYTES:
        raise PictureTooLarge(
            name,
            f"the file has {size / 2**20:,.0f} MiB, and at most {MAX_BYTES // 2**20} are read; "
            "save the picture smaller",
        )


def _reason(name: str, error: OSError) -> PictureError:
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
        return MissingPicture(name, "there is no such file; check the path")
    if error.errno == errno.ELOOP:
        return NotAFile(name, "it is a link that leads back to itself; remove or mend it")
    if isinstance(error, PermissionError):
        return UnreadablePicture(name, "permission denied; give yourself the right to read it")
    return UnreadablePicture(name, f"the system says: {error.strerror or error}")
