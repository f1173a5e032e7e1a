"""How many requests a second one client may make."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from lookalike.interfaces.http.problems import TooBusy, answer_to

BURST_SECONDS = 5.0
"""A page asks for many things at once: so many seconds' worth may come in one go."""

_THUMBNAIL = 0.1

CLIENTS = 10_000
"""Clients that are remembered; beyond, the one that was quiet longest is forgotten."""


class Buckets:
    """A bucket of tokens for each client, filled at a constant rate; a request takes one out.

    Parameters
    ----------
    rate : float
        Tokens a second.
    burst : float
        What a bucket holds.
    clock : callable
        Seconds.
    """

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, client: str, cost: float = 1.0) -> float:
        """Take what a request costs out; return 0, or the seconds until there is so much."""
        now = self._clock()
        tokens, before = self._buckets.pop(client, (self._burst, now))
        tokens = min(self._burst, tokens + (now - before) * self._rate)
        wait = max(0.0, (cost - tokens) / self._rate)
        self._buckets[client] = (tokens if wait else tokens - cost, now)
        if len(self._buckets) > CLIENTS:
            self._buckets.popitem(last=False)
        return wait


class Rates:
    """Answers 429 to whoever asks too often; ASGI middleware.

    Parameters
    ----------
    app : ASGIApp
    rate : float
        Requests a second.
    clock : callable
        Seconds.
    """

    def __init__(
        self, app: ASGIApp, rate: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._rate = rate
        self._buckets = Buckets(rate, max(1.0, rate * BURST_SECONDS), clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if wait := self._buckets.take(_client(scope), _cost(scope)):
            error = TooBusy(f"more than {self._rate:g} requests a second of one client", wait)
            await answer_to(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _cost(scope: Scope) -> float:
    """Return what a request takes out: one for a thumbnail is cheap, and comes by the dozen."""
    return _THUMBNAIL if scope["path"].endswith("/thumbnail") else 1.0


def _client(scope: Scope) -> str:
    """Return whose bucket it is: an address; of IPv6 the network, of which one has 2^64."""
    client = scope.get("client")
    host = str(client[0]) if client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6:
        return str(ipaddress.ip_network(f"{host.partition('%')[0]}/64", strict=False))
    return host
