"""The vectors beside the catalog: always what the catalog has, whatever happens to either."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import filelock
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lookalike.store import changes, durable, rows
from lookalike.store.matrix import Matrix, matrix

DESCRIPTOR = "INSERT INTO descriptors (id, key, spec, metric, dim) VALUES"


@pytest.fixture(autouse=True)
def _even_small_ones_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lookalike.store.matrix._WORTH_FILES", 0)


def found(of: Matrix) -> dict[int, bytes]:
    """Return what a matrix says of each content, having checked that it says it once."""
    present = np.ones(len(of.ids), bool)
    present[of.gone] = False
    alive = np.flatnonzero(present)
    contents = of.ids[alive].tolist()
    assert len(set(contents)) == len(contents) == len(of)
    return {i: of.vectors[row].tobytes() for i, row in zip(contents, alive, strict=True)}


def kept(stock, descriptor: int = 1, **how) -> Matrix:
    made = matrix(stock.catalog, stock.descriptors[descriptor - 1], **how)
    assert found(made) == stock.truth(descriptor)
    assert made.moment == stock.catalog.moment()
    return made


def token_files(stock) -> set[str]:
    return {file.suffix for file in stock.folder.glob("cache/1-*/*.*")}


def test_it_is_appended_to_and_read_where_it_lies(stock) -> None:
    stock.add(*range(10))
    first = kept(stock)
    assert kept(stock).token == first.token
    stock.add(10, 11)
    stock.remove(3, kept=True)
    stock.add(4, version=1)
    second = kept(stock)
    assert second.token == first.token
    assert second.ids[:10].tolist() == first.ids.tolist()
    assert sorted(second.gone.tolist()) == [3, 4]
    assert len(second.ids) == 13
    assert isinstance(second.vectors.base, np.memmap)


def test_what_comes_back_unchanged_costs_no_row(stock) -> None:
    stock.add(*range(10))
    first = kept(stock)
    stock.copy(4)  # a second file: the log names the content, but nothing is new
    second = kept(stock)
    assert (len(second.ids), len(second.gone)) == (len(first.ids), 0)


def test_a_reader_keeps_what_it_had(stock) -> None:
    stock.add(*range(20))
    before = kept(stock)
    was = found(before)
    stock.remove(*range(5))
    stock.add(*range(30, 40))
    later = kept(stock)
    assert later.token == before.token
    assert found(before) == was
    lately = found(later)
    stock.remove(*range(5, 20))
    anew = kept(stock)
    assert anew.token != before.token and not len(anew.gone)
    assert (found(before), found(later)) == (was, lately)
    if os.name == "posix":
        assert len(list(stock.folder.glob("cache/1-*/*.vectors"))) == 1


def test_it_is_tidied_earlier_when_indexes_are_built_anyway(stock) -> None:
    stock.add(*range(20))
    first = kept(stock)
    stock.remove(*range(6))
    assert kept(stock).token == first.token
    assert kept(stock, tidy=True).token != first.token


def test_an_id_that_is_used_again(stock) -> None:
    stock.add(1, 2, 3)
    kept(stock)
    stock.remove(3)
    stock.add(4)
    last = kept(stock)
    assert last.ids.tolist() == [1, 2, 3, 3]
    assert last.gone.tolist() == [2]


def test_a_restored_backup_is_noticed(stock, tmp_path: Path) -> None:
    stock.add(*range(5))
    stock.back_up(tmp_path / "backup")
    stock.add(5)
    first = kept(stock)
    stock.restore(tmp_path / "backup")
    assert kept(stock).token != first.token
    stock.add(5)
    second = kept(stock)
    stock.restore(tmp_path / "backup")
    stock.add(6)  # has the id, and the number of the change, that 5 had
    assert stock.catalog.moment().seq == second.moment.seq
    assert kept(stock).vectors[-1, 0] == 6


def test_one_that_is_far_behind_is_made_anew(stock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "KEPT", 5)
    stock.add(*range(20))
    first = kept(stock)
    stock.add(*range(20, 30))
    assert kept(stock).token != first.token


def test_a_descriptor_that_went_and_came_back(stock) -> None:
    stock.add(*range(5))
    first = kept(stock)
    stock.catalog.rows("DELETE FROM descriptors WHERE id = 1")
    stock.catalog.rows(f"{DESCRIPTOR} (1, 'one@1', 'one', 'cosine', 4)")
    stock.catalog.rows("INSERT INTO vectors SELECT 1, 2, vector FROM vectors WHERE content_id = 2")
    assert kept(stock).token != first.token
    stock.catalog.rows("DELETE FROM descriptors WHERE id = 1")
    stock.catalog.rows(f"{DESCRIPTOR} (1, 'other@1', 'other', 'cosine', 2)")
    stock.catalog.rows("INSERT INTO vectors VALUES (1, 2, x'0000000000000041')")
    assert kept(stock).vectors.tolist() == [[0, 8]]
    rows.drop_strangers(stock.catalog)
    assert len(list(stock.folder.glob("cache/1-*"))) == 1


def test_what_a_killed_writer_left_is_written_over(stock) -> None:
    stock.add(*range(10))
    first = kept(stock)
    for file in first.folder.glob(f"{first.token}.*"):
        with file.open("ab") as out:
            out.write(b"\xff" * 77)  # not even a whole row
    stock.add(10)
    stock.remove(2)
    last = kept(stock)
    assert last.token == first.token
    assert last.ids[-1] == 11


@pytest.mark.parametrize("kind", ["vectors", "ids", "gone"])
def test_a_file_that_is_too_short_is_made_anew(stock, kind: str) -> None:
    stock.add(*range(10))
    stock.remove(1)
    kept(stock)
    stock.remove(2)
    first = kept(stock)
    assert len(first.gone)
    file = first.folder / f"{first.token}.{kind}"
    del first
    file.write_bytes(file.read_bytes()[:-1])
    assert kept(stock).token != file.stem
    assert not file.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"token": "x"}', '"rows"'])
def test_a_state_that_cannot_be_read(stock, text: str) -> None:
    stock.add(*range(10))
    first = kept(stock)
    (first.folder / "rows.json").write_text(text)
    assert kept(stock).token != first.token


def test_an_empty_descriptor(stock) -> None:
    assert len(kept(stock, on_disk=True)) == 0
    stock.add(1)
    kept(stock)
    stock.remove(1)
    assert len(kept(stock)) == 0


def test_a_small_one_is_read_into_memory(stock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lookalike.store.matrix._WORTH_FILES", 160)
    stock.add(*range(10))
    assert kept(stock).token == ""
    assert not (stock.folder / "cache").exists()
    stock.add(10)
    token = kept(stock).token
    assert token
    stock.remove(*range(3))
    assert kept(stock).token == token  # once there, it is kept
    assert kept(stock, 2, on_disk=True).token


def test_a_full_disk_is_no_reason_not_to_answer(stock) -> None:
    resource = pytest.importorskip("resource")
    stock.add(*range(1000))
    room, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, most))
        assert kept(stock).token == ""
        assert token_files(stock) <= {"", ".lock"}, "nothing is left on a disk that is full"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, most))
    first = kept(stock)
    assert first.token
    stock.add(*range(1000, 1100))
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (16_100, most))
        assert kept(stock).token == ""
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, most))
    assert kept(stock).token == first.token


def test_a_folder_that_cannot_be_written(stock, monkeypatch: pytest.MonkeyPatch) -> None:
    stock.add(*range(10))
    first = kept(stock)

    def refused(path: Path, text: str) -> None:
        raise PermissionError(errno.EACCES, "read-only", str(path))

    monkeypatch.setattr(durable, "write", refused)
    assert kept(stock).token == first.token  # nothing need be written
    stock.add(10)
    assert kept(stock).token == ""


def test_who_cannot_get_the_lock_reads_into_memory(stock, monkeypatch: pytest.MonkeyPatch) -> None:
    stock.add(*range(10))
    first = kept(stock)
    monkeypatch.setattr(rows, "_PATIENCE_SECONDS", 0.05)
    with filelock.FileLock(first.folder / "lock"):
        assert kept(stock).token == first.token
        stock.add(10)
        assert kept(stock).token == ""
    assert kept(stock).token == first.token


MUTATE_AND_LOOK = textwrap.dedent(
    """
    import random, sys
    from pathlib import Path
    import importlib.util
    import lookalike.store.matrix
    spec = importlib.util.spec_from_file_location("stock", sys.argv[1])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    lookalike.store.matrix._WORTH_FILES = 0
    stock, chance = module.Stock(Path(sys.argv[2])), random.Random(int(sys.argv[3]))
    writes = sys.argv[4] == "writes"
    for step in range(int(sys.argv[5])):
        if writes:
            stock.add(*(chance.randrange(200) for _ in range(20)), version=chance.randrange(3))
            stock.remove(*(chance.randrange(200) for _ in range(chance.choice([3, 60]))))
        made = lookalike.store.matrix.matrix(stock.catalog, stock.descriptors[0])
        gone = set(made.gone.tolist())
        for row, vector in enumerate(made.vectors.tolist()):
            assert row in gone or vector[2:] == [1, 1], vector
        print(step, len(made.ids), made.token, flush=True)
    """
)


def started(stock, seed: int, how: str, steps: int) -> subprocess.Popen[str]:
    helper = Path(__file__).parents[1] / "stock.py"
    values = [str(helper), str(stock.folder), str(seed), how, str(steps)]
    return subprocess.Popen(
        [sys.executable, "-c", MUTATE_AND_LOOK, *values], stdout=subprocess.PIPE, text=True
    )


def test_killed_at_any_moment_it_is_right_again(stock) -> None:
    stock.add(*range(100))
    chance = random.Random(3)
    for seed in range(6):
        process = started(stock, seed, "writes", 10_000)
        assert process.stdout is not None
        assert process.stdout.readline(), "it has come to do something"
        time.sleep(chance.uniform(0.0, 0.2))
        assert process.poll() is None, "it ended by itself"
        process.kill()
        process.communicate()
        kept(stock)


def test_several_processes_bring_it_forward_at_once(stock) -> None:
    stock.add(*range(150))
    readers = [started(stock, seed, "reads", 60) for seed in range(2)]
    writer = started(stock, 9, "writes", 12)
    for process in (*readers, writer):
        told, _ = process.communicate()
        assert process.returncode == 0
        assert all(line.split()[2] for line in told.splitlines()), "all were read from disk"
    kept(stock)


class Life(RuleBasedStateMachine):
    """Anything that can befall a gallery, in any order."""

    numbers = st.lists(st.integers(0, 12), min_size=1, max_size=5)

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("lookalike.store.matrix._WORTH_FILES", 0)
        self.patch.setattr(durable, "settle", lambda path: None)  # no power is cut here
        self.patch.setattr(changes, "KEPT", 40)
        self.stock = Life.make(Path(self.place.name) / "stock")
        self.readers: list[tuple[Matrix, dict[int, bytes]]] = []

    def teardown(self) -> None:
        self.patch.undo()
        self.readers.clear()
        self.stock.catalog.close()
        self.place.cleanup()

    @rule(numbers=numbers, version=st.integers(0, 1))
    def add(self, numbers: list[int], version: int) -> None:
        self.stock.add(*numbers, version=version)

    @rule(numbers=numbers, kept=st.booleans())
    def remove(self, numbers: list[int], kept: bool) -> None:
        self.stock.remove(*numbers, kept=kept)

    @rule(one=st.integers(0, 12), other=st.integers(0, 12))
    def turn(self, one: int, other: int) -> None:
        self.stock.turn(one, other)

    @rule(one=st.integers(0, 12))
    def copy(self, one: int) -> None:
        self.stock.copy(one)

    @rule()
    def reopen(self) -> None:
        self.stock.reopen()

    @rule()
    def drop_the_descriptor(self) -> None:
        self.stock.catalog.rows("DELETE FROM descriptors WHERE id = 1")
        self.stock.catalog.rows(f"{DESCRIPTOR} (1, 'one@1', 'one', 'cosine', 4)")

    @rule()
    def back_up(self) -> None:
        self.stock.back_up(Path(self.place.name) / "backup")

    @rule()
    def restore(self) -> None:
        if (Path(self.place.name) / "backup").exists():
            self.stock.restore(Path(self.place.name) / "backup")

    @rule(data=st.binary(min_size=1, max_size=40))
    def a_writer_is_killed(self, data: bytes) -> None:
        for file in self.stock.folder.glob("cache/1-*/*.[vig]*"):
            if file.suffix != ".json":
                with file.open("ab") as out:
                    out.write(data)

    @rule()
    def the_cache_is_deleted(self) -> None:
        for file in self.stock.folder.glob("cache/1-*/rows.json"):
            file.unlink()

    @rule(tidy=st.booleans())
    def look(self, tidy: bool) -> None:
        made = kept(self.stock, on_disk=True, tidy=tidy)
        assert made.token
        self.readers.append((made, found(made)))

    @invariant()
    def readers_see_what_they_saw(self) -> None:
        for made, was in self.readers:
            assert found(made) == was


def test_whatever_befalls_a_gallery(new_stock) -> None:
    Life.make = new_stock
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Life, settings=settings(max_examples=25, stateful_step_count=25, deadline=None)
    )
