"""Opens the folder of a picture in the file manager of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from lookalike.errors import MissingPicture
from lookalike.interfaces.http.problems import Refusal

_OPENERS = {"darwin": "open", "win32": "explorer"}


def reveal(path: str) -> None:
    """Open the folder that a file lies in; never the file itself.

    Parameters
    ----------
    path : str
        Absolute, so that no program takes it for an option.

    Raises
    ------
    MissingPicture
        The folder is not there.
    Refusal
        501: there is no file manager.
    """
    folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 (as it is, not resolved)
    if not os.path.isdir(folder):  # noqa: PTH112
        raise MissingPicture(path, "its folder is not there")
    opener = shutil.which(_OPENERS.get(sys.platform, "xdg-open"))
    if opener is None:
        raise Refusal(
            501,
            "there is no file manager to open on the server's machine",
            kind="no-file-manager",
        )
    subprocess.Popen(  # noqa: S603 (a list of arguments: no shell reads it)
        [opener, folder],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
