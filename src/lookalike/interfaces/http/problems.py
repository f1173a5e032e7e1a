"""What is answered when something goes wrong: one shape for all of it (RFC 9457)."""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import compile_path

from lookalike import errors
from lookalike.errors import LookalikeError

MEDIA_TYPE = "application/problem+json"

COME_AGAIN_SECONDS = 5
"""What whoever asks of a gallery is told to wait whose engine does not answer."""

_log = logging.getLogger("lookalike.serve")

_STATUS: Mapping[type[LookalikeError], int] = {
    errors.PictureTooLarge: 413,
    errors.MissingPicture: 404,
    errors.UnreachablePicture: 503,
    errors.PictureError: 422,
    errors.ForbiddenAddress: 403,
    errors.NotIndexed: 404,
    errors.GalleryMissing: 404,
    errors.GalleryBusy: 409,
    errors.GalleryError: 503,
    errors.MissingExtra: 501,
    errors.UsageError: 400,
    errors.LookalikeError: 503,
}

# Of a request in which everything is wrong, so much is told: it may be wrong a million times.
_MOST_WRONG, _DEEPEST = 20, 10

_TITLES = {
    400: "bad-request",
    401: "unauthorised",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    408: "timeout",
    413: "too-large",
    422: "unprocessable",
    429: "too-many-requests",
    500: "internal",
    503: "shutting-down",
}


class WrongValue(BaseModel):
    """One value of a request that does not fit."""

    where: list[str | int] = Field(description="The way to it: body, query …, then its names.")
    message: str


class Problem(BaseModel):
    """What went wrong, as RFC 9457 shapes it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:lookalike:corrupt-picture",
                    "title": "Corrupt picture",
                    "status": 422,
                    "detail": "cannot read photo.jpg: it is JPEG, but damaged …",
                }
            ]
        }
    )

    type: str = Field(description="A name that stays the same, for programs.")
    title: str = Field(description="The same in words.")
    status: int = Field(description="The HTTP status.", ge=400, le=599)
    detail: str = Field(description="What, why, and what to do next.")
    errors: list[WrongValue] | None = Field(
        default=None,
        description="Only of a request that does not fit: the first 20 values that are wrong.",
    )


class Refusal(Exception):
    """A request that is not served, with what to answer.

    Parameters
    ----------
    status : int
    detail : str
        What, why, and what to do next.
    kind : str, optional
        Its stable name; by default that of the status.
    headers : mapping, optional
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind or _TITLES[status]
        self.headers = dict(headers or {})

    @property
    def problem(self) -> Problem:
        """What is answered."""
        return _problem(self.kind, self.status, self.detail)


class UnknownUpload(Refusal):
    """There is no upload of that id, or none any more."""

    def __init__(self, id: str) -> None:
        super().__init__(
            404, f"there is no upload {id!r}, or none any more; upload the picture again"
        )


class TooBusy(Refusal):
    """More is asked for than can be answered, or than one client may ask for."""

    def __init__(self, detail: str, seconds: float) -> None:
        wait = max(1, math.ceil(seconds))
        super().__init__(
            429, f"{detail}; try again in {wait} s", headers={"Retry-After": str(wait)}
        )


class ShuttingDown(Refusal):
    """The server was told to end, and takes on nothing new."""

    def __init__(self) -> None:
        super().__init__(
            503, "the server is being ended; ask it again later", headers={"Retry-After": "5"}
        )


class NoRoom(Refusal):
    """What was sent cannot be written to the server's disk; the reason is logged."""

    def __init__(self, error: OSError) -> None:
        super().__init__(
            503,
            "the server cannot write what was sent to its disk, which may be full; try again "
            "later, or tell whoever runs it",
            kind="no-room",
            headers={"Retry-After": "60"},
        )
        _log.error("an upload cannot be written: %s", error)


class ReadOnly(Refusal):
    """Something would be changed, and this server changes nothing."""

    def __init__(self) -> None:
        super().__init__(403, "this server changes nothing: it was started so, or without a key")


