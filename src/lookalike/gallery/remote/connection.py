"""The way to a server and back: requests, tried again where that is safe, and their answers."""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode

from lookalike.errors import GalleryError, GalleryMissing, LookalikeError, UsageError
from lookalike.gallery.remote.address import Address
from lookalike.gallery.remote.events import Event, events
from lookalike.gallery.remote.problems import error_of
from lookalike.gallery.remote.waiting import retry_after

if TYPE_CHECKING:
    import httpx

# Seconds before a second, third and fourth try, about.
_WAITS = (0.2, 0.5, 1.0)
# A server that wants to be left alone for longer is told of, not waited for.
_LONGEST_WAIT = 20.0
_CONNECT, _ANSWER, _QUIET = 5.0, 120.0, 35.0
# Shorter than servers keep a silent connection, so that none is used that is just being closed.
_KEPT = 3.0

Values: TypeAlias = "Sequence[tuple[str, object]]"


class NoServer(GalleryMissing):
    """Nothing answers at an address."""


class ConnectionLost(GalleryError):
    """The connection broke before there was an answer."""


@dataclass(frozen=True)
class File:
    """A file to be sent: what it is called, and its bytes."""

    name: str
    data: bytes


class Connection:
    """A server, as a client sees it. It may be used by several threads at a time.

    Redirects are not followed: the key and the pictures go where they were meant to go.

    Parameters
    ----------
    address : Address
    key : str
        What the server wants to see; empty for none.
    transport : httpx.BaseTransport, optional
        Another than the network.
    sleep : callable
        Waits so many seconds before something is tried again.

    Raises
    ------
    UsageError
        The key has characters that no key can have.
    """

    def __init__(
        self,
        address: Address,
        key: str = "",
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        import httpx

        if not (key.isascii() and key.isprintable()):
            # Said here, as the library below would say it with the key.
            raise UsageError("an API key is made of plain ASCII characters; look at what was given")
        self.address = address
        self._sleep = sleep
        self._has_key = bool(key)
        self._client = httpx.Client(
            headers={
                "User-Agent": "lookalike",
                **({"Authorization": f"Bearer {key}"} if key else {}),
            },
            timeout=httpx.Timeout(_ANSWER, connect=_CONNECT),
            limits=httpx.Limits(max_connections=32, keepalive_expiry=_KEPT),
            follow_redirects=False,
            transport=transport,
            # A proxy stands between machines; what is said to this one goes through none.
            trust_env=not address.is_this_machine,
        )

    def __repr__(self) -> str:
        return f"Connection({self.address.base!r})"

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._client.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Values = (),
        body: object = None,
        file: File | None = None,
        repeat: bool = True,
    ) -> Any:
        """Send a request; return its answer, taken out of JSON, or None if it is empty.

        Parameters
        ----------
        method, path : str
        query : sequence of (str, object)
            What goes behind the path; what is None is left out.
        body : object, optional
            To be sent as JSON.
        file : File, optional
            To be sent as the form's ``picture``.
        repeat : bool
            Whether to send it again if the connection breaks, as twice does no harm.

        Raises
        ------
        GalleryMissing
            No server answers, or not this one.
        LookalikeError
            As the server says; or the connection broke.
        """
        answer = self._answered(method, path, query, body, file, repeat)
        if not answer.content:
            return None
        try:
            return answer.json()
        except ValueError as error:
            raise self._stranger(answer) from error

    def fetch(self, path: str, query: Values = ()) -> bytes:
        """Return the bytes that are at a path.

        Raises
        ------
        LookalikeError
            As for `ask`.
        """
        return self._answered("GET", path, query, None, None, repeat=True).content

    def events(self, path: str) -> Generator[Event, None, None]:
        """Yield the events that the server sends, until it ends the stream.

        Raises
        ------
        NoServer, ConnectionLost
            It cannot be connected to, or the connection broke.
        LookalikeError
            As for `ask`.
        """
        import httpx

        headers = {"Accept": "text/event-stream"}
        with self._reaching(), contextlib.ExitStack() as stack:
            quiet = httpx.Timeout(_QUIET, connect=_CONNECT)
            url = self._url(path, ())
            stream = self._client.stream("GET", url, headers=headers, timeout=quiet)
            answer = stack.enter_context(stream)
            if not answer.is_success:
                answer.read()
                self._check(answer)
            yield from events(answer.iter_bytes())

    # -- within ------------------------------------------------------------------------------

    def _answered(
        self,
        method: str,
        path: str,
        query: Values,
        body: object,
        file: File | None,
        repeat: bool,
    ) -> httpx.Response:
        url = self._url(path, query)
        # Escaped, as a file's name may hold what is no Unicode.
        content = None if body is None else json.dumps(body, allow_nan=False).encode("ascii")
        headers = {} if content is None else {"Content-Type": "application/json"}
        files = None if file is None else {"picture": (file.name, file.data)}
        for pause in (*_WAITS, None):
            try:
                with self._reaching():
                    answer = self._client.request(
                        method, url, content=content, files=files, headers=headers
                    )
            except (NoServer, ConnectionLost) as error:
                if pause is None or not _may_repeat(error, repeat):
                    raise
                wanted = pause
            else:
                asked = _wanted_pause(answer)
                if pause is None or asked is None or asked > _LONGEST_WAIT:
                    self._check(answer, of_picture=file is not None)
                    return answer
                wanted = max(pause, asked)
            # Not all at the same moment that were sent away at the same moment.
            self._sleep(wanted * random.uniform(1.0, 1.3))  # noqa: S311
        raise AssertionError  # the last try has returned or raised

    @contextlib.contextmanager
    def _reaching(self) -> Iterator[None]:
        """Tell in our words what goes wrong on the way."""
        import httpx

        base = self.address.base
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            raise NoServer(
                f"no server answers at {base} ({error or 'it takes too long'}); is `lookalike "
                "serve` running there?"
            ) from error
        except httpx.TimeoutException as error:
            raise ConnectionLost(
                f"the server at {base} has not answered in time; whether it has done what it was "
                "asked is not known"
            ) from error
        except httpx.TransportError as error:
            raise ConnectionLost(
                f"the connection to {base} broke ({error or type(error).__name__}); whether the "
                "server has done what it was asked is not known"
            ) from error
        except httpx.InvalidURL as error:
            raise UsageError(f"{base} is no address: {error}") from error

    def _check(self, answer: httpx.Response, *, of_picture: bool = False) -> None:
        if answer.is_success:
            return
        if answer.is_redirect:
            raise GalleryMissing(
                f"{self.address.base} sends on to {answer.headers.get('location', '')!r}, which is "
                "not followed; if the gallery is there, name that address"
            )
        if not answer.headers.get("content-type", "").startswith("application/problem+json"):
            raise self._stranger(answer)
        try:
            problem = answer.json()
        except ValueError as error:
            raise self._stranger(answer) from error
        if not isinstance(problem, Mapping):
            raise self._stranger(answer)
        if answer.status_code == 401:
            raise self._unknown_here(problem)
        raise error_of(problem, of_picture=of_picture)

    def _unknown_here(self, problem: Mapping[str, Any]) -> LookalikeError:
        how = "api_key in Gallery.open, or LOOKALIKE_API_KEY"
        said = (
            f"the API key is not the one that {self.address.base} knows; give another: {how}"
            if self._has_key
            else f"{self.address.base} wants an API key; give it: {how}"
        )
        error = error_of({**problem, "detail": said})
        error.__cause__ = error_of(problem)
        return error

    def _stranger(self, answer: httpx.Response) -> LookalikeError:
        status = f"{answer.status_code} {answer.reason_phrase}".strip()
        if answer.is_server_error:
            return GalleryError(f"{self.address.base} answers {status}; try again later")
        return GalleryMissing(
            f"what answers at {self.address.base} does not speak as a Lookalike does ({status}); "
            "look whether the address is right"
        )

    def _url(self, path: str, query: Values) -> str:
        if self._client.is_closed:
            raise UsageError(f"the gallery at {self.address.base} was closed; open it again")
        given = [(name, _text(value)) for name, value in query if value is not None]
        behind = urlencode(given, errors="surrogateescape")
        return f"{self.address.base}{path}{'?' if behind else ''}{behind}"


def _may_repeat(error: LookalikeError, repeat: bool) -> bool:
    """Tell whether a request may be sent again: it was not received, or twice does no harm."""
    import httpx

    if isinstance(error.__cause__, httpx.ConnectError):
        return True
    return repeat and isinstance(error.__cause__, httpx.NetworkError | httpx.ProtocolError)


def _wanted_pause(answer: httpx.Response) -> float | None:
    """Return the seconds after which a server that is too busy wants to be asked again."""
    return retry_after(answer.headers) if answer.status_code in (429, 503) else None


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
