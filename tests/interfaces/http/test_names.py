"""Names of files are whatever somebody called them: nothing of them does anything anywhere."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike import Gallery
from lookalike.interfaces.http.models.base import base_name, sendable
from lookalike.interfaces.http.routes.files import attachment
from lookalike.interfaces.http.routes.pictures import _plain_name

HOSTILE = [
    b"<img src=x onerror=alert(1)>.png",
    b'a".png',
    b"line\r\nSet-Cookie: stolen=1.png",
    b"no\xff\xfeutf8.png",
    "photo\u202egpj.exe.png".encode(),
    "\u732b.png".encode(),
]

on_disk = pytest.mark.skipif(
    sys.platform != "linux", reason="other systems take no such names of files"
)


@pytest.fixture
def api(
    served: Callable[..., str], tmp_path: Path, draw: Callable[..., Path]
) -> Iterator[httpx.Client]:
    data = draw(tmp_path / "one.png", 1).read_bytes()
    folder = tmp_path / "named"
    folder.mkdir()
    for name in HOSTILE:
        (folder / os.fsdecode(name)).write_bytes(data)
    (folder / "broken\udcff<script>.png").write_bytes(b"no picture")
    with Gallery.open(tmp_path / "odd") as gallery:
        gallery.sync(folder, descriptors=["count_histogram"])
    with httpx.Client(base_url=served({"odd": tmp_path / "odd"})) as client:
        yield client


@on_disk
def test_odd_names_are_json_and_headers_and_no_more(api: httpx.Client) -> None:
    answer = api.get("/v1/galleries/odd/pictures")
    pictures = answer.json()["pictures"]
    assert len(pictures) == len(HOSTILE)
    names = {picture["name"] for picture in pictures}
    assert names == {
        "<img src=x onerror=alert(1)>.png",
        'a".png',
        "line\ufffd\ufffdSet-Cookie: stolen=1.png",
        "no\ufffd\ufffdutf8.png",
        "photo\ufffdgpj.exe.png",
        "\u732b.png",
    }
    # Never a type that a browser would take for a page.
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    for picture in pictures:
        sent = api.get(f"/v1/galleries/odd/pictures/{picture['id']}/file")
        assert sent.status_code == 200
        assert "set-cookie" not in sent.headers
        disposition = sent.headers["content-disposition"]
        assert disposition.startswith('attachment; filename="')
        assert disposition.count('"') == 2
        assert api.get(picture["thumbnail"]).status_code == 200
        found = api.get(f"/v1/galleries/odd/pictures/{picture['id']}/similar").json()
        assert len(found["matches"]) == len(HOSTILE) - 1


@on_disk
def test_odd_names_fail_and_are_added_safely(api: httpx.Client) -> None:
    (failure,) = api.get("/v1/galleries/odd/failures").json()["failures"]
    assert failure["path"].endswith("broken\ufffd<script>.png")
    assert json.loads(api.get("/v1/galleries/odd").content)["failures"] == 1
    data = api.get("/v1/galleries/odd/pictures/1/file").content
    for name in ("../../../tmp/x.png", "C:\\x.png", 'a"\r\nX: y.png', "..", "con<>.png"):
        body = (
            b'--b\r\nContent-Disposition: form-data; name="picture"; filename="'
            + name.replace('"', "%22").encode()
            + b'"\r\n\r\n'
            + data
            + b"\r\n--b--\r\n"
        )
        sent = api.post(
            "/v1/galleries/odd/pictures",
            content=body,
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )
        assert sent.status_code in (201, 400, 422), sent.text
        if sent.status_code == 201:
            assert "/odd/added/" in sent.json()["path"]


@given(st.text())
def test_no_name_breaks_out_of_its_header(name: str) -> None:
    header = attachment("/folder/" + name)
    header.encode("latin-1")
    assert header.isprintable()
    assert header.count('"') == 2
    assert "\\" not in header


@given(st.text(st.characters(codec=None)))
def test_every_name_can_be_sent(name: str) -> None:
    str(sendable(name)).encode()
    base_name(name).encode()


@given(st.text(st.characters(codec=None)))
def test_every_name_of_an_upload_becomes_one_that_stays_where_it_is_put(name: str) -> None:
    plain = _plain_name(name)
    assert not set(plain) & set('/\\\0"<>|:*?')
    assert plain not in (".", "..")
    assert len(plain) <= 100