def kebab(error: LookalikeError) -> str:
    """Return the stable name of an error: of the class in `lookalike.errors` that it is of."""
    kind = next(c for c in type(error).__mro__ if c.__module__ == errors.__name__)
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


def status_of(error: LookalikeError) -> int:
    """Return the HTTP status that stands for an error."""
    if own := getattr(error, "http_status", None):
        return int(own)
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def problem_of(error: Exception) -> Problem:
    """Return what to tell about an error, also inside an answer that goes well otherwise.

    Of an error that nobody raised on purpose it tells nothing; whoever calls this logs it.
    """
    if isinstance(error, Refusal):
        return error.problem
    if isinstance(error, LookalikeError):
        return _problem(kebab(error), status_of(error), str(error))
    return _problem(
        "internal", 500, "the server met an error of its own; its log tells more. Please report it"
    )


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem as a response."""
    # Escaped, so that lone surrogates of file names that are not UTF-8 can be sent as well.
    content = json.dumps(problem.model_dump(exclude_none=True)).encode("ascii")
    return Response(content, problem.status, dict(headers or {}), MEDIA_TYPE)


def answer_to(error: Exception) -> Response:
    """Return what is answered to whoever's request raised an error."""
    return answer(problem_of(error), headers_of(error))


def headers_of(error: Exception) -> Mapping[str, str] | None:
    """Return the headers of what is answered to an error."""
    if isinstance(error, Refusal):
        return error.headers
    if isinstance(error, errors.GalleryUnreachable):
        return {"Retry-After": str(COME_AGAIN_SECONDS)}
    return None


def install(app: FastAPI) -> None:
    """Have an app answer every error as a problem."""
    app.add_exception_handler(Refusal, _on_error)
    app.add_exception_handler(LookalikeError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_wrong_values)
    app.add_exception_handler(HTTPException, _on_http)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how problems of these statuses are documented on a route."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


RESPONSES = responses(400, 401, 403, 404, 405, 408, 409, 413, 422, 429, 500, 501, 503)
"""Every problem that any route may answer with: ``APIRouter(responses=RESPONSES)``."""


async def _on_error(request: Request, error: Exception) -> Response:
    del request
    return answer_to(error)


async def _on_wrong_values(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    found = error.errors()
    wrong = [
        WrongValue(where=list(one["loc"])[:_DEEPEST], message=_printable(one["msg"]))
        for one in found[:_MOST_WRONG]
    ]
    problem = _problem("unprocessable", 422, _told(wrong, len(found)))
    return answer(problem.model_copy(update={"errors": wrong}))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    if isinstance(error.__cause__, OSError):  # a body is written to a file while it comes
        return answer_to(NoRoom(error.__cause__))
    status = error.status_code
    if status == 405 and (methods := _methods(request)):
        error.headers = {**(error.headers or {}), "Allow": methods}
    kind = _TITLES.get(status, "bad-request")
    return answer(_problem(kind, status, _sentence(request, error)), error.headers)


def _methods(request: Request) -> str:
    """Return all methods that a path takes; Starlette tells those of its first route only."""
    for path, operations in request.app.openapi()["paths"].items():
        if compile_path(path)[0].match(request.scope["path"]):
            return ", ".join(sorted(map(str.upper, operations)))
    return ""


def _problem(kind: str, status: int, detail: str) -> Problem:
    title = kind.replace("-", " ").capitalize()
    return Problem(type=f"urn:lookalike:{kind}", title=title, status=status, detail=detail)


def _told(wrong: Sequence[WrongValue], count: int) -> str:
    first = wrong[0]
    more = f", and {count - 1:,} more" if count > 1 else ""
    return f"{'.'.join(map(str, first.where))}: {first.message}{more}; see /docs for what fits"


def _sentence(request: Request, error: HTTPException) -> str:
    if error.status_code == 404:
        return f"there is nothing at {request.url.path}; see /docs for what there is"
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        return f"{request.method} does not go with {request.url.path}; it takes {allowed}"
    return _printable(str(error.detail))


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def log_mishap(request: str, error: Exception) -> None:
    """Write an error that nobody raised on purpose to the log, with where it came from."""
    _log.error("%s failed", request, exc_info=error)
