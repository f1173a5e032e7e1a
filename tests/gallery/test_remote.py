"""A gallery behind a server: what the client does, whatever the server is like."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from lookalike import Gallery
from lookalike.errors import (
    CorruptPicture,
    GalleryBusy,
    GalleryError,
    GalleryMissing,
    LookalikeError,
    MissingExtra,
    MissingPicture,
    NotIndexed,
    PictureTooLarge,
    UnknownName,
    UsageError,
)
from lookalike.gallery.remote import RemoteGallery
from lookalike.gallery.remote.address import address_of
from lookalike.gallery.remote.connection import Connection, ConnectionLost
from lookalike.gallery.remote.events import Event, events
from lookalike.gallery.remote.problems import error_of
from lookalike.gallery.remote.waiting import retry_after

BASE = "http://shop.example:8765"
KEY = "a-very-secret-key"


class Fake:
    """Answers what it was told to, in turn; the last answer again and again."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.slept: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return answer(request)
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    @property
    def asked(self) -> list[str]:
        return [f"{one.method} {one.url.raw_path.decode()}" for one in self.requests]

    def sent(self, number: int = -1) -> Any:
        return json.loads(self.requests[number].content)


@pytest.fixture
def opened() -> Iterator[Callable[..., tuple[RemoteGallery, Fake]]]:
    made: list[RemoteGallery] = []

    def open_with(*answers: Any, key: str = "") -> tuple[RemoteGallery, Fake]:
        fake = Fake(*answers)
        connection = Connection(
            address_of(BASE), key, transport=httpx.MockTransport(fake), sleep=fake.slept.append
        )
        made.append(RemoteGallery(connection, "shoes"))
        return made[-1], fake

    yield open_with
    for gallery in made:
        gallery.close()


def problem(kind: str, status: int, detail: str, **headers: str) -> httpx.Response:
    body = {"type": f"urn:lookalike:{kind}", "title": "T", "status": status, "detail": detail}
    return httpx.Response(
        status,
        content=json.dumps(body),
        headers={"content-type": "application/problem+json"} | headers,
    )


def match(rank: int, **other: object) -> dict[str, object]:
    return {
        **{"rank": rank, "id": 100 + rank, "path": f"/p/{rank}.jpg", "name": f"{rank}.jpg"},
        **{"distance": 0.5, "similarity": 0.75, "probability": None, "identical": False},
        **{"width": 4, "height": 3, "format": "JPEG", "bytes": 9, "sha256": "0" * 64},
        **{"verdict": "alike", "thumbnail": "/nowhere"},
        **other,
    }


def answer(*matches: object, more: bool = False, **other: object) -> dict[str, object]:
    return {
        **{"gallery": "shoes", "descriptor": "glance@2:edition=1", "label": "glance"},
        **{"metric": "cosine", "index": "exact", "recall": 1, "searched": 9, "seconds": 0.5},
        **{"heading": "h", "matches": list(matches), "more": more},
        **other,
    }


# -- addresses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "base", "gallery"),
    [
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765", ""),
        ("HTTPS://Shop.Example/", "https://shop.example", ""),
        ("http://shop.example/v1", "http://shop.example", ""),
        ("http://shop.example/v1/galleries/red%20shoes/", "http://shop.example", "red shoes"),
        ("https://host/behind/a/proxy/v1/galleries/x", "https://host/behind/a/proxy", "x"),
        ("http://shop.example/?g=shoes&q=id:12", "http://shop.example", "shoes"),
        ("http://[::1]:8765", "http://[::1]:8765", ""),
    ],
)
def test_what_an_address_means(typed: str, base: str, gallery: str) -> None:
    found = address_of(typed)
    assert (found.base, found.gallery) == (base, gallery)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.8.0.1", True), ("[::1]", True), ("shop.local", False)],
)
def test_whether_it_is_this_machine(host: str, expected: bool) -> None:
    assert address_of(f"http://{host}:1").is_this_machine is expected


@pytest.mark.parametrize(
    "typed", ["http://", "http://a b", "http://a:99999", "http://a/v1/galleries/b/c"]
)
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(UsageError, match="address"):
        Gallery.open(typed)


def test_no_password_in_an_address() -> None:
    with pytest.raises(UsageError, match="LOOKALIKE_API_KEY") as refused:
        Gallery.open("http://ada:hunter2@shop.example")
    assert "hunter2" not in str(refused.value)


