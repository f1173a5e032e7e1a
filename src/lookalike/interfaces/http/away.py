"""What is answered when the place does not answer that several servers share."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from lookalike.errors import GalleryError
from lookalike.interfaces.http.problems import Refusal

_log = logging.getLogger("lookalike.serve")


class AwayRoom(Refusal):
    """The place that servers share does not answer; the reason is logged.

    Parameters
    ----------
    what : str
        What is kept there.
    error : GalleryError
    """

    def __init__(self, what: str, error: GalleryError) -> None:
        super().__init__(
            503,
            f"the place where this server keeps {what} does not answer, for now; ask again in a "
            "few seconds",
            kind="no-room",
            headers={"Retry-After": "5"},
        )
        _log.error("the %s cannot be had: %s", what, error)


@contextlib.contextmanager
def had(what: str) -> Iterator[None]:
    """Raise `AwayRoom` where the place refuses or does not answer."""
    try:
        yield
    except GalleryError as error:
        raise AwayRoom(what, error) from error
