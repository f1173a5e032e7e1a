"""The command line with ``--gallery http://…``: the same verbs, on another's gallery."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lookalike import LocalGallery
from program import PROGRAM, done, failed
from serving import Serving

KEY = "a-key-that-is-long-enough"


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    made = Serving(tmp_path / "shop")
    LocalGallery.open(tmp_path / "shop").close()
    yield made
    made.close()


@pytest.fixture
def address(serving: Serving, folder: Path, tmp_path: Path) -> str:
    """A served gallery with six pictures, and a file that is none."""
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    with LocalGallery.open(tmp_path / "shop") as gallery:
        gallery.sync(folder, descriptors=["pixels"])
        gallery.set_columns({folder / "a1.png": {"price": 12.5}})
    return serving()


def test_searching(address: str, folder: Path, tmp_path: Path) -> None:
    table = done("search", folder / "a0.png", "-g", address, "--top", "3")
    assert table.count("%") == 3
    assert "pixels, euclidean distance, among 6 different pictures" in table
    lines = done("search", folder / "a0.png", "-g", f"{address}/", "--json").splitlines()
    matches = [json.loads(line) for line in lines]
    assert [match["rank"] for match in matches] == [1, 2, 3, 4, 5]
    id = str(matches[0]["id"])
    page = tmp_path / "page.html"
    paths = done("search", id, "-g", f"{address}/v1/galleries/shop", "--paths", "--sheet", page)
    assert len(paths.splitlines()) == 5
    assert page.read_text("utf-8").count("data:image/jpeg;base64,") == 6
    filtered = done("search", folder / "a0.png", "-g", address, "--where", "price < 20", "--paths")
    assert filtered.splitlines() == [str(folder / "a1.png")]
    marked = (
        "search",
        folder / "a0.png",
        "-g",
        address,
        "--like",
        id,
        "--unlike",
        folder / "a2.png",
    )
    assert "moved by 1 liked and 1 unliked" in done(*marked)
    assert "2 kept" in done("info", "-g", address)


def test_what_is_there(address: str, folder: Path) -> None:
    info = done("info", "-g", address)
    assert f"{address}/v1/galleries/shop" in info
    assert "6, of which 6 different files" in info
    assert str(folder) in info
    assert json.loads(done("info", "-g", address, "--json"))["pictures"] == 6
    failures = done("failures", "-g", address)
    assert str(folder / "broken.png") in failures
    assert "corrupt" in failures


def test_filling(address: str, folder: Path, draw: Callable[..., Path]) -> None:
    draw(folder / "new.png", 50)
    assert "1 added · 7 unchanged" in done("index", "-g", address)
    draw(folder.parent / "more" / "c.png", 60)
    assert "1 added" in done("index", folder.parent / "more", "-g", address)
    assert "8 pictures in the gallery" in done("index", "-g", address)
    assert "1 picture removed" in done("remove", folder / "new.png", "-g", address)
    assert "not in the gallery" in failed(1, "remove", folder / "none.png", "-g", address)
    assert "0 marks forgotten" in done("remove", "--marks", "-g", address)


def test_columns(address: str) -> None:
    assert "price · numbers · 1 picture · 12.5" in done("columns", "-g", address)
    assert "removed: price" in done("columns", "remove", "price", "-g", address)
    assert "no columns" in done("columns", "-g", address)
    assert "did you mean" not in failed(2, "columns", "remove", "price", "-g", address)


@pytest.mark.parametrize(
    "verb",
    [
        ["tune"],
        ["use", "exact"],
        ["reduce", "pca:dims=8"],
        ["selftest"],
        ["index", "--index", "hnsw"],
        ["remove", "--descriptor", "pixels"],
        ["remove", "--kept"],
        ["columns", "import", "prices.csv"],
        ["train", "adapter", "--labels", "marks"],
    ],
    ids=" ".join,
)
def test_what_needs_the_gallerys_own_files(verb: list[str]) -> None:
    # Nobody answers there: it is refused before anybody is asked.
    said = failed(2, *verb, "--gallery", "http://127.0.0.1:1")
    assert "a gallery's own files" in said
    assert "address of a server" in said


def test_nobody_answers(folder: Path) -> None:
    said = failed(1, "search", folder / "a0.png", "-g", "http://127.0.0.1:1")
    assert "no server answers at http://127.0.0.1:1" in said
    assert "`lookalike serve`" in said


def test_the_key_comes_from_the_environment(
    serving: Serving, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = serving(api_key=KEY)
    said = failed(2, "info", "-g", address)
    assert "wants an API key" in said
    assert "LOOKALIKE_API_KEY" in said
    monkeypatch.setenv("LOOKALIKE_API_KEY", "a-wrong-key-that-is-long")
    said = failed(2, "info", "-g", address)
    assert "is not the one" in said
    assert "a-wrong-key" not in said
    monkeypatch.setenv("LOOKALIKE_API_KEY", KEY)
    monkeypatch.setenv("LOOKALIKE_GALLERY", address)
    assert "pictures" in done("info")


def test_a_server_that_changes_nothing(serving: Serving, folder: Path) -> None:
    address = serving(read_only=True)
    assert "changes nothing" in failed(1, "index", folder, "-g", address)


def test_several_galleries(serving: Serving, tmp_path: Path) -> None:
    LocalGallery.open(tmp_path / "other").close()
    address = serving({"shop": tmp_path / "shop", "other one": tmp_path / "other"})
    said = failed(2, "info", "-g", address)
    assert "several galleries; name one" in said
    assert f"{address}/v1/galleries/other%20one" in said
    assert "other%20one" in done("info", "-g", f"{address}/v1/galleries/other%20one")
    assert "has no gallery 'hats'" in failed(1, "info", "-g", f"{address}/v1/galleries/hats")


def test_ctrl_c_stops_the_server_s_work(
    serving: Serving, tmp_path: Path, draw: Callable[..., Path]
) -> None:
    for seed in range(400):
        draw(tmp_path / "many" / f"{seed}.png", seed, (400, 300))
    address = serving()
    index = subprocess.Popen(
        [*PROGRAM, "index", str(tmp_path / "many"), "-g", address, "--workers", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with LocalGallery.open(tmp_path / "shop") as gallery:
        while not gallery.info().pictures:
            assert index.poll() is None, index.communicate()
        index.send_signal(signal.SIGINT)
        _, said = index.communicate(timeout=60)
        assert index.returncode != 0
        assert "Traceback" not in said
        kept = gallery.info().pictures
        assert 0 < kept < 400
        # Nobody writes any more, and what was done is there.
        assert gallery.sync(workers=1).added == 400 - kept
