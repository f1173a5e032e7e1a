"""Pictures by address: from the public internet, and from nowhere else."""

from __future__ import annotations

import contextlib
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpcore
import pytest

from lookalike.errors import (
    BadParameter,
    ForbiddenAddress,
    MissingPicture,
    PictureError,
    PictureTooLarge,
    UnknownFormat,
    UnreadablePicture,
)
from lookalike.interfaces.http.safety.urls import Fetcher

PUBLIC = "93.184.215.14"
MAX_BYTES = 200_000


class Site:
    """A site of the internet, on this machine: what it answers is set by each test.

    Attributes
    ----------
    asked : list of (host, path)
        What came, with the name in its Host header.
    connected : list of (address, port)
        What it was believed to be.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.connected: list[tuple[str, int]] = []
        self.names: dict[str, list[Sequence[str]]] = {}
        self.pages: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.asked.append((self.headers["Host"], self.path))
                site.headers = dict(self.headers)
                self.close_connection = True
                # It may be read no further, as it should be.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    site.pages[self.path](self)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return the host's next answer; the last one stays."""
        answers = self.names.get(host, [[PUBLIC]])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def connect(self, address: str, port: int, seconds: float) -> httpcore.NetworkStream:
        self.connected.append((address, port))
        return httpcore.SyncBackend().connect_tcp(*self.server.server_address[:2], timeout=seconds)

    def fetch(self, url: str, **changed: object) -> bytes:
        settings = {"max_bytes": MAX_BYTES, "resolve": self.resolve, "connect": self.connect}
        return Fetcher(**(settings | changed)).fetch(url)


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture
def png(tmp_path: Path, draw: Callable[..., Path]) -> bytes:
    return draw(tmp_path / "x.png", 1).read_bytes()


def page(body: bytes, status: int = 200, **headers: str) -> Callable[..., None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def moved(to: str, status: int = 302) -> Callable[..., None]:
    return page(b"", status, Location=to)


def test_a_picture_comes_from_the_address_that_was_looked_at(site: Site, png: bytes) -> None:
    site.pages["/a.png?size=1"] = page(png)
    assert site.fetch("http://shop.example/a.png?size=1") == png
    assert site.asked == [("shop.example", "/a.png?size=1")]
    assert site.connected == [(PUBLIC, 80)]
    assert site.headers["User-Agent"].startswith("lookalike/")
    assert not {"Cookie", "Authorization", "Referer"} & set(site.headers)


SPECIAL = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.1.2.3",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.215.14",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2001:20::1",
    "2002:7f00:1::1",
    "2002:a00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


@pytest.mark.parametrize("address", SPECIAL)
def test_no_special_address_is_connected_to(site: Site, address: str) -> None:
    site.names["inside.example"] = [[address]]
    with pytest.raises(ForbiddenAddress, match="public internet") as refused:
        site.fetch("http://inside.example/")
    assert address not in str(refused.value)
    assert not site.connected


@pytest.mark.parametrize("address", ["1.1.1.1", "100.63.255.255", "172.32.0.1", "2606:4700::1111"])
def test_addresses_beside_the_special_ones_are(site: Site, png: bytes, address: str) -> None:
    site.names["outside.example"] = [[address]]
    site.pages["/"] = page(png)
    assert site.fetch("http://outside.example") == png
    assert site.connected == [(address, 80)]


def test_one_special_address_among_others_is_enough(site: Site) -> None:
    site.names["both.example"] = [[PUBLIC, "127.0.0.1"]]
    with pytest.raises(ForbiddenAddress):
        site.fetch("http://both.example/")
    assert not site.connected


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://0177.0.0.1/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://127.1/",
        "http://0/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://１２７.0.0.1/",
    ],
)
def test_however_this_machine_is_written(site: Site, url: str) -> None:
    """With the system's own look-up, which knows all of these spellings."""
    with pytest.raises((ForbiddenAddress, UnreadablePicture)):
        Fetcher(max_bytes=MAX_BYTES, connect=site.connect).fetch(url)
    assert not site.connected


