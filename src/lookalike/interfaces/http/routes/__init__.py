"""The HTTP API, one file a theme."""

from lookalike.interfaces.http.routes import (
    about,
    columns,
    comparing,
    galleries,
    jobs,
    marking,
    pictures,
    removing,
    searching,
    uploading,
)

ROUTERS = tuple(
    theme.router
    for theme in (
        about,
        galleries,
        pictures,
        removing,
        searching,
        comparing,
        uploading,
        marking,
        columns,
        jobs,
    )
)
"""The routers of all of it, in the order in which they are documented."""
