"""What Milvus and the way to it say → errors of ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from lookalike.errors import (
    GalleryBusy,
    GalleryError,
    GalleryMissing,
    GalleryUnreachable,
    LookalikeError,
)
from lookalike.gallery.milvus.link.address import TOKEN

T = TypeVar("T")

_MISSING = 100

# Milvus's own numbers (pkg/util/merr): not ready, unavailable, rates and quotas, a collection that
# is still being loaded, replicas, channels, segments and nodes that are moving.
_PASSING = frozenset(
    {2, 3, 4, 8, 9, 101, 103, 400, 401, 500, 501, 503, 600, 601, 603, 604, 901, 902, 903, 904, 905}
)
_PASSES = re.compile(
    r"unavailable|not ready|deadline|timed? ?out|no available|not available|channel|"
    r"node .*(offline|not found|not match)|not (fully )?loaded|retry run out|rate limit|"
    r"connection (refused|reset|is closing)|shard leader|failed to (search|query)|session expired",
    re.IGNORECASE,
)
# What pymilvus and gRPC say around it.
_NOISE = re.compile(
    r"^\[\w+\] Retry [^,]*, (StatusCode\.\w+, |message=)?|"
    r"failed to connect to all addresses; last error: (UNKNOWN: )?|, channel_state=.*$"
)
_STRANGER = re.compile(r"UNIMPLEMENTED|http1\.x server|parsing HTTP/2", re.IGNORECASE)
_REFUSED = re.compile(r"auth|permission|unauthenticated|credential", re.IGNORECASE)
_CLOSED = re.compile(r"refused", re.IGNORECASE)
_UNLOADED = re.compile(r"not (fully )?loaded", re.IGNORECASE)
_LOST = re.compile(r"errors? resolving|DNS resolution|name resolution|name lookup", re.IGNORECASE)
_OPENED = re.compile(r"lock|already (open|in use)|another process", re.IGNORECASE)


def is_passing(error: Exception) -> bool:
    """Tell whether what failed may work in a moment."""
    import grpc

    told = _behind(error)
    if isinstance(told, grpc.RpcError):
        code = told.code() if callable(getattr(told, "code", None)) else None
        return code in (
            grpc.StatusCode.UNAVAILABLE,
            grpc.StatusCode.DEADLINE_EXCEEDED,
            grpc.StatusCode.RESOURCE_EXHAUSTED,
        )
    return getattr(told, "code", None) in _PASSING or bool(_PASSES.search(str(told)))


def is_closed(error: Exception) -> bool:
    """Tell whether a machine answers, and says that nobody listens there."""
    return bool(_CLOSED.search(_said(error)))


def is_lost(error: Exception) -> bool:
    """Tell whether the address of a host is not to be had."""
    return bool(_LOST.search(_said(error)))


def named(error: Exception, where: str) -> LookalikeError:
    """Return what to tell a person.

    Parameters
    ----------
    error : Exception
        Of pymilvus or gRPC.
    where : str
        The gallery's address, without secrets.
    """
    said = _said(error)
    if is_lost(error):  # first, as a host may be called anything
        why = said.rpartition(": ")[2].rstrip("]")
        return GalleryUnreachable(
            f"the machine of {where} is not found ({why}); is that its address, and is its name "
            "known here?"
        )
    if _REFUSED.search(said):
        return GalleryError(
            f"{where} lets nobody in with that token ({said}); put the right one into the "
            f"environment: {TOKEN}=user:password"
        )
    if _STRANGER.search(said):
        return GalleryUnreachable(
            f"what answers at {where} is no Milvus, or one that is too old ({said}); is that its "
            "address? Its gRPC port is 19530 unless told otherwise"
        )
    if is_passing(error):
        return GalleryUnreachable(_for_now(said, where))
    if getattr(error, "code", None) == _MISSING:
        return GalleryMissing(
            f"there is no gallery at {where}, or part of it was dropped ({said}); make it: "
            f"lookalike index FOLDER --gallery {where}"
        )
    return GalleryError(f"{where}: Milvus refused ({said})")


def _for_now(said: str, where: str) -> str:
    if _UNLOADED.search(said):
        return (
            f"{where} is not in Milvus's memory for now ({said}): Milvus has just started, or an "
            "index is being built; if that was interrupted, bring the gallery up to date: "
            f"lookalike index --gallery {where}"
        )
    return (
        f"{where} does not answer for now ({said}); is Milvus running, and is that its address? "
        "What was written before is kept"
    )


def opened(make: Callable[[], T], file: str) -> T:
    """Open a file of Milvus Lite.

    Raises
    ------
    GalleryBusy
        Another process has it open.
    GalleryError
        It cannot be opened.
    """
    try:
        return make()
    except Exception as error:  # pymilvus raises several of its own, and Lite any
        said = _said(error)
        if _OPENED.search(said):
            raise GalleryBusy(
                f"{file} is open in another process, and Milvus Lite takes one at a time; wait, "
                "or use a Milvus server"
            ) from error
        raise GalleryError(f"{file} cannot be opened by Milvus Lite: {said}") from error


def _said(error: Exception) -> str:
    """Return the one sentence that an error of Milvus has to say."""
    import grpc

    told = _behind(error)
    if isinstance(told, grpc.RpcError) and callable(getattr(told, "details", None)):
        text = str(told.details())
    else:
        text = str(getattr(told, "message", "") or told)
    return _NOISE.sub("", " ".join(text.split()))[:300]


def _behind(error: BaseException) -> BaseException:
    """Return what says why: where there is no connection at all, that is what was behind it."""
    return error.__cause__ or error if "illegal connection params" in str(error) else error
