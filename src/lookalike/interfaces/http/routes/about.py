"""What this server is, and what it knows."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter

from lookalike import metrics
from lookalike.descriptors import DESCRIPTORS, NEEDING, create
from lookalike.interfaces.http.models.about import (
    About,
    Descriptors,
    Features,
    KnownDescriptor,
    Limits,
)
from lookalike.interfaces.http.problems import RESPONSES
from lookalike.interfaces.http.state import Serving

router = APIRouter(prefix="/v1", tags=["server"], responses=RESPONSES)


@router.get("", operation_id="about", summary="What is served here")
async def about(server: Serving) -> About:
    """Return the galleries' names, what may be done, and how much may be asked for."""
    settings = server.settings
    return About(
        name="lookalike",
        version=version("lookalike"),
        galleries=list(server.offers),
        features=Features(
            urls=settings.allow_urls,
            write=settings.may_write,
            reveal=settings.may_reveal,
            folders=settings.allows_any_folder,
            key=settings.api_key is not None,
        ),
        limits=Limits(
            upload_bytes=settings.max_upload_bytes,
            pixels=settings.max_pixels,
            queue=settings.queue,
        ),
    )


@router.get("/descriptors", operation_id="list_descriptors", summary="Ways to describe pictures")
async def descriptors(server: Serving) -> Descriptors:
    """Return the descriptors and metrics that this installation knows, in a gallery or not."""
    found = await server.work.run(_known)
    return Descriptors(descriptors=found, metrics=sorted(metrics.METRICS))


def _known() -> list[KnownDescriptor]:
    from lookalike.networks import card_names
    from lookalike.networks.finding import find

    own = [
        KnownDescriptor(name=name, summary=_summary(name), ready=name not in NEEDING)
        for name in DESCRIPTORS.names()
    ]
    return own + [
        KnownDescriptor(name=name, summary=find(name).card.title, ready=create(name).is_ready())
        for name in card_names()
    ]


def _summary(name: str) -> str:
    told = DESCRIPTORS.get(name).__doc__ or ""
    return told.strip().partition("\n")[0].replace("``", "")
