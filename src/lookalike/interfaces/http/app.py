"""The app: what stands between the network and the routes, and the routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from lookalike.interfaces.http import documentation, health, page, problems, telemetry
from lookalike.interfaces.http.galleries import Where
from lookalike.interfaces.http.problems import Problem
from lookalike.interfaces.http.routes import ROUTERS
from lookalike.interfaces.http.safety import keys
from lookalike.interfaces.http.safety.bodies import Bodies
from lookalike.interfaces.http.safety.headers import SecurityHeaders
from lookalike.interfaces.http.safety.hosts import Hosts
from lookalike.interfaces.http.safety.keys import Keys
from lookalike.interfaces.http.safety.mishaps import Mishaps
from lookalike.interfaces.http.safety.rates import Rates
from lookalike.interfaces.http.safety.unread import Unread
from lookalike.interfaces.http.settings import ServerSettings
from lookalike.interfaces.http.state import Server
from lookalike.interfaces.http.telemetry import Counting
from lookalike.interfaces.http.work import Presence

_ABOUT = """Image search by picture: the same picture, the same thing, the same kind of thing.

Upload a picture and search with it in one call:

    curl -F picture=@photo.jpg 'http://127.0.0.1:8765/v1/galleries/NAME/search/upload?top=5'

Everything that goes wrong is answered in one shape, `application/problem+json` (RFC 9457); its
`type` stays the same from version to version, its `detail` is for people. Where the server has an
API key, send it as `Authorization: Bearer KEY`.
"""

_TAGS = [
    {"name": "server", "description": "What is here, and what this installation can do."},
    {"name": "galleries", "description": "What is in them."},
    {"name": "pictures", "description": "One by one: what is known of them, thumbnails, files."},
    {"name": "search", "description": "Pictures, words and vectors in; the nearest pictures out."},
    {"name": "uploads", "description": "Pictures to search with, kept for a day."},
    {"name": "columns", "description": "Values of your own, such as a price."},
    {"name": "jobs", "description": "Indexing, with its progress as events."},
    {"name": "session", "description": "The API key in a browser."},
    {"name": "operation", "description": "For those who keep the server running."},
]


def create_app(settings: ServerSettings, galleries: Mapping[str, Where]) -> FastAPI:
    """Return the app; its lifespan opens the galleries and closes them.

    Parameters
    ----------
    settings : ServerSettings
    galleries : mapping of str to Path or str
        The galleries' folders and addresses by the names that they are asked by.
    """
    server = Server(settings, galleries)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        server.open()
        try:
            yield
        finally:
            await server.close()

    app = FastAPI(
        title="Lookalike",
        version=version("lookalike"),
        description=_ABOUT,
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
        openapi_tags=_TAGS,
        docs_url=None,  # it would come from another host
        redoc_url=None,
        # Without: "/v1/" would be sent on to "/v1", which a browser does without its headers.
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=_middleware(server),
    )
    app.state.server = server
    problems.install(app)
    routers = [health.router, telemetry.router, keys.router, documentation.router(), page.router()]
    for router in [*ROUTERS, *routers]:
        app.include_router(router)
    _describe_more(app, needs_key=settings.api_key is not None)
    return app


def _middleware(server: Server) -> list[Middleware]:
    """Return what every request goes through, the outermost first.

    What is cheap and refuses most comes first; a body is not read before all of it is passed.
    """
    settings = server.settings
    chain = [
        Middleware(Counting, telemetry=server.telemetry),
        Middleware(Unread),
        Middleware(SecurityHeaders),
        Middleware(Mishaps),
        Middleware(Hosts, settings=settings),
    ]
    if settings.requests_per_second:
        chain.append(Middleware(Rates, rate=settings.requests_per_second))
    if settings.allowed_origins:
        chain.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.allowed_origins,
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=["Authorization", "Content-Type", "X-API-Key"],
                expose_headers=["ETag", "Location", "Retry-After"],
            )
        )
    chain += [
        Middleware(Keys, settings=settings),
        Middleware(Bodies, settings=settings, work=server.strangers),
        Middleware(Presence),
    ]
    return chain


def _describe_more(app: FastAPI, *, needs_key: bool) -> None:
    """Add to the OpenAPI document what the routes cannot tell by themselves."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            components = document.setdefault("components", {})
            components.setdefault("schemas", {}).update(_schemas_of_problem())
            components["securitySchemes"] = {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": keys.COOKIE},
            }
            if needs_key:
                document["security"] = [{"bearer": []}, {"header": []}, {"cookie": []}]
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _schemas_of_problem() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs", {}), "Problem": schema}
