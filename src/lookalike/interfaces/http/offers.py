"""The galleries that a server offers: open, or not to be reached for now.

A gallery in a folder is opened when the server starts, or the server does not start. One that is
kept elsewhere may come later, go away and come back: it is asked for in the background, with
growing pauses, and whoever wants something of it meanwhile is told at once to come again.
"""

from __future__ import annotations

import logging
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from threading import Event, Lock, Thread

from lookalike.errors import GalleryError, GalleryUnreachable, LookalikeError
from lookalike.gallery.interface import is_milvus
from lookalike.gallery.served import ServedGallery

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 10.0
"""Seconds between two attempts to reach a gallery again."""

DEADLINE = 1.5
"""Seconds that a gallery which is kept elsewhere is given to tell that it is there."""

_log = logging.getLogger("lookalike.serve")


class Offer(ABC):
    """One gallery that a server offers. All methods may be called from any thread."""

    @property
    @abstractmethod
    def gallery(self) -> ServedGallery:
        """The open gallery.

        Raises
        ------
        GalleryError
            It cannot be asked for now.
        """

    @abstractmethod
    def open(self) -> None:
        """Open it, or begin to."""

    @abstractmethod
    def check(self) -> None:
        """Find out soon whether it can be asked.

        Raises
        ------
        GalleryError
            What is the matter with it.
        """

    @abstractmethod
    def failed(self, error: GalleryUnreachable) -> None:
        """Be told that it could not be reached by somebody who asked."""

    @abstractmethod
    def close(self) -> None:
        """Let go of it."""


def offer(name: str, where: object, make: Callable[[], ServedGallery]) -> Offer:
    """Return the offer of a gallery, not open yet.

    Parameters
    ----------
    name : str
        What the gallery is called in the log.
    where : path or address
    make : callable
        Opens it.
    """
    return Distant(name, make) if is_milvus(where) else Here(make)


