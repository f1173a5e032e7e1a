"""What stands between the network and the routes."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lookalike.errors import BadParameter, UsageError
from lookalike.interfaces.http.safety import hosts, rates, slow
from lookalike.interfaces.http.safety.rates import Buckets
from lookalike.interfaces.http.settings import OPEN_RATE, ServerSettings
from serving import Serving

KEY = "a key of the shop's".replace(" ", "-")
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.fixture(scope="module")
def base(indexed: Path) -> Iterator[str]:
    """The address of one server for all tests that change nothing."""
    serving = Serving(indexed / "shop")
    yield serving()
    serving.close()


# -- what it is told -----------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "localhost", "LOCALHOST"])
def test_this_machine_needs_no_key(host: str) -> None:
    settings = ServerSettings(host=host)
    assert settings.is_loopback and settings.may_write and settings.shows_paths
    assert settings.allows_any_folder and settings.may_reveal
    assert settings.requests_per_second == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "shop.local", ""])
def test_other_machines_do(host: str) -> None:
    with pytest.raises(UsageError, match="--api-key-file FILE.*LOOKALIKE_API_KEY.*--without-key"):
        ServerSettings(host=host)
    settings = ServerSettings(host=host, api_key=KEY)
    assert settings.may_write and settings.shows_paths
    assert not settings.allows_any_folder and not settings.may_reveal
    assert settings.requests_per_second == OPEN_RATE


def test_without_a_key_nothing_can_be_changed() -> None:
    settings = ServerSettings(host="0.0.0.0", without_key=True)
    assert not settings.may_write and not settings.shows_paths and not settings.allows_any_folder


def test_the_key_is_in_no_message() -> None:
    assert KEY not in repr(ServerSettings(api_key=KEY))


@pytest.mark.parametrize(
    "changed",
    [
        {"api_key": "short"},
        {"api_key": ""},
        {"api_key": "sixteen letters and spaces"},
        {"api_key": "schlüsselschlüssel"},
        {"api_key": KEY, "without_key": True},
        {"port": 65536},
        {"workers": 0},
        {"queue": -1},
        {"rate": -1.0},
        {"decode_seconds": 0.0},
        {"upload_seconds": float("nan")},
        {"max_upload_bytes": 10},
        {"allowed_origins": ("*",)},
        {"allowed_origins": ("https://shop.example/page",)},
        {"allowed_origins": ("shop.example",)},
        {"allowed_origins": ("null",)},
    ],
)
def test_what_does_not_fit(changed: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        ServerSettings(**changed)


def test_a_short_key_is_told_how_to_be_longer() -> None:
    with pytest.raises(BadParameter, match="token_urlsafe"):
        ServerSettings(api_key="123456")


# -- headers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere", "/docs", "/static/app.css"])
def test_every_answer_has_them(base: str, path: str) -> None:
    answer = httpx.get(base + path)
    assert HEADERS.items() <= answer.headers.items()
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert ("unsafe" in policy) == (path == "/docs")
    assert "script-src 'self';" in policy
    assert "server" not in answer.headers


def test_refusals_have_them_too(base: str) -> None:
    answer = httpx.get(base + "/healthz", headers={"Host": "evil.example"})
    assert answer.status_code == 403
    assert HEADERS.items() <= answer.headers.items()


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_ask_no_other_host(base: str, path: str) -> None:
    text = httpx.get(base + path).text
    assert re.findall(r"""(?:src|href)=["']?(\w+:|//)""", text) == []
    assert not re.search(r"<script(?![^>]*src=)", text)
    assert not re.search(r"\son\w+=", text)


# -- the page's files ----------------------------------------------------------------------------


