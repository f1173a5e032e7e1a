"""Searches over HTTP: what can be asked, and that it is what the gallery itself answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from lookalike import Gallery
from lookalike.descriptors import create
from lookalike.interfaces.http.routes import asking
from serving import Serving

HERE = "/v1/galleries/shop"


# One server and one gallery for all tests here: nothing of this changes anything.


@pytest.fixture(scope="module")
def copied(indexed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(indexed / "shop", tmp_path_factory.mktemp("copied") / "shop"))


@pytest.fixture(scope="module")
def api(copied: Path) -> Iterator[httpx.Client]:
    serving = Serving(copied)
    with httpx.Client(base_url=serving(), timeout=60) as client:
        yield client
    serving.close()


@pytest.fixture(scope="module")
def local(copied: Path) -> Iterator[Gallery]:
    with Gallery.open(copied) as gallery:
        yield gallery


def ids(answer: httpx.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [match["id"] for match in answer.json()["matches"]]


def uploaded(api: httpx.Client, file: Path) -> str:
    return str(api.post("/v1/uploads", files={"picture": file.read_bytes()}).json()["id"])


def test_a_search_by_id_answers_as_the_gallery_does(api: httpx.Client, local: Gallery) -> None:
    first = local.pictures().items[0]
    answer = api.post(f"{HERE}/search", json={"parts": [{"id": first.id}], "top": 3})
    told, found = answer.json(), local.search(first.id, top=3)
    assert ids(answer) == [match.id for match in found]
    assert told["matches"][0]["distance"] == pytest.approx(found[0].distance, abs=1e-6)
    assert (told["gallery"], told["label"], told["searched"]) == ("shop", "glance", 6)
    assert told["heading"] == found.heading
    assert told["matches"][0]["verdict"]
    thumbnail = api.get(told["matches"][0]["thumbnail"])
    assert thumbnail.headers["content-type"] == "image/webp"
    assert "immutable" in thumbnail.headers["cache-control"]
    assert told["matches"][0]["sha256"] == found[0].sha256
    assert ids(api.get(f"{HERE}/pictures/{first.id}/similar", params={"top": 3})) == ids(answer)


def test_an_upload_is_searched_by_its_id_or_in_one_call(api: httpx.Client, indexed: Path) -> None:
    file = indexed / "pictures" / "a1.png"
    part = {"upload": uploaded(api, file)}
    answer = api.post(f"{HERE}/search", json={"parts": [part], "top": 2})
    assert answer.json()["matches"][0]["identical"]
    assert answer.json()["matches"][0]["verdict"] == "identical file"
    at_once = api.post(f"{HERE}/search/upload?top=2", files={"picture": file.read_bytes()})
    assert ids(at_once) == ids(answer)


def test_the_file_that_a_client_uploads_from_the_gallery_is_left_out(
    api: httpx.Client, indexed: Path
) -> None:
    file = indexed / "pictures" / "a1.png"
    part = {"upload": uploaded(api, file), "path": str(file)}
    answer = api.post(f"{HERE}/search", json={"parts": [part]})
    assert len(ids(answer)) == 5
    assert str(file) not in [match["path"] for match in answer.json()["matches"]]
    at_once = api.post(
        f"{HERE}/search/upload", params={"path": str(file)}, files={"picture": file.read_bytes()}
    )
    assert ids(at_once) == ids(answer)


def test_parts_weigh_and_have_boxes(api: httpx.Client, local: Gallery) -> None:
    from lookalike.search import Part

    one, two = (picture.id for picture in local.pictures().items[:2])
    parts = [{"id": one, "box": [0, 0, 0.5, 1]}, {"id": two, "weight": -0.5}]
    answer = api.post(f"{HERE}/search", json={"parts": parts})
    found = local.search(parts=[Part(one, box=(0, 0, 0.5, 1)), Part(two, weight=-0.5)], top=20)
    assert ids(answer) == [match.id for match in found]
    boxed = api.post(
        f"{HERE}/search/upload?box=0,0,0.5,1",
        files={"picture": Path(local.picture(one).path).read_bytes()},
    )
    assert "region" in boxed.json()["heading"]


def test_a_vector_is_searched_by(api: httpx.Client, local: Gallery) -> None:
    path = local.pictures().items[2].path
    from lookalike.images import load_views

    glance = create("glance")
    vector = glance.describe_views([load_views(path, glance.views)])[0]
    answer = api.post(f"{HERE}/search", json={"parts": [{"vector": vector.tolist()}], "top": 1})
    assert ids(answer) == [local.pictures().items[2].id]


def test_answers_come_in_pages(api: httpx.Client, local: Gallery) -> None:
    first = local.pictures().items[0].id
    ask = {"parts": [{"id": first}], "top": 2}
    pages = [api.post(f"{HERE}/search", json=ask | {"skip": skip}) for skip in (0, 2, 4)]
    assert [page.json()["more"] for page in pages] == [True, True, False]
    assert [m["rank"] for page in pages for m in page.json()["matches"]] == [1, 2, 3, 4, 5]
    whole = api.post(f"{HERE}/search", json=ask | {"top": None})
    assert ids(whole) == [id for page in pages for id in ids(page)]
    assert not whole.json()["more"]


def test_likes_conditions_and_distances_are_taken(api: httpx.Client, local: Gallery) -> None:
    first, second = (picture.id for picture in local.pictures().items[:2])
    liked = api.post(f"{HERE}/search", json={"like": [first], "unlike": [second]})
    found = local.search(like=[first], unlike=[second], top=20)
    assert ids(liked) == [match.id for match in found]
    ask = {"parts": [{"id": first}], "where": ["format = jpeg", "width > 10"]}
    assert len(ids(api.post(f"{HERE}/search", json=ask))) == 3
    assert ids(api.post(f"{HERE}/search", json=ask | {"within": 0.0})) == []


def test_good_and_bad_answers_may_be_uploads(
    api: httpx.Client, local: Gallery, tmp_path: Path, draw: Callable[..., Path]
) -> None:
    good, bad = draw(tmp_path / "good.png", 90), draw(tmp_path / "bad.png", 91)
    like = [local.pictures().items[0].id, {"upload": uploaded(api, good)}]
    unlike = [{"upload": uploaded(api, bad)}]
    answer = api.post(f"{HERE}/search", json={"like": like, "unlike": unlike})
    found = local.search(like=[like[0], good], unlike=[bad], top=20)
    assert ids(answer) == [match.id for match in found]
    lost = api.post(f"{HERE}/search", json={"like": [{"upload": "0" * 32}]})
    assert lost.status_code == 404
    for wrong in ("1", True, {"id": 1}, {"upload": "x"}, 1.5):
        assert api.post(f"{HERE}/search", json={"like": [wrong]}).status_code == 422


def test_a_batch_answers_each_search_for_itself(api: httpx.Client, local: Gallery) -> None:
    numbers = [picture.id for picture in local.pictures().items[:3]]
    searches = [{"parts": [{"id": id}], "top": 1} for id in numbers]
    batch = api.post(f"{HERE}/search/batch", json={"searches": searches}).json()["answers"]
    assert [a["matches"][0]["id"] for a in batch] == [local.search(i)[0].id for i in numbers]
    searches[1] = {"parts": [{"upload": "0" * 32}], "top": 1}
    mixed = api.post(f"{HERE}/search/batch", json={"searches": searches}).json()["answers"]
    assert [mixed[n]["matches"] for n in (0, 2)] == [batch[n]["matches"] for n in (0, 2)]
    assert mixed[1]["problem"]["status"] == 404
    searches[1] = {"parts": [{"id": numbers[1]}], "top": 1, "descriptor": "hog"}
    unlike = api.post(f"{HERE}/search/batch", json={"searches": searches}).json()["answers"]
    assert unlike[1]["problem"]["type"] == "urn:lookalike:not-indexed"
    assert unlike[2]["matches"] == batch[2]["matches"]


def test_a_batch_goes_in_one_go_whatever_its_parts(
    api: httpx.Client, local: Gallery, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = (picture.id for picture in local.pictures().items[:2])
    file = indexed / "pictures" / "a1.png"
    own = {"upload": uploaded(api, file), "path": str(file)}
    asked = [
        [{"id": one}, {"id": two, "weight": -0.5}],
        [{"id": two, "box": [0, 0, 0.5, 1]}],
        [own],
    ]
    searches = [{"parts": parts, "top": 4} for parts in asked]
    alone = [ids(api.post(f"{HERE}/search", json=search)) for search in searches]
    assert len(alone[2]) == 4

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("asked for one by one")

    monkeypatch.setattr(asking, "search", refused)
    together = api.post(f"{HERE}/search/batch", json={"searches": searches}).json()["answers"]
    assert [[match["id"] for match in answer["matches"]] for answer in together] == alone
    assert file.name not in [match["name"] for match in together[2]["matches"]]


def test_words_are_not_taken_together_with_pictures(api: httpx.Client, local: Gallery) -> None:
    searches = [{"parts": [{"id": local.pictures().items[0].id}]}, {"parts": [{"words": "red"}]}]
    answers = api.post(f"{HERE}/search/batch", json={"searches": searches}).json()["answers"]
    assert answers[0]["matches"]
    assert "words" in answers[1]["problem"]["detail"]  # nothing here understands them


def test_pictures_are_compared(api: httpx.Client, local: Gallery, indexed: Path) -> None:
    known = local.pictures().items[1]
    upload = uploaded(api, indexed / "pictures" / "a1.png")
    parts = [{"upload": upload}, {"id": known.id}, {"id": local.pictures().items[0].id}]
    told = api.post(f"{HERE}/compare", json={"parts": parts}).json()
    assert [row["label"] for row in told["rows"]] == ["glance", "glance_copy"]
    assert all(row["nearer"] == int(known.path.endswith("a0.png")) for row in told["rows"])
    assert [len(histogram) for histogram in told["histograms"]] == [256] * 3
    assert (told["pictures"][1]["name"], told["pictures"][1]["width"]) == ("a1.png", 48)
    assert api.get(told["pictures"][0]["thumbnail"]).status_code == 200
    others = api.post(f"{HERE}/compare", json={"parts": parts, "descriptors": ["hsv_histogram"]})
    assert [row["label"] for row in others.json()["rows"]] == ["hsv_histogram"]


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        ({"parts": [{"id": 1, "words": "both"}]}, 422),
        ({"parts": [{}]}, 422),
        ({"parts": [{"id": 2**63}]}, 422),
        ({"parts": [{"id": "1"}]}, 422),
        ({"parts": [{"id": 1, "weight": 0}]}, 422),
        ({"parts": [{"id": 1, "box": [0.5, 0, 0.2, 1]}]}, 422),
        ({"parts": [{"id": 1, "box": [0, 0, 2, 1]}]}, 422),
        ({"parts": [{"words": "a\0b"}]}, 422),
        ({"parts": [{"words": "x" * 1001}]}, 422),
        ({"parts": [{"id": 1}], "tpo": 3}, 422),
        ({"parts": [{"id": 1}], "top": 1001}, 422),
        ({"parts": [{"id": 1}], "where": ["x"] * 17}, 422),
        ({"parts": [{"id": 1}], "where": ["width >"]}, 400),
        ({"parts": [{"id": 1}], "metric": "nonsense"}, 400),
        ({"parts": [{"id": 10**6}]}, 404),
        ({"parts": [{"upload": "0" * 32}]}, 404),
        ({"parts": [{"url": "http://127.0.0.1/a.png"}]}, 403),
        ({"parts": [{"id": 1}], "descriptor": "network:/etc/passwd"}, 403),
        ({"parts": [{"vector": [0.1]}]}, 400),
        ({"parts": [{"words": "a red shirt"}]}, 400),  # nothing here understands words
        ({"parts": [{"id": 1}], "min_probability": 0.8}, 404),  # nothing was tested here
        ({"parts": [{"id": 1}], "index": "hnsw"}, 404),
        ({}, 400),
    ],
)
def test_what_does_not_fit_is_refused(api: httpx.Client, ask: object, status: int) -> None:
    answer = api.post(f"{HERE}/search", json=ask)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


@pytest.mark.parametrize(
    "body",
    [
        b'{"parts": [{"vector": [NaN, 1]}]}',
        b'{"within": Infinity}',
        b'{"parts": [{"words": "\\ud800"}]}',
        b'{"\\ud800": 1}',
        b'{"top": ' + b"9" * 5000 + b"}",
        b'{"parts": ' + b"[" * 100_000,
        b'\xff{"top": 1}',
        b"[]",
        b"",
    ],
)
def test_what_is_no_proper_json_is_refused(api: httpx.Client, body: bytes) -> None:
    answer = api.post(f"{HERE}/search", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_is_no_picture_is_told_so(api: httpx.Client) -> None:
    answer = api.post(f"{HERE}/search/upload", files={"picture": b"no picture"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:lookalike:unknown-format")
    assert api.post(f"{HERE}/search/upload?box=1,2", files={"picture": b"x"}).status_code == 422
    crossed = api.post(f"{HERE}/search/upload?box=0.9,0,0.1,1", files={"picture": b"x"})
    assert (crossed.status_code, crossed.json()["type"]) == (400, "urn:lookalike:bad-parameter")
    assert api.post(f"{HERE}/search/upload", data={"picture": "text"}).status_code == 422
