"""What a running server holds: open galleries, threads, decoders, uploads, jobs."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping
from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request

from lookalike.errors import LookalikeError, UnknownName
from lookalike.gallery.served import ServedGallery, open_served
from lookalike.interfaces.http import offers
from lookalike.interfaces.http.galleries import Where
from lookalike.interfaces.http.problems import ReadOnly, Refusal
from lookalike.interfaces.http.safety.urls import Fetcher
from lookalike.interfaces.http.settings import ServerSettings
from lookalike.interfaces.http.shared_uploads import SharedUploads
from lookalike.interfaces.http.telemetry import Telemetry
from lookalike.interfaces.http.uploads import Uploads
from lookalike.interfaces.http.work import Work
from lookalike.places.room import Room, room

if TYPE_CHECKING:
    from lookalike.images import DecodingProcesses
    from lookalike.interfaces.http.jobs import Jobs


_MEMORY, _MEMORY_PER_PIXEL = 2**30, 16  # bytes that decoding one picture may take

SMALLEST = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00"
    b"\x01\x00\x00\x02\x02D\x01\x00;"
)
"""One white pixel, as a GIF: what can be tried out with."""


class UnknownGallery(UnknownName):
    """The server has no gallery of that name."""

    http_status = 404


class Server:
    """Everything that a route needs. It is opened and closed by the app's lifespan.

    Parameters
    ----------
    settings : ServerSettings
    galleries : mapping of str to Path or str
        The galleries' folders and addresses by the names that they are asked by.

    Attributes
    ----------
    settings : ServerSettings
    where : mapping of str to Path or str
        The galleries' folders and addresses, open or not.
    offers : mapping of str to Offer
        The same, open or on the way to it.
    decoders : DecodingProcesses
        What reads pictures of strangers.
    work : Work
        The only place for what takes processor time: ``await server.work.run(function, *args)``.
    strangers : Work
        The same for what reads pictures that clients bring: each may take `decode_seconds`, and
        whoever asks for something else does not wait for that.
    room : Room or None
        What it shares with other servers.
    uploads : Uploads or SharedUploads
    jobs : Jobs
        ``Jobs(server)``, with ``running() -> int``, ``stop()`` that tells all of them to end and
        returns at once, and ``await close()`` that waits for them.
    closing : threading.Event
        Set as soon as the server was told to end; streams of events end then, within a second.
    """

    decoders: DecodingProcesses
    room: Room | None = None
    uploads: Uploads | SharedUploads
    jobs: Jobs

    def __init__(self, settings: ServerSettings, galleries: Mapping[str, Where]) -> None:
        self.settings = settings
        self.where = dict(galleries)
        self.offers: dict[str, offers.Offer] = {}
        self.work = Work(settings.workers, settings.queue)
        self.strangers = Work(settings.workers, settings.queue)
        self.telemetry = Telemetry()
        self.closing = Event()

    def open(self) -> None:
        """Open the galleries, and start what they need.

        Raises
        ------
        GalleryError
            One of this machine cannot be opened; then nothing is left open.
        """
        from lookalike.images import DecodingProcesses
        from lookalike.interfaces.http.jobs import Jobs

        self.decoders = DecodingProcesses(
            self.settings.workers,
            seconds=self.settings.decode_seconds,
            max_pixels=self.settings.max_pixels,
            max_bytes_of_memory=_MEMORY + _MEMORY_PER_PIXEL * self.settings.max_pixels,
        )
        self.jobs = Jobs(self)
        try:
            if self.settings.shared is not None:
                self.room = room(self.settings.shared)
            self.uploads = self._uploads()
            for name, where in self.where.items():
                make = functools.partial(
                    open_served,
                    where,
                    decoder=self.decoders.load_views,
                    hides_paths=not self.settings.shows_paths,
                )
                self.offers[name] = offers.offer(name, where, make)
                self.offers[name].open()
        except BaseException:
            self._let_go()
            raise
        self.telemetry.watch(self)
        self._warming = Thread(target=self._warm, name="lookalike-warming", daemon=True)
        self._warming.start()

    def begin_closing(self) -> None:
        """Take on nothing new, and tell jobs to end; what runs goes on. May be called twice."""
        if not self.closing.is_set():
            self.closing.set()
            self.work.refuse()
            self.strangers.refuse()
            if "jobs" in vars(self):
                self.jobs.stop()

    async def close(self) -> None:
        """End everything, and wait for it."""
        self.begin_closing()
        await self.jobs.close()
        await self.work.close()
        await self.strangers.close()
        await asyncio.to_thread(self._warming.join)
        self._let_go()

    def abandon(self) -> None:
        """Leave nothing behind, without waiting for anything; the process ends right then."""
        if "uploads" in vars(self):
            self.uploads.close()

    @property
    def galleries(self) -> dict[str, ServedGallery]:
        """The galleries that can be asked now, by name."""
        return offers.opened(self.offers)

    def gallery(self, name: str) -> ServedGallery:
        """Return an open gallery.

        Raises
        ------
        UnknownGallery
            There is none of that name: 404.
        GalleryUnreachable
            What keeps it is away: 503.
        GalleryError
            It cannot be opened, for now: 503.
        """
        return self.offer(name).gallery

    def offer(self, name: str) -> offers.Offer:
        """Return what is known of a gallery that may be away.

        Raises
        ------
        UnknownGallery
            There is none of that name: 404.
        """
        try:
            return self.offers[name]
        except KeyError:
            raise UnknownGallery("gallery", name, self.offers) from None

    def fetch(self, url: str) -> bytes:
        """Return the bytes of a picture at an address of the web; it takes a while.

        Raises
        ------
        Refusal
            403: nobody has allowed addresses.
        ForbiddenAddress, PictureError, UsageError
            See `lookalike.interfaces.http.safety.urls.Fetcher`.
        """
        if not self.settings.allow_urls:
            raise Refusal(
                403,
                "this server fetches no pictures; upload the picture, or start the server with "
                "--allow-urls",
            )
        return self._fetcher.fetch(url)

    @functools.cached_property
    def _fetcher(self) -> Fetcher:
        return Fetcher(max_bytes=self.settings.max_upload_bytes)

    def check_writable(self) -> None:
        """Refuse what would change a gallery, where that is not wanted.

        Raises
        ------
        ReadOnly
        """
        if not self.settings.may_write:
            raise ReadOnly

    def _warm(self) -> None:
        """Let the first search be as quick as the others: load networks, vectors and indexes."""
        for gallery in self.galleries.values():
            if not self.closing.is_set():
                # What is the matter with a gallery, if only that it is empty, is told to whoever
                # searches it.
                with suppress(LookalikeError):
                    gallery.search(SMALLEST, top=1)

    def _let_go(self) -> None:
        for one in self.offers.values():
            one.close()
        self.offers.clear()
        if "uploads" in vars(self):
            self.uploads.close()
        self.decoders.close()

    def _uploads(self) -> Uploads | SharedUploads:
        most = self.settings.max_upload_bytes
        if self.room is None:
            return Uploads(self.decoders, most)
        return SharedUploads(self.room, self.decoders, most)


async def server(request: Request) -> Server:
    """Return the server of a request: ``server: Annotated[Server, Depends(server)]``."""
    return cast("Server", request.app.state.server)


Serving = Annotated[Server, Depends(server)]
"""A route's parameter that is the server."""
