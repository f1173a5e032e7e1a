"""Places for pictures that tests can look into: a bucket of S3, and a server of folders."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as pillow


def png(number: int) -> bytes:
    """Return a small picture, another for each number."""
    pixels = np.random.default_rng(number).integers(0, 255, (4, 4, 3), np.uint8)
    file = io.BytesIO()
    pillow.fromarray(pixels).resize((24, 24)).save(file, "PNG")
    return file.getvalue()


class Bucket:
    """A bucket of a server of S3 in this process.

    Attributes
    ----------
    asked : list of (str, str)
        Method and path of all requests so far.
    broken : callable
        Given the method and the path, whether to answer that the server is at fault.
    """

    name = "pictures"

    def __init__(self, client: Any) -> None:
        self._client = client
        self.asked: list[tuple[str, str]] = []
        self.broken = lambda method, path: False

    def put(self, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=self.name, Key=key, Body=data)

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=self.name, Key=key)

    def fill(self, pictures: Mapping[str, bytes]) -> None:
        """Put many, without a request for each."""
        for key, data in pictures.items():
            self._backend().put_object(self.name, key, data)

    def empty(self) -> None:
        self._backend().buckets[self.name].keys.clear()

    def _backend(self) -> Any:
        from moto.backends import get_backend
        from moto.core import DEFAULT_ACCOUNT_ID

        return get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"]

    def read(self) -> int:
        """Return how many objects were fetched since this was asked last."""
        count = sum(method == "GET" and path.count("/") > 1 for method, path in self.asked)
        self.asked.clear()
        return count


@contextmanager
def s3() -> Iterator[tuple[Bucket, str]]:
    """Run a server of S3; also give its address."""
    import boto3
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    app = DomainDispatcherApplication(create_backend_app)
    one_by_one = threading.Lock()  # moto takes an object away from under who reads it

    def watched(environ: dict[str, Any], start: Any) -> Any:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        bucket.asked.append((method, path))
        if bucket.broken(method, path + "?" + environ.get("QUERY_STRING", "")):
            start("500 Internal Server Error", [("Content-Length", "0")])
            return [b""]
        with one_by_one:
            answer = app(environ, start)
            try:
                return [b"".join(answer)]
            finally:
                answer.close()

    server = make_server("127.0.0.1", 0, watched, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    client = boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    bucket = Bucket(client)
    client.create_bucket(Bucket=bucket.name)
    try:
        yield bucket, address
    finally:
        client.close()
        server.shutdown()
        thread.join()
        server.server_close()


class Folders(SimpleHTTPRequestHandler):
    """Lists and serves a folder, and notes what it is asked."""

    server: Served

    def send_head(self) -> Any:
        self.server.asked.append((self.command, self.path))
        answer = self.server.answers.get(self.path)
        if answer is None:
            return super().send_head()
        status, headers, body = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        return io.BytesIO(body)

    def log_message(self, *told: object) -> None:
        pass


class Served(ThreadingHTTPServer):
    """A server of a folder.

    Attributes
    ----------
    asked : list of (str, str)
        Method and path of all requests.
    answers : dict
        Instead of what lies there: path → (status, headers, body).
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.asked: list[tuple[str, str]] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        super().__init__(("127.0.0.1", 0), partial(Folders, directory=str(folder)))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    with Served(folder) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