def test_nobody_there() -> None:
    with pytest.raises(
        GalleryMissing, match=r"no server answers at .*is `lookalike serve` running"
    ):
        Gallery.open("http://127.0.0.1:1")


def test_importing_costs_no_httpx() -> None:
    code = "import sys, lookalike, lookalike.gallery; print('httpx' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_without_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingExtra, match=r"a gallery behind a server .*lookalike\[client\]"):
        Gallery.open(BASE)


# -- the key ---------------------------------------------------------------------------------


def test_the_key_goes_along(opened) -> None:
    gallery, fake = opened({"columns": []}, key=KEY)
    assert gallery.columns() == []
    assert fake.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_no_key_no_header(opened) -> None:
    gallery, fake = opened({"columns": []})
    gallery.columns()
    assert "authorization" not in fake.requests[0].headers


def test_a_wrong_key(opened) -> None:
    gallery, _ = opened(problem("unauthorised", 401, "send it as …"), key=KEY)
    with pytest.raises(UsageError, match="is not the one that .* knows") as refused:
        gallery.columns()
    assert KEY not in str(refused.value)


def test_a_key_that_is_missing(opened) -> None:
    gallery, _ = opened(problem("unauthorised", 401, "send it as …"))
    with pytest.raises(UsageError, match="wants an API key; give it: api_key .*LOOKALIKE_API_KEY"):
        gallery.columns()


@pytest.mark.parametrize("key", ["clé", "two\nlines", "tab\tbed"])
def test_a_key_that_cannot_be_one(key: str) -> None:
    with pytest.raises(UsageError, match="plain ASCII") as refused:
        Gallery.open(BASE, api_key=key)
    assert key not in str(refused.value)


def test_the_key_is_shown_nowhere(opened) -> None:
    gallery, _ = opened(httpx.ConnectError("refused"), key=KEY)
    assert KEY not in repr(gallery) + repr(gallery._connection)
    assert repr(gallery) == f"<RemoteGallery {BASE}/v1/galleries/shoes>"
    with pytest.raises(GalleryMissing) as failed:
        gallery.columns()
    assert KEY not in str(failed.value)


@pytest.mark.parametrize("to", ["https://elsewhere.example/v1", f"{BASE}/other", "/other"])
def test_a_redirect_is_not_followed(opened, to: str) -> None:
    gallery, fake = opened(httpx.Response(307, headers={"location": to}), key=KEY)
    with pytest.raises(GalleryMissing, match="sends on to .*name that address"):
        gallery.columns()
    assert len(fake.requests) == 1


# -- trying again ----------------------------------------------------------------------------


def test_a_broken_connection_is_tried_again(opened) -> None:
    gallery, fake = opened(httpx.ConnectError("refused"), httpx.ReadError("reset"), {"columns": []})
    assert gallery.columns() == []
    assert len(fake.slept) == 2
    assert fake.slept[0] < fake.slept[1]


def test_but_not_for_ever(opened) -> None:
    gallery, fake = opened(httpx.ConnectError("refused"))
    with pytest.raises(GalleryMissing, match=r"no server answers at http://shop.example:8765 "):
        gallery.columns()
    assert len(fake.requests) == 4


def test_what_twice_would_do_harm_is_sent_once(opened) -> None:
    gallery, fake = opened(httpx.ReadError("reset"))
    with pytest.raises(ConnectionLost, match="whether the server has done .* is not known"):
        gallery.forget_marks()
    assert len(fake.requests) == 1


def test_what_never_arrived_may_be_sent_again(opened) -> None:
    gallery, fake = opened(httpx.ConnectError("refused"), {"forgotten": 3})
    assert gallery.forget_marks() == 3
    assert len(fake.requests) == 2


