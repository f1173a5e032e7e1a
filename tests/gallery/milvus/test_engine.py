"""Milvus as the gallery sees it: whole answers, bounded waits, errors of ours."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from pymilvus import MilvusException

from lookalike.errors import (
    GalleryBusy,
    GalleryError,
    GalleryMissing,
    GalleryUnreachable,
    LookalikeError,
)
from lookalike.gallery.milvus.kept import schema
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.link import connection, errors
from lookalike.gallery.milvus.link.address import parsed
from lookalike.gallery.milvus.link.engine import Engine


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(parsed(f"milvus:{tmp_path / 'trial.db'}"))
    yield engine
    engine.close()


# -- patience --------------------------------------------------------------------------------


def unavailable() -> MilvusException:
    return MilvusException(503, "no available shard leaders")


def test_what_passes_is_waited_for(lite: Engine) -> None:
    tries = []

    def ask(client: object) -> str:
        tries.append(client)
        if len(tries) < 4:
            raise unavailable()
        return "answer"

    assert lite.call(ask) == "answer"
    assert len(tries) == 4


def test_patience_ends(lite: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    tries, now = [], [0.0]

    def ask(client: object) -> str:
        tries.append(now[0])
        raise unavailable()

    def sleep(seconds: float) -> None:
        now[0] += seconds

    clock = SimpleNamespace(monotonic=lambda: now[0], sleep=sleep)
    with monkeypatch.context() as patch:
        patch.setattr(connection, "time", clock)
        with pytest.raises(GalleryUnreachable, match="does not answer for now .*shard leaders"):
            lite.call(ask, patience=0.5)
    assert len(tries) > 3
    assert tries[-1] == pytest.approx(0.5)  # the last attempt comes at the end

    tries.clear()

    def refuse(client: object) -> str:
        tries.append(0.0)
        raise MilvusException(1100, "field x does not exist")

    with pytest.raises(GalleryError, match=r"Milvus refused \(field x does not exist\)"):
        lite.call(refuse)
    assert len(tries) == 1


class Slow:
    """Says how long it may take, and takes it."""

    def __init__(self) -> None:
        self.given: list[float] = []

    def wait(self, *, timeout: float) -> None:
        self.given.append(timeout)
        raise Failed(grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded")


@pytest.mark.parametrize(
    ("patience", "attempt", "given"),
    [
        (30, connection.LONG, [15, 15]),
        (300, connection.LONG, [20] * 15),
        (0.1, connection.LONG, [0.5]),
        # What meets a node that has just died is asked again soon; a slow server has its time, too.
        (30, connection.SOON, [2.5, 5, 10, 15]),
        (2, connection.SOON, [1, 1]),
    ],
)
def test_every_attempt_has_an_end(
    lite: Engine,
    monkeypatch: pytest.MonkeyPatch,
    patience: float,
    attempt: float,
    given: list[float],
) -> None:
    now, slow = [0.0], Slow()

    def ask(client: Any) -> None:
        try:
            client.wait()
        finally:
            now[0] += slow.given[-1]

    monkeypatch.setattr(lite._connection, "_client", slow)
    clock = SimpleNamespace(monotonic=lambda: now[0], sleep=lambda seconds: None)
    monkeypatch.setattr(connection, "time", clock)
    with pytest.raises(GalleryUnreachable):
        lite.call(ask, patience=patience, attempt=attempt)
    monkeypatch.undo()
    assert slow.given == given


def test_who_knows_better_says_how_long_it_may_take() -> None:
    slow = Slow()
    with pytest.raises(Failed):
        connection._Bounded(slow, 2.5).wait(timeout=600)
    assert slow.given == [600]


class Failed(grpc.RpcError):
    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        self._told = code, details

    def code(self) -> grpc.StatusCode:
        return self._told[0]

    def details(self) -> str:
        return self._told[1]


# -- the first connection --------------------------------------------------------------------

LOST = (
    "errors resolving h:19530: [field:hostname lookup error:address lookup failed for h:19530: "
    "Domain name not found]"
)
FORMERLY_LOST = (
    "DNS resolution failed for h:19530: C-ares status is not ARES_SUCCESS qtype=A name=h "
    "is_balancer=0: Domain name not found"
)


def behind(cause: Exception) -> MilvusException:
    error = MilvusException(2, "Fail connecting to server on h, illegal connection params or so")
    error.__cause__ = cause
    return error


GONE = (
    "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to connect "
    "to remote host: Connection refused"
)


@pytest.mark.parametrize(
    ("said", "resolver", "is_known", "tried"),
    [
        ("connection attempt timed out before receiving SETTINGS frame", 0, False, 10.0),
        (GONE, 0, False, 3.0),
        (GONE, 0, True, 30.0),
        (LOST, socket.EAI_NONAME, False, 0.0),
        (FORMERLY_LOST, socket.EAI_NONAME, False, 0.0),
        (LOST, socket.EAI_AGAIN, False, 10.0),
        (LOST, 0, False, 10.0),
    ],
)
def test_a_mistyped_address_is_told_sooner_than_an_outage(
    monkeypatch: pytest.MonkeyPatch, said: str, resolver: int, is_known: bool, tried: float
) -> None:
    now = [0.0]

    def connected(_connection: object, _seconds: float) -> None:
        raise behind(Failed(grpc.StatusCode.UNAVAILABLE, said))

    def looked_up(host: str, _port: object) -> list[object]:
        assert host == "h"
        if resolver:
            raise socket.gaierror(resolver, "so it says")
        return []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(connection.Connection, "_connected", connected)
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    clock = SimpleNamespace(monotonic=lambda: now[0], sleep=sleep)
    monkeypatch.setattr(connection, "time", clock)
    with pytest.raises(GalleryUnreachable, match=r"milvus\+http://h:19530/shop"):
        Engine(parsed("milvus+http://h:19530/shop"), is_known=is_known)
    assert now[0] == pytest.approx(tried)


def test_what_no_host_can_be_called_is_unknown() -> None:
    assert connection._is_unknown(f"http://{'h' * 64}:19530")


# -- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "passes", "named", "told"),
    [
        (unavailable(), True, GalleryUnreachable, "no available shard leaders"),
        (
            Failed(grpc.StatusCode.UNAVAILABLE, GONE),
            True,
            GalleryUnreachable,
            r"\(ipv4:127.0.0.1:1",
        ),
        (Failed(grpc.StatusCode.DEADLINE_EXCEEDED, "late"), True, GalleryUnreachable, "late"),
        (behind(Failed(grpc.StatusCode.UNAVAILABLE, GONE)), True, GalleryUnreachable, "refused"),
        (
            behind(Failed(grpc.StatusCode.UNAVAILABLE, LOST)),
            True,
            GalleryUnreachable,
            r"is not found \(Domain name not found\)",
        ),
        (
            Failed(grpc.StatusCode.UNAVAILABLE, FORMERLY_LOST),
            True,
            GalleryUnreachable,
            r"is not found \(Domain name not found\)",
        ),
        (
            Failed(grpc.StatusCode.UNAVAILABLE, LOST.replace("h:", "auth:")),
            True,
            GalleryUnreachable,
            "is not found",
        ),
        (
            behind(Failed(grpc.StatusCode.UNAUTHENTICATED, "auth check failure")),
            False,
            GalleryError,
            "LOOKALIKE_MILVUS_TOKEN",
        ),
        (
            MilvusException(
                14, "[query] Retry timeout: 2.0s, StatusCode.UNAVAILABLE, gone, channel_state=X"
            ),
            True,
            GalleryUnreachable,
            r"for now \(gone\);",
        ),
        (
            MilvusException(
                65535,
                "failed to search: attempt #0: failed to get delegator: node not found[node=4]\n"
                "attempt #1: unrecoverable error",
            ),
            True,
            GalleryUnreachable,
            "node not found",
        ),
        (
            MilvusException(65535, "attempt #1: grpc: the client connection is closing"),
            True,
            GalleryUnreachable,
            "is closing",
        ),
        (MilvusException(100, "collection not found"), False, GalleryMissing, "lookalike index"),
        (MilvusException(65535, "Received UNIMPLEMENTED"), False, GalleryUnreachable, "no Milvus"),
        (
            MilvusException(65535, "failed to query: collection not loaded[collection=1]"),
            True,
            GalleryUnreachable,
            "if that was interrupted.*: lookalike index --gallery",
        ),
        (MilvusException(1100, "wrong field"), False, GalleryError, "wrong field"),
    ],
)
def test_errors_are_told_as_ours(
    error: Exception, passes: bool, named: type[LookalikeError], told: str
) -> None:
    assert errors.is_passing(error) == passes
    found = errors.named(error, "milvus+http://h:19530/shop")
    assert type(found) is named
    assert re.search(told, str(found))
    assert "milvus+http://h:19530/shop" in str(found)


def test_nothing_is_logged(lite: Engine, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(GalleryMissing):
        lite.query("nothing", "x > 1", ["x"])
    assert capfd.readouterr() == ("", "")


# -- files of Milvus Lite --------------------------------------------------------------------


def test_a_file_that_another_process_has_open(tmp_path: Path) -> None:
    import subprocess
    import sys

    file = tmp_path / "trial.db"
    program = (
        "import sys\n"
        "from lookalike.gallery.milvus.link.address import parsed\n"
        "from lookalike.gallery.milvus.link.engine import Engine\n"
        f"engine = Engine(parsed('milvus:{file}'))\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(GalleryBusy, match="one at a time"):
            Engine(parsed(f"milvus:{file}"))
        other.communicate()
    Engine(parsed(f"milvus:{file}")).close()


def test_a_file_where_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="cannot be opened"):
        Engine(parsed(f"milvus:{tmp_path / 'none' / 'trial.db'}"))


def test_what_was_written_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    address = parsed(f"milvus:{tmp_path / 'trial.db'}")
    engine = Engine(address)
    Kept(engine, create=True).enter_folder("/cats")
    engine.close()
    engine.close()
    engine = Engine(address)
    assert Kept(engine, create=False).folders() == ["/cats"]
    assert engine.count(schema.files(address.name)) == 0
    engine.check(2.0, schema.files(address.name))
    engine.close()
    with pytest.raises(LookalikeError):
        engine.check(0.5, schema.files(address.name))
