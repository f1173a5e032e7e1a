"""A gallery that tells probabilities: how sure a match is, and the least that is wanted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookalike import Gallery, selftest

expect = pytest.importorskip("playwright.sync_api").expect


@pytest.fixture(scope="module")
def sure(
    serving: Callable[..., str], tmp_path_factory: pytest.TempPathFactory, pictures: Path
) -> str:
    """The address of a gallery that was tested."""
    where = tmp_path_factory.mktemp("galleries") / "sure"
    with Gallery.open(where) as gallery:
        gallery.sync(pictures)
        selftest(gallery, pictures=20)
    return serving(where)


def search(page: Any, address: str, more: str = "") -> None:
    listed = page.request.get(f"{address}/v1/galleries/sure/pictures?top=1").json()
    page.goto(f"{address}/?q=id:{listed['pictures'][0]['id']}{more}")
    expect(page.locator(".tile[data-id]").first).to_be_visible()


def test_the_least_probability_is_set_by_the_keyboard_and_is_one_step_back(
    opening: Callable[..., Any], sure: str
) -> None:
    page = opening(sure)
    search(page, sure)
    many = page.locator(".tile[data-id]").count()
    before = page.url

    page.get_by_role("button", name="How").click()
    slider = page.get_by_label("Least probability")
    expect(slider).to_have_attribute("aria-valuetext", "any")
    slider.focus()
    for _ in range(9):
        page.keyboard.press("PageUp")
    expect(slider).to_have_attribute("aria-valuetext", "90%")
    expect(slider).to_be_focused()
    page.wait_for_url("**&min=0.9")
    expect(page.get_by_role("button", name="How (1)")).to_be_visible()
    page.wait_for_function(
        "many => document.querySelector('.found-title').innerText === 'Nearest'"
        " || document.querySelectorAll('.tile[data-id]').length < many",
        arg=many,
    )

    page.go_back()
    page.wait_for_url(before)
    page.go_forward()
    expect(slider).to_have_attribute("aria-valuetext", "90%")
    slider.fill("0")
    page.wait_for_url(before)
    expect(page.locator(".found-title")).to_have_text("Most alike")


def test_where_there_is_no_probability_it_says_why(opening: Callable[..., Any], sure: str) -> None:
    page = opening(sure)
    search(page, sure, "@0,0,0.5,0.5")

    page.get_by_role("button", name="How").click()

    expect(page.locator(".popover")).to_contain_text("Only one whole picture can be the same")
    expect(page.get_by_label("Least probability")).to_have_count(0)


def test_a_match_says_how_sure_it_is(opening: Callable[..., Any], sure: str) -> None:
    page = opening(sure)
    search(page, sure)

    page.locator(".tile-open").first.click()

    facts = page.get_by_role("dialog", name="Side by side").locator(".facts")
    expect(facts).to_contain_text("Same picture")
    expect(facts).to_contain_text("sure")


def test_what_tells_probabilities_is_told_in_the_gallery(
    opening: Callable[..., Any], sure: str
) -> None:
    page = opening(sure, "/?view=gallery")

    page.locator("summary", has_text="Descriptors").click()

    expect(page.locator(".about-descriptor").first).to_contain_text("Tells probabilities")
