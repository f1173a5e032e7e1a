"""A picture's address in the web → its bytes, without reaching what only this machine reaches."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from urllib.parse import quote, urljoin, urlsplit

import httpcore

from lookalike.errors import (
    BadParameter,
    ForbiddenAddress,
    MissingPicture,
    PictureTooLarge,
    UnknownFormat,
    UnreadablePicture,
)
from lookalike.images.formats import sniffed
from lookalike.interfaces.http.safety.connecting import (
    Connect,
    Deadline,
    PublicOnly,
    Resolve,
    connect,
    resolve,
)

REDIRECTS = 3
SECONDS = 15.0
PORTS = frozenset({80, 443})

_LONGEST = 2048  # characters of an address, as browsers and proxies have it
_BEGINNING = 512  # bytes by which every picture format can be told
_MOVED = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})


@dataclass(frozen=True)
class _Target:
    """An address that may be asked, taken apart."""

    text: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> httpcore.URL:
        """The same for httpcore, which so parses nothing in its own way."""
        return httpcore.URL(
            scheme=self.scheme.encode("ascii"),
            host=self.host.encode("ascii"),
            port=self.port,
            target=self.path.encode("ascii"),
        )


class Fetcher:
    """Fetches pictures from the public internet.

    Only by http and https, on ports 80 and 443, without credentials, cookies, or the proxies of
    the environment. Every host is resolved once, and refused if any of its addresses is private,
    of this machine, or special in another way; after every redirect again. All of it takes
    `seconds` at most, and no more than `max_bytes` are read; of what does not begin as a picture,
    no more than its beginning.

    Parameters
    ----------
    max_bytes : int
    seconds : float
    ports : frozenset of int
    resolve, connect : callable
        How names become addresses, and addresses connections; others in tests.
    """

    def __init__(
        self,
        *,
        max_bytes: int,
        seconds: float = SECONDS,
        ports: frozenset[int] = PORTS,
        resolve: Resolve = resolve,
        connect: Connect = connect,
    ) -> None:
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._ports = ports
        self._resolve = resolve
        self._connect = connect

    def fetch(self, url: str) -> bytes:
        """Return the bytes of the picture at an address.

        Raises
        ------
        BadParameter
            It is no address of the web.
        ForbiddenAddress
            It is one that nothing is fetched from.
        MissingPicture
            There is nothing.
        UnreadablePicture
            The host does not answer, too slowly, or with an error.
        PictureTooLarge
            There is more than `max_bytes`.
        UnknownFormat
            What is there is no picture.
        """
        deadline = Deadline(self._seconds)
        backend = PublicOnly(deadline, resolve=self._resolve, connect=self._connect)
        with httpcore.ConnectionPool(network_backend=backend) as pool:
            for _ in range(REDIRECTS + 1):
                target = self._target(url)
                try:
                    with pool.stream("GET", target.url, headers=_headers()) as response:
                        if response.status not in _MOVED:
                            return self._picture(target.text, response)
                        url = urljoin(target.text, _header(response, b"location"))
                except httpcore.TimeoutException as error:
                    raise UnreadablePicture(
                        target.text, f"it takes longer than {self._seconds:.0f} s; upload it"
                    ) from error
                except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
                    raise UnreadablePicture(
                        target.text, f"its host does not answer as it should ({error}); upload it"
                    ) from error
        raise UnreadablePicture(url, f"it was moved more than {REDIRECTS} times; upload it")

    def _target(self, url: str) -> _Target:
        text = _plain(url)
        try:
            split = urlsplit(text)
            host, port = split.hostname or "", split.port
        except ValueError as error:
            raise BadParameter(f"{text!r} is no address of the web: {error}") from error
        if split.scheme not in ("http", "https") or not host:
            raise BadParameter(
                f"{text!r} is no address of the web; one begins with https:// or http://"
            )
        if split.username is not None or split.password is not None:
            raise ForbiddenAddress(
                "an address with a user's name in it is not fetched from; leave the name out, or "
                "upload the picture"
            )
        port = port if port is not None else (443 if split.scheme == "https" else 80)
        if port not in self._ports:
            ports = " and ".join(map(str, sorted(self._ports)))
            raise ForbiddenAddress(
                f"pictures are fetched from the ports {ports} only, and this is {port}; upload the "
                "picture instead"
            )
        path = quote(split.path or "/", safe="/%:@!$&'()*+,;=~-._")
        if split.query:
            path += "?" + quote(split.query, safe="/%:@!$&'()*+,;=~-._?")
        return _Target(text, split.scheme, _ascii(host), port, path)

    def _picture(self, url: str, response: httpcore.Response) -> bytes:
        _check_status(url, response.status)
        declared = _header(response, b"content-length")
        if declared.isdecimal() and int(declared) > self._max_bytes:
            raise self._too_large(url)
        data = bytearray()
        recognised = False
        for chunk in response.iter_stream():
            data += chunk
            if len(data) > self._max_bytes:
                raise self._too_large(url)
            if not recognised and len(data) >= _BEGINNING:
                recognised = _check_picture(url, data)
        _check_picture(url, data)
        return bytes(data)

    def _too_large(self, url: str) -> PictureTooLarge:
        return PictureTooLarge(url, f"it has more than {self._max_bytes:,} bytes; save it smaller")


def _plain(url: str) -> str:
    if len(url) > _LONGEST:
        raise BadParameter(f"an address has {_LONGEST:,} characters at most, not {len(url):,}")
    if not url.isprintable() or any(c in url for c in " \\"):
        # Python's parser drops some of them where others do not: two would read two addresses.
        raise BadParameter(
            f"{url!r} is no address of the web: it has a space, a backslash or a control character"
        )
    return url


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise BadParameter(f"{host!r} is no name that a host can have: {error}") from error


def _headers() -> list[tuple[bytes | str, bytes | str]]:
    return [
        ("User-Agent", f"lookalike/{version('lookalike')}"),
        ("Accept", "image/*"),
        ("Accept-Encoding", "identity"),  # what is not packed is not unpacked to fill the memory
    ]


def _header(response: httpcore.Response, name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in response.headers if k.lower() == name), "")


def _check_status(url: str, status: int) -> None:
    if status in _GONE:
        raise MissingPicture(url, f"its host answers {status}: there is nothing; check the address")
    if status != 200:
        raise UnreadablePicture(url, f"its host answers {status}, not with a picture; upload it")


def _check_picture(url: str, data: bytearray) -> bool:
    if sniffed(bytes(data[:_BEGINNING])) is None:
        raise UnknownFormat(
            url, "what is there does not begin as a picture; give the picture's own address"
        )
    return True
