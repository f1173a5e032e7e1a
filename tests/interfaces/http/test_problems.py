"""What is answered when something goes wrong."""

from __future__ import annotations

import errno
import json
import logging
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.datastructures import UploadFile
from starlette.testclient import TestClient

from lookalike import errors
from lookalike.interfaces.http import problems
from lookalike.interfaces.http.problems import Problem, TooBusy, UnknownUpload
from lookalike.interfaces.http.safety.mishaps import Mishaps
from lookalike.interfaces.http.state import UnknownGallery
from lookalike.interfaces.http.work import ClientGone
from serving import Serving

PICTURE = ("photo.jpg", "it is so")
ANSWERS = [
    (errors.CorruptPicture(*PICTURE), 422, "corrupt-picture"),
    (errors.UnknownFormat(*PICTURE), 422, "unknown-format"),
    (errors.PictureTooLarge(*PICTURE), 413, "picture-too-large"),
    (errors.MissingPicture(*PICTURE), 404, "missing-picture"),
    (errors.UnreachablePicture(*PICTURE), 503, "unreachable-picture"),
    (errors.PictureTooSlow(*PICTURE), 422, "picture-too-slow"),
    (errors.UsageError("so"), 400, "usage-error"),
    (errors.UnknownName("metric", "cosin", ["cosine"]), 400, "unknown-name"),
    (UnknownGallery("gallery", "shp", ["shop"]), 404, "unknown-name"),
    (errors.BadParameter("so"), 400, "bad-parameter"),
    (errors.ForbiddenAddress("so"), 403, "forbidden-address"),
    (errors.NotIndexed("so"), 404, "not-indexed"),
    (errors.GalleryMissing("so"), 404, "gallery-missing"),
    (errors.GalleryBusy("so"), 409, "gallery-busy"),
    (errors.GalleryDamaged("so"), 503, "gallery-damaged"),
    (errors.GalleryTooNew("so"), 503, "gallery-too-new"),
    (errors.MissingExtra("this", "text"), 501, "missing-extra"),
    (errors.NetworkError("so"), 503, "network-error"),
    (errors.LookalikeError("no decoder"), 503, "lookalike-error"),
    (UnknownUpload("12"), 404, "not-found"),
    (TooBusy("all is taken", 3.2), 429, "too-many-requests"),
    (ClientGone(), 499, "client-gone"),
    (RuntimeError("/home/ada/secret"), 500, "internal"),
]


@pytest.mark.parametrize(("error", "status", "kind"), ANSWERS)
def test_every_error_has_its_status(error: Exception, status: int, kind: str) -> None:
    problem = problems.problem_of(error)
    assert (problem.status, problem.type) == (status, f"urn:lookalike:{kind}")
    assert problem.title
    assert problem.errors is None


def test_every_error_that_is_raised_on_purpose_has_one() -> None:
    """A class that is added later is answered as the one above it."""
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, Exception)]
    assert len(kinds) > 20
    for kind in kinds:
        assert 400 <= problems.status_of(kind.__new__(kind)) < 600


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(Mishaps)

    @app.get("/raise/{number}")
    async def raising(number: int) -> None:
        raise ANSWERS[number][0]

    @app.get("/file")
    async def file() -> None:
        raise errors.MissingPicture("caf\udce9 \U0001f408.jpg\r\nSet-Cookie: x=1", "it is gone")

    with TestClient(app) as made:
        yield made


def checked(response: httpx.Response) -> Problem:
    assert response.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate(response.json())
    assert problem.status == response.status_code
    return problem


def test_they_come_as_json(client: TestClient) -> None:
    for number, (error, status, kind) in enumerate(ANSWERS[:-1]):
        response = client.get(f"/raise/{number}")
        assert checked(response) == Problem(
            type=f"urn:lookalike:{kind}",
            title=kind.replace("-", " ").capitalize(),
            status=status,
            detail=str(error),
        )
    assert "errors" not in response.json()


def test_one_is_told_when_to_come_back(client: TestClient) -> None:
    busy = next(n for n, (e, *_) in enumerate(ANSWERS) if isinstance(e, TooBusy))
    response = client.get(f"/raise/{busy}")
    assert response.headers["retry-after"] == "4"
    assert checked(response).detail == "all is taken; try again in 4 s"


def test_an_error_of_our_own_tells_nothing_but_to_the_log(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "lookalike.serve"):
        response = client.get(f"/raise/{len(ANSWERS) - 1}")
    assert checked(response).status == 500
    assert "secret" not in response.text
    assert "RuntimeError" not in response.text
    (record,) = caplog.records
    assert "/raise/" in record.getMessage()
    assert "/home/ada/secret" in str(record.exc_info)


def test_a_file_name_can_hold_anything(client: TestClient) -> None:
    response = client.get("/file")
    assert "set-cookie" not in response.headers
    assert "caf\udce9" in json.loads(response.content)["detail"]


def test_values_that_do_not_fit(client: TestClient) -> None:
    problem = checked(client.get("/raise/many"))
    assert (problem.status, problem.type) == (422, "urn:lookalike:unprocessable")
    assert [wrong.where for wrong in problem.errors or ()] == [["path", "number"]]
    assert problem.detail.startswith("path.number: ")


def test_addresses_and_methods_that_there_are_none_of(client: TestClient) -> None:
    assert checked(client.get("/nowhere")).type == "urn:lookalike:not-found"
    response = client.delete("/file")
    assert checked(response).type == "urn:lookalike:method-not-allowed"
    assert response.headers["allow"] == "GET"
    assert checked(response).detail == "DELETE does not go with /file; it takes GET"


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("POST", "/v1/session", "%s"),
        ("POST", "/v1/galleries/shop/search", "%s"),
        ("POST", "/v1/galleries/shop/search", '{"parts": [%s]}'),
        ("PATCH", "/v1/galleries/shop/pictures/1", '{"columns": %s}'),
        ("PUT", "/v1/galleries/shop/columns", '{"rows": [{"picture": 1, "values": %s}]}'),
        ("PUT", "/v1/galleries/shop/columns", '{"rows": [%s, %s, %s]}'),
    ],
)
def test_a_request_that_is_wrong_a_thousand_times_is_told_so_once(
    served: Serving, method: str, path: str, text: str
) -> None:
    """To tell of each would take a minute, in which nobody else is answered."""
    names = "{" + ", ".join(f'"name{n}": []' for n in range(1000)) + "}"
    body = text.replace("%s", names)
    headers = {"Content-Type": "application/json"}
    answer = httpx.request(method, served() + path, content=body, headers=headers)
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) <= 20
    assert len(answer.content) < 5000


def test_a_body_that_cannot_be_written(served: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form is written to a file while it comes."""

    async def full(upload: UploadFile, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(UploadFile, "write", full)
    answer = httpx.post(served() + "/v1/uploads", files={"picture": ("a.png", bytes(10))})
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:lookalike:no-room"
    assert answer.headers["retry-after"]
