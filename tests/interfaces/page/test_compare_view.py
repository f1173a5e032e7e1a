"""Pictures side by side."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

expect = pytest.importorskip("playwright.sync_api").expect

MARKUP = "<img src=x onerror=document.title='owned'>.png"


@pytest.fixture(scope="module")
def ids(browser: Any, address: str) -> dict[str, int]:
    """The pictures' ids by their names."""
    context = browser.new_context()
    answer = context.request.get(f"{address}/v1/galleries/drawn/pictures?top=1000").json()
    context.close()
    return {picture["name"]: picture["id"] for picture in answer["pictures"]}


def parts(page: Any) -> list[str]:
    return parse_qs(urlsplit(page.url).query).get("q", [])


def test_three_pictures_are_held_against_each_other(
    opening: Callable[..., Any], address: str, ids: dict[str, int]
) -> None:
    a, b, c = ids["p00.png"], ids["p01.png"], ids[MARKUP]
    page = opening(address, f"/?view=compare&q=id:{a}&q=id:{b}&q=id:{c}")

    rows = page.get_by_role("table", name="Distance and likeness").locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0).locator("th")).to_have_text("glance")
    assert page.locator(".nearest").count() == 2
    for row in rows.all():
        nearer, other = (
            row.locator(kind).locator(".compare-distance").inner_text()
            for kind in ("td.nearest", "td:has(.compare-distance):not(.nearest)")
        )
        assert float(nearer) < float(other)
    expect(page.locator(".compare-votes")).to_have_text(
        re.compile(r"^A \(p00\.png\) is nearer to [BC] \(.+\) under .*descriptors")
    )
    expect(page.locator(".compare-slot").nth(2)).to_contain_text(MARKUP)
    assert page.title() == "Compare – Lookalike"


def test_the_histograms_are_also_a_table_whose_shares_are_whole(
    opening: Callable[..., Any], address: str, ids: dict[str, int]
) -> None:
    page = opening(address, f"/?view=compare&q=id:{ids['p00.png']}&q=id:{ids['p01.png']}")

    expect(page.get_by_role("img", name="Brightness of the pictures A, B")).to_be_visible()
    assert page.locator(".histogram-line").count() == 2
    page.get_by_text("As a table").click()
    cells = page.get_by_role("table", name="Share of each picture").locator("tbody tr")
    expect(cells).to_have_count(8)
    for column in (0, 1):
        shares = [float(row.locator("td").nth(column).inner_text()[:-1]) for row in cells.all()]
        assert sum(shares) == pytest.approx(100, abs=0.5)


def test_pictures_are_added_from_the_gallery_and_as_files(
    opening: Callable[..., Any], address: str, ids: dict[str, int], pictures: Path
) -> None:
    page = opening(address, "/?view=compare")

    page.get_by_role("button", name="From the gallery").click()
    picker = page.get_by_role("dialog", name="Choose a picture")
    picker.get_by_label("Name of the picture").fill("P07")
    expect(picker.locator(".browse-tile")).to_have_count(1)
    picker.get_by_role("button", name="p07.png").click()
    expect(page.locator(".compare-slot:not(.compare-empty)")).to_have_count(1)
    assert parts(page) == [f"id:{ids['p07.png']}"]
    page.locator(".compare-empty input[type=file]").set_input_files(
        [pictures / "a" / "p00.png", pictures / "hostile" / MARKUP]
    )

    expect(page.locator(".compare-votes")).to_contain_text("A (p07.png) is nearer to")
    expect(page.locator(".compare-slot").nth(2)).to_contain_text(MARKUP)
    assert [part[:3] for part in parts(page)[1:]] == ["up:", "up:"]


def test_a_picture_is_replaced_by_a_drop_put_first_and_taken_away(
    opening: Callable[..., Any], address: str, ids: dict[str, int], pictures: Path
) -> None:
    a, b, c = ids["p00.png"], ids["p01.png"], ids["p02.png"]
    page = opening(address, f"/?view=compare&q=id:{a}&q=id:{b}&q=id:{c}")
    expect(page.locator(".compare-table").first).to_be_visible()

    page.get_by_role("button", name="Put first: C").click()
    page.wait_for_url(lambda url: f"q=id:{c}&q=id:{a}&q=id:{b}" in url)
    page.get_by_role("button", name="Remove B").click()
    page.wait_for_url(lambda url: f"q=id:{c}&q=id:{b}" in url)
    encoded = base64.b64encode((pictures / "b" / "p04.png").read_bytes()).decode()
    page.evaluate(
        """(encoded) => {
          const data = new DataTransfer();
          const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
          data.items.add(new File([bytes], "p04.png", {type: "image/png"}));
          document.querySelectorAll(".compare-slot")[1].dispatchEvent(
            new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: data}));
        }""",
        encoded,
    )

    page.wait_for_url(lambda url: f"view=compare&q=id:{c}&q=up:" in url)
    expect(page.locator(".compare-slot").nth(1)).to_contain_text("p04.png")
    expect(page.locator(".compare-empty")).to_contain_text("Add a third")
    page.get_by_role("link", name="Search with A").click()
    page.wait_for_url(lambda url: "view=" not in url and url.endswith(f"q=id:{c}"))


def test_what_is_gone_is_said_and_can_be_replaced(
    opening: Callable[..., Any], address: str, ids: dict[str, int], mishaps: Any
) -> None:
    mishaps.expect("404 (Not Found)")
    gone = "0" * 32
    page = opening(address, f"/?view=compare&q=id:{ids['p00.png']}&q=up:{gone}")

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator(".compare-lost")).to_contain_text("no longer there")
    page.get_by_role("button", name="Remove B").click()
    expect(page.locator(".compare-hint")).to_be_visible()


def test_no_picture_at_all_invites_to_add_one(opening: Callable[..., Any], address: str) -> None:
    page = opening(address, "/?view=compare")

    expect(page.locator(".compare-hint")).to_contain_text(
        "Two pictures show how far they are apart"
    )
    expect(page.get_by_role("button", name="Choose a file")).to_be_visible()
