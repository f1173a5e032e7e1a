"""Photograph the page over pictures that Lookalike draws itself.

    python docs/screenshots.py          # writes docs/page.webp, docs/page-side.webp

Needs the development requirements and Chromium.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
PORT = 18766
ADDRESS = f"http://127.0.0.1:{PORT}"


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "demo"
        subprocess.run([*_PROGRAM, "demo", str(folder)], check=True, stdout=subprocess.DEVNULL)
        command = [*_PROGRAM, "serve", str(folder / "gallery"), "--no-open", "--port", str(PORT)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            _await_server(server)
            _photograph(sorted((folder / "pictures").rglob("*.jpg")))
        finally:
            server.terminate()
            server.wait(30)


_PROGRAM = [sys.executable, "-m", "lookalike"]


def _await_server(server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            sys.exit("the server has ended")
        try:
            urllib.request.urlopen(f"{ADDRESS}/readyz", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("the server does not answer")


def _photograph(pictures: list[Path]) -> None:
    browser_file = os.environ.get("LOOKALIKE_CHROMIUM") or shutil.which("chromium")
    if browser_file is None:
        sys.exit("there is no Chromium; name it: LOOKALIKE_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_file, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme="light")
        page.goto(ADDRESS)
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose a picture").click()
        chooser.value.set_files(pictures[0])
        page.locator(".grid:not([aria-busy]) .tile[data-id]").first.wait_for()
        _save(page, HERE / "page.webp")
        page.locator(".tile[data-id]").nth(1).locator("a, button").first.click()
        page.locator("dialog[open]").wait_for()
        _save(page, HERE / "page-side.webp")
        browser.close()


def _save(page: Any, file: Path) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)  # pictures fade in
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.save(file, quality=85, method=6)
    print(f"{file}: {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
