"""Decoding in other processes: the same answers, and nothing that a picture does reaches us."""

import dataclasses
import io
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from lookalike.errors import (
    BadParameter,
    CorruptPicture,
    EmptyPicture,
    LookalikeError,
    MissingPicture,
    PictureError,
    PictureTooLarge,
    PictureTooSlow,
    UnknownFormat,
    UsageError,
)
from lookalike.images import FULL, MAX_PIXELS, DecodingProcesses, View, load_views, probe, wire

posix = pytest.mark.skipif(os.name != "posix", reason="signals and groups of processes are POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds memory so")

SMALL = View.stretch(16, 16)


@pytest.fixture(scope="module")
def decoding():
    with DecodingProcesses(2, seconds=60) as opened:
        yield opened


@pytest.fixture(scope="module")
def endless():
    """A JPEG of 0.6 MB that takes a minute: its last scan, of 56 bytes, is there 10,000 times."""
    file = io.BytesIO()
    PIL.Image.new("L", (4096, 4096), 128).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    scan = data[data.rindex(b"\xff\xc4") : -2]
    return data[:-2] + scan * 10_000 + data[-2:]


def wait_until(true):
    while not true():
        time.sleep(0.01)


# The same answers


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("box", [None, (0.1, 0.2, 0.7, 0.9), [0, 0, 1, 1]])
def test_the_same_pixels_as_in_this_process(kind, box, decoding, photo, encode, exif):
    data = encode(photo(403, 309), kind, exif=exif(6))
    views = [FULL, SMALL, View.within(64), View.crop(20, 24, 30, "area"), SMALL]
    here, there = load_views(data, views, box=box), decoding.load_views(data, views, box=box)
    assert list(here) == list(there)
    for view in views:
        assert (here[view] == there[view]).all()
        assert there[view].flags.writeable
        assert there[view].flags.c_contiguous


def test_a_path_and_an_array(decoding, six, encode, tmp_path):
    path = tmp_path / "six.png"
    path.write_bytes(encode(six, "PNG"))
    assert decoding.load_views(path, [FULL])[FULL].tolist() == six.tolist()
    assert decoding.load_views(str(path), iter([FULL]))[FULL].tolist() == six.tolist()
    assert decoding.load_views(six, [FULL], box=(0, 0, 0.5, 1))[FULL].shape == (2, 2, 3)
    assert decoding.load_views(path, []) == {}


def test_the_same_facts(decoding, six, encode, exif):
    data = encode(six, "JPEG", exif=exif(6, "2019:07:01 12:34:56"))
    assert decoding.probe(data) == probe(data)
    assert decoding.probe(data).taken == "2019-07-01T12:34:56"
    assert decoding.probe(six) == probe(six)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (b"", EmptyPicture),
        (b"no picture", UnknownFormat),
        (b"\x89PNG\r\n\x1a\n", CorruptPicture),
        ("/there/is/no/such.jpg", MissingPicture),
        (7, BadParameter),
    ],
)
@pytest.mark.parametrize("name", [None, "a name \N{SNOWMAN} \udcff"])
def test_the_same_errors(source, kind, name, decoding):
    raised = []
    for read in (load_views, decoding.load_views):
        with pytest.raises(kind) as caught:
            read(source, [SMALL], name=name)
        raised.append(caught.value)
    assert type(raised[0]) is type(raised[1])
    assert str(raised[0]) == str(raised[1])
    assert vars(raised[0]) == vars(raised[1])
    with pytest.raises(kind):
        decoding.probe(source)


@pytest.mark.parametrize("box", [(0, 0, 0, 1), (0, 0, 2, 1), "all", (0, 0, 1)])
def test_a_box_that_is_none(box, decoding, six, encode):
    with pytest.raises(BadParameter, match="box"):
        decoding.load_views(encode(six, "PNG"), [FULL], box=box)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "JPEG2000"])
