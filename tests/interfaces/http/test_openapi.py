"""The OpenAPI document: complete, and true."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lookalike.interfaces.http.app import create_app
from lookalike.interfaces.http.problems import MEDIA_TYPE
from lookalike.interfaces.http.settings import ServerSettings


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    # As it is sent: through JSON.
    return dict(json.loads(json.dumps(create_app(ServerSettings(), {}).openapi())))


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def ours(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: operation
        for name, operation in operations(document)
        if " /v1" in name and "/session" not in name
    }


def test_it_has_every_route_of_the_api(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    named = {operation["operationId"]: name for name, operation in ours(document).items()}
    g = "/v1/galleries/{gallery}"
    assert named == {
        "about": "GET /v1",
        "list_descriptors": "GET /v1/descriptors",
        "list_galleries": "GET /v1/galleries",
        "gallery_info": f"GET {g}",
        "list_fields": f"GET {g}/fields",
        "list_failures": f"GET {g}/failures",
        "list_pictures": f"GET {g}/pictures",
        "add_picture": f"POST {g}/pictures",
        "get_picture": f"GET {g}/pictures/{{id}}",
        "set_values": f"PATCH {g}/pictures/{{id}}",
        "remove_picture": f"DELETE {g}/pictures/{{id}}",
        "remove_pictures": f"POST {g}/remove",
        "get_thumbnail": f"GET {g}/pictures/{{id}}/thumbnail",
        "get_file": f"GET {g}/pictures/{{id}}/file",
        "reveal_picture": f"POST {g}/pictures/{{id}}/reveal",
        "similar_pictures": f"GET {g}/pictures/{{id}}/similar",
        "search": f"POST {g}/search",
        "search_by_upload": f"POST {g}/search/upload",
        "search_batch": f"POST {g}/search/batch",
        "compare": f"POST {g}/compare",
        "upload": "POST /v1/uploads",
        "upload_by_url": "POST /v1/uploads/url",
        "get_upload_thumbnail": "GET /v1/uploads/{id}/thumbnail",
        "keep_marks": f"POST {g}/marks",
        "forget_marks": f"DELETE {g}/marks",
        "list_columns": f"GET {g}/columns",
        "set_columns": f"PUT {g}/columns",
        "remove_column": f"DELETE {g}/columns/{{name}}",
        "start_job": f"POST {g}/jobs",
        "list_jobs": f"GET {g}/jobs",
        "get_job": f"GET {g}/jobs/{{job}}",
        "stop_job": f"DELETE {g}/jobs/{{job}}",
        "job_events": f"GET {g}/jobs/{{job}}/events",
    }


def test_every_operation_is_told_with_its_problems(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for name, operation in ours(document).items():
        assert operation["summary"] and operation["description"], name
        assert len(operation["tags"]) == 1 and set(operation["tags"]) <= tags, name
        for parameter in operation.get("parameters", []):
            if parameter["in"] in ("path", "query"):
                assert parameter.get("description"), (name, parameter["name"])
        answers = operation["responses"]
        assert {"401", "403", "422", "429", "503"} <= set(answers), name
        for status, answer in answers.items():
            if int(status) >= 400:
                assert list(answer["content"]) == [MEDIA_TYPE], (name, status)
                problem = answer["content"][MEDIA_TYPE]["schema"]["$ref"]
                assert problem == "#/components/schemas/Problem"


def test_every_field_that_is_asked_for_is_described(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name in ("Search", "JobWanted", "RemoveWanted", "MarksWanted", "PartByUpload"):
        assert schemas[name]["additionalProperties"] is False
    for name in ("Search", "JobWanted"):
        for field, schema in schemas[name]["properties"].items():
            assert "description" in schema, (name, field)


def test_files_and_streams_are_told_by_their_types(document: dict[str, Any]) -> None:
    found = ours(document)

    def types(operation: str, status: str = "200") -> list[str]:
        (one,) = (o for o in found.values() if o["operationId"] == operation)
        return list(one["responses"][status].get("content", {}))

    assert types("get_thumbnail") == types("get_upload_thumbnail") == ["image/webp"]
    assert types("get_file") == ["application/octet-stream"]
    assert types("job_events") == ["text/event-stream"]
    assert types("get_thumbnail", "304") == types("remove_picture", "204") == []
    for name in ("add_picture", "search_by_upload", "upload"):
        (one,) = (o for o in found.values() if o["operationId"] == name)
        assert list(one["requestBody"]["content"]) == ["multipart/form-data"]


def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    def references(part: object) -> Iterator[str]:
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            part = list(part.values())
        if isinstance(part, list):
            for one in part:
                yield from references(one)

    for reference in set(references(document)):
        at: Any = document
        for key in reference.removeprefix("#/").split("/"):
            at = at[key]


@pytest.mark.skipif(
    importlib.util.find_spec("schemathesis") is None, reason="schemathesis is not installed"
)
def test_what_the_document_says_is_what_the_server_does(
    served: Callable[..., str], indexed: Path, tmp_path: Path
) -> None:
    """Ask everything, rightly and wrongly: no crash, nothing undocumented, nothing wrong taken."""
    address = served(allowed_folders=(indexed / "pictures",))
    document = httpx.get(f"{address}/openapi.json").json()
    for _, operation in operations(document):
        for parameter in operation.get("parameters", []):
            if parameter["name"] == "gallery":
                parameter["schema"] = {"type": "string", "enum": ["shop"]}
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    program = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"]
    options = [
        *("--url", address, "--seed", "7", "--max-examples", "4", "--no-shrink"),
        *("--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--no-color"),
        # What fits the document may be refused all the same: there is no such picture, no such
        # descriptor.
        *("--exclude-checks", "positive_data_acceptance"),
        *("--exclude-operation-id", "reveal_picture"),  # it opens windows
    ]
    done = subprocess.run(
        [*program, "run", str(tmp_path / "openapi.json"), *options],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert httpx.get(f"{address}/healthz").status_code == 200


def test_what_a_path_takes_is_told_in_full(served: Callable[..., str]) -> None:
    answer = httpx.put(f"{served()}/v1/galleries/shop/jobs")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert answer.headers["content-type"] == MEDIA_TYPE