def test_a_server_that_takes_too_long_is_not_asked_for_more_work(opened) -> None:
    gallery, fake = opened(httpx.ReadTimeout("slow"))
    with pytest.raises(GalleryError, match="has not answered in time"):
        gallery.columns()
    assert len(fake.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_given_the_time_it_wants(opened, status: int) -> None:
    busy = problem("too-many-requests", status, "too many", **{"retry-after": "7"})
    gallery, fake = opened(busy, {"forgotten": 0})
    assert gallery.forget_marks() == 0
    (slept,) = fake.slept
    assert 7 <= slept < 10


def test_a_server_that_stays_busy(opened) -> None:
    gallery, fake = opened(
        problem(
            "too-many-requests", 429, "the queue is full; try again in 1 s", **{"retry-after": "1"}
        )
    )
    with pytest.raises(GalleryError, match="the queue is full"):
        gallery.columns()
    assert len(fake.requests) == 4


def test_an_hour_is_not_waited_for(opened) -> None:
    gallery, fake = opened(problem("too-many-requests", 429, "full", **{"retry-after": "3600"}))
    with pytest.raises(GalleryError, match="full"):
        gallery.columns()
    assert not fake.slept


def test_a_fault_is_not_tried_again(opened) -> None:
    gallery, fake = opened(problem("gallery-damaged", 503, "the catalog is broken"))
    with pytest.raises(LookalikeError, match="the catalog is broken"):
        gallery.columns()
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0.0),
        ("12", 12.0),
        ("Wed, 21 Oct 2015 07:28:05 GMT", 5.0),
        ("Wed, 21 Oct 2015 07:00:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("", None),
    ],
)
def test_retry_after(said: str, seconds: float | None) -> None:
    now = datetime(2015, 10, 21, 7, 28, tzinfo=timezone.utc)
    assert retry_after({"retry-after": said}, now) == seconds


# -- what goes wrong there -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("not-indexed", NotIndexed),
        ("gallery-busy", GalleryBusy),
        ("unknown-name", UnknownName),
        ("picture-too-large", PictureTooLarge),
        ("missing-extra", MissingExtra),
        ("unprocessable", UsageError),
        ("forbidden", GalleryError),
        ("internal", LookalikeError),
        ("something-of-next-year", LookalikeError),
    ],
)
def test_a_problem_is_the_exception_it_was(kind: str, expected: type[Exception]) -> None:
    error = error_of({"type": f"urn:lookalike:{kind}", "detail": "What, why, what to do."})
    assert type(error) is expected
    assert str(error) == "What, why, what to do."


def test_every_error_comes_back_whole() -> None:
    from lookalike.errors import UnknownFormat

    error = error_of(
        {"type": "urn:lookalike:unknown-format", "detail": str(UnknownFormat("x", "y: z"))}
    )
    assert isinstance(error, UnknownFormat)
    assert (error.picture, error.why, error.reason) == ("x", "y: z", "unknown-format")
    error = error_of(
        {
            "type": "urn:lookalike:unknown-name",
            "detail": str(UnknownName("metric", "cosin", ["cosine"])),
        }
    )
    assert isinstance(error, UnknownName)
    assert error.name == "cosin"
    error = error_of(
        {"type": "urn:lookalike:missing-extra", "detail": str(MissingExtra("words", "text"))}
    )
    assert isinstance(error, MissingExtra)
    assert error.extra == "text"


def test_a_picture_is_called_as_it_is_here(opened, tmp_path: Path) -> None:
    file = tmp_path / "cat.jpg"
    file.write_bytes(b"\xff\xd8 broken")
    gallery, _ = opened(problem("corrupt-picture", 422, "cannot read the upload: it is damaged"))
    with pytest.raises(CorruptPicture) as refused:
        gallery.search(file)
    assert str(refused.value) == f"cannot read {file}: it is damaged"


def test_a_picture_that_the_server_takes_no_more_of(opened, tmp_path: Path) -> None:
    file = tmp_path / "cat.jpg"
    file.write_bytes(b"\xff\xd8 large")
    gallery, _ = opened(problem("too-large", 413, "a request like this has 5 bytes at most"))
    with pytest.raises(PictureTooLarge, match=r"cannot read .*cat\.jpg: a request like this has 5"):
        gallery.search(file)
    with pytest.raises(UsageError, match="a request like this has 5"):
        gallery.set_columns({1: {"brand": "acme"}})


def test_a_picture_that_is_not_here_is_not_asked_for(opened, tmp_path: Path) -> None:
    gallery, fake = opened({})
    with pytest.raises(MissingPicture):
        gallery.search(tmp_path / "nothing.jpg")
    assert not fake.requests


