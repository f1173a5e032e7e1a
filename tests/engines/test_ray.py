"""Two machines of Ray, here: what they take in is what threads take in, whoever dies meanwhile."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
import types
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as pillow
from PIL.PngImagePlugin import PngInfo

from file_writer import FileWriterSpec
from lookalike import Gallery
from lookalike.descriptors import create
from lookalike.errors import UsageError
from lookalike.places import Found
from lookalike.store import Progress
from lookalike.store.crews import Task, crew
from ray_machines import POISON, WORKERS, Machines, Once, processes

pytestmark = [
    pytest.mark.engines,
    # Ray leaves files open that it started its servers with.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PICTURES = 320
MINUTE = 60.0  # seconds
SPECS = ["pixels:size=8", "hog"]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, draw: Callable[..., Path]) -> Path:
    root = tmp_path_factory.mktemp("many")
    for seed in range(PICTURES):
        draw(root / f"{seed:03}.png", seed, (320, 240))
    (root / "none.jpg").write_bytes(b"this is no picture")
    return root


@pytest.fixture(scope="module")
def by_threads(many: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    with Gallery.open(tmp_path_factory.mktemp("threads") / "gallery") as gallery:
        gallery.sync(many, descriptors=SPECS, workers=2)
        yield gallery


def assert_same(gallery: Gallery, other: Gallery, many: Path) -> None:
    got, wanted = kept(gallery), kept(other)
    assert [row[:3] for row in got] == [row[:3] for row in wanted]
    assert len(wanted) == 2 * PICTURES
    for (*_, one), (*_, two) in zip(got, wanted, strict=True):
        np.testing.assert_allclose(np.frombuffer(one, "<f4"), np.frombuffer(two, "<f4"), atol=1e-6)
    for number in (0, 17, 200):
        top = [g.search(many / f"{number:03}.png", top=10) for g in (gallery, other)]
        assert [match.path for match in top[0]] == [match.path for match in top[1]]
    (failure,) = gallery.failures()
    assert (Path(failure.path).name, failure.reason) == ("none.jpg", "unknown-format")


def kept(gallery: Any) -> list[tuple[Any, ...]]:
    return gallery._catalog.rows(
        "SELECT path, key, hex(sha256), vector FROM files "
        "JOIN contents ON contents.id = files.content_id JOIN vectors USING (content_id) "
        "JOIN descriptors ON descriptors.id = descriptor_id ORDER BY path, key"
    )


def test_two_machines_make_the_gallery_that_threads_make(
    machines: Machines, many: Path, by_threads: Gallery, gallery: Gallery
) -> None:
    seen: set[int] = set()
    far: list[int] = []

    def tell(progress: Progress) -> None:
        far.append(progress.done)
        at_work, end = progress.stage == "reading" and progress.done, time.monotonic() + MINUTE
        while at_work and len(seen) < 2:  # the first may be there long before the second
            assert time.monotonic() < end
            seen.update(machines.workers())
            time.sleep(0.01)

    report = gallery.sync(many, descriptors=SPECS, workers=WORKERS, progress=tell)
    assert (report.added, report.failed) == (PICTURES, 1)
    assert len(seen) == 2
    assert far[-1] == PICTURES + 1
    assert_same(gallery, by_threads, many)
    assert gallery.sync(many, workers=WORKERS).unchanged == PICTURES + 1


def test_a_killed_worker_loses_and_doubles_nothing(
    machines: Machines,
    many: Path,
    by_threads: Gallery,
    gallery: Gallery,
    capfd: pytest.CaptureFixture[str],
) -> None:
    killed = []

    def kill() -> None:
        killed.append(machines.workers()[0])
        os.kill(killed[0], signal.SIGKILL)

    report = gallery.sync(many, descriptors=SPECS, workers=WORKERS, progress=Once(kill))
    assert killed
    assert (report.added, report.failed) == (PICTURES, 1)
    assert_same(gallery, by_threads, many)
    assert capfd.readouterr() == ("", "")


def test_a_lost_machine_loses_and_doubles_nothing(
    machines: Machines, many: Path, by_threads: Gallery, gallery: Gallery
) -> None:
    lose = Once(machines.lose_one)
    report = gallery.sync(many, descriptors=SPECS, workers=WORKERS, progress=lose)
    machines.add()
    assert lose.done
    assert (report.added, report.failed) == (PICTURES, 1)
    assert_same(gallery, by_threads, many)


def test_a_picture_that_kills_its_decoder_is_a_failure_of_that_picture(
    machines: Machines, folder: Path, gallery: Gallery
) -> None:
    text = PngInfo()
    text.add_text("comment", POISON)
    pillow.new("RGB", (9, 9), "red").save(folder / "a1.png", pnginfo=text)
    report = gallery.sync(folder, descriptors=SPECS, workers=WORKERS)
    assert (report.added, report.failed) == (5, 1)
    (failure,) = gallery.failures()
    assert (Path(failure.path).name, failure.reason) == ("a1.png", "crashes")
    assert "its decoder crashed (SIGABRT)" in failure.message


def test_workers_commit_by_themselves_also_where_one_is_killed(
    machines: Machines, many: Path, tmp_path: Path
) -> None:
    files = [Found(str(path), 1, 1) for path in sorted(many.iterdir())]
    chunks = [files[at : at + 8] for at in range(0, len(files), 8)]
    task = Task({7: create("pixels:size=8")}, writer=FileWriterSpec(str(tmp_path)))
    back, added = [], 0
    with closing(crew(WORKERS)) as hands:
        for done in hands.taken(chunks, task):
            if not back:
                os.kill(machines.workers()[0], signal.SIGKILL)
            assert done.written is not None
            added += done.written.added
            back += done.taken
    assert sorted(one.found.path for one in back) == [file.path for file in files]
    assert not any(one.vectors for one in back)
    rows = [json.loads(path.read_text()) for path in tmp_path.glob("*.json")]
    assert sorted(row["path"] for row in rows) == [file.path for file in files]
    assert all(set(row["vectors"]) == {"7"} for row in rows if not row["reason"])
    # What a worker had written when it died was there already for who did it again.
    assert len(files) - 2 * 8 <= added <= len(files)


def test_what_would_meet_every_picture_ends_it(machines: Machines, folder: Path) -> None:
    import dataclasses

    from lookalike.store.crews.on_ray import errands

    files = [Found(str(path), 1, 1) for path in sorted(folder.glob("*.png"))]
    task = Task({1: create("pixels")})
    later = dataclasses.replace(errands.packed(task), version="77.0")
    with pytest.MonkeyPatch.context() as patch, closing(crew(WORKERS)) as hands:
        patch.setattr("lookalike.store.crews.on_ray.packed", lambda *_, **__: later)
        with pytest.raises(UsageError, match=r"and this machine has 77\.0; install the same"):
            list(hands.taken([files], task))


def test_a_machine_without_lookalike_is_told_of_in_a_sentence(
    machines: Machines, folder: Path, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = types.ModuleType("absent_there")
    exec("class Worker:\n    def begin(self, errand): ...", absent.__dict__)
    monkeypatch.setitem(sys.modules, "absent_there", absent)
    monkeypatch.setattr("lookalike.store.crews.on_ray.Worker", absent.Worker)
    with pytest.raises(UsageError, match="^the workers of Ray lack absent_there; install the same"):
        gallery.sync(folder, descriptors=SPECS, workers=WORKERS)


def test_another_ray_than_the_one_at_work_is_refused(machines: Machines) -> None:
    with closing(crew(WORKERS)) as hands:
        assert re.fullmatch("2 workers of Ray on [3-9] machines", hands.about)
        with pytest.raises(UsageError, match="connected to a Ray already"):
            crew("ray://127.0.0.1:10001")


def test_through_the_address_of_the_head(
    machines: Machines, many: Path, by_threads: Gallery, tmp_path: Path
) -> None:
    """In a process of its own: Ray's client and Ray itself do not share one."""
    given = ["-d", SPECS[0], "-d", SPECS[1], "--workers", machines.client, "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "lookalike", "index", many, "-g", tmp_path / "g", *given],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    # On a busy machine it says after ten seconds how far it is.
    assert "ray" not in done.stderr.lower(), done.stderr
    assert json.loads(done.stdout)["added"] == PICTURES
    with Gallery.open(tmp_path / "g") as gallery:
        assert_same(gallery, by_threads, many)


INDEX = textwrap.dedent(
    """
    import sys, time
    from lookalike import Gallery
    gallery = Gallery.open(sys.argv[1])
    def tell(progress):
        print(progress.stage, progress.done, flush=True)
        time.sleep(0.5 * (progress.stage == "reading"))  # so that Ctrl-C comes before the end
    try:
        gallery.sync(sys.argv[2], descriptors=["hog"], workers="ray?workers=2", progress=tell)
    except KeyboardInterrupt:
        print("stopped", 0, flush=True)
    """
)


def test_ctrl_c_keeps_what_was_finished_and_leaves_nothing_behind(
    many: Path, tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    alone = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    process = subprocess.Popen(
        [sys.executable, "-c", INDEX, str(tmp_path / "g"), str(many)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=alone,
        start_new_session=True,  # a terminal sends Ctrl-C to the whole group
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("reading") and int(line.split()[1]):
            os.killpg(process.pid, signal.SIGINT)
            break
    rest, told = process.communicate()
    assert rest.splitlines()[-1] == "stopped 0", told
    assert told == ""
    with Gallery.open(tmp_path / "g") as gallery:
        finished = gallery.info().pictures
        assert 0 < finished < PICTURES
        assert gallery.sync(many, descriptors=["hog"]).added == PICTURES - finished
    ours, end = f"lookalike-ray-{process.pid}-", time.monotonic() + MINUTE
    while left := [title for _, _, title in processes() if ours in title]:
        assert time.monotonic() < end, left
        time.sleep(0.1)
    assert not list(Path("/tmp").glob(f"{ours}*"))
