"""The page of a server that wants an API key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

expect = pytest.importorskip("playwright.sync_api").expect

KEY = "a-key-that-is-long-enough-&-has-<signs>"


@pytest.fixture(scope="module")
def locked(serving: Callable[..., str], indexed: Path) -> str:
    """The address of a server that wants a key."""
    return serving(indexed, env={"LOOKALIKE_API_KEY": KEY})


@pytest.fixture(autouse=True)
def refusals(mishaps: Any) -> None:
    """A browser writes each refusal into its console."""
    mishaps.expect("401 (Unauthorized)")


def test_the_key_is_asked_for_and_what_failed_is_done_then(
    opening: Callable[..., Any], locked: str
) -> None:
    page = opening(locked, "/?view=gallery")
    dialog = page.get_by_role("dialog", name="API key")

    expect(dialog.get_by_label("API key")).to_be_focused()
    dialog.get_by_label("API key").fill("wrong")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("That is not the key. Try again.")
    dialog.get_by_label("API key").fill(KEY)
    page.keyboard.press("Enter")

    expect(dialog).to_have_count(0)
    expect(page.locator(".gallery-told")).to_contain_text("99 pictures")
    thumbnail = page.locator(".browse-tile img").first
    expect(thumbnail).to_be_visible()
    assert thumbnail.evaluate(
        "async (image) => { await image.decode(); return image.naturalWidth; }"
    )
    page.reload()
    expect(page.locator(".gallery-told")).to_contain_text("99 pictures")
    assert KEY not in page.evaluate(
        "document.cookie + JSON.stringify({...localStorage, ...sessionStorage})"
    )


def test_logging_out_forgets_the_key(opening: Callable[..., Any], locked: str) -> None:
    page = opening(locked, "/?view=gallery")
    page.locator("#key").fill(KEY)
    page.keyboard.press("Enter")

    page.get_by_role("button", name="Log out").click()

    expect(page.get_by_role("dialog", name="API key")).to_be_visible()
    assert page.request.get(f"{locked}/v1/galleries").status == 401


def test_who_does_not_know_the_key_is_told_and_may_try_later(
    opening: Callable[..., Any], locked: str
) -> None:
    page = opening(locked)

    page.get_by_role("button", name="Not now").click()
    banner = page.locator("#banner")
    expect(banner.get_by_role("alert")).to_contain_text("shows nothing without its key")
    banner.get_by_role("button", name="Try again").click()
    page.locator("#key").fill(KEY)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Search with a picture")
