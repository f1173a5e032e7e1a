"""What the server counts about itself, for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lookalike.errors import LookalikeError
from lookalike.interfaces.http.problems import responses

if TYPE_CHECKING:
    from lookalike.interfaces.http.state import Server

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

# A client may call its method what it likes; each name would be a series of its own.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Telemetry:
    """Counts requests and how long they took, and asks a server how it is.

    Parameters
    ----------
    clock : callable
        Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.registry = CollectorRegistry()
        self.clock = clock
        labels = ("method", "route", "status")
        self.requests = Counter(
            "lookalike_requests", "Requests answered.", labels, registry=self.registry
        )
        self.seconds = Histogram(
            "lookalike_request_seconds",
            "How long requests took, their bodies and answers included.",
            ("method", "route"),
            registry=self.registry,
            buckets=_SECONDS,
        )

    def watch(self, server: Server) -> None:
        """Also tell how a server is, from now on."""
        self.registry.register(_State(server))

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        method = method if method in _METHODS else "other"
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(method, route).observe(seconds)


class _State(Collector):
    """What is read off a server whenever somebody asks."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def collect(self) -> Iterator[Metric]:
        server = self._server
        both = server.work, server.strangers
        waiting, running = sum(w.waiting for w in both), sum(w.running for w in both)
        now = {
            "lookalike_queue_length": ("Requests that wait for a thread.", waiting),
            "lookalike_work_running": ("Requests that have a thread.", running),
            "lookalike_jobs_running": ("Index jobs that run.", server.jobs.running()),
            "lookalike_uploads_bytes": ("Bytes of the uploads kept.", server.uploads.bytes),
        }
        for name, (told, value) in now.items():
            yield GaugeMetricFamily(name, told, value=value)
        pictures = GaugeMetricFamily(
            "lookalike_pictures", "Pictures that can be found.", labels=["gallery"]
        )
        for name, gallery in server.galleries.items():
            with suppress(LookalikeError):  # a gap; /readyz tells what is the matter
                pictures.add_metric([name], gallery.pictures(top=1).total)
        yield pictures

    def describe(self) -> Iterator[Metric]:
        return iter(())  # so that nothing is asked for when this is registered


class Counting:
    """Counts every request; ASGI middleware, the outermost."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0
        began = self._telemetry.clock()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            took = self._telemetry.clock() - began
            self._telemetry.count(scope["method"], template_of(scope), status, took)


def template_of(scope: Scope) -> str:
    """Return the path of a request's route with its parameters' names, not their values.

    Values would make a series each, as many as there are pictures.
    """
    route = scope.get("route")
    return str(getattr(route, "path", "")) or "none"


router = APIRouter(tags=["operation"])


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Counts, for Prometheus",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **responses(401, 403, 429, 500, 503),
    },
)
async def counts(request: Request) -> Response:
    """Tell of requests, their times, the queue, pictures and jobs, as Prometheus reads them."""
    server: Server = request.app.state.server
    # Not in the threads of `Work`: that they are all taken is just what is to be told.
    text = await run_in_threadpool(generate_latest, server.telemetry.registry)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
