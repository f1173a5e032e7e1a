"""What a gallery answers → what is sent: models, with paths and addresses as they may be shown."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote
from weakref import WeakKeyDictionary

from fastapi import Depends, Path

from lookalike.descriptors import label
from lookalike.errors import GalleryError, GalleryUnreachable, LookalikeError, UsageError
from lookalike.gallery.served import ServedGallery
from lookalike.interfaces.http.models.base import base_name
from lookalike.interfaces.http.models.pictures import Picture as PictureTold
from lookalike.interfaces.http.models.searching import Answer
from lookalike.interfaces.http.models.searching import Match as MatchTold
from lookalike.interfaces.http.state import Server, Serving
from lookalike.places import separator
from lookalike.search import Match, Matches
from lookalike.show.wording import readable, verdict
from lookalike.store.pictures import Picture

# So much of a picture's hash stands in the address of its thumbnail.
VERSION = 12

_SECONDS = 60.0

AWAY = "what keeps this gallery does not answer, for now; ask again in a few seconds"

_folders: WeakKeyDictionary[ServedGallery, tuple[float, tuple[str, ...]]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Here:
    """The gallery that a request is about.

    Attributes
    ----------
    server : Server
    name : str
        What the gallery is called.
    gallery : ServedGallery
    """

    server: Server
    name: str
    gallery: ServedGallery

    def path(self, path: str) -> str:
        """Return a path as it may be shown: in full, or from the indexed folder's name on."""
        if self.server.settings.shows_paths:
            return path
        for folder in self._roots:
            between = separator(folder)
            root = folder.rstrip(between)
            if path == folder or path.startswith(root + between):
                return root.rpartition(between)[2] + path[len(root) :].replace(between, "/")
        return base_name(path)

    def message(self, path: str, text: str) -> str:
        """Return what is told about a file, with its path as it may be shown."""
        return text.replace(path, self.path(path))

    def note(self, error: LookalikeError) -> None:
        """Take note of an error, and let it tell of paths no more than may be shown."""
        if isinstance(error, GalleryUnreachable):
            self.server.offer(self.name).failed(error)
        # What was asked wrongly is told in the asker's own words. To shorten a path in them would
        # tell that it was guessed.
        if self.server.settings.shows_paths or isinstance(error, UsageError):
            return
        if isinstance(error, GalleryUnreachable):  # its reasons tell of machines behind this one
            error.args = (AWAY,)
            return
        told = str(error)
        for folder in sorted(self._roots, key=len, reverse=True):
            told = told.replace(folder, base_name(folder))
        error.args = (told,)

    def thumbnail(self, id: int, sha256: str) -> str:
        """Return the address of a picture's thumbnail, which changes when the picture does."""
        picture = f"/v1/galleries/{quote(self.name, safe='')}/pictures/{id}"
        return f"{picture}/thumbnail?v={sha256[:VERSION]}"

    def picture(self, found: Picture) -> PictureTold:
        """Return a picture to be sent."""
        facts = vars(found) | {
            "path": self.path(found.path),
            "name": base_name(found.path),
            "thumbnail": self.thumbnail(found.id, found.sha256),
        }
        return PictureTold.model_validate(facts)

    def answer(self, matches: Matches, skip: int, top: int) -> Answer:
        """Return matches to be sent: `top` of them behind the first `skip`."""
        return Answer(
            gallery=self.name,
            descriptor=matches.descriptor,
            label=label(matches.descriptor),
            metric=matches.metric,
            index=matches.index_used,
            recall=matches.recall,
            searched=matches.searched,
            seconds=matches.seconds,
            heading=readable(matches.heading),
            matches=[self._match(match) for match in matches.items[skip : skip + top]],
            more=len(matches) > skip + top,
        )

    @property
    def _roots(self) -> tuple[str, ...]:
        """What all pictures lie below."""
        return (*_folders_of(self.gallery), *self.gallery.kept_at)

    def _match(self, match: Match) -> MatchTold:
        facts = vars(match) | {
            "path": self.path(match.path),
            "name": base_name(match.path),
            "verdict": verdict(match.similarity, match.probability, identical=match.identical),
            "thumbnail": self.thumbnail(match.id, match.sha256),
        }
        return MatchTold.model_validate(facts)


async def _here(
    server: Serving,
    gallery: Annotated[
        str, Path(description="The gallery's name.", examples=["cats"], max_length=255)
    ],
) -> AsyncIterator[Here]:
    offer = server.offer(gallery)
    try:
        here = Here(server, gallery, offer.gallery)
    except GalleryError as error:
        if not server.settings.shows_paths:
            error.args = (AWAY,)
        raise
    try:
        yield here
    except LookalikeError as error:
        here.note(error)
        raise


InGallery = Annotated[Here, Depends(_here)]
"""A route's parameter that is the gallery which its address names."""


async def _writable(server: Serving) -> None:
    server.check_writable()


WRITES = [Depends(_writable)]
"""What a route depends on that changes something."""

ById = Annotated[
    int,
    Path(description="The picture's id.", examples=[12], ge=-(2**63), le=2**63 - 1),
]
"""A route's parameter that is the id of a picture."""


def _folders_of(gallery: ServedGallery) -> Sequence[str]:
    # To count all that is in a gallery takes too long for every path.
    known = _folders.get(gallery)
    if known is None or time.monotonic() - known[0] > _SECONDS:
        known = time.monotonic(), gallery.info().folders
        _folders[gallery] = known
    return known[1]
