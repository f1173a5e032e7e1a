"""Ctrl-C, kill -9 and a second process: nothing is lost, and the next run goes on."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from lookalike import Gallery
from lookalike.errors import GalleryBusy
from lookalike.store import Progress
from lookalike.store.catalog import Catalog

PICTURES = 150

INDEX = textwrap.dedent(
    """
    import sys
    from lookalike import Gallery
    gallery = Gallery.open(sys.argv[1])
    tell = lambda progress: print(progress.done, flush=True)
    gallery.sync(sys.argv[2], descriptors=["pixels", "hog"], progress=tell)
    print("finished", flush=True)
    """
)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, draw) -> Path:
    root = tmp_path_factory.mktemp("many")
    for seed in range(PICTURES):
        draw(root / f"{seed:03}.png", seed, (320, 240))
    return root


def vectors(gallery: Gallery) -> dict[tuple[str, str], bytes]:
    rows = gallery._catalog.rows(
        "SELECT path, key, vector FROM files JOIN vectors USING (content_id) "
        "JOIN descriptors ON descriptors.id = descriptor_id"
    )
    return {(os.fsdecode(path), str(key)): bytes(vector) for path, key, vector in rows}


def started(gallery: Path, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", INDEX, str(gallery), str(folder)], stdout=subprocess.PIPE, text=True
    )


def test_killed_at_any_moment_it_goes_on_and_ends_the_same(many: Path, tmp_path: Path) -> None:
    with Gallery.open(tmp_path / "undisturbed") as gallery:
        gallery.sync(many, descriptors=["pixels", "hog"])
        wanted = vectors(gallery)
    assert len(wanted) == 2 * PICTURES
    chance = random.Random(1)
    where = tmp_path / "killed"
    killed = 0
    for _ in range(4):
        process = started(where, many)
        assert process.stdout is not None
        process.stdout.readline()  # it has begun to look through the folder
        time.sleep(chance.uniform(0.0, 0.4))
        killed += process.poll() is None
        process.kill()
        process.communicate()
    assert killed
    with Gallery.open(where) as gallery:
        gallery.sync(many)
        assert vectors(gallery) == wanted
        assert gallery.failures() == []


def test_ctrl_c_keeps_what_was_finished(many: Path, tmp_path: Path) -> None:
    class Stop:
        def __call__(self, progress: Progress) -> None:
            if progress.done >= 32 and progress.stage == "reading":
                raise KeyboardInterrupt

    with Gallery.open(tmp_path / "gallery") as gallery:
        with pytest.raises(KeyboardInterrupt):
            gallery.sync(many, descriptors=["pixels"], workers=2, progress=Stop())
        kept = gallery.info().pictures
        assert 32 <= kept < PICTURES
        assert gallery.search(many / "000.png", top=3)
        report = gallery.sync()
        assert report.added == PICTURES - kept


def test_one_writer_and_readers_meanwhile(folder: Path, tmp_path: Path) -> None:
    where = tmp_path / "gallery"
    with Gallery.open(where) as first, Gallery.open(where) as second:
        first.sync(folder, descriptors=["pixels"])
        with first._catalog.writing():
            with pytest.raises(GalleryBusy, match=f"process {os.getpid()}"):
                second.sync(folder)
            assert len(second.search(folder / "a0.png")) == 5
        assert second.sync().unchanged == 6


class _StopsAfterBegin:
    """A connection on which Ctrl-C comes just after a transaction has begun, once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._stopped = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        cursor = self._db.execute(sql, values)
        if sql.startswith("BEGIN") and not self._stopped:
            self._stopped = True
            raise KeyboardInterrupt
        return cursor


@pytest.mark.parametrize("how", ["transaction", "snapshot"])
def test_ctrl_c_between_two_statements_leaves_no_transaction_open(tmp_path: Path, how: str) -> None:
    with closing(Catalog(tmp_path, create=True)) as catalog:
        catalog._db = cast("sqlite3.Connection", _StopsAfterBegin(catalog._db))
        with pytest.raises(KeyboardInterrupt), getattr(catalog, how)():
            pytest.fail("interrupted before this")
        with catalog.transaction() as db:
            db.execute("UPDATE counters SET value = 77 WHERE name = 'generation'")
        assert catalog.generation() == 77


@pytest.mark.parametrize("at", [2, 3, 4, 5, 6])
def test_ctrl_c_between_the_beginning_of_a_transaction_and_its_with(
    tmp_path: Path, draw: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """The lock that it holds is let go, or the workers would wait for it for ever."""
    for seed in range(200):
        draw(tmp_path / "pictures" / f"{seed}.png", seed)
    entered = contextlib._GeneratorContextManager.__enter__
    begun = []

    def enter(self):
        result = entered(self)
        if self.gen.__name__ == "transaction" and threading.current_thread().name == "sync":
            begun.append(None)
            if len(begun) == at + 6:
                raise KeyboardInterrupt
        return result

    monkeypatch.setattr(contextlib._GeneratorContextManager, "__enter__", enter)
    raised = []

    def sync() -> None:
        with Gallery.open(tmp_path / "g") as gallery:
            try:
                gallery.sync(tmp_path / "pictures", descriptors=["hog"], workers=2)
            except KeyboardInterrupt as error:
                raised.append(error)

    thread = threading.Thread(target=sync, name="sync", daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert raised
    monkeypatch.undo()
    with Gallery.open(tmp_path / "g") as gallery:
        gallery.sync()
        assert gallery.info().pictures == 200
