"""Pictures, words and vectors → what the server understands."""

from __future__ import annotations

import io
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike import images
from lookalike.errors import BadParameter, PictureError
from lookalike.gallery.remote.connected import checked_id
from lookalike.gallery.remote.connection import Connection, File
from lookalike.gallery.remote.problems import renamed
from lookalike.gallery.remote.shapes import part as value_of
from lookalike.images import Source
from lookalike.search import Part

_THESE = "these bytes"
_LONGEST_PATH = 2000


def part(connection: Connection, given: Part) -> dict[str, Any]:
    """Return a part of a query as JSON; a picture that the server has not is uploaded.

    Raises
    ------
    PictureError
        It cannot be read, here or there.
    """
    sent = _thing(connection, given)
    if given.box is not None:
        sent["box"] = [float(edge) for edge in given.box]
    return {**sent, "weight": float(given.weight)}


def uploaded(connection: Connection, source: Source) -> str:
    """Upload a picture to search with; return the id by which the server knows it.

    Raises
    ------
    PictureError
        It cannot be read, here or there.
    """
    file, name = file_of(source)
    try:
        answer = connection.ask("POST", "/v1/uploads", file=file)
    except PictureError as error:
        raise renamed(error, name) from error
    return value_of(answer, "id", str)


def file_of(source: Source) -> tuple[File, str]:
    """Return a picture as a file to be sent, and what to call it in errors.

    Parameters
    ----------
    source : path, bytes or array
        An array becomes a PNG with the same pixels as `lookalike.images.load` returns.

    Raises
    ------
    PictureError
        There is no such file, or it cannot be read.
    BadParameter
        It is nothing of the kind, or an array of another shape or type.
    """
    if isinstance(source, bytes):
        return File("picture", source), _THESE
    if isinstance(source, np.ndarray):
        return File("array.png", _png(source)), "this array"
    if isinstance(source, str | os.PathLike):
        path = os.fspath(source)
        # What a file is called is nothing to a server that only looks at it.
        return File("picture", images.read_bytes(path)), images.files.named(path)
    raise BadParameter(
        f"a picture is a path, the bytes of a file or an array, not {type(source).__name__}; "
        "try numpy.asarray of it"
    )


def vector(given: npt.ArrayLike) -> list[float]:
    """Return a vector as JSON."""
    return [float(one) for one in np.asarray(given, np.float32).reshape(-1)]


def _thing(connection: Connection, given: Part) -> dict[str, Any]:
    if given.words:
        return {"words": given.words}
    if given.vector is not None:
        return {"vector": vector(given.vector)}
    assert given.picture is not None  # noqa: S101  (a part is one thing; it sees to that itself)
    if isinstance(given.picture, int | np.integer):
        return {"id": checked_id(given.picture)}
    sent: dict[str, Any] = {"upload": uploaded(connection, given.picture)}
    if isinstance(given.picture, str | os.PathLike):
        path = os.path.abspath(os.fsdecode(given.picture))  # noqa: PTH100 (takes "a/../b" out)
        if len(path) <= _LONGEST_PATH and not has_surrogates(path):
            sent["path"] = path
    return sent


def has_surrogates(text: str) -> bool:
    """Tell whether a path has bytes that are no Unicode, which JSON cannot carry."""
    return any("\ud800" <= char <= "\udfff" for char in text)


def _png(array: npt.NDArray[Any]) -> bytes:
    from PIL import Image as Pillow

    file = io.BytesIO()
    Pillow.fromarray(images.load(array)).save(file, "PNG", compress_level=1)
    return file.getvalue()
