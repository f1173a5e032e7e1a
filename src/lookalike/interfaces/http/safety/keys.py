"""The API key, and the cookie that stands for it in a browser."""

from __future__ import annotations

import hashlib
import hmac
from http.cookies import CookieError, SimpleCookie

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from lookalike.interfaces.http.models.base import Asked
from lookalike.interfaces.http.problems import Refusal, answer_to, responses
from lookalike.interfaces.http.settings import ServerSettings

COOKIE = "lookalike_session"

# Without the key one gets the empty page, its way to hand in a key, and how to ask. Nothing there
# depends on the galleries, but for `/readyz`, which names none of them to whoever has no key: what
# spreads requests over servers need not know it.
_OPEN = frozenset(
    {"/", "/healthz", "/readyz", "/docs", "/openapi.json", "/v1/session", "/favicon.ico"}
)
_OPEN_BELOW = ("/static/", "/docs/")


class Keys:
    """Lets in who knows the API key; ASGI middleware.

    The key comes as ``Authorization: Bearer KEY``, as ``X-API-Key: KEY``, or as the cookie that
    ``POST /v1/session`` gave for it. All are compared in a time that does not tell how much of
    them is right.

    Parameters
    ----------
    app : ASGIApp
    settings : ServerSettings
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        self._key = settings.api_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and self._key is not None and _needs_key(scope):
            headers = Headers(scope=scope)
            if not knows(headers, self._key):
                await answer_to(_unauthorised(headers))(scope, receive, send)
                return
        await self._app(scope, receive, send)


def cookie_value(key: str) -> str:
    """Return what the cookie holds: nobody gets from it to the key."""
    return hmac.new(key.encode("utf-8"), b"lookalike session", hashlib.sha256).hexdigest()


class Session(Asked):
    """The key that a person has typed."""

    key: str = Field(max_length=1024)


router = APIRouter(prefix="/v1/session", tags=["session"])
_PROBLEMS = responses(400, 401, 403, 408, 413, 422, 429, 500, 503)


@router.post(
    "",
    operation_id="begin_session",
    status_code=204,
    summary="Hand in the key, for a cookie",
    responses=_PROBLEMS,
)
async def begin(session: Session, request: Request) -> Response:
    """Give a browser a cookie that stands for the key: pictures in a page can send no headers.

    It is sent to nobody else, no program in the page can read it, and it goes with the browser.
    """
    key: str | None = request.app.state.server.settings.api_key
    if key is not None and not _same(session.key, key):
        raise Refusal(401, "this is not the key of this server", headers=_CHALLENGE)
    answer = Response(status_code=204)
    if key is not None:
        answer.set_cookie(
            COOKIE,
            cookie_value(key),
            path="/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
    return answer


@router.delete(
    "",
    operation_id="end_session",
    status_code=204,
    summary="Forget the cookie",
    responses=_PROBLEMS,
)
async def end() -> Response:
    """Take the cookie back."""
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="lookalike"'}


def _needs_key(scope: Scope) -> bool:
    path = scope["path"]
    return not (path in _OPEN or path.startswith(_OPEN_BELOW))


def knows(headers: Headers, key: str) -> bool:
    """Tell whether a request comes with the key, in one of the ways that are taken."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and _same(given.strip(), key):
        return True
    if _same(headers.get("x-api-key", ""), key):
        return True
    return _same(_cookie(headers), cookie_value(key))


def _cookie(headers: Headers) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _same(given: str, wanted: str) -> bool:
    # Over digests: also the lengths are not told.
    one, other = (
        hashlib.sha256(s.encode("utf-8", "surrogateescape")).digest() for s in (given, wanted)
    )
    return hmac.compare_digest(one, other)


def _unauthorised(headers: Headers) -> Refusal:
    given = any(name in headers for name in ("authorization", "x-api-key"))
    said = "this is not the key of this server" if given else "this server wants to see a key"
    return Refusal(401, f"{said}; send it as Authorization: Bearer KEY", headers=_CHALLENGE)
