"""Which descriptors a request may name."""

from __future__ import annotations

import re

from lookalike.descriptors import create, label
from lookalike.errors import UsageError
from lookalike.gallery.served import ServedGallery
from lookalike.interfaces.http.problems import Refusal

# What reads a file that is named in the spec itself: these descriptors, or a network's own copy.
_READS_FILES = re.compile(r"network|auto_*encoder|(file|card)\s*=", re.IGNORECASE)


def check_spec(gallery: ServedGallery, spec: str) -> None:
    """Refuse a descriptor that would read a file of the server's, unless the gallery has it.

    Raises
    ------
    Refusal
        403.
    """
    if _READS_FILES.search(spec.replace("-", "_")) and spec not in _known(gallery):
        raise Refusal(
            403,
            f"{spec} reads a file of the server's own, and such a descriptor cannot be named from "
            "elsewhere; index by it on the server: lookalike index --descriptor SPEC",
        )


def check_ready(spec: str) -> None:
    """Refuse a descriptor whose network would have to be fetched first.

    Raises
    ------
    UsageError
    """
    if not create(spec).is_ready():
        raise UsageError(
            f"the network of {spec} is not on the server yet; fetch it by indexing with it"
        )


def _known(gallery: ServedGallery) -> set[str]:
    described = [stored for stored, _ in gallery.info().descriptors]
    return {
        name
        for stored in described
        for name in (stored.key, stored.spec, label(stored.key), stored.key.partition("@")[0])
    }
