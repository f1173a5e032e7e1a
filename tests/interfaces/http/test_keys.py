"""The API key, and the cookie that stands for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lookalike.interfaces.http.safety import keys
from lookalike.interfaces.http.safety.keys import COOKIE, cookie_value
from serving import Serving

KEY = "the-key-of-the-shop"


@pytest.fixture(scope="module")
def base(indexed: Path) -> Iterator[str]:
    serving = Serving(indexed / "shop")
    yield serving(api_key=KEY)
    serving.close()


@pytest.fixture
def client(base: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base) as made:
        yield made


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer  {KEY}"},
        {"X-API-Key": KEY},
        {"Cookie": f"{COOKIE}={cookie_value(KEY)}"},
        {"Cookie": f"other=1; {COOKIE}={cookie_value(KEY)}"},
        {"Authorization": "Bearer wrong", "X-API-Key": KEY},
    ],
)
def test_who_knows_it_is_let_in(client: httpx.Client, headers: dict[str, str]) -> None:
    answer = client.get("/v1", headers=headers)
    assert answer.status_code == 200
    assert answer.json()["features"]["key"] is True


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": KEY},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {KEY}x"},
        {"Authorization": f"Bearer {KEY[:-1]}"},
        {"Authorization": f"Bearer {KEY.upper()}"},
        {"X-API-Key": ""},
        {"X-API-Key": "\xff" * 19},
        {"Cookie": f"{COOKIE}={KEY}"},
        {"Cookie": f"{COOKIE}="},
        {"Cookie": f"{COOKIE}={cookie_value('another-key-of-the-shop')}"},
        {"Cookie": "=;;\x01"},
    ],
)
def test_nobody_else_is(client: httpx.Client, headers: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = client.get("/v1", headers=raw)
    assert answer.status_code in (400, 401)  # some parsers refuse such a header by themselves
    if answer.status_code == 401:
        assert answer.json()["type"] == "urn:lookalike:unauthorised"
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert KEY not in answer.text


def test_not_by_its_address(client: httpx.Client) -> None:
    """What stands in an address is in histories and logs."""
    assert client.get("/v1", params={"key": KEY, "api_key": KEY}).status_code == 401


@pytest.mark.parametrize(
    "path",
    ["/v1", "/v1/galleries", "/metrics", "/nowhere", "/v1/session/x", "/V1"],
)
def test_what_needs_it(client: httpx.Client, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        assert client.request(method, path).status_code == 401


@pytest.mark.parametrize("path", ["/", "/static/app.css", "/healthz", "/docs", "/openapi.json"])
def test_what_does_not(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/static/../v1", "/docs/../metrics", "/static/..%2fv1", "//v1", "/%76%31", "/v1%2f", "/./v1"],
)
def test_no_way_around(client: httpx.Client, path: str) -> None:
    request = client.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=path.encode())
    assert client.send(request).status_code in (401, 404)


def test_a_cookie_for_the_key(client: httpx.Client) -> None:
    answer = client.post("/v1/session", json={"key": KEY})
    assert (answer.status_code, answer.content) == (204, b"")
    told = answer.headers["set-cookie"].lower()
    assert "httponly" in told and "samesite=strict" in told and "path=/" in told
    assert "secure" not in told  # as http it was asked for; a browser would not keep it
    assert "max-age" not in told and "expires" not in told
    assert KEY not in told
    assert client.get("/v1").status_code == 200
    assert client.delete("/v1/session").status_code == 204
    assert client.get("/v1").status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"key": "wrong"}, 401),
        ({"key": ""}, 401),
        ({"key": KEY, "more": 1}, 422),
        ({}, 422),
        ({"key": 1}, 422),
        ({"key": "x" * 2000}, 422),
    ],
)
def test_no_cookie_for_another(client: httpx.Client, body: object, status: int) -> None:
    answer = client.post("/v1/session", json=body)
    assert answer.status_code == status
    assert "set-cookie" not in answer.headers


def test_a_page_of_another_site_begins_no_session(client: httpx.Client) -> None:
    headers = {"Origin": "https://evil.example"}
    assert client.post("/v1/session", json={"key": KEY}, headers=headers).status_code == 403


def test_a_cookie_is_of_one_key() -> None:
    assert cookie_value(KEY) == cookie_value(KEY)
    assert cookie_value(KEY) != cookie_value(KEY + "x")
    assert len(cookie_value(KEY)) == 64


def test_keys_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the standard library has for it, over digests of one length."""
    compared = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return one == other

    monkeypatch.setattr(keys.hmac, "compare_digest", compare)
    assert not keys._same("x", KEY)
    assert keys._same(KEY, KEY)
    assert compared == [(32, 32), (32, 32)]


def test_without_a_key_a_session_is_nothing(served: Serving) -> None:
    answer = httpx.post(served() + "/v1/session", json={"key": "anything"})
    assert answer.status_code == 204
    assert "set-cookie" not in answer.headers