def test_the_page_is_sent_again_only_if_it_has_changed(base: str) -> None:
    first = httpx.get(base)
    assert first.headers["content-type"] == "text/html; charset=utf-8"
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-encoding"] == "gzip"
    again = httpx.get(base, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = httpx.get(base, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == first.text


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/%2e%2e/errors.py",
        "/static/..\\..\\errors.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/__init__.py",
        "/static/app.css%00",
        "/static/",
        "/static",
        "/docs/../state.py",
        "/docs/__init__.py",
        "//etc/passwd",
        "/v1/../../etc/passwd",
        "/file:///etc/passwd",
    ],
)
def test_nothing_else_is_sent(base: str, path: str) -> None:
    """Written to the connection as it stands: clients tidy such addresses up."""
    answer = asked(base, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404")


def asked(base: str, text: str) -> bytes:
    """Send bytes as they are; return what comes until the connection is closed."""
    address = httpx.URL(base)
    with socket.create_connection((address.host, address.port), 10) as connection:
        connection.sendall(text.encode("latin-1"))
        chunks = iter(lambda: connection.recv(65536), b"")
        return b"".join(chunks)


# -- names and origins ---------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LocalHost:99", "localhost."])
def test_it_answers_to_its_names(base: str, host: str) -> None:
    assert httpx.get(base + "/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8765",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example@localhost.x",
        "192.168.1.5",
        "[::2]",
        "[",
        "",
    ],
)
def test_it_answers_to_no_other(base: str, host: str) -> None:
    answer = httpx.get(base + "/healthz", headers={"Host": host})
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:lookalike:forbidden"


@pytest.mark.parametrize(
    "host", ["evil@localhost", "localhost/evil", "localhost:99999", "localhost?"]
)
def test_a_name_that_others_may_read_otherwise_is_none(base: str, host: str) -> None:
    assert httpx.get(base + "/v1", headers={"Host": host}).status_code == 403


def test_pages_of_others_may_link_and_not_embed(base: str, served: Serving) -> None:
    other = {"Sec-Fetch-Site": "cross-site"}
    assert httpx.get(base, headers={**other, "Sec-Fetch-Mode": "navigate"}).status_code == 200
    assert (
        httpx.get(base + "/v1", headers={**other, "Sec-Fetch-Mode": "no-cors"}).status_code == 403
    )
    allowing = served(allowed_origins=("https://shop.example",))
    asks = {**other, "Sec-Fetch-Mode": "cors", "Origin": "https://shop.example"}
    assert httpx.get(allowing + "/v1", headers=asks).status_code == 200


def test_two_names_are_none(base: str) -> None:
    text = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close"
    assert not asked(base, text + "\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_further_names(served: Serving) -> None:
    base = served(allowed_hosts=("Shop.local",))
    assert httpx.get(base + "/healthz", headers={"Host": "shop.LOCAL:80"}).status_code == 200
    assert httpx.get(base + "/healthz", headers={"Host": "other.local"}).status_code == 403
    base = served(allowed_hosts=("*",))
    assert httpx.get(base + "/healthz", headers={"Host": "any.example"}).status_code == 200


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("192.168.1.5:8765", True),
        ("[2001:db8::5]:8765", True),
        ("localhost", True),
        (socket.gethostname(), True),
        ("evil.example", False),
        ("192.168.1.5.evil.example", False),
        ("1.2.3.4.5", False),
    ],
)
def test_bound_to_all_addresses_it_answers_to_each(host: str, ours: bool) -> None:
    settings = ServerSettings(host="0.0.0.0", api_key=KEY)
    assert hosts.Hosts(None, settings)._is_ours(host) == ours  # type: ignore[arg-type]


CROSS = {
    "another site": {"Origin": "https://evil.example"},
    "another port": {"Origin": "http://127.0.0.1:1"},
    "a sandbox": {"Origin": "null"},
    "another site that hides its origin": {"Sec-Fetch-Site": "cross-site"},
    "another server of this machine": {"Sec-Fetch-Site": "same-site"},
}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PURGE"])
@pytest.mark.parametrize("headers", CROSS.values(), ids=CROSS)
def test_pages_of_others_change_nothing(base: str, headers: dict[str, str], method: str) -> None:
    answer = httpx.request(method, base + "/v1/session", headers=headers)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_the_own_page_and_programs_do(base: str) -> None:
    for headers in ({}, {"Origin": base}, {"Sec-Fetch-Site": "same-origin"}):
        assert httpx.delete(base + "/v1/session", headers=headers).status_code == 204


