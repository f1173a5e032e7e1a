"""What there is, uploads, marks and columns over HTTP."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image as pillow

from lookalike import Gallery
from lookalike.interfaces.http.settings import ServerSettings

HERE = "/v1/galleries/shop"


@pytest.fixture
def api(served: Callable[..., str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served(), timeout=60) as client:
        yield client


def test_the_server_tells_what_it_is_and_what_may_be_done(api: httpx.Client) -> None:
    about = api.get("/v1").json()
    assert (about["name"], about["galleries"]) == ("lookalike", ["shop"])
    assert about["features"] == {
        "urls": False,
        "write": True,
        "reveal": True,
        "folders": True,
        "key": False,
    }
    defaults = ServerSettings()
    assert about["limits"]["upload_bytes"] == defaults.max_upload_bytes


def test_a_gallery_tells_what_is_in_it(api: httpx.Client, shop: Path, indexed: Path) -> None:
    info = api.get(HERE).json()
    assert api.get("/v1/galleries").json()["galleries"] == [info]
    with Gallery.open(shop) as gallery:
        local = gallery.info()
    assert (info["pictures"], info["contents"], info["failures"]) == (6, 6, 0)
    assert info["folders"] == [str(indexed / "pictures")]
    assert info["path"] == str(shop)
    assert [one["label"] for one in info["descriptors"]] == ["glance", "glance_copy"]
    assert info["descriptors"][0]["dim"] == local.descriptors[0][0].dim
    assert not info["descriptors"][0]["has_words"]
    assert {one["spec"] for one in info["indexes"]} == {"exact"}
    missing = api.get("/v1/galleries/shoop")
    assert missing.status_code == 404
    assert "'shoop'" in missing.json()["detail"]


def test_descriptors_and_metrics_are_listed(api: httpx.Client) -> None:
    told = api.get("/v1/descriptors").json()
    known = {one["name"]: one for one in told["descriptors"]}
    assert known["glance"]["ready"] and not known["network"]["ready"]
    assert known["hsv_histogram"]["summary"]
    assert "cosine" in told["metrics"]


def test_fields_are_told_with_their_values(api: httpx.Client) -> None:
    fields = {field["name"]: field for field in api.get(f"{HERE}/fields").json()["fields"]}
    assert (fields["width"]["least"], fields["width"]["most"]) == (48, 48)
    assert sorted(fields["format"]["values"]) == [["JPEG", 3], ["PNG", 3]]
    assert ">=" in fields["width"]["operators"]
    assert not fields["width"]["own"]


def test_an_upload_is_kept_and_shown(api: httpx.Client, indexed: Path) -> None:
    data = (indexed / "pictures" / "a0.png").read_bytes()
    answer = api.post("/v1/uploads", files={"picture": ("a.png", data)})
    told = answer.json()
    assert (answer.status_code, told["width"], told["format"]) == (201, 48, "PNG")
    assert told["sha256"].startswith(told["id"]) and told["bytes"] == len(data)
    thumbnail = api.get(told["thumbnail"], params={"size": 160})
    assert pillow.open(io.BytesIO(thumbnail.content)).format == "WEBP"
    etag = thumbnail.headers["etag"]
    again = api.get(told["thumbnail"], params={"size": 160}, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert api.get(f"/v1/uploads/{'0' * 32}/thumbnail").status_code == 404
    assert api.get("/v1/uploads/..%2f..%2fetc/thumbnail").status_code == 404
    assert api.get("/v1/uploads/A/thumbnail").status_code == 422
    for wrong in (b"", b"no picture", data[:12]):
        assert api.post("/v1/uploads", files={"picture": wrong}).status_code == 422
    assert api.post("/v1/uploads/url", json={"url": "http://example.com/"}).status_code == 403
    assert api.post("/v1/uploads/url", json={"url": 1}).status_code == 422


def test_marks_are_kept_and_forgotten(api: httpx.Client, indexed: Path) -> None:
    data = (indexed / "pictures" / "deeper" / "b0.jpg").read_bytes()
    upload = api.post("/v1/uploads", files={"picture": data}).json()["id"]
    kept = api.post(f"{HERE}/marks", json={"query": {"id": 1}, "like": [2, 3], "unlike": [4]})
    assert kept.json() == {"kept": 3}
    assert api.post(f"{HERE}/marks", json={"query": {"upload": upload}, "like": [2]}).json() == {
        "kept": 1
    }
    assert api.get(HERE).json()["marks"] == 4
    other = api.post(
        "/v1/uploads", files={"picture": (indexed / "pictures" / "deeper" / "b2.jpg").read_bytes()}
    ).json()["id"]
    judged = {"query": {"id": 1}, "like": [{"upload": other}]}
    assert api.post(f"{HERE}/marks", json=judged).json() == {"kept": 1}
    assert api.get(HERE).json()["marks"] == 5
    both = api.post(f"{HERE}/marks", json={"query": {"id": 1}, "like": [2], "unlike": [2]})
    assert both.status_code == 400
    assert api.post(f"{HERE}/marks", json={"query": {"words": "x"}}).status_code == 422
    assert api.post(f"{HERE}/marks", json={"query": {"id": 99}, "like": [2]}).status_code == 404
    assert api.delete(f"{HERE}/marks").json() == {"forgotten": 5}


def test_columns_are_entered_told_and_removed(api: httpx.Client, indexed: Path) -> None:
    rows = [
        {"picture": 1, "values": {"price": 5, "brand": "acme"}},
        {"picture": str(indexed / "pictures" / "a1.png"), "values": {"price": 7.5}},
        {"picture": "deeper/b0.jpg", "values": {"price": None, "brand": "other"}},
        {"picture": "nowhere.png", "values": {"price": 1}},
    ]
    report = api.put(f"{HERE}/columns", json={"rows": rows}).json()
    assert (report["rows"], report["matched"]) == (4, 3)
    assert report["kinds"] == {"price": "number", "brand": "text"}
    assert report["unmatched"][0]["key"] == "nowhere.png"
    columns = api.get(f"{HERE}/columns").json()["columns"]
    assert columns[0] == {"name": "price", "kind": "number", "count": 2, "examples": [5, 7.5]}
    removed = api.delete(f"{HERE}/columns/price")
    assert (removed.status_code, removed.content) == (204, b"")
    gone = api.delete(f"{HERE}/columns/price")
    assert (gone.status_code, gone.json()["type"]) == (400, "urn:lookalike:unknown-name")
    none = api.put(f"{HERE}/columns", json={"rows": [{"picture": "x", "values": {"a": 1}}]})
    assert none.status_code == 404
    assert api.put(f"{HERE}/columns", json={"rows": []}).status_code == 422


def test_dates_are_entered_as_such(api: httpx.Client) -> None:
    def put(made: object) -> httpx.Response:
        return api.put(f"{HERE}/columns", json={"rows": [{"picture": 1, "values": {"made": made}}]})

    assert put({"date": "2021-05-01"}).json()["kinds"] == {"made": "date"}
    assert api.get(f"{HERE}/pictures/1").json()["columns"] == {"made": "2021-05-01"}
    assert put({"date": "2021-05-01T23:30:00+02:00"}).status_code == 200
    assert api.get(f"{HERE}/pictures/1").json()["columns"] == {"made": "2021-05-01T21:30:00"}
    assert put("2021-06-01").status_code == 200  # by now it is known what the column holds
    values = {"columns": {"made": {"date": "2021-05-02 12:30"}}}
    told = api.patch(f"{HERE}/pictures/1", json=values).json()
    assert told["columns"] == {"made": "2021-05-02T12:30:00"}
    for wrong in ("2021-13-01", "2021", "0001-01-01T00:00+14:00", "", 2021, None):
        assert put({"date": wrong}).status_code == 422, wrong
    assert put({"date": "2021-05-01", "time": "12:30"}).status_code == 422


def test_failures_are_told_some_at_a_time(
    served: Callable[..., str], tmp_path: Path, draw: Callable[..., Path]
) -> None:
    draw(tmp_path / "own" / "good.png", 1)
    for n in range(3):
        (tmp_path / "own" / f"bad{n}.png").write_bytes(b"no picture")
    with Gallery.open(tmp_path / "own.gallery") as gallery:
        gallery.sync(tmp_path / "own", descriptors=["count_histogram"])
    with httpx.Client(base_url=served({"own": tmp_path / "own.gallery"})) as api:
        told = api.get("/v1/galleries/own/failures?skip=1&top=1").json()
        assert told["total"] == 3
        (failure,) = told["failures"]
        assert (failure["path"], failure["reason"]) == (
            str(tmp_path / "own" / "bad1.png"),
            "unknown-format",
        )
