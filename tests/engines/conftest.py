"""The servers and machines that these tests run against: started once, closed at the end."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# As a gallery in Milvus has it; before Ray loads gRPC.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

from lookalike.places import access
from milvus_server import Cluster, Standalone, brisk, free_ports, lacking
from pictures_at import Bucket, s3
from ray_machines import Machines, environment, machines_at


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Milvus server. Collections are told apart by their names."""
    server = _server(tmp_path_factory.mktemp("milvus"), ttl=60)
    yield server.uri
    server.close()


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Standalone]:
    """Return a server of one's own, to be killed and started again."""
    server = _server(tmp_path / "milvus", ttl=5)
    yield server
    server.close()


@pytest.fixture
def lasting(tmp_path: Path) -> Iterator[Standalone]:
    """Return a server of one's own, to be stopped for a while."""
    server = _server(tmp_path / "milvus", ttl=60)
    yield server
    server.close()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return a cluster with two query nodes. Who kills one of them starts it again."""
    if why := lacking(cluster=True):
        pytest.skip(why)
    started = Cluster(tmp_path_factory.mktemp("cluster"))
    yield started
    started.close()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[tuple[Bucket, dict[str, str]]]:
    """Run a server of S3; give its bucket, and what the environment says of it."""
    pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # else it tells of every request
    with s3() as (bucket, address):
        said = {"ENDPOINT_URL": address, "DEFAULT_REGION": "us-east-1"}
        said |= {"ACCESS_KEY_ID": "testing", "SECRET_ACCESS_KEY": "testing"}
        yield bucket, {f"AWS_{name}": value for name, value in said.items()}


@pytest.fixture(scope="session")
def _started(
    tmp_path_factory: pytest.TempPathFactory, s3_server: tuple[Bucket, dict[str, str]]
) -> Iterator[tuple[Machines, Path]]:
    folder = tmp_path_factory.mktemp("faulty")
    with environment(folder, s3_server[1]):
        # Only now: whether it is to be quiet, it looks when it is imported.
        pytest.importorskip("ray", reason="Ray is not installed: pip install 'lookalike[ray]'")
        machines = machines_at(lambda: next(free_ports(1)))
    yield machines, folder
    machines.cluster.shutdown()


@pytest.fixture(scope="module")
def machines(
    _started: tuple[Machines, Path], s3_server: tuple[Bucket, dict[str, str]]
) -> Iterator[Machines]:
    """Return two machines of Ray, which may read the bucket. Who takes one away adds another."""
    machines, folder = _started
    with environment(folder, {**s3_server[1], "RAY_ADDRESS": machines.cluster.address}):
        yield machines


@pytest.fixture
def bucket(s3_server: tuple[Bucket, dict[str, str]]) -> Iterator[Bucket]:
    """Return a bucket, s3://pictures, that the machines of Ray may read."""
    bucket, _ = s3_server
    access._filesystem.cache_clear()
    yield bucket
    bucket.empty()
    access._filesystem.cache_clear()


def _server(folder: Path, ttl: int) -> Standalone:
    if why := lacking():
        pytest.skip(why)
    return Standalone(folder, brisk(ttl))
