"""What a server says has gone wrong → the same exception as if it had happened here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lookalike import errors
from lookalike.errors import GalleryError, LookalikeError, PictureError, UsageError

_URN = "urn:lookalike:"


class NothingThere(LookalikeError):
    """The server has nothing at a path, or nothing any more."""


# Of what no class of its own stands for.
_GENERAL: Mapping[str, type[LookalikeError]] = {
    "bad-request": UsageError,
    "forbidden": GalleryError,
    "not-found": NothingThere,
    "shutting-down": GalleryError,
    "timeout": GalleryError,
    "too-large": UsageError,
    "too-many-requests": GalleryError,
    "unauthorised": UsageError,
    "unprocessable": UsageError,
}

_PICTURE = re.compile(r"cannot read (?P<picture>.*?): (?P<why>.*)", re.DOTALL)
_NAME = re.compile(r"no [^']* named '(?P<name>[^']*)'")
_EXTRA = re.compile(r"lookalike\[(?P<extra>[\w-]+)\]")


def error_of(problem: Mapping[str, Any], *, of_picture: bool = False) -> LookalikeError:
    """Return the exception that a problem (RFC 9457) stands for.

    Parameters
    ----------
    problem : mapping
        As the server has sent it: ``type`` says the class, ``detail`` is the sentence.
    of_picture : bool
        Whether it was a picture that was sent.

    Returns
    -------
    LookalikeError
        Of the class that the server has raised; `LookalikeError` itself where this version knows no
        class of that name.
    """
    kind = str(problem.get("type", "")).removeprefix(_URN)
    said = str(problem.get("detail") or problem.get("title") or "the server met an error")
    if kind == "too-large" and of_picture:
        return made(errors.PictureTooLarge, said)
    return made(_classes().get(kind) or _GENERAL.get(kind, LookalikeError), said)


def made(kind: type[LookalikeError], said: str) -> LookalikeError:
    """Return an exception that says a sentence which is whole already."""
    # The classes put their sentences together of parts, which were not sent one by one.
    error = kind.__new__(kind)
    Exception.__init__(error, said)
    if isinstance(error, PictureError):
        found = _PICTURE.fullmatch(said)
        error.picture, error.why = found.groups() if found else ("the picture", said)
    elif isinstance(error, errors.UnknownName):
        error.name = _first(_NAME, said)
    elif isinstance(error, errors.MissingExtra):
        error.extra = _first(_EXTRA, said)
    return error


def renamed(error: PictureError, picture: str) -> PictureError:
    """Return the same error about a picture that is called otherwise here."""
    return type(error)(picture, error.why)


def _first(pattern: re.Pattern[str], said: str) -> str:
    found = pattern.search(said)
    return found[1] if found else ""


def _classes() -> dict[str, type[LookalikeError]]:
    """Return every class of `lookalike.errors` by its name in a problem."""
    return {
        re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower(): kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, LookalikeError)
    }