@pytest.mark.parametrize(
    "stranger",
    [
        httpx.Response(200, text="<html>It works!</html>"),
        httpx.Response(404, text="not here"),
        httpx.Response(400, text="[]", headers={"content-type": "application/problem+json"}),
    ],
)
def test_what_answers_is_something_else(opened, stranger: httpx.Response) -> None:
    gallery, _ = opened(stranger)
    with pytest.raises(GalleryMissing, match="does not speak as a Lookalike does"):
        gallery.columns()


def test_a_proxy_before_a_server_that_is_down(opened) -> None:
    gallery, _ = opened(httpx.Response(502, text="<h1>Bad gateway</h1>"))
    with pytest.raises(GalleryError, match="answers 502 Bad Gateway; try again later"):
        gallery.columns()


@pytest.mark.parametrize(
    "broken",
    [
        answer(match(1), searched="9"),
        {key: value for key, value in answer().items() if key != "metric"},
        answer({key: value for key, value in match(1).items() if key != "distance"}),
        answer(match(1, identical=1)),
        answer(match(1, distance=None)),
        answer(matches={}),
    ],
)
def test_an_answer_that_lacks_what_is_needed(opened, broken: object) -> None:
    gallery, _ = opened(broken)
    with pytest.raises(LookalikeError, match="another version"):
        gallery.search(1)


def test_further_keys_are_no_matter(opened) -> None:
    gallery, _ = opened(answer(match(1, colour="red"), weather="fine"))
    assert gallery.search(1)[0].path == "/p/1.jpg"


# -- searching -------------------------------------------------------------------------------


def test_what_is_asked(opened) -> None:
    gallery, fake = opened(answer(match(1)))
    gallery.search(12, top=5, where="width > 3", box=(0, 0.25, 1, 1), within=np.float32(0.5))
    assert fake.asked == ["POST /v1/galleries/shoes/search"]
    sent = fake.sent()
    assert sent["parts"] == [{"id": 12, "box": [0.0, 0.25, 1.0, 1.0], "weight": 1.0}]
    assert (sent["top"], sent["where"], sent["within"]) == (5, ["width > 3"], 0.5)


def test_more_than_a_thousand_come_in_pages(opened) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        ranks = range(asked["skip"] + 1, min(asked["skip"] + asked["top"], 2300) + 1)
        return httpx.Response(200, json=answer(*map(match, ranks), more=ranks[-1] < 2300))

    def first(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content) | {"skip": 0}
        return serve(httpx.Request("POST", request.url, json=asked))

    gallery, fake = opened(first, serve)
    matches = gallery.search(1, top=2200)
    assert [one.rank for one in matches] == list(range(1, 2201))
    assert [fake.sent(n)["top"] for n in range(3)] == [1000, 1000, 200]
    assert matches.seconds == 1.5

    gallery, fake = opened(first, serve)
    assert len(gallery.search(1, within=0.5)) == 2300
    assert len(fake.requests) == 3


def test_many_searches_go_in_batches(opened) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        count = len(json.loads(request.content)["searches"])
        return httpx.Response(200, json={"answers": [answer(match(1))] * count})

    gallery, fake = opened(serve)
    assert len(gallery.search_many(list(range(1, 131)))) == 130
    assert [len(fake.sent(n)["searches"]) for n in range(3)] == [64, 64, 2]


def test_too_few_answers(opened) -> None:
    gallery, _ = opened({"answers": []})
    with pytest.raises(LookalikeError, match="answered 0 of 1 questions"):
        gallery.search_many([1])


def test_one_of_many_goes_wrong(opened) -> None:
    wrong = {"type": "urn:lookalike:not-indexed", "detail": "no picture with the id 2"}
    gallery, _ = opened({"answers": [answer(match(1)), {"problem": wrong}]})
    with pytest.raises(NotIndexed, match="id 2"):
        gallery.search_many([1, 2])


def test_good_and_bad_answers_go_as_ids_or_are_uploaded(opened, tmp_path: Path, draw) -> None:
    file = draw(tmp_path / "cat.png", 1)
    gallery, fake = opened({"id": "0" * 32}, {"id": "1" * 32}, answer(match(1)))
    gallery.search(5, like=[np.int64(3), file], unlike=[file.read_bytes()])
    assert fake.asked[:2] == ["POST /v1/uploads"] * 2
    assert fake.sent()["like"] == [3, {"upload": "0" * 32}]
    assert fake.sent()["unlike"] == [{"upload": "1" * 32}]