def test_pages_of_others_read_nothing_unless_allowed(served: Serving) -> None:
    origin = {"Origin": "https://shop.example"}
    preflight = origin | {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    base = served()
    assert "access-control-allow-origin" not in httpx.get(base + "/healthz", headers=origin).headers
    assert httpx.options(base + "/v1/session", headers=preflight).status_code == 405
    base = served(allowed_origins=("https://shop.example",), api_key=KEY)
    answer = httpx.options(base + "/v1/session", headers=preflight)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-credentials" not in answer.headers
    answer = httpx.delete(base + "/v1/session", headers=origin)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    other = preflight | {"Origin": "https://evil.example"}
    assert "access-control-allow-origin" not in httpx.options(base, headers=other).headers


# -- how often -----------------------------------------------------------------------------------


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_fills_at_its_rate() -> None:
    clock = Clock()
    buckets = Buckets(2.0, 4.0, clock)
    assert [buckets.take("ada") for _ in range(6)] == [0, 0, 0, 0, 0.5, 0.5]
    assert buckets.take("eve") == 0
    clock.now = 0.75
    assert [buckets.take("ada") for _ in range(2)] == [0, 0.25]
    clock.now = 1000.0
    assert [buckets.take("ada") for _ in range(5)] == [0, 0, 0, 0, 0.5]


def test_only_so_many_clients_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "CLIENTS", 3)
    buckets = Buckets(1.0, 1.0, Clock())
    for client in "abcd":
        buckets.take(client)
    assert len(buckets) == 3
    assert buckets.take("d") == 1  # known still
    assert buckets.take("a") == 0  # forgotten, and begins anew


def test_one_who_asks_too_often(served: Serving) -> None:
    base = served(rate=1.0)
    answers = [httpx.get(base + "/healthz") for _ in range(7)]
    codes = [answer.status_code for answer in answers]
    assert codes[:5] == [200] * 5
    late = next(answer for answer in answers if answer.status_code == 429)
    assert late.headers["retry-after"] == "1"
    assert late.json()["type"] == "urn:lookalike:too-many-requests"


