"""What was searched with beside a match: zoomed by fingers, outlined, and shown in its folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

expect = pytest.importorskip("playwright.sync_api").expect

_MOVED = """all => all.map((each) => {
  const { a, e, f } = new DOMMatrix(getComputedStyle(each).transform);
  return [a, e / each.clientWidth, f / each.clientHeight];
})"""


def first(address: str, page: Any) -> dict[str, Any]:
    where = f"{address}/v1/galleries/drawn/pictures?top=1"
    return page.request.get(where).json()["pictures"][0]


def side_by_side(page: Any, address: str, box: str = "") -> None:
    """Search with the first picture, and open the nearest."""
    page.goto(f"{address}/?q=id:{first(address, page)['id']}{box}")
    page.locator(".tile-open").first.click()
    expect(page.get_by_role("dialog", name="Side by side")).to_be_visible()
    page.wait_for_load_state("networkidle")


def fingers(page: Any) -> Callable[..., None]:
    """Return what puts fingers on the screen, moves them, and takes them away."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    return touch


def test_two_fingers_zoom_both_pictures_about_where_they_are(
    opening: Callable[..., Any], address: str
) -> None:
    page = opening(address, viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    side_by_side(page, address)
    frame = page.locator(".pane-frame").nth(1).bounding_box()
    x = frame["x"] + 0.75 * frame["width"]
    y = frame["y"] + 0.5 * frame["height"]

    touch = fingers(page)
    touch("touchStart", (x - 20, y), (x + 20, y))
    for spread in range(22, 42, 2):
        touch("touchMove", (x - spread, y), (x + spread, y))
    touch("touchEnd")

    moved = page.locator(".pane-inner").evaluate_all(_MOVED)
    assert moved[0] == pytest.approx(moved[1], abs=0.01)
    # Twice as large, and what was between the fingers still is.
    assert moved[1] == pytest.approx([2, -0.75, -0.5], abs=0.12)

    touch("touchStart", (x, y))
    touch("touchMove", (x - 0.1 * frame["width"], y))
    touch("touchEnd")
    further = page.locator(".pane-inner").evaluate_all(_MOVED)
    assert further[0][1] == pytest.approx(moved[0][1] - 0.1, abs=0.02)


def test_a_double_click_zooms_where_it_was_made(opening: Callable[..., Any], address: str) -> None:
    page = opening(address)
    side_by_side(page, address)
    frame = page.locator(".pane-frame").nth(1).bounding_box()

    page.mouse.dblclick(frame["x"] + 0.5 * frame["width"], frame["y"] + 0.5 * frame["height"])

    for moved in page.locator(".pane-inner").evaluate_all(_MOVED):
        assert moved == pytest.approx([3, -1, -1], abs=0.02)


def test_the_box_that_was_searched_with_is_outlined(
    opening: Callable[..., Any], address: str
) -> None:
    page = opening(address)
    side_by_side(page, address, "@0.25,0.5,0.75,1")
    expect(page.locator(".pane-box")).to_have_count(1)

    shown = page.locator(".pane-box path").last.bounding_box()
    frame = page.locator(".pane-frame").first.bounding_box()
    picture = first(address, page)
    scale = min(frame["width"] / picture["width"], frame["height"] / picture["height"])
    wide, high = picture["width"] * scale, picture["height"] * scale
    left = frame["x"] + (frame["width"] - wide) / 2
    top = frame["y"] + (frame["height"] - high) / 2
    expected = [left + wide / 4, top + high / 2, wide / 2, high / 2]
    # Its line is half outside.
    assert [shown[side] for side in ("x", "y", "width", "height")] == pytest.approx(expected, abs=9)


@pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="xdg-open is what other systems open folders with"
)
def test_the_folder_of_a_match_is_opened(
    opening: Callable[..., Any], serving: Callable[..., str], indexed: Path, tmp_path: Path
) -> None:
    opener = tmp_path / "xdg-open"
    opener.write_text(f'#!/bin/sh\nprintf "%s" "$*" > "{tmp_path}/opened"\n')
    opener.chmod(0o755)
    address = serving(indexed, env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"})
    page = opening(address)
    side_by_side(page, address)

    with page.expect_response("**/reveal") as answer:
        page.get_by_role("button", name="Show in folder").click()

    assert answer.value.status == 204
    shown = page.locator(".facts div", has_text="Folder").locator("dd").inner_text()
    for _ in range(100):
        if (tmp_path / "opened").exists() and (tmp_path / "opened").read_text():
            break
        page.wait_for_timeout(100)
    assert (tmp_path / "opened").read_text() == shown
