"""Files that are a picture and something else: only the picture is ever shown."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image as pillow

SCRIPT = b"<html><script>alert(document.domain)</script></html>"
TYPES = ("image/webp", "application/octet-stream")


def encoded(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    pillow.new("RGB", (40, 30), (200, 60, 20)).save(out, kind, **options)
    return out.getvalue()


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        written.writestr("Applet.class", SCRIPT)
    return out.getvalue()


# A GIF whose size is the beginning of a comment of JavaScript, and whose end is a program.
GIF_AND_SCRIPT = encoded("GIF") + b"*/=1;alert(document.domain)//" + SCRIPT
POLYGLOTS = {
    "gif-script.gif": GIF_AND_SCRIPT,
    "jpeg-comment.jpg": encoded("JPEG", comment=SCRIPT),
    "png-page.png": encoded("PNG") + SCRIPT,
    "jpeg-archive.jpg": encoded("JPEG") + archive(),
    "webp-page.html": encoded("WEBP") + SCRIPT,
}
NO_PICTURES = {
    "page.png": SCRIPT,
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>',
    "archive.jpg": archive(),
    "document.gif": b"%PDF-1.7\n" + encoded("GIF"),
}


@pytest.fixture
def api(served: Callable[..., str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served()) as client:
        yield client


def check_inert(answer: httpx.Response) -> None:
    """Check that no browser takes an answer for a page or a program."""
    assert answer.status_code == 200
    assert answer.headers["content-type"] in TYPES
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("name", POLYGLOTS)
def test_as_a_query(name: str, api: httpx.Client) -> None:
    sent = api.post("/v1/uploads", files={"picture": (name, POLYGLOTS[name], "text/html")})
    assert sent.status_code == 201
    shown = api.get(sent.json()["thumbnail"])
    check_inert(shown)
    assert shown.content[8:12] == b"WEBP"
    assert b"script" not in shown.content and b"alert" not in shown.content
    assert b"PK\x03\x04" not in shown.content


@pytest.mark.parametrize("name", POLYGLOTS)
def test_in_the_gallery(name: str, api: httpx.Client) -> None:
    files = {"picture": (name, POLYGLOTS[name], "text/html")}
    added = api.post("/v1/galleries/shop/pictures", files=files)
    assert added.status_code == 201, added.text
    assert Path(added.json()["path"]).suffix in (".gif", ".jpg", ".png", ".webp")
    shown = api.get(added.json()["thumbnail"])
    check_inert(shown)
    assert b"script" not in shown.content and b"alert" not in shown.content
    saved = api.get(f"/v1/galleries/shop/pictures/{added.json()['id']}/file")
    check_inert(saved)
    assert saved.headers["content-disposition"].startswith("attachment;")
    assert saved.content == POLYGLOTS[name]


@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_does_not_begin_as_a_picture_is_none(name: str, api: httpx.Client) -> None:
    files = {"picture": (name, NO_PICTURES[name], "image/png")}
    for path in ("/v1/uploads", "/v1/galleries/shop/pictures"):
        answer = api.post(path, files=files)
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:lookalike:unknown-format"
        assert answer.headers["content-type"] == "application/problem+json"
