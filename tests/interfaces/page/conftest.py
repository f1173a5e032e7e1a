"""A real server, and a real browser that looks at its page."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from lookalike import Gallery

# Names as somebody hostile would choose them. Windows takes none of them.
MARKUP = "<img src=x onerror=document.title='owned'>.png"
FORMULA = '=HYPERLINK("javascript").png'
TURNED = "photo\u202egnp.exe.png"

_SIZES = [(96, 72), (72, 96), (128, 64), (80, 80)]
_SERVE = (sys.executable, "-m", "lookalike", "serve", "--no-open", "--port", "0")
_CANDIDATES = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="package")
def chromium() -> str:
    """Where the browser is; without one there is nothing to be tested here."""
    pytest.importorskip("playwright", reason="the page is tested with playwright")
    named = os.environ.get("LOOKALIKE_CHROMIUM")
    for candidate in (named,) if named else _CANDIDATES:
        if found := shutil.which(candidate):
            return found
    pytest.skip("there is no Chromium here; LOOKALIKE_CHROMIUM may say where one is")


@pytest.fixture(scope="module")  # no longer: Playwright's event loop would run beside other tests
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    switches = [
        *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
        "--use-fake-device-for-media-stream",  # a camera, for those that may use it
    ]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=switches)
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Start a server of galleries with options; return its address."""
    running: list[subprocess.Popen[str]] = []
    home = tmp_path_factory.mktemp("home")
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("LOOKALIKE_")},
        "LOOKALIKE_CACHE": str(home / "cache"),
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
    }

    def start(*galleries: Path, options: tuple[str, ...] = (), env: dict[str, str] = {}) -> str:  # noqa: B006
        log = (home / f"server{len(running)}.log").open("w")
        process = subprocess.Popen(
            [*_SERVE, *options, *map(str, galleries)],
            env=environment | env,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        log.close()
        running.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://[\w.:]+", line):
                return found[0].rstrip("/")
        pytest.fail(f"the server ended: {Path(log.name).read_text()}")

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.communicate(timeout=30)


@pytest.fixture(scope="package")
def pictures(tmp_path_factory: pytest.TempPathFactory, draw: Callable[..., Path]) -> Path:
    """A folder of 99 pictures in three folders, some of them with hostile names."""
    root = tmp_path_factory.mktemp("pictures")
    for seed in range(96):
        draw(root / "abc"[seed % 3] / f"p{seed:02}.png", seed, _SIZES[seed % 4])
    for seed, name in enumerate((MARKUP, FORMULA, TURNED), 200):
        draw(root / "hostile" / name, seed, (96, 72))
    return root


@pytest.fixture(scope="package")
def indexed(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> Path:
    """The gallery of these pictures."""
    where = tmp_path_factory.mktemp("galleries") / "drawn"
    with Gallery.open(where) as gallery:
        gallery.sync(pictures)
    return where


@pytest.fixture(scope="package")
def address(serving: Callable[..., str], indexed: Path) -> str:
    """What the server of the gallery of drawn pictures answers at."""
    return serving(indexed)


@dataclass
class Mishaps:
    """What went wrong on a page; a test says what is meant to."""

    seen: list[str] = field(default_factory=list)
    meant: list[str] = field(default_factory=list)

    def expect(self, *pieces: str) -> None:
        self.meant.extend(pieces)

    @property
    def unmeant(self) -> list[str]:
        return [line for line in self.seen if not any(piece in line for piece in self.meant)]


@pytest.fixture
def mishaps() -> Mishaps:
    return Mishaps()


@pytest.fixture
def opening(browser: Any, mishaps: Mishaps) -> Iterator[Callable[..., Any]]:
    """Open a page in a window of its own, and watch it.

    Whatever stands in the console as an error (a violation of the content security policy does), an
    exception, and a request to another host fail the test in the end.
    """
    contexts = []

    def open_(address: str, path: str = "/", **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 860}} | options)
        contexts.append(context)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
        context.set_default_timeout(15_000)
        page = context.new_page()
        host = urlsplit(address).netloc

        def asked(request: Any) -> None:
            parts = urlsplit(request.url)
            if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != host:
                mishaps.seen.append(f"request to another host: {request.url}")

        page.on("request", asked)
        page.on("pageerror", lambda error: mishaps.seen.append(f"exception: {error}"))
        page.on("console", lambda line: line.type == "error" and mishaps.seen.append(line.text))
        page.goto(address + path)
        return page

    yield open_
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="wait")
        context.close()
    assert not mishaps.unmeant


@pytest.fixture
def page(opening: Callable[..., Any], address: str) -> Any:
    """The first view of the gallery of drawn pictures."""
    return opening(address)
