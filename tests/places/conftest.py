from __future__ import annotations

from collections.abc import Iterator

import pytest

from lookalike.places import access, remote
from pictures_at import Bucket, Served, s3, served


@pytest.fixture(scope="session")
def s3_server() -> Iterator[tuple[Bucket, str]]:
    pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")
    with s3() as running:
        yield running


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Let each test have connections of its own, as each process has."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(remote, "_silence", remote._Silence())
    monkeypatch.setattr(access, "_S3_TRIES", 1)  # where more are wanted, the test says so
    access._filesystem.cache_clear()
    yield monkeypatch
    access._filesystem.cache_clear()


@pytest.fixture
def bucket(s3_server: tuple[Bucket, str], connected: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """An empty bucket, s3://pictures, that this process may read."""
    bucket, address = s3_server
    connected.setenv("AWS_ENDPOINT_URL", address)
    connected.setenv("AWS_ACCESS_KEY_ID", "testing")
    connected.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    connected.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bucket.broken = lambda method, path: False
    yield bucket
    bucket.broken = lambda method, path: False
    bucket.empty()
    bucket.asked.clear()


@pytest.fixture
def web(tmp_path, connected: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server of the folder `tmp_path`/web."""
    pytest.importorskip("aiohttp")
    folder = tmp_path / "web"
    folder.mkdir()
    with served(folder) as server:
        yield server
