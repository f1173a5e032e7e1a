"""Pictures over HTTP: listed, shown, added, given values, removed."""

from __future__ import annotations

import hashlib
import io
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image as pillow

from lookalike import Gallery
from lookalike.interfaces.http.routes import revealing

HERE = "/v1/galleries/shop"


@pytest.fixture
def api(served: Callable[..., str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served(), timeout=60) as client:
        yield client


def test_pictures_are_listed_some_at_a_time(api: httpx.Client, indexed: Path) -> None:
    whole = api.get(f"{HERE}/pictures").json()
    assert whole["total"] == 6
    assert [picture["name"] for picture in whole["pictures"]][:2] == ["a0.png", "a1.png"]
    some = api.get(f"{HERE}/pictures", params={"skip": 4, "top": 1}).json()
    assert (some["total"], some["pictures"]) == (6, whole["pictures"][4:5])
    jpegs = api.get(f"{HERE}/pictures?where=format+%3D+jpeg&where=width+%3E+10").json()
    assert [picture["format"] for picture in jpegs["pictures"]] == ["JPEG"] * 3
    first = whole["pictures"][0]
    data = (indexed / "pictures" / "a0.png").read_bytes()
    assert first["path"] == str(indexed / "pictures" / "a0.png")
    assert (first["bytes"], first["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert (first["width"], first["height"], first["format"]) == (48, 36, "PNG")
    assert api.get(f"{HERE}/pictures/{first['id']}").json() == first
    for wrong in ("top=0", "top=1001", "skip=-1", "skip=x", "tpo=1", "where="):
        assert api.get(f"{HERE}/pictures?{wrong}").status_code == 422
    assert api.get(f"{HERE}/pictures?where=nonsense+%3D+1").status_code == 400
    assert api.get(f"{HERE}/pictures/999999").status_code == 404
    assert api.get(f"{HERE}/pictures/{2**63}").status_code == 422


def test_thumbnails_are_kept_by_browsers(api: httpx.Client) -> None:
    picture = api.get(f"{HERE}/pictures").json()["pictures"][0]
    answer = api.get(picture["thumbnail"] + "&size=160")
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert pillow.open(io.BytesIO(answer.content)).size == (48, 36)
    etag = answer.headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = api.get(picture["thumbnail"] + "&size=160", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    other = api.get(picture["thumbnail"], headers={"If-None-Match": etag})
    assert other.status_code == 200  # it is another size
    address = picture["thumbnail"].partition("?")[0]
    for version in ("", "?v=", "?v=000000000000"):  # not of this picture: not for ever
        assert "no-cache" in api.get(address + version).headers["cache-control"]
    for size in (0, 100, -320, "large"):
        assert api.get(address, params={"size": size}).status_code == 422


def test_the_file_is_handed_out_as_long_as_it_is_what_was_indexed(
    served: Callable[..., str], tmp_path: Path, draw: Callable[..., Path]
) -> None:
    file = draw(tmp_path / "own" / "x.png", 50)
    before = file.read_bytes()
    with Gallery.open(tmp_path / "own.gallery") as gallery:
        gallery.sync(file.parent, descriptors=["count_histogram"])
    with httpx.Client(base_url=served({"own": tmp_path / "own.gallery"})) as api:
        address = "/v1/galleries/own/pictures/1/file"
        answer = api.get(address)
        assert (answer.content, answer.status_code) == (before, 200)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment; ")
        draw(file, 51)
        changed = api.get(address)
        assert (changed.status_code, changed.json()["type"]) == (
            404,
            "urn:lookalike:missing-picture",
        )


def test_a_picture_is_added_found_and_removed(
    api: httpx.Client, tmp_path: Path, draw: Callable[..., Path]
) -> None:
    data = draw(tmp_path / "new.png", 77).read_bytes()
    files = {"picture": ("../../new shoe.png", data)}
    answer = api.post(f"{HERE}/pictures", files=files)
    assert answer.status_code == 201, answer.text
    added = answer.json()
    assert answer.headers["location"] == f"{HERE}/pictures/{added['id']}"
    assert (added["name"], added["sha256"]) == ("new shoe.png", hashlib.sha256(data).hexdigest())
    assert api.post(f"{HERE}/pictures", files=files).json()["id"] == added["id"]
    found = api.post(f"{HERE}/search/upload?top=1", files=files).json()["matches"]
    assert (found[0]["id"], found[0]["identical"]) == (added["id"], True)
    assert api.get(f"{HERE}/pictures/{added['id']}/file").content == data
    gone = api.delete(f"{HERE}/pictures/{added['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert "content-type" not in gone.headers
    assert not Path(added["path"]).exists()
    assert api.get(f"{HERE}/pictures/{added['id']}").status_code == 404
    assert api.delete(f"{HERE}/pictures/{added['id']}").status_code == 404
    none = api.post(f"{HERE}/pictures", files={"picture": b"no picture"})
    assert (none.status_code, none.json()["type"]) == (422, "urn:lookalike:unknown-format")


def test_pictures_files_and_folders_are_removed_in_one_go(api: httpx.Client, indexed: Path) -> None:
    folder = indexed / "pictures"

    def remove(*pictures: object) -> httpx.Response:
        return api.post(f"{HERE}/remove", json={"pictures": pictures})

    lost = remove(1, str(folder / "none.png"))
    assert (lost.status_code, lost.json()["type"]) == (404, "urn:lookalike:not-indexed")
    relative = remove(1, "pictures")
    assert relative.status_code == 400
    assert "name it in full" in relative.json()["detail"]
    for wrong in ([], [1.5], ["a\0b"], [""], [None], range(10_001)):
        assert remove(*wrong).status_code == 422
    assert api.get(f"{HERE}/pictures").json()["total"] == 6
    id = api.get(f"{HERE}/pictures").json()["pictures"][0]["id"]
    assert remove(id, str(folder / "a1.png"), str(folder / "deeper")).json() == {"removed": 5}
    assert [one["name"] for one in api.get(f"{HERE}/pictures").json()["pictures"]] == ["a2.png"]
    assert (folder / "a1.png").exists()


def test_no_picture_is_taken_in_that_is_larger_than_allowed(
    served: Callable[..., str], tmp_path: Path
) -> None:
    file = io.BytesIO()
    pillow.effect_noise((40, 40), 90).save(file, "PNG")
    data = file.getvalue()
    assert len(data) > 1024
    for most, status in ((len(data), 201), (len(data) - 1, 413)):
        with httpx.Client(base_url=served(max_upload_bytes=most)) as api:
            for path in ("/v1/uploads", f"{HERE}/pictures"):
                answer = api.post(path, files={"picture": ("x.png", data)})
                assert answer.status_code == status, answer.text
            if status == 413:
                assert answer.json()["type"] == "urn:lookalike:picture-too-large"
                assert f"at most {most:,} are taken" in answer.json()["detail"]


def test_a_picture_gets_values(api: httpx.Client) -> None:
    given = {"columns": {"price": 12.5, "brand": "acme", "sold": True}}
    answer = api.patch(f"{HERE}/pictures/1", json=given)
    assert answer.json()["columns"] == given["columns"]
    taken = api.patch(f"{HERE}/pictures/1", json={"columns": {"brand": None}})
    assert taken.json()["columns"] == {"price": 12.5, "sold": True}
    assert api.patch(f"{HERE}/pictures/1", json={"columns": {}}).json() == taken.json()
    assert api.get(f"{HERE}/pictures?where=price+%3C+20").json()["total"] == 1
    assert api.patch(f"{HERE}/pictures/99999", json=given).status_code == 404
    for wrong in ({}, {"columns": {"a": [1]}}, {"columns": {"a": 10**400}}, {"columns": {"": 1}}):
        assert api.patch(f"{HERE}/pictures/1", json=wrong).status_code == 422
    crooked = api.patch(f"{HERE}/pictures/1", json={"columns": {"price": "cheap"}})
    assert (crooked.status_code, crooked.json()["type"]) == (400, "urn:lookalike:bad-parameter")
    unsaid = api.patch(f"{HERE}/pictures/1", content=b'{"columns": {"price": Infinity}}')
    assert unsaid.status_code == 422


def test_a_server_that_changes_nothing_refuses_all_of_it(served: Callable[..., str]) -> None:
    with httpx.Client(base_url=served(read_only=True)) as api:
        for method, path in [
            ("DELETE", "/pictures/1"),
            ("DELETE", "/marks"),
            ("DELETE", "/columns/price"),
        ]:
            assert api.request(method, HERE + path).status_code == 403
        assert api.post(f"{HERE}/remove", json={"pictures": [1]}).status_code == 403
        assert api.post(f"{HERE}/pictures", files={"picture": b"x"}).status_code == 403
        assert api.patch(f"{HERE}/pictures/1", json={"columns": {"a": 1}}).status_code == 403
        assert api.post(f"{HERE}/marks", json={"query": {"id": 1}}).status_code == 403
        rows = {"rows": [{"picture": 1, "values": {"a": 1}}]}
        assert api.put(f"{HERE}/columns", json=rows).status_code == 403
        assert api.get(f"{HERE}/pictures").json()["total"] == 6
        assert not api.get("/v1").json()["features"]["write"]


def test_reveal_opens_the_folder_and_nothing_else(
    api: httpx.Client, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[list[str]] = []
    monkeypatch.setattr(revealing.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(subprocess, "Popen", lambda args, **_: opened.append(args))
    assert api.post(f"{HERE}/pictures/1/reveal").status_code == 204
    assert [args[1:] for args in opened] == [[str(indexed / "pictures")]]
    monkeypatch.setattr(revealing.shutil, "which", lambda name: None)
    without = api.post(f"{HERE}/pictures/1/reveal")
    assert (without.status_code, without.json()["type"]) == (501, "urn:lookalike:no-file-manager")
    assert api.post(f"{HERE}/pictures/9999/reveal").status_code == 404


def test_elsewhere_nothing_is_revealed_and_paths_are_short(
    served: Callable[..., str], indexed: Path
) -> None:
    # Bound to this machine only in the test; what counts is what the settings say.
    with httpx.Client(base_url=served(host="0.0.0.0", without_key=True)) as api:
        assert api.post(f"{HERE}/pictures/1/reveal").status_code == 403
        told = api.get(f"{HERE}/pictures").json()["pictures"]
        assert [picture["path"] for picture in told][::5] == [
            "pictures/a0.png",
            "pictures/deeper/b2.jpg",
        ]
        info = api.get(HERE).json()
        assert (info["path"], info["folders"]) == (None, ["pictures"])
        fields = api.get(f"{HERE}/fields").json()["fields"]
        (folder,) = (field for field in fields if field["name"] == "folder")
        assert folder["values"] == [["pictures", 6], ["pictures/deeper", 3]]
        match = api.get(f"{HERE}/pictures/1/similar?top=1").json()["matches"][0]
        assert match["path"].startswith("pictures/")
        assert str(indexed) not in api.get(f"{HERE}/pictures/1/similar").text
        file = indexed / "pictures" / "a0.png"
        at_once = api.post(
            f"{HERE}/search/upload",
            params={"path": str(file)},
            files={"picture": file.read_bytes()},
        )
        assert len(at_once.json()["matches"]) == 6  # nobody learns here what lies where
        lost = api.get(f"{HERE}/pictures/9999")
        assert (lost.status_code, lost.json()["detail"].endswith("the gallery shop")) == (404, True)
        search = {"parts": [{"id": 9999}]}
        batch = api.post(f"{HERE}/search/batch", json={"searches": [search]})
        assert batch.json()["answers"][0]["problem"]["status"] == 404
        for answer in (lost, batch, api.post(f"{HERE}/search", json=search)):
            assert str(indexed.parent) not in answer.text


def test_nobody_finds_out_by_conditions_where_pictures_lie(
    served: Callable[..., str], indexed: Path
) -> None:
    above = indexed.parent.name
    with httpx.Client(base_url=served(host="0.0.0.0", without_key=True)) as api:

        def total(where: str) -> int:
            answer = api.get(f"{HERE}/pictures", params={"where": where})
            assert answer.status_code == 200, answer.text
            return int(answer.json()["total"])

        # As it is told, so it can be asked for.
        for picture in api.get(f"{HERE}/pictures").json()["pictures"]:
            assert total(f"path = {picture['path']}") == 1
        assert (total("folder = deeper"), total("folder = pictures/deeper")) == (3, 3)
        assert total("folder = pictures and not folder like d*r") == 3
        assert (total("path like deeper/*.jpg"), total("name like a*")) == (3, 3)
        # Right guesses and wrong ones are answered alike.
        for guess in (above, "nothing", f"{above}/{indexed.name}", f"{indexed.name}/pictures"):
            assert total(f"folder = {guess}") == 0
            assert total(f"folder in ({guess})") == 0
            assert total(f"folder like {guess[:3]}*") == (6 if guess[:3] == "pic" else 0)
            assert total(f"path like {guess[:3]}*/**") == 0
            assert total(f"folder != {guess}") == 6
        for guess in (indexed / "pictures", indexed / "nothing", "/", "./x", "..", "~", "~/x"):
            for where in (f"folder = {guess}", f"not path in (a, {guess})", f"folder like {guess}"):
                search = {"parts": [{"id": 1}], "where": ["width > 0", where]}
                for answer in (
                    api.get(f"{HERE}/pictures", params={"where": where}),
                    api.post(f"{HERE}/search", json=search),
                ):
                    assert answer.status_code == 400
                    told = answer.json()["detail"]
                    assert "from the name of an indexed folder on" in told
                    assert str(guess) in told  # as it was asked, guessed rightly or not
        wrong = api.get(f"{HERE}/pictures", params={"where": f"width > '{indexed / 'pictures'}'"})
        assert str(indexed / "pictures") in wrong.json()["detail"]
