"""The servers themselves: they keep what they were given, and answer while one node is dead."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from milvus_server import Cluster, Process, Standalone

pytestmark = pytest.mark.engines
VECTORS = np.random.default_rng(0).normal(size=(400, 8)).astype(np.float32)
MINUTES = 180.0  # seconds, the longest that anything here is waited for


@pytest.fixture
def connected() -> Iterator[Callable[[str], Any]]:
    from pymilvus import MilvusClient

    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
    clients: list[Any] = []

    def connect(uri: str) -> Any:
        clients.append(MilvusClient(uri))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


def fill(client: Any, name: str, replicas: int = 1) -> None:
    """Make a collection of which the first half is flushed, and the second only inserted."""
    from pymilvus import DataType

    schema = client.create_schema()
    schema.add_field("key", DataType.VARCHAR, max_length=8, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=VECTORS.shape[1])
    index = client.prepare_index_params()
    index.add_index("vector", index_type="FLAT", metric_type="L2")
    client.create_collection(name, schema=schema)
    client.create_index(name, index)
    client.load_collection(name, replica_number=replicas)
    rows = [{"key": f"{i:03}", "vector": vector.tolist()} for i, vector in enumerate(VECTORS)]
    client.insert(name, rows[:200])
    client.flush(name)
    client.insert(name, rows[200:])


def check(client: Any, name: str, timeout: float | None = None, level: str = "Strong") -> None:
    """Check that every row is there once, and is what lies nearest to its own vector."""
    said = {"consistency_level": level, "timeout": timeout}
    counted = client.query(name, filter="", output_fields=["count(*)"], **said)
    assert counted[0]["count(*)"] == len(VECTORS)
    found = client.search(name, VECTORS.tolist(), limit=1, **said)
    assert [nearest[0]["id"] for nearest in found] == [f"{i:03}" for i in range(len(VECTORS))]


def until(answered: Callable[[], object], refused: list[str] | None = None) -> float:
    """Ask until there is an answer; return after how many seconds there was."""
    import grpc
    from pymilvus import MilvusException

    began = time.monotonic()
    while True:
        try:
            if answered() is not False:
                return time.monotonic() - began
        except (MilvusException, grpc.RpcError) as error:
            if time.monotonic() - began > MINUTES:
                raise
            if refused is not None:
                refused.append(str(error))
        assert time.monotonic() - began < MINUTES
        time.sleep(0.2)


def answers_stopped(ask: Callable[[], object]) -> str:
    """Ask until ten answers in a row came. None may be wrong; one that is not given is told."""
    began = time.monotonic()
    longest, refused, last, row = 0.0, 0, 0.0, 0
    while row < 10:
        asked = time.monotonic()
        tried: list[str] = []
        waited = until(ask, tried)
        longest = max(longest, waited)
        if tried:
            refused, last = refused + len(tried), asked + waited - began
        row = 0 if tried else row + 1
    return f"longest wait {longest:.1f} s, {refused} refused, all answered after {last:.1f} s"


def test_a_server_answers(milvus: str, connected: Callable[[str], Any]) -> None:
    client = connected(milvus)
    assert client.get_server_version().removeprefix("v").startswith("2.3")
    fill(client, "harness")
    check(client, "harness")
    client.drop_collection("harness")


def test_a_server_that_was_killed_has_everything(
    mortal: Standalone, connected: Callable[[str], Any]
) -> None:
    fill(connected(mortal.uri), "harness")
    mortal.kill()
    mortal.start()
    client = connected(mortal.uri)
    took = until(lambda: _is_whole(client, timeout=20))
    print(f"answers {took:.1f} s after the server called itself healthy again")  # noqa: T201
    check(client, "harness")


def test_a_cluster_answers_without_one_of_its_query_nodes(
    cluster: Cluster, connected: Callable[[str], Any]
) -> None:
    client = connected(cluster.uri)
    fill(client, "harness", replicas=2)
    check(client, "harness")
    for node in range(2):
        cluster.kill_query_node(node)
        told = answers_stopped(lambda: check(client, "harness", timeout=5))
        print(f"query node {node} killed: {told}")  # noqa: T201
        cluster.start_query_node(node)
        until(lambda: _both_answer(client))
        until(lambda: _whole_again(client))
    client.drop_collection("harness")


def _both_answer(client: Any) -> bool:
    replicas = client.describe_replica("harness")
    leaders = {shard.shard_leader for replica in replicas for shard in replica.shards}
    return len(replicas) == 2 and len(leaders) == 2


def _whole_again(client: Any) -> bool:
    """Return whether twenty answers in a row, within some seconds, had everything.

    For some seconds a query node of Milvus 2.3 that was started anew answers from what it has
    loaded so far, and does not say so.
    """
    for _ in range(20):
        if not _is_whole(client, timeout=5, level="Eventually"):  # which waits for nothing
            return False
        time.sleep(0.2)
    return True


def _is_whole(client: Any, **said: Any) -> bool:
    try:
        check(client, "harness", **said)
    except AssertionError:
        return False
    return True


def test_what_ends_early_says_why(tmp_path: Path) -> None:
    process = Process("broken", ["/bin/sh", "-c", "echo no room left; exit 3"], tmp_path, {})
    process.start()
    with pytest.raises(RuntimeError, match=r"broken ended(.|\n)*no room left"):
        process.until_healthy(port=1)