class Here(Offer):
    """A gallery in a folder of this machine."""

    _opened: ServedGallery | None = None

    def __init__(self, make: Callable[[], ServedGallery]) -> None:
        self._make = make

    @property
    def gallery(self) -> ServedGallery:
        """See `Offer.gallery`."""
        if self._opened is None:
            raise GalleryUnreachable("the gallery is closed")
        return self._opened

    def open(self) -> None:
        """Open it, or raise what is the matter."""
        self._opened = self._make()

    def check(self) -> None:
        """See `Offer.check`."""
        self.gallery.check()

    def failed(self, error: GalleryUnreachable) -> None:
        """Do nothing: its files are asked anew each time."""

    def close(self) -> None:
        """See `Offer.close`."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None


class Distant(Offer):
    """A gallery that is kept by an engine elsewhere, which may be away for a while.

    Parameters
    ----------
    name : str
    make : callable
        Opens it; called again and again until it goes well.
    deadline : float
        Seconds that it is given to tell that it is there.
    """

    def __init__(
        self, name: str, make: Callable[[], ServedGallery], *, deadline: float = DEADLINE
    ) -> None:
        self._name = name
        self._make = make
        self._deadline = deadline
        self._opened: ServedGallery | None = None
        self._away: GalleryError | None = GalleryUnreachable("the gallery is being opened")
        self._told = ""  # what was logged last: only changes are news
        self._hopeless: LookalikeError | None = None
        self._lock = Lock()
        self._settled = Event()  # the first attempt has come to an end
        self._closing = Event()
        self._asking: Thread | None = None
        self._calling: Thread | None = None

    @property
    def gallery(self) -> ServedGallery:
        """See `Offer.gallery`."""
        with self._lock:
            if self._away is not None or self._opened is None:
                raise _again(self._away)
            return self._opened

    def open(self) -> None:
        """Begin to open it, and wait a moment for that.

        Raises
        ------
        LookalikeError
            Waiting does not help, as what speaks with the engine is not installed.
        """
        self._call()
        self._settled.wait(2 * self._deadline)
        if self._hopeless is not None:
            raise self._hopeless

    def check(self) -> None:
        """See `Offer.check`: it takes the deadline at most, however long the engine is silent.

        An engine that is only slow is no reason to refuse those who would wait for it; one that
        was silent before is.
        """
        opened = self.gallery
        with self._lock:
            is_first = self._asking is None
            if self._asking is None:
                self._asking = Thread(target=self._ask, args=(opened,), daemon=True)
                self._asking.start()
            asking = self._asking
        asking.join(self._deadline)
        if asking.is_alive():
            silent = GalleryUnreachable("what keeps the gallery does not answer in time")
            if not is_first:
                self.failed(silent)
            raise silent
        self.gallery  # noqa: B018 - raises what was found

    def failed(self, error: GalleryUnreachable) -> None:
        """Refuse whoever comes, until it is there again."""
        self._lost(error)

    def close(self) -> None:
        """See `Offer.close`."""
        self._closing.set()
        with self._lock:
            opened, self._opened = self._opened, None
            self._away = GalleryUnreachable("the gallery is closed")
        if opened is not None:
            opened.close()

    # -- within ------------------------------------------------------------------------------

    def _ask(self, opened: ServedGallery) -> None:
        error: GalleryError | None = None
        try:
            opened.check(2 * self._deadline)
        except GalleryError as found:
            error = found
        finally:
            with self._lock:
                self._asking = None
        if error is not None:
            self._lost(error)

    def _lost(self, error: GalleryError) -> None:
        with self._lock:
            if self._away is not None or self._closing.is_set():
                return
            self._away = error
        self._tell(error)
        self._call()

    def _call(self) -> None:
        """Try to reach it in the background until it is there."""
        with self._lock:
            if self._calling is None and not self._closing.is_set():
                self._calling = Thread(target=self._reach, daemon=True)
                self._calling.start()

    def _reach(self) -> None:
        pause = FIRST_PAUSE
        while not self._closing.is_set():
            try:
                self._tried()
            except GalleryError as error:
                self._is_away(error)
            except LookalikeError as error:
                self._hopeless = error
                self._is_away(GalleryError(str(error)))
                return
            except Exception as error:
                _log.error("gallery %s cannot be opened", self._name, exc_info=error)
                self._is_away(GalleryUnreachable(f"it cannot be opened: {type(error).__name__}"))
            else:
                return
            # Many servers lose the same engine at the same moment: they come back one by one.
            self._closing.wait(pause * random.uniform(0.75, 1.25))  # noqa: S311
            pause = min(2 * pause, LONGEST_PAUSE)

    def _tried(self) -> None:
        with self._lock:
            opened = self._opened
        if opened is not None:
            opened.check(2 * self._deadline)
        made = self._make() if opened is None else opened
        with self._lock:
            self._calling = None
            is_late = self._closing.is_set()
            if not is_late:
                self._opened, self._away = made, None
        self._settled.set()
        if is_late and opened is None:
            made.close()
        self._tell(None)

    def _is_away(self, error: GalleryError) -> None:
        with self._lock:
            if not self._closing.is_set():
                self._away = error
        self._tell(error)
        self._settled.set()

    def _tell(self, error: GalleryError | None) -> None:
        news = type(error).__name__ if error else ""
        if news != self._told and not self._closing.is_set():
            self._told = news
            if error is None:
                _log.warning("gallery %s can be asked again", self._name)
            else:
                _log.warning("gallery %s cannot be asked: %s", self._name, error)


def _again(error: GalleryError | None) -> GalleryError:
    """Return an error anew: many may raise it at once, and each adds to it."""
    if error is None:
        return GalleryUnreachable("the gallery is being opened")
    return type(error)(str(error))


def opened(offers: Mapping[str, Offer]) -> dict[str, ServedGallery]:
    """Return the galleries that can be asked now, by their names."""
    found = {}
    for name, one in offers.items():
        try:
            found[name] = one.gallery
        except GalleryError:  # told by whoever asks for it by name, and by /readyz
            continue
    return found
