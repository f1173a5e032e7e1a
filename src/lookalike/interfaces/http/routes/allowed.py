"""Which folders of the server's machine may be indexed at a request."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from lookalike.errors import BadParameter
from lookalike.interfaces.http.problems import Refusal
from lookalike.interfaces.http.settings import ServerSettings
from lookalike.places import is_url, parents, placed


def may_be_indexed(folder: str, settings: ServerSettings, known: Sequence[str]) -> str:
    """Return a folder as it is to be indexed, if it may be.

    Parameters
    ----------
    folder : str
        In full; ``~`` is the home of whoever runs the server.
    settings : ServerSettings
    known : sequence of str
        Folders that are indexed already.

    Raises
    ------
    BadParameter
        It is not named in full.
    Refusal
        403: it is neither known nor below a folder that is allowed.
    """
    path = named_in_full(folder)
    if settings.allows_any_folder or path in known:
        return path
    roots = [*known, *map(str, settings.allowed_folders)]
    if is_url(path):
        if not set(roots).isdisjoint([path, *parents(path)]):
            return path
        raise _refused(folder)
    # What it really is: a link in an allowed folder leads no farther than that.
    real = Path(os.path.realpath(path))
    allowed = [Path(os.path.realpath(root)) for root in roots if not is_url(root)]
    if not any(real == root or root in real.parents for root in allowed):
        raise _refused(folder)
    return str(real)


def named_in_full(path: str) -> str:
    """Return a path that leads to the same from everywhere, if it is one.

    Raises
    ------
    BadParameter
        It hangs on the folder that the server was started in.
    UsageError
        It is an address that is none of a place; see `lookalike.places.placed`.
    """
    if is_url(path):
        return placed(path)
    whole = os.path.expanduser(path)  # noqa: PTH111 (Path.expanduser raises for "~nobody")
    if not os.path.isabs(whole):  # noqa: PTH117
        raise BadParameter(f"name it in full, from the root on, unlike {path!r}")
    return os.path.normpath(whole)


def _refused(folder: str) -> Refusal:
    return Refusal(
        403,
        f"{folder} may not be indexed from here; allow it when the server is started: "
        "--allow-folder FOLDER, or index it on the server: lookalike index FOLDER",
    )