def test_files_cut_anywhere(kind, decoding, photo, encode):
    data = encode(photo(61, 43), kind)
    for end in range(0, len(data), max(1, len(data) // 25)):
        try:
            assert decoding.load_views(data[:end], [SMALL])[SMALL].shape == (16, 16, 3)
        except PictureError as error:
            assert error.picture == "these bytes"
    assert decoding.load_views(data, [SMALL])[SMALL].any()


# Bounds


def test_bounds_that_are_none():
    for bounds in (
        {"processes": 0},
        {"seconds": 0},
        {"seconds": float("nan")},
        {"seconds": 1e9},
        {"max_pixels": 0},
        {"max_pixels": MAX_PIXELS + 1},
        {"max_bytes_of_memory": 0},
    ):
        with pytest.raises(BadParameter, match=next(iter(bounds))):
            DecodingProcesses(**bounds)


@pytest.mark.parametrize("read", ["load_views", "probe"])
def test_more_pixels_than_allowed(read, six, encode):
    with DecodingProcesses(max_pixels=6) as decoding:
        arguments = [[FULL]] if read == "load_views" else []
        getattr(decoding, read)(encode(six, "PNG"), *arguments)
        for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP"):
            with pytest.raises(PictureTooLarge, match="7 × 1 pixels, and at most 6 are decoded"):
                getattr(decoding, read)(encode(PIL.Image.new("RGB", (7, 1)), kind), *arguments)


def test_a_scan_bomb_is_stopped(endless, six, encode):
    with DecodingProcesses(seconds=0.5) as decoding:
        with pytest.raises(PictureTooSlow) as caught:
            decoding.load_views(endless, [SMALL], name="bomb.jpg")
        assert str(caught.value) == (
            "cannot read bomb.jpg: it takes longer than 0.5 s to decode; save it anew, smaller"
        )
        assert caught.value.reason == "too-slow"
        assert decoding.running == ()
        assert decoding.load_views(encode(six, "PNG"), [FULL])[FULL].tolist() == six.tolist()


@linux
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_more_memory_than_allowed(kind, six, encode):
    large = encode(PIL.Image.new("RGB", (8000, 8000)), kind, compression="tiff_lzw")
    with DecodingProcesses(max_bytes_of_memory=64 * 2**20) as decoding:
        with pytest.raises(PictureTooLarge, match="more memory than 64 MiB"):
            decoding.load_views(large, [FULL])
        assert decoding.load_views(encode(six, kind), [FULL])[FULL].shape == six.shape


@linux
def test_a_file_that_has_no_room(six, encode):
    with DecodingProcesses(max_bytes_of_memory=2**24) as decoding:
        with pytest.raises(CorruptPicture, match=r"crashed \(exit code 1\)"):
            decoding.load_views(encode(six, "BMP") + bytes(2**26), [FULL])
        assert decoding.load_views(encode(six, "BMP"), [FULL])[FULL].shape == six.shape


# Crashes


def test_killed_in_the_middle(endless, six, encode):
    with DecodingProcesses(seconds=600) as decoding, ThreadPoolExecutor(1) as pool:
        decoding.probe(endless)
        (first,) = decoding.running
        answer = pool.submit(decoding.load_views, endless, [SMALL], name="a.jpg")
        wait_until(lambda: not decoding._idle)
        time.sleep(0.2)  # into the decoder
        os.kill(first, getattr(signal, "SIGKILL", signal.SIGTERM))
        with pytest.raises(CorruptPicture, match=r"a\.jpg: its decoder crashed") as caught:
            answer.result()
        if os.name == "posix":
            assert "(SIGKILL)" in str(caught.value)
        assert decoding.load_views(encode(six, "PNG"), [FULL])[FULL].tolist() == six.tolist()
        assert decoding.running != (first,)


@posix
def test_killed_while_it_waits(six, encode):
    with DecodingProcesses() as decoding:
        decoding.probe(encode(six, "PNG"))
        (first,) = decoding.running
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        assert decoding.probe(encode(six, "PNG")).width == 3
        assert decoding.running != (first,)


def answers(text, monkeypatch):
    """Have what is started say this, and no more."""
    from lookalike.images import process

    monkeypatch.setattr(process, "_BEGIN", text)


@pytest.mark.parametrize("said", ["", "import sys; sys.exit(3)", "print('hello ' * 100)"])
def test_it_cannot_be_started(said, monkeypatch):
    answers(said, monkeypatch)
    with DecodingProcesses() as decoding:
        with pytest.raises(LookalikeError, match="could be started") as caught:
            decoding.probe(b"x")
        assert not isinstance(caught.value, PictureError)
        assert decoding.running == ()


# Threads, ends and signals


def test_two_threads_use_two_processes(endless, six, encode):
    with DecodingProcesses(2, seconds=600) as decoding, ThreadPoolExecutor(1) as pool:
        decoding.probe(endless)
        (busy,) = decoding.running
        slow = pool.submit(decoding.load_views, endless, [SMALL])
        wait_until(lambda: len(decoding._idle) == 1)
        assert decoding.load_views(encode(six, "PNG"), [FULL])[FULL].tolist() == six.tolist()
        assert len(decoding.running) == 2
        assert not slow.done()
        os.kill(busy, getattr(signal, "SIGKILL", signal.SIGTERM))
        with pytest.raises(CorruptPicture):
            slow.result()


@pytest.mark.parametrize("processes", [1, 3])
def test_many_threads_each_get_their_own_answer(processes, encode):
    def ask(shade):
        data = encode(np.full((20, 30, 3), shade, np.uint8), "PNG")
        view = View.stretch(1 + shade % 7, 5)
        return decoding.load_views(data, [view])[view]

    with DecodingProcesses(processes) as decoding, ThreadPoolExecutor(8) as pool:
        for shade, seen in enumerate(pool.map(ask, range(100))):
            assert seen.shape == (5, 1 + shade % 7, 3)
            assert (seen == shade).all()
        assert 1 <= len(decoding.running) <= processes


def test_nothing_is_started_before_it_is_needed_and_it_stays(six, encode):
    with DecodingProcesses(3) as decoding:
        assert decoding.running == ()
        decoding.probe(encode(six, "PNG"))
        first = decoding.running
        decoding.load_views(encode(six, "PNG"), [FULL])
        assert decoding.running == first
        assert len(first) == 1


def test_closing(six, encode, endless):
    decoding = DecodingProcesses(seconds=1)
    with ThreadPoolExecutor(2) as pool:
        decoding.probe(encode(six, "PNG"))
        slow = pool.submit(decoding.load_views, endless, [SMALL])
        wait_until(lambda: not decoding._idle)
        waiting = pool.submit(decoding.load_views, endless, [SMALL])
        decoding.close()
        with pytest.raises(PictureTooSlow):
            slow.result()
        with pytest.raises(UsageError, match="closed"):
            waiting.result()
    decoding.close()
    assert decoding.running == ()
    with pytest.raises(UsageError, match="closed"):
        decoding.probe(encode(six, "PNG"))


def test_the_watchdog_goes_when_there_is_nothing_to_watch():
    from lookalike.images.watchdog import Watchdog

    sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
    watchdog, before = Watchdog(), set(threading.enumerate())
    with subprocess.Popen(sleeper) as spared, subprocess.Popen(sleeper) as killed:
        with watchdog.over(spared, 600) as in_time, watchdog.over(killed, 0.05) as late:
            killed.wait()
        assert late.is_set()
        assert not in_time.is_set()
        assert spared.poll() is None
        spared.kill()
        (thread,) = set(threading.enumerate()) - before
    watchdog.close()
    thread.join()


@posix
def test_it_ends_itself_when_nobody_else_does(endless):
    """The system does it, so that it also works for a decoder that lets no other thread run."""
    from lookalike.images import process

    limits = {"seconds": 0.01, "max_pixels": MAX_PIXELS, "max_bytes_of_memory": None}
    with process._popen() as child:
        wire.send(child.stdin, limits)
        assert wire.receive(child.stdout, 0) == ({"ready": True}, [])
        wire.send(child.stdin, {"views": [dataclasses.astuple(SMALL)], "box": None}, [endless])
        assert child.wait() == -signal.SIGALRM


SCRIPT = """
import sys, threading
from lookalike.images import DecodingProcesses, View
decoding = DecodingProcesses(seconds=600)
data = open(sys.argv[1], "rb").read()
decoding.probe(data)
print(*decoding.running, flush=True)
if sys.argv[2] == "decodes":
    decoding.load_views(data, [View.stretch(8, 8)])
for line in sys.stdin:
    try:
        decoding.probe(data)
        print(*decoding.running, flush=True)
        sys.stdin.readline()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def script(path, what):
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(path), what],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
        start_new_session=True,
    )


@posix
@pytest.mark.parametrize("what", ["decodes", "waits"])
def test_it_ends_with_its_parent_even_a_killed_one(what, endless, tmp_path):
    path = tmp_path / "endless.jpg"
    path.write_bytes(endless)
    with script(path, what) as parent:
        assert parent.stdout.readline().strip().isdigit()
        time.sleep(0.3)  # into the decoder
        parent.kill()
        # Standard error is the child's, too: it ends when both have.
        assert parent.stderr.read() == ""


@posix
def test_ctrl_c_does_not_reach_it(six, encode, tmp_path):
    path = tmp_path / "six.png"
    path.write_bytes(encode(six, "PNG"))
    with script(path, "waits") as parent:
        child = parent.stdout.readline().strip()
        parent.stdin.write("\n")
        parent.stdin.flush()
        assert parent.stdout.readline().strip() == child
        os.killpg(parent.pid, signal.SIGINT)  # what a terminal does
        os.kill(int(child), signal.SIGINT)
        assert parent.stdout.readline() == "interrupted\n"
        parent.stdin.write("\n")
        parent.stdin.flush()
        assert parent.stdout.readline().strip() == child
        parent.stdin.close()
        assert parent.stderr.read() == ""


@linux
def test_it_knows_neither_our_secrets_nor_networks(six, encode, monkeypatch):
    monkeypatch.setenv("LOOKALIKE_API_KEY", "sesame")
    with DecodingProcesses() as decoding:
        decoding.probe(encode(six, "PNG"))
        (child,) = decoding.running
        assert b"sesame" not in Path(f"/proc/{child}/environ").read_bytes()
        assert "onnxruntime" not in Path(f"/proc/{child}/maps").read_text()


def test_views_cross_the_pipe_as_they_are():
    for view in (FULL, SMALL, View.within(7, "area"), View.crop(5, 6, 7, "lanczos")):
        assert View(*dataclasses.astuple(view)) == view