def test_marks_are_one_request_behind_what_is_uploaded(opened, tmp_path: Path, draw) -> None:
    file = draw(tmp_path / "cat.png", 1)
    gallery, fake = opened({"id": "0" * 32}, {"kept": 2})
    assert gallery.mark(5, like=[3], unlike=[file]) == 2
    assert fake.sent() == {"query": {"id": 5}, "like": [3], "unlike": [{"upload": "0" * 32}]}
    assert len(fake.requests) == 2


# -- removing and entering -------------------------------------------------------------------


def test_pictures_are_removed_by_one_request(opened) -> None:
    gallery, fake = opened({"removed": 7})
    assert gallery.remove(3, "/pictures/cats", 3, np.int64(4)) == 7
    assert fake.asked == ["POST /v1/galleries/shoes/remove"]
    assert fake.sent() == {"pictures": [3, "/pictures/cats", 4]}


def test_what_cannot_be_sent_is_removed_by_its_id(opened) -> None:
    gallery, fake = opened({"removed": 1})
    with pytest.raises(UsageError, match="name the picture by its id"):
        gallery.remove("/pictures/\udcff.png")
    assert not fake.requests


def test_more_than_one_request_can_have(opened) -> None:
    gallery, fake = opened({})
    with pytest.raises(UsageError, match=r"10,001 rows, and .* at most 10,000 .* several times"):
        gallery.set_columns({id: {"price": 1} for id in range(10_001)})
    with pytest.raises(UsageError, match=r"10,001 pictures, and .* at most 10,000"):
        gallery.remove(*range(10_001))
    assert not fake.requests


def test_dates_are_told_from_text(opened) -> None:
    report = {"rows": 1, "matched": 1, "repeated": 0, "values": {}, "kinds": {}, "unmatched": []}
    gallery, fake = opened(report)
    gallery.set_columns({5: {"made": date(2021, 5, 1), "at": datetime(2021, 5, 1, 12, 30)}})
    (row,) = fake.sent()["rows"]
    assert row["values"] == {"made": {"date": "2021-05-01"}, "at": {"date": "2021-05-01T12:30:00"}}


def test_of_another_machine_a_relative_folder_means_nothing(opened) -> None:
    gallery, fake = opened({})
    with pytest.raises(UsageError, match=r"'cats' is to be a path on the server at"):
        gallery.sync("cats")
    assert not fake.requests


def test_a_closed_gallery(opened) -> None:
    gallery, _ = opened({"columns": []})
    gallery.close()
    with pytest.raises(UsageError, match="was closed; open it again"):
        gallery.columns()


# -- what is shown ---------------------------------------------------------------------------


def test_matches_are_shown_by_thumbnails_of_the_server(opened, tmp_path: Path, draw) -> None:
    webp = draw(tmp_path / "small.webp", 3).read_bytes()

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/thumbnail"):
            return httpx.Response(200, content=webp)
        return httpx.Response(200, json=answer(match(1), match(2)))

    gallery, fake = opened(serve)
    page = gallery.search(7).sheet()
    assert page.count("data:image/jpeg;base64,") == 3
    assert "file://" not in page
    assert sorted(one.split()[1].partition("/pictures/")[2] for one in fake.asked[1:]) == [
        f"{id}/thumbnail?size=320" for id in (101, 102, 7)
    ]


def test_a_thumbnail_that_cannot_be_had_is_told_of(opened) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/thumbnail"):
            return problem("missing-picture", 404, "cannot read x.jpg: it is gone")
        return httpx.Response(200, json=answer(match(1)))

    gallery, _ = opened(serve)
    assert "cannot be shown: it is gone" in gallery.search(7)._repr_html_()


# -- jobs ------------------------------------------------------------------------------------

JOB = {"id": "5f1d", "gallery": "shoes", "state": "running", "report": None, "problem": None}
DONE = {
    **JOB,
    "state": "done",
    "report": {"added": 3, "first_failures": [], "renamed": [["a", "b"]]},
}


