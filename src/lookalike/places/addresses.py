"""What a person calls a place → a path of this machine, or an address."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote

from lookalike.errors import UsageError

# Only these: a file of this machine may have a colon in its name, as in C:\cats or 12:30.jpg.
_ADDRESS = re.compile(r"(s3|gs|https?|memory)://", re.IGNORECASE)

_WEB = ("http", "https")


def is_url(place: str | os.PathLike[str]) -> bool:
    """Tell whether a place is an address, such as ``s3://bucket/prefix``, and not a path."""
    return _ADDRESS.match(os.fsdecode(place)) is not None


def scheme(address: str) -> str:
    """Return what stands before ``://``."""
    return address.partition("://")[0]


def placed(place: str | os.PathLike[str]) -> str:
    """Return the place that a person means.

    Parameters
    ----------
    place : str or os.PathLike
        A path, perhaps relative or with ``~``, or an address.

    Returns
    -------
    str
        An absolute path, normalised as text: links are not followed. Or the address without a
        slash at its end.

    Raises
    ------
    UsageError
        An address that holds a password or a question, leads upwards, or names no bucket or host.
    """
    text = os.fsdecode(place)
    if not is_url(text):
        # A person finds pictures under the path they gave. os.path leaves "~nobody" as it is, where
        # Path.expanduser raises.
        return os.path.abspath(os.path.expanduser(text))  # noqa: PTH100, PTH111
    kind, _, rest = text.partition("://")
    address = f"{kind.lower()}://{rest.rstrip('/')}"
    _check(address)
    return address


def separator(place: str) -> str:
    """Return what parts the folders of a place."""
    return "/" if is_url(place) else os.sep


def parents(place: str) -> list[str]:
    """Return the places above one, the nearest first."""
    if not is_url(place):
        return [str(parent) for parent in Path(place).parents]
    kind, _, rest = place.partition("://")
    parts = rest.split("/")
    return [f"{kind}://{'/'.join(parts[:count])}" for count in range(len(parts) - 1, 0, -1)]


def _check(address: str) -> None:
    kind, _, rest = address.partition("://")
    owner, *folders = rest.split("/")
    if "@" in owner:
        raise UsageError(
            f"{kind}://…@{owner.rpartition('@')[2]} holds a name or password, which would be kept "
            "with every picture; leave it out, and set it in the environment: docs/places.md"
        )
    if not owner and not (kind == "memory" and any(folders)):
        needed = "host" if kind in _WEB else "bucket"
        raise UsageError(f"{address} names no {needed}; such as {kind}://{needed}/pictures")
    if kind in _WEB and ("?" in rest or "#" in rest):
        raise UsageError(
            f"{address.partition('?')[0].partition('#')[0]} goes on with ? or #, and below that "
            "there are no folders; name the page that lists the pictures"
        )
    if any(_plain(folder, kind) == ".." for folder in folders):
        raise UsageError(f"{address} leads upwards; name the place without '..'")


def _plain(folder: str, kind: str) -> str:
    return unquote(folder) if kind in _WEB else folder