@pytest.mark.parametrize(
    ("address", "bucket"),
    [
        ("192.168.1.5", "192.168.1.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_whose_bucket_it_is(address: str, bucket: str) -> None:
    assert rates._client({"client": (address, 1)}) == bucket


# -- connections that take for ever --------------------------------------------------------------


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET /healthz HTTP/1.1\r\nHost: local",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HT",
    ],
    ids=["silent", "within the headers", "within the headers of the next"],
)
def test_a_client_that_never_ends_its_headers(
    served: Serving, beginning: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow.unhurried, "__defaults__", (0.3,))
    address = httpx.URL(served())
    over = threading.Event()
    with socket.create_connection((address.host, address.port), 10) as connection:
        connection.sendall(beginning)

        def drip() -> None:
            while beginning and not over.wait(0.02):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        except ConnectionResetError:
            received = b"HTTP/1.1 200" if beginning.count(b"GET") == 2 else b""
        over.set()
        dripping.join()
    assert received[:12] == (b"HTTP/1.1 200" if beginning.count(b"GET") == 2 else b"")


def test_headers_without_end(base: str) -> None:
    """Refused or cut, by whichever of the parsers is there; the server lives on."""
    text = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + "X-Long: " + "x" * 10**6
    try:
        answer = asked(base, text + "\r\n\r\n")
    except (ConnectionResetError, BrokenPipeError):
        answer = b""
    assert b" 500 " not in answer
    assert httpx.get(base + "/healthz").status_code == 200


# -- counts --------------------------------------------------------------------------------------


def test_it_counts_by_route_and_not_by_address(served: Serving) -> None:
    base = served()
    for path in ("/static/app.css", "/static/nothing", "/x1", "/x2"):
        httpx.get(base + path)
    httpx.request("PURGE", base + "/healthz")
    text = httpx.get(base + "/metrics").text
    counted = 'lookalike_requests_total{method="%s",route="%s",status="%s"} %s'
    assert counted % ("GET", "/static/{name:path}", 200, "1.0") in text
    assert counted % ("GET", "/static/{name:path}", 404, "1.0") in text
    assert counted % ("GET", "none", 404, "2.0") in text
    assert 'method="other"' in text and "PURGE" not in text and "x1" not in text
    assert 'lookalike_pictures{gallery="shop"} 6.0' in text
    assert "lookalike_queue_length 0.0" in text
    assert "lookalike_jobs_running 0.0" in text
    assert 'lookalike_request_seconds_bucket{le="0.1",method="GET",route="none"}' in text


# -- whether it can answer -----------------------------------------------------------------------


def test_ready_until_it_is_told_to_end(served: Serving) -> None:
    base = served()
    assert httpx.get(base + "/healthz").json() == {"status": "ok"}
    ready = {"status": "ready", "galleries": {"shop": "ready"}, "decoders": "ready"}
    assert httpx.get(base + "/readyz").json() == ready
    served.servers[-1].closing.set()
    answer = httpx.get(base + "/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "not-ready")


def test_not_ready_without_what_reads_pictures(served: Serving) -> None:
    base = served()
    served.servers[-1].decoders.close()
    answer = httpx.get(base + "/readyz")
    assert answer.status_code == 503
    assert answer.json()["decoders"] == "UsageError"


def test_not_ready_with_a_broken_catalog(served: Serving, shop: Path) -> None:
    base = served()
    (shop / "catalog.sqlite").write_bytes(b"no catalog" * 1000)
    answer = httpx.get(base + "/readyz")
    assert answer.status_code == 503
    assert answer.json()["galleries"] == {"shop": "GalleryDamaged"}


# -- its documents -------------------------------------------------------------------------------


def test_the_document_tells_of_every_problem(served: Serving) -> None:
    document = httpx.get(served(api_key=KEY) + "/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]
    assert {"Problem", "WrongValue"} <= schemas.keys()
    assert document["security"] == [{"bearer": []}, {"header": []}, {"cookie": []}]
    named = set(re.findall(r'"#/components/schemas/(\w+)"', str(document).replace("'", '"')))
    assert named <= schemas.keys()
    tags = {tag["name"] for tag in document["tags"]}
    operations = [o for path in document["paths"].values() for o in path.values()]
    assert {tag for operation in operations for tag in operation["tags"]} <= tags
    problem = document["paths"]["/healthz"]["get"]["responses"]["403"]["content"]
    assert list(problem) == ["application/problem+json"]


def test_who_brings_no_picture_does_not_wait_for_those_of_strangers(served: Serving) -> None:
    """One may take ten seconds to decode, and there may be many."""
    base = served(workers=1, queue=0)
    (server,) = served.servers
    begun, over = threading.Event(), threading.Event()

    async def busy() -> None:
        await server.strangers.run(lambda: (begun.set(), over.wait(20)))

    thread = threading.Thread(target=lambda: asyncio.run(busy()))
    thread.start()
    assert begun.wait(10)
    search = base + "/v1/galleries/shop/search"
    own = httpx.post(search, json={"parts": [{"id": 1}]})
    brought = httpx.post(search, json={"parts": [{"upload": "0" * 32}]})
    over.set()
    thread.join()
    assert (own.status_code, brought.status_code) == (200, 429)
