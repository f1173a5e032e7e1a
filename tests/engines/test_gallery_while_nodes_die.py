"""A gallery in Milvus while what carries it is killed: searches are answered, nothing is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from in_milvus import assert_kept_once, drop
from lookalike.errors import GalleryUnreachable
from lookalike.gallery.milvus import MilvusGallery
from lookalike.store import Progress
from milvus_server import Cluster, Standalone

pytestmark = pytest.mark.engines

PICTURES = 150
MINUTES = 180.0  # seconds, the longest that anything here is waited for
CALM = 12.0  # seconds that are searched on after a node was killed: it is known to be dead after 10


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, draw: Callable[..., Path]) -> Path:
    root = tmp_path_factory.mktemp("many")
    for seed in range(PICTURES):
        draw(root / f"{seed:03}.png", seed)
    return root


class Searching:
    """Searches all the time, in a thread of its own."""

    def __init__(self, gallery: MilvusGallery, vector: np.ndarray) -> None:
        self._ask = lambda: [match.path for match in gallery.search(vector=vector, top=5)]
        self.right = self._ask()
        self.wrong: list[list[str]] = []
        self.refused: list[str] = []
        self.moments = [time.monotonic()]
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.02):
            try:
                found = self._ask()
            except GalleryUnreachable as error:
                self.refused.append(str(error))
                continue
            self.moments.append(time.monotonic())
            if found != self.right:
                self.wrong.append(found)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        thread = threading.Thread(target=self.run)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def is_whole(self) -> bool:
        """Return whether twenty answers in a row are right.

        For some seconds a query node of Milvus 2.3 that was started anew answers from what it has
        loaded so far.
        """
        return all(self._ask() == self.right for _ in range(20))

    @property
    def gap(self) -> float:
        """The longest that there was no answer, in seconds."""
        return float(np.diff(self.moments).max())


def test_searches_are_answered_while_a_query_node_is_dead(cluster: Cluster, many: Path) -> None:
    address = f"milvus+{cluster.uri}/dying"
    with MilvusGallery.open(f"{address}?replicas=2") as gallery:
        gallery.sync(many, descriptors=["pixels"])
        (pixels,) = gallery._kept.descriptors()
        searching = Searching(gallery, np.random.default_rng(0).random(pixels.dim, np.float32))
        assert len(searching.right) == 5
        with searching.going_on():
            until(lambda: len(searching.moments) > 20)
            cluster.kill_query_node(0)
            time.sleep(CALM)
            so_far = len(searching.moments)
            until(lambda: len(searching.moments) > so_far + 20)
        print(f"{len(searching.moments)} answers, longest gap {searching.gap:.1f} s")  # noqa: T201
        assert searching.wrong == []
        assert searching.refused == []
        cluster.start_query_node(0)
        until(searching.is_whole)
        drop(gallery)


def test_a_server_that_is_killed_midway_loses_and_doubles_nothing(
    mortal: Standalone, many: Path
) -> None:
    address = f"milvus+{mortal.uri}/dying"
    expected = [str(path) for path in sorted(many.iterdir())]
    killed = []

    def kill(progress: Progress) -> None:
        if progress.stage == "reading" and progress.done and not killed:
            killed.append(progress.done)
            mortal.kill()
            mortal._server.start()  # it takes some seconds until it answers

    with MilvusGallery.open(address) as gallery:
        try:
            report = gallery.sync(many, descriptors=["pixels"], progress=kill)
        except GalleryUnreachable:
            print("the sync ended early")  # noqa: T201
            until(lambda: has_synced(gallery))
        else:
            print(f"the sync took {report.seconds:.1f} s, and ended well")  # noqa: T201
            assert report.added == PICTURES
        assert killed and killed[0] < PICTURES
        assert_kept_once(gallery, expected)
        assert gallery.sync().unchanged == PICTURES


def has_synced(gallery: MilvusGallery) -> bool:
    try:
        gallery.sync()
    except GalleryUnreachable:
        return False
    return True


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + MINUTES
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.1)
