"""Who is asked by what name, and from which page."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lookalike.interfaces.http.problems import Refusal, answer_to
from lookalike.interfaces.http.settings import ServerSettings

_OWN = frozenset({"localhost", "127.0.0.1", "::1"})
_ANY_ADDRESS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Hosts:
    """Answers only who asks by a name of this server, and only its own page; ASGI middleware.

    A page of any site may have its name's address changed to 127.0.0.1 while it is open (DNS
    rebinding); its requests then come here, but still by its name. Names that are answered are
    "localhost" and its addresses, the address that the server is bound to, and `allowed_hosts`.
    Bound to all addresses, 0.0.0.0 or ::, also the machine's own name, and every address by its
    number: no site of the internet is called so.

    What is not only reading must not come from a page of another origin either (cross-site request
    forgery), except those of `allowed_origins`. Programs other than browsers send no origin. Pages
    of other sites may link to what is here, and embed nothing of it.

    Parameters
    ----------
    app : ASGIApp
    settings : ServerSettings
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        bound = settings.host.lower().strip("[]")
        self._hosts = _OWN | {bound} | {host.lower() for host in settings.allowed_hosts}
        self._any_number = bound in _ANY_ADDRESS
        if self._any_number:
            own = socket.gethostname().lower()
            self._hosts |= {own, f"{own.partition('.')[0]}.local"}
        self._origins = frozenset(origin.lower() for origin in settings.allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http":
            try:
                self._check(Headers(scope=scope), scope["method"])
            except Refusal as refusal:
                await answer_to(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, headers: Headers, method: str) -> None:
        named = headers.getlist("host")
        if len(named) != 1 or not self._is_ours(named[0]):
            raise Refusal(
                403,
                f"this server is not called {', '.join(named) or 'nothing'!r}; ask it by its "
                "address, or start it with --allow-host NAME",
            )
        if method not in _READING:
            self._check_origin(headers, named[0])
        elif _is_embedded(headers) and headers.get("origin", "").lower() not in self._origins:
            raise Refusal(
                403, "a page of another site may lead here, but not take anything into itself"
            )

    def _is_ours(self, named: str) -> bool:
        host = _host(named)
        if "*" in self._hosts or host in self._hosts:
            return True
        return self._any_number and _is_number(host)

    def _check_origin(self, headers: Headers, named: str) -> None:
        origin = headers.get("origin", "").lower()
        if origin in self._origins:
            return
        if origin:
            # Not by the scheme as well: a proxy in front may have taken https off.
            other = urlsplit(origin).netloc != named.lower()
        else:
            other = headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
        if other:
            raise Refusal(
                403,
                "a page of another site may not ask for this; if it is yours: start the server "
                "with --allow-origin ORIGIN",
            )


def _is_embedded(headers: Headers) -> bool:
    """Tell whether a page of another site asks, other than for a whole page to go to.

    It could read nothing of the answer; but to have it made costs as much, and how long it takes,
    or whether there is any, would tell something.
    """
    is_other = headers.get("sec-fetch-site", "") == "cross-site"
    return is_other and headers.get("sec-fetch-mode", "") != "navigate"


def _host(named: str) -> str:
    """Return a Host header's name or address, without the port; empty if it is no such header."""
    if any(char in named for char in "@/?#\\"):  # others may read another name in it
        return ""
    try:
        split = urlsplit(f"//{named}")
        _ = split.port
    except ValueError:
        return ""
    return (split.hostname or "").rstrip(".")


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