def stream(*pieces: bytes | Exception) -> httpx.Response:
    class Body(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            for piece in pieces:
                if isinstance(piece, Exception):
                    raise piece
                yield piece

    return httpx.Response(200, stream=Body(), headers={"content-type": "text/event-stream"})


def event(name: str, data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def far(done: int) -> bytes:
    return event("progress", {"stage": "reading", "done": done, "total": 9, "failed": 0, "rate": 1})


def test_a_job_is_followed_to_its_end(opened) -> None:
    gallery, fake = opened(
        httpx.Response(202, json=JOB), stream(b": hello\n\n", far(3), far(9), event("end", DONE))
    )
    told: list[tuple[str, int]] = []
    report = gallery.sync("/pictures", progress=lambda p: told.append((p.stage, p.done)))
    assert (report.added, report.renamed) == (3, [("a", "b")])
    assert told == [("reading", 3), ("reading", 9)]
    assert fake.sent(0)["folders"] == ["/pictures"]
    assert fake.asked[1] == "GET /v1/galleries/shoes/jobs/5f1d/events"


def test_a_broken_stream_is_gone_on_with(opened) -> None:
    gallery, fake = opened(
        httpx.Response(202, json=JOB),
        stream(far(3), httpx.ReadError("reset")),
        httpx.ConnectError("refused"),
        stream(b"event: progress\nda"),  # ends in the middle
        stream(far(9), event("end", DONE)),
    )
    told: list[int] = []
    assert gallery.sync(progress=lambda p: told.append(p.done)).added == 3
    assert told == [3, 9]
    assert not any(one.startswith("DELETE") for one in fake.asked)


def test_a_server_that_does_not_come_back(opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lookalike.gallery.remote.following._WAITS", (0, 0, 0))
    gallery, _ = opened(httpx.Response(202, json=JOB), httpx.ConnectError("refused"))
    with pytest.raises(GalleryMissing, match="no server answers"):
        gallery.sync()


def test_a_server_that_was_started_anew(opened) -> None:
    gallery, fake = opened(
        httpx.Response(202, json=JOB),
        stream(far(3)),
        problem("not-found", 404, "there is no job '5f1d' of this gallery"),
    )
    with pytest.raises(GalleryError, match=r"was it started anew\? What was done is kept"):
        gallery.sync()
    assert fake.asked[2] == "GET /v1/galleries/shoes/jobs/5f1d/events"


@pytest.mark.parametrize("raised", [KeyboardInterrupt, ZeroDivisionError])
def test_who_stops_following_stops_the_job(opened, raised: type[BaseException]) -> None:
    gallery, fake = opened(
        httpx.Response(202, json=JOB),
        stream(far(1), far(2)),
        httpx.Response(202, json={**JOB, "state": "stopped"}),
    )

    def stop(_: object) -> None:
        raise raised

    with pytest.raises(raised):
        gallery.sync(progress=stop)
    assert fake.asked[-1] == "DELETE /v1/galleries/shoes/jobs/5f1d"


def test_a_job_that_fails(opened) -> None:
    busy = {"type": "urn:lookalike:gallery-busy", "detail": "another process is writing"}
    failed = {**JOB, "state": "failed", "problem": busy}
    gallery, _ = opened(httpx.Response(202, json=JOB), stream(event("end", failed)))
    with pytest.raises(GalleryBusy, match="another process is writing"):
        gallery.sync()


def test_a_job_that_somebody_else_stops(opened) -> None:
    stopped = {**JOB, "state": "stopped"}
    gallery, _ = opened(httpx.Response(202, json=JOB), stream(event("end", stopped)))
    with pytest.raises(GalleryError, match="was stopped on the server; what was done is kept"):
        gallery.sync()


def test_a_job_is_not_begun_twice(opened) -> None:
    gallery, fake = opened(httpx.ReadError("reset"))
    with pytest.raises(ConnectionLost):
        gallery.sync()
    assert len(fake.requests) == 1


def test_events_in_pieces_of_any_size() -> None:
    whole = (
        "event: a\r\ndata: 1\r\n\r\n: beat\n\n"
        "data:é\u2028\ndata: 2\n\nid: 3\n\nevent: lost\ndata: x\n"
    )
    expected = [Event("a", "1"), Event("message", "é\u2028\n2")]
    encoded = whole.encode()
    for size in (1, 2, 3, 7, 1000):
        pieces = [encoded[n : n + size] for n in range(0, len(encoded), size)]
        assert list(events(pieces)) == expected