def test_a_name_that_changes_its_address_is_not_asked_twice(site: Site, png: bytes) -> None:
    site.pages["/"] = page(png)
    site.names["rebinding.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert site.fetch("http://rebinding.example/") == png
    assert site.connected == [(PUBLIC, 80)]


def test_it_is_looked_at_again_after_a_redirect(site: Site) -> None:
    """Each connection is closed, so the same name is resolved again, and answers otherwise."""
    site.names["rebinding.example"] = [[PUBLIC], ["127.0.0.1"]]
    site.pages["/"] = moved("/next")
    with pytest.raises(ForbiddenAddress):
        site.fetch("http://rebinding.example/")
    assert site.connected == [(PUBLIC, 80)]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "to",
    [
        "http://10.0.0.1/admin",
        "http://[::1]/",
        "//127.0.0.1/",
        "http://shop.example:8080/",
        "http://me:secret@shop.example/",
    ],
)
def test_a_redirect_leads_nowhere_that_is_forbidden(site: Site, to: str, status: int) -> None:
    site.names |= {"10.0.0.1": [["10.0.0.1"]], "127.0.0.1": [["127.0.0.1"]], "::1": [["::1"]]}
    site.pages["/"] = moved(to, status)
    with pytest.raises(ForbiddenAddress):
        site.fetch("http://shop.example/")
    assert len(site.connected) == 1


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "gopher://shop.example/", "ftp://x/", "data:,x"]
)
def test_a_redirect_to_another_scheme(site: Site, to: str) -> None:
    site.pages["/"] = moved(to)
    with pytest.raises(BadParameter, match="no address of the web"):
        site.fetch("http://shop.example/")


