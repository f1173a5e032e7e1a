"""The API's documentation in the browser, from this machine alone."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from lookalike.interfaces.http.files import PackagedFile, packaged
from lookalike.interfaces.http.safety.headers import DOCS_POLICY

PACKAGE = "fastapi_swagger.resources"

# Nothing within the page: its policy runs programs from files only. Without a validator, which
# would be somebody else's host.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lookalike: the API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
"""


def router() -> APIRouter:
    """Return the routes of the documentation."""
    files = packaged(PACKAGE)
    files["start.js"] = PackagedFile.of("start.js", _START.encode())
    index = PackagedFile.of("index.html", _PAGE.encode())
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/docs", methods=["GET", "HEAD"])
    async def documentation(request: Request) -> Response:
        return index.answer(request, {"Content-Security-Policy": DOCS_POLICY})

    @routes.api_route("/docs/{name}", methods=["GET", "HEAD"])
    async def file(name: str, request: Request) -> Response:
        if name not in files:
            raise HTTPException(404)
        return files[name].answer(request)

    return routes