def test_three_redirects_are_followed_and_not_four(site: Site, png: bytes) -> None:
    site.pages |= {f"/{n}": moved(f"/{n + 1}") for n in range(4)}
    site.pages["/4"] = page(png)
    assert site.fetch("http://shop.example/1") == png
    with pytest.raises(UnreadablePicture, match="moved more than 3 times"):
        site.fetch("http://shop.example/0")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example/a.png",
        "file:///etc/passwd",
        "ftp://shop.example/a.png",
        "http://",
        "http:///a.png",
        "http://shop.example:99999/",
        "http://shop.example:x/",
        "http://shop .example/",
        "http://shop.example\\@127.0.0.1/",
        "http://shop.example/\r\nX-Injected: 1",
        "http://shop.example\t/",
        "http://[::1/",
        "http://" + "a" * 64 + "ä.example/",
        "http://shop.example/" + "a" * 3000,
    ],
)
def test_what_is_no_address(site: Site, url: str) -> None:
    with pytest.raises(BadParameter):
        site.fetch(url)
    assert not site.connected


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example:8080/",
        "http://shop.example:22/",
        "http://shop.example:0/",
        "http://me@shop.example/",
        "http://me:secret@shop.example/",
        "http://127.0.0.1@shop.example/",
        "http://@shop.example/",
    ],
)
def test_ports_and_users(site: Site, url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        site.fetch(url)
    assert not site.connected


def test_names_and_paths_outside_ascii(site: Site, png: bytes) -> None:
    site.pages["/gr%C3%BCn%20a.png"] = page(png)
    assert site.fetch("http://grün.example/grün%20a.png") == png
    assert site.asked == [("xn--grn-ioa.example", "/gr%C3%BCn%20a.png")]


def test_a_body_that_never_ends(site: Site, png: bytes) -> None:
    sent = 0

    def endless(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(png)
        while True:
            sent += handler.wfile.write(bytes(65536))

    site.pages["/"] = endless
    with pytest.raises(PictureTooLarge, match="200,000 bytes"):
        site.fetch("http://shop.example/")
    assert sent < 50_000_000


def test_a_size_that_is_too_large_is_believed(site: Site, png: bytes) -> None:
    site.pages["/"] = page(png, Content_Length=str(10**9))
    with pytest.raises(PictureTooLarge):
        site.fetch("http://shop.example/")


@pytest.mark.parametrize("where", ["before the headers", "in the headers", "in the body"])
def test_a_host_that_takes_for_ever(site: Site, png: bytes, where: str) -> None:
    """It sends a byte now and then, so that no wait for the next byte is long."""
    over = threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        if where != "before the headers":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        if where == "in the body":
            handler.wfile.write(b"1\r\n\r\n" + png[:20])
        while not over.wait(0.02):
            if where != "before the headers":
                handler.wfile.write(b"x")
            handler.wfile.flush()

    site.pages["/"] = slow
    with pytest.raises(UnreadablePicture, match="longer than"):
        site.fetch("http://shop.example/", seconds=0.3)
    over.set()


def test_a_name_server_that_takes_for_ever(site: Site) -> None:
    over = threading.Event()

    def resolve(host: str, port: int) -> Sequence[str]:
        over.wait()
        return [PUBLIC]

    with pytest.raises(UnreadablePicture, match="longer than"):
        site.fetch("http://shop.example/", seconds=0.1, resolve=resolve)
    over.set()


def test_a_name_that_nobody_knows(site: Site) -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    with pytest.raises(UnreadablePicture, match="no address is known of shop.example"):
        site.fetch("http://shop.example/", resolve=resolve)


@pytest.mark.parametrize(
    "body", [b"<html>", b"<svg onload='alert(1)'>", b"", b"root:x:0:0", b"%PDF-1.7", bytes(600)]
)
def test_only_pictures_come_back(site: Site, body: bytes) -> None:
    site.pages["/"] = page(body, Content_Type="image/png")
    with pytest.raises(UnknownFormat) as refused:
        site.fetch("http://shop.example/")
    assert "root:x" not in str(refused.value)


def test_a_page_is_not_read_to_its_end(site: Site) -> None:
    over = threading.Event()

    def long(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"<html>" + bytes(2000))
        over.wait(10)

    site.pages["/"] = long
    began = time.monotonic()
    with pytest.raises(UnknownFormat):
        site.fetch("http://shop.example/")
    over.set()
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, MissingPicture),
        (410, MissingPicture),
        (403, UnreadablePicture),
        (500, UnreadablePicture),
        (204, UnreadablePicture),
        (304, UnreadablePicture),
    ],
)
def test_what_the_host_answers_instead(site: Site, status: int, error: type[PictureError]) -> None:
    site.pages["/"] = page(b"", status)
    with pytest.raises(error, match=str(status)):
        site.fetch("http://shop.example/")


def test_a_host_that_speaks_no_http(site: Site) -> None:
    class Greeter(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(b"220 mail.example ESMTP\r\n")

    with socketserver.TCPServer(("127.0.0.1", 0), Greeter) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()

        def connect(address: str, port: int, seconds: float) -> httpcore.NetworkStream:
            return httpcore.SyncBackend().connect_tcp(*server.server_address[:2], timeout=seconds)

        with pytest.raises(UnreadablePicture, match="does not answer as it should"):
            site.fetch("http://mail.example/", connect=connect)
        thread.join()


def test_proxies_of_the_environment_are_not_asked(
    site: Site, png: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    site.pages["/"] = page(png)
    assert site.fetch("http://shop.example/") == png
    assert site.connected == [(PUBLIC, 80)]


def test_https_asks_for_the_name_and_not_the_address(site: Site) -> None:
    """What is connected to is an address; the name is in the greeting, as certificates want it."""
    names: list[str | None] = []

    class Stream(httpcore.NetworkStream):
        def start_tls(self, ssl_context, server_hostname=None, timeout=None):
            names.append(server_hostname)
            raise httpcore.ConnectError("far enough")

        def close(self) -> None:
            pass

    def connect(address: str, port: int, seconds: float) -> httpcore.NetworkStream:
        site.connected.append((address, port))
        return Stream()

    with pytest.raises(UnreadablePicture, match="far enough"):
        site.fetch("https://shop.example/", connect=connect)
    assert (names, site.connected) == (["shop.example"], [(PUBLIC, 443)])
