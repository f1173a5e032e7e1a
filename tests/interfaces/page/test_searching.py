"""Searching on the page: how a picture comes in, what is found, and what can be done with it."""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

MARKUP = "<img src=x onerror=document.title='owned'>.png"

# Gives an event a file, as a drag or the clipboard would.
_GIVE = """([kind, target, name, encoded]) => {
  const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, {type: "image/png"}));
  const init = {bubbles: true, cancelable: true};
  const event = kind === "paste"
    ? new ClipboardEvent(kind, {...init, clipboardData: data})
    : new DragEvent(kind, {...init, dataTransfer: data});
  document.querySelector(target).dispatchEvent(event);
}"""


def give(page: Any, kind: str, file: Path, target: str = "body") -> None:
    page.locator("main[data-view]").wait_for()
    encoded = base64.b64encode(file.read_bytes()).decode()
    page.evaluate(_GIVE, [kind, target, file.name, encoded])


def tiles(page: Any, least: int = 1) -> Any:
    """Return the matches, once the search is over."""
    page.locator(".grid:not([aria-busy]) .tile[data-id]").nth(least - 1).wait_for()
    return page.locator(".tile[data-id]")


def parts(page: Any) -> list[str]:
    """Return what is searched with, as it stands in the address."""
    return parse_qs(urlsplit(page.url).query).get("q", [])


def until_parts(page: Any, count: int) -> list[str]:
    page.wait_for_url(lambda url: len(parse_qs(urlsplit(url).query).get("q", [])) == count)
    return parts(page)


def until(page: Any, expression: str, arg: Any = None) -> None:
    """Wait for an expression to be true.

    `wait_for_function` compiles it in the page, which our content security policy may forbid.
    """
    for _ in range(150):
        if page.evaluate(expression, arg):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"never true: {expression}")


def first_id(page: Any, address: str) -> int:
    return page.request.get(f"{address}/v1/galleries/drawn/pictures?top=1").json()["pictures"][0][
        "id"
    ]


@pytest.fixture
def searched(opening: Callable[..., Any], address: str) -> Any:
    """The page, searching for what is like the first picture of the gallery."""
    page = opening(address)
    page.goto(f"{address}/?q=id:{first_id(page, address)}")
    tiles(page)
    return page


# -- how a picture comes in ------------------------------------------------------------------


def test_a_dropped_picture_is_searched_with(page: Any, pictures: Path) -> None:
    give(page, "drop", pictures / "a" / "p00.png")
    assert "Identical file" in tiles(page).first.inner_text()
    assert re.fullmatch(r"up:[0-9a-f]{32}", parts(page)[0])
    assert page.title() == "Like p00.png – Lookalike"


def test_dragging_over_the_page_says_that_it_can_be_dropped(page: Any, pictures: Path) -> None:
    page.locator(".drop").wait_for()
    give(page, "dragenter", pictures / "a" / "p00.png")
    assert page.locator("#dropping").is_visible()
    give(page, "dragleave", pictures / "a" / "p00.png")
    assert page.locator("#dropping").is_hidden()


def test_over_the_query_a_dragged_picture_is_going_to_be_added(
    searched: Any, pictures: Path
) -> None:
    give(searched, "dragenter", pictures / "b" / "p13.png", ".adder")
    assert searched.locator("#dropping").is_hidden()
    assert searched.locator(".query.adding").count() == 1
    give(searched, "drop", pictures / "b" / "p13.png", ".adder")
    until_parts(searched, 2)
    assert searched.locator(".query.adding").count() == 0


def test_a_pasted_picture_is_searched_with(page: Any, pictures: Path) -> None:
    page.locator(".samples li").first.wait_for()
    give(page, "paste", pictures / "b" / "p01.png")
    assert "p01.png" in tiles(page).first.inner_text()


def test_a_chosen_picture_is_searched_with(page: Any, pictures: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a picture").click()
    chooser.value.set_files(pictures / "c" / "p02.png")
    assert "p02.png" in tiles(page).first.inner_text()


def test_without_a_camera_it_says_so_and_offers_a_file(page: Any) -> None:
    page.get_by_role("button", name="Use the camera").click()
    page.get_by_text("The camera cannot be used here").wait_for()
    assert page.get_by_role("button", name="Choose a picture").count() == 2


def test_a_photograph_is_searched_with(page: Any, address: str) -> None:
    page.context.grant_permissions(["camera"], origin=address)
    page.get_by_role("button", name="Use the camera").click()
    until(page, "() => document.querySelector('video')?.videoWidth > 0")
    page.get_by_role("button", name="Take the photograph").click()
    tiles(page)
    assert page.title() == "Like photograph.jpg – Lookalike"
    assert page.locator("dialog").count() == 0


def test_an_address_is_fetched_only_where_that_is_allowed(
    page: Any, opening: Callable[..., Any], serving: Any, indexed: Path, mishaps: Any
) -> None:
    page.locator(".drop").wait_for()
    assert page.get_by_label("Address of a picture").count() == 0
    mishaps.expect("403", "400", "422")  # a server asks nothing of its own machine
    allowed = opening(serving(indexed, options=("--allow-urls",)))
    allowed.get_by_label("Address of a picture").fill("http://127.0.0.1/cat.png")
    allowed.get_by_role("button", name="Fetch").click()
    allowed.locator(".toast").wait_for()
    assert "127.0.0.1" in allowed.locator(".toast").inner_text()


def test_words_are_searched_with_where_they_are_understood(
    opening: Callable[..., Any], address: str, mishaps: Any
) -> None:
    def understood(route: Any) -> None:
        answer = route.fetch()
        body = answer.json()
        body["descriptors"][0]["has_words"] = True
        route.fulfill(response=answer, json=body)

    mishaps.expect("400")  # the descriptor of this gallery does not really
    page = opening(address, "/docs")
    page.route("**/v1/galleries/drawn", understood)
    page.goto(address)
    page.get_by_label("Describe what you look for").fill("red + blue*2@0.1")
    page.keyboard.press("Enter")
    page.locator("main [role=alert]").wait_for()
    assert parts(page) == ["words:red + blue*2@0.1"]
    assert page.locator(".part-words").inner_text() == "“red + blue*2@0.1”"


def test_a_match_is_dragged_into_the_search(searched: Any) -> None:
    page = searched
    third = tiles(page).nth(2).get_attribute("data-id")
    tiles(page).nth(2).locator("img").drag_to(page.locator(".adder"))
    assert until_parts(page, 2)[1] == f"id:{third}"


def test_a_sample_is_searched_with_by_a_click(page: Any) -> None:
    page.locator(".samples a").first.click()
    tiles(page)
    assert parts(page)[0].startswith("id:")


def test_what_is_no_picture_is_answered_by_a_sentence(
    page: Any, tmp_path: Path, mishaps: Any
) -> None:
    mishaps.expect("422")
    text = tmp_path / "letter.png"
    text.write_text("Dear Ada,")
    page.locator(".drop").wait_for()
    give(page, "drop", text)
    page.locator(".toast").wait_for()
    assert len(page.locator(".toast").inner_text()) > 20
    assert page.locator("h1").inner_text() == "Search with a picture"


# -- what is searched with -------------------------------------------------------------------


def test_a_second_picture_is_added_and_turned_to_minus(searched: Any, pictures: Path) -> None:
    page = searched
    give(page, "drop", pictures / "b" / "p13.png", ".query")
    until_parts(page, 2)
    tiles(page)
    before = tiles(page).all_inner_texts()
    page.get_by_role("button", name="Search away from p13.png").click()
    page.wait_for_url(re.compile(r"\*-1"))
    tiles(page)
    until(page, "before => document.querySelector('.tile').innerText !== before", arg=before[0])
    assert parts(page)[1].endswith("*-1")
    assert page.locator(".part.minus").count() == 1
    assert "not p13.png" in page.title()


def test_the_slider_says_how_much_a_picture_counts(searched: Any, pictures: Path) -> None:
    page = searched
    give(page, "drop", pictures / "b" / "p13.png", ".query")
    slider = page.get_by_role("slider", name="How much p13.png counts")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile(r"\*1\.5"))
    assert slider.evaluate("each => each === document.activeElement")


def test_a_part_is_removed_and_the_last_one_leads_to_the_start(searched: Any) -> None:
    searched.locator(".part-remove").click()
    searched.get_by_role("heading", name="Search with a picture").wait_for()
    assert parts(searched) == []


def test_a_box_is_drawn_by_the_mouse(searched: Any) -> None:
    page = searched
    page.get_by_role("button", name="Draw a box").click()
    image = page.locator(".box-stage img")
    until(page, "() => document.querySelector('.box-stage')?.style.width")
    frame = image.bounding_box()
    page.mouse.move(frame["x"] + 0.25 * frame["width"], frame["y"] + 0.25 * frame["height"])
    page.mouse.down()
    page.mouse.move(frame["x"] + 0.5 * frame["width"], frame["y"] + 0.5 * frame["height"], steps=4)
    page.mouse.move(
        frame["x"] + 0.75 * frame["width"], frame["y"] + 0.75 * frame["height"], steps=4
    )
    page.mouse.up()
    page.get_by_role("button", name="Search for this part").click()
    page.wait_for_url(re.compile("@"))
    box = [float(share) for share in parts(page)[0].split("@")[1].split(",")]
    assert box == pytest.approx([0.25, 0.25, 0.75, 0.75], abs=0.01)
    tiles(page)
    assert page.locator(".part-box").is_visible()


def test_a_box_is_drawn_by_the_keyboard(searched: Any) -> None:
    page = searched
    page.get_by_role("button", name="Draw a box").press("Enter")
    page.locator(".box-rect:focus").wait_for()
    for key in ["Shift+ArrowLeft"] * 40 + ["Shift+ArrowUp"] * 20 + ["ArrowRight"] * 10:
        page.keyboard.press(key)
    assert page.get_by_label("Width in per cent").input_value() == "60"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("@"))
    assert parts(page)[0].endswith("@0.1,0,0.7,0.8")
    tiles(page)
    page.get_by_role("button", name="Change the box").click()
    page.get_by_role("button", name="Whole picture").click()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "@" not in url)


def test_a_box_is_typed(searched: Any) -> None:
    page = searched
    page.get_by_role("button", name="Draw a box").click()
    for label, value in {"Width": "50", "Height": "40", "Left": "20", "Top": "10"}.items():
        page.get_by_label(f"{label} in per cent").fill(value)
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Search for this part").click()
    page.wait_for_url(re.compile("@0.2,0.1,0.7,0.5"))


# -- where one is ----------------------------------------------------------------------------


def test_more_like_this_and_back_and_forward(searched: Any) -> None:
    page = searched
    start, names = page.url, tiles(page).all_inner_texts()
    tiles(page).nth(3).hover()
    tiles(page).nth(3).locator(".tile-alike").click()
    page.wait_for_url(lambda url: url != start)
    tiles(page)
    there = page.url
    page.go_back()
    until(page, "names => document.querySelector('.tile').innerText === names[0]", arg=names)
    assert page.url == start
    page.go_forward()
    tiles(page)
    assert page.url == there


def test_reloading_restores_the_search_and_the_place(searched: Any) -> None:
    page = searched
    page.mouse.wheel(0, 4000)
    tiles(page, 60)
    until(page, "() => history.state?.shown >= 60 && history.state?.scroll > 500")
    kept = page.evaluate("history.state")
    page.reload()
    tiles(page, kept["shown"] if kept["shown"] < 98 else 98)
    until(page, "kept => Math.abs(scrollY - kept.scroll) < 5", arg=kept)


def test_further_matches_come_while_one_scrolls(searched: Any) -> None:
    page = searched
    for _ in range(12):
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(60)
    assert tiles(page, 98).count() == 98  # all but what is searched with
    page.get_by_text("That is all.").wait_for()
    ids = page.locator(".tile").evaluate_all("all => all.map((each) => each.dataset.id)")
    assert len(set(ids)) == 98


def test_the_address_is_what_can_be_shared(
    opening: Callable[..., Any], address: str, searched: Any
) -> None:
    other = opening(address, "/" + "?" + urlsplit(searched.url).query)
    assert tiles(other).first.inner_text() == tiles(searched).first.inner_text()


# -- what is found ---------------------------------------------------------------------------


def test_rows_fill_the_width_and_keep_the_proportions(searched: Any) -> None:
    tiles(searched)
    places = searched.locator(".tile").evaluate_all(
        "all => all.map((each) => { const box = each.firstChild.getBoundingClientRect();"
        " return [box.top, box.left, box.right, box.width / box.height, +each.dataset.ratio]; })"
    )
    edge = searched.locator(".grid").evaluate("each => each.getBoundingClientRect().right")
    rows: dict[float, list[list[float]]] = {}
    for top, *rest in places:
        rows.setdefault(round(top), []).append(rest)
    for row in list(rows.values())[:-1]:
        assert row[-1][1] == pytest.approx(edge, abs=1.5)
    for *_, shown, own in places:
        assert shown == pytest.approx(own, rel=0.03)


def test_a_match_says_how_alike_it_is_where_and_how_large(searched: Any) -> None:
    text = tiles(searched).first.inner_text()
    assert re.search(r"\d+%", text)
    assert re.search(r"\d+ × \d+", text)
    assert tiles(searched).first.locator(".tile-where bdi").inner_text() in {
        "a",
        "b",
        "c",
        "hostile",
    }


def test_the_arrow_keys_lead_through_the_grid(searched: Any) -> None:
    page = searched
    tiles(page).first.locator(".tile-open").focus()
    focused = (
        "[...document.querySelectorAll('.tile')].indexOf(document.activeElement.closest('.tile'))"
    )
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == 1
    page.keyboard.press("ArrowDown")
    below = page.evaluate(focused)
    assert below > 1
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    assert page.evaluate(focused) == 0
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == 0  # what can be done with it
    reachable = page.locator(".tile [tabindex='0']").count()
    assert reachable == 3


def test_side_by_side_with_the_next_one_by_an_arrow(searched: Any) -> None:
    page = searched
    names = page.locator(".tile-name").all_inner_texts()
    tiles(page).first.locator(".tile-open").click()
    dialog = page.get_by_role("dialog", name="Side by side")
    assert dialog.get_by_role("heading").inner_text() == names[0]
    page.keyboard.press("ArrowRight")
    assert dialog.get_by_role("heading").inner_text() == names[1]
    dialog.get_by_text("Changed").wait_for()
    page.keyboard.press("+")
    assert "scale(1.5)" in dialog.locator(".pane-inner").first.get_attribute("style")
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == names[1]
    dialog.get_by_role("link", name="More like this").click()
    dialog.wait_for(state="detached")
    tiles(page)
    until(page, "title => document.title === title", arg=f"Like {names[1]} – Lookalike")


def test_a_bad_answer_leaves_and_comes_back(searched: Any) -> None:
    page = searched
    first = tiles(page).first.get_attribute("data-id")
    tiles(page).first.locator(".tile-open").click()
    page.get_by_role("button", name="Bad answer").click()
    page.wait_for_url(re.compile(f"unlike={first}"))
    until(page, "id => !document.querySelector(`.tile[data-id='${id}']`)", arg=first)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(lambda url: "unlike" not in url)
    page.locator(f".tile[data-id='{first}']").wait_for()


def test_a_good_answer_is_kept_when_the_page_is_left(searched: Any, address: str) -> None:
    page = searched
    marks = f"{address}/v1/galleries/drawn"
    before = page.request.get(marks).json()["marks"]
    tiles(page).first.locator(".tile-open").click()
    page.get_by_role("button", name="Good answer").click()
    page.get_by_text("The search goes towards it").wait_for()
    assert page.request.get(marks).json()["marks"] == before
    page.goto("about:blank")
    page.goto(address)
    until(
        page,
        "async ([where, before]) => (await (await fetch(where)).json()).marks === before + 1",
        arg=["/v1/galleries/drawn", before],
    )
    page.request.delete(f"{address}/v1/galleries/drawn/marks")


# -- selecting -------------------------------------------------------------------------------


def test_selected_matches_become_a_table(
    opening: Callable[..., Any], address: str, pictures: Path
) -> None:
    page = opening(address)
    page.locator(".drop").wait_for()
    give(page, "drop", pictures / "hostile" / '=HYPERLINK("javascript").png')
    tiles(page)
    page.keyboard.press("Control+a")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    data = Path(download.value.path()).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert len(rows) == tiles(page).count()
    assert rows[0]["name"] == '\'=HYPERLINK("javascript").png'  # no formula for a spreadsheet
    assert rows[0]["verdict"] == "identical file"
    assert Path(rows[0]["path"]) == pictures / "hostile" / '=HYPERLINK("javascript").png'


def test_selected_paths_are_copied(searched: Any) -> None:
    page = searched
    checks = page.locator(".tile-check input")
    checks.nth(1).click(force=True)
    checks.nth(3).click(force=True, modifiers=["Shift"])
    assert page.locator(".tile.chosen").count() == 3
    page.get_by_role("button", name="Copy paths").click()
    page.get_by_text("3 paths copied.").wait_for()
    paths = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert len(paths) == 3
    assert all(Path(path).is_file() for path in paths)
    page.keyboard.press("Escape")
    assert page.locator(".tile.chosen").count() == 0


def test_two_selected_ones_are_compared(searched: Any) -> None:
    page = searched
    compare = page.get_by_role("button", name="Compare")
    page.locator(".tile-check input").nth(0).click(force=True)
    assert compare.is_disabled()
    page.locator(".tile-check input").nth(1).click(force=True)
    compare.click()
    page.wait_for_url(re.compile("view=compare"))
    assert len(parts(page)) == 2


# -- states ----------------------------------------------------------------------------------


def test_nothing_similar_is_said_honestly(
    searched: Any, opening: Callable[..., Any], address: str
) -> None:
    def unlike(route: Any) -> None:
        answer = route.fetch()
        body = answer.json()
        for match in body["matches"]:
            match["verdict"] = "little alike"
        route.fulfill(response=answer, json=body)

    page = searched
    page.route("**/search", unlike)
    page.reload()
    tiles(page)
    page.get_by_text("Nothing here is much like it.").wait_for()


def test_a_limit_that_leaves_nothing_can_be_taken_away(searched: Any) -> None:
    def none(route: Any) -> None:
        body = route.request.post_data_json
        limited = body.pop("min_probability", None) is not None
        answer = route.fetch(post_data=body)
        found = answer.json()
        route.fulfill(
            response=answer, json=found | ({"matches": [], "more": False} if limited else {})
        )

    page = searched
    page.route("**/search", none)
    page.goto(page.url + "&min=0.8")
    page.get_by_text("with at least 80% probability").wait_for()
    tiles(page)  # the nearest are shown all the same
    page.get_by_role("button", name="Search without that limit").click()
    page.wait_for_url(lambda url: "min=" not in url)


def test_filters_that_nothing_meets_can_be_removed(searched: Any) -> None:
    page = searched
    page.goto(page.url + "&where=width+%3E+5000")
    page.get_by_text("No other picture meets these filters.").wait_for()
    page.get_by_role("button", name="Remove the filters").click()
    tiles(page)


def test_an_error_has_its_sentence_and_a_way_on(searched: Any, mishaps: Any) -> None:
    page = searched
    mishaps.expect("503", "400")
    problem = {
        "type": "urn:lookalike:gallery-damaged",
        "title": "x",
        "status": 503,
        "detail": "The disk is gone.",
    }
    page.route(
        "**/search",
        lambda route: route.fulfill(
            status=503, json=problem, content_type="application/problem+json"
        ),
    )
    page.reload()
    page.locator("main").get_by_text("The disk is gone.").wait_for()
    page.unroute("**/search")
    page.get_by_role("button", name="Try again").click()
    tiles(page)
    page.goto(page.url + "&where=nonsense+is+it")
    page.locator("main [role=alert]").wait_for()
    assert len(page.locator("main [role=alert] p").inner_text()) > 20


def test_a_server_that_is_busy_for_a_moment_is_asked_again(searched: Any, mishaps: Any) -> None:
    mishaps.expect("429")
    page = searched
    problem = {
        "type": "urn:lookalike:too-many-requests",
        "title": "x",
        "status": 429,
        "detail": "!",
    }
    busy = {"status": 429, "json": problem, "headers": {"Retry-After": "1"}}
    page.route("**/search", lambda route: route.fulfill(**busy), times=1)
    page.route("**/thumbnail*", lambda route: route.fulfill(**busy), times=3)
    page.reload()
    tiles(page)
    until(
        page,
        "() => [...document.querySelectorAll('.tile img')].slice(0, 5)"
        ".every((each) => each.naturalWidth > 0)",
    )
    assert page.locator(".no-picture").count() == 0


def test_a_server_that_is_gone_is_named(searched: Any, mishaps: Any) -> None:
    mishaps.expect("ERR_FAILED")
    page = searched
    page.route("**/search", lambda route: route.abort())
    tiles(page).nth(1).hover()
    tiles(page).nth(1).locator(".tile-alike").click()
    page.locator("main").get_by_text("The server does not answer.").wait_for()


def test_a_picture_that_is_forgotten_is_said_to_be(
    opening: Callable[..., Any], address: str, mishaps: Any
) -> None:
    mishaps.expect("404")
    page = opening(address, f"/?q=up:{'0' * 32}")
    page.locator("main").get_by_text("The picture is not kept any more").wait_for()


def test_grey_tiles_come_only_to_who_waits(searched: Any) -> None:
    page = searched
    held: list[Any] = []
    page.route("**/search", lambda route: held.append(route))  # noqa: PLW0108
    page.reload()
    page.locator(".skeleton").first.wait_for()
    held[0].continue_()
    tiles(page)
    assert page.locator(".skeleton").count() == 0


def test_an_empty_gallery_leads_to_indexing(
    opening: Callable[..., Any], serving: Any, tmp_path: Path
) -> None:
    page = opening(serving(tmp_path / "empty"))
    page.get_by_role("heading", name="Nothing to search in yet").wait_for()
    page.get_by_role("link", name="Index a folder").click()
    page.wait_for_url(re.compile("view=gallery"))


# -- hostile, small, and alone ---------------------------------------------------------------


def test_a_hostile_name_stays_text(
    opening: Callable[..., Any], address: str, pictures: Path
) -> None:
    page = opening(address)
    page.locator(".drop").wait_for()
    give(page, "drop", pictures / "hostile" / MARKUP)
    assert tiles(page).first.locator(".tile-name").inner_text() == MARKUP
    tiles(page).first.locator(".tile-open").click()
    assert page.get_by_role("dialog").get_by_role("heading").inner_text() == MARKUP
    assert page.locator("img[src='x']").count() == 0
    assert page.title() == f"Like {MARKUP} – Lookalike"


def test_a_hostile_address_is_read_as_far_as_it_makes_sense(
    opening: Callable[..., Any], address: str
) -> None:
    page = opening(
        address, "/?q=id:1e9&q=up:../../etc/passwd&q=id:3*0&q=%3Cscript%3E&view=__proto__&min=9"
    )
    page.get_by_role("heading", name="Search with a picture").wait_for()


def test_a_phone(opening: Callable[..., Any], address: str) -> None:
    page = opening(address, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.locator(".samples a").first.tap()
    tiles(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    small = page.locator("button:visible, a.button:visible, .tile-check:visible").evaluate_all(
        "all => all.filter((each) => { const box = each.getBoundingClientRect();"
        " return box.width < 44 || box.height < 44; }).map((each) => each.outerHTML)"
    )
    assert small == []
    tiles(page).first.locator(".tile-open").tap()
    page.get_by_role("dialog").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("width", [360, 768, 3840])  # 768: whole rows, but no whole pixels
def test_any_width_is_filled(opening: Callable[..., Any], address: str, width: int) -> None:
    page = opening(address, viewport={"width": width, "height": 1200})
    page.locator(".samples a").first.click()
    tiles(page)
    until(page, "() => document.fonts.ready.then(() => true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    reach = page.locator(".tile").evaluate_all(
        "all => Math.max(...all.map((each) => each.getBoundingClientRect().right))"
    )
    edge = page.locator(".grid").evaluate("each => each.getBoundingClientRect().right")
    assert reach == pytest.approx(edge, abs=1.5)


def test_by_the_keyboard_alone(page: Any) -> None:
    page.locator(".samples a").first.focus()
    page.keyboard.press("Enter")
    tiles(page)
    assert page.evaluate("document.activeElement.textContent") == "Most alike"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "tile-open"
    page.keyboard.press("ArrowRight")
    name = page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="Side by side").wait_for()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused != name  # the one that was looked at last
    assert focused == page.locator(".tile-open").first.get_attribute("aria-label")


def test_another_gallery_is_chosen(
    opening: Callable[..., Any], serving: Any, indexed: Path, tmp_path: Path
) -> None:
    page = opening(serving(indexed, tmp_path / "other"))
    page.locator(".samples a").first.wait_for()
    page.get_by_label("Gallery").select_option("other")
    page.get_by_role("heading", name="Nothing to search in yet").wait_for()
    assert "g=other" in page.url
    page.go_back()
    page.locator(".samples a").first.wait_for()
    assert page.get_by_label("Gallery").input_value() == "drawn"


def test_the_first_view_is_small(page: Any) -> None:
    page.locator(".samples img").first.wait_for()
    page.wait_for_load_state("networkidle")
    addresses = page.evaluate(
        "performance.getEntriesByType('resource').map((each) => new URL(each.name).pathname)"
    )
    names = {path.removeprefix("/static/") for path in addresses if path.startswith("/static/")}
    assert {"main.js", "app.css"} <= names
    folder = resources.files("lookalike.interfaces.pages")
    sizes = {name: len((folder / name).read_bytes()) for name in {"index.html", *names}}
    assert sum(sizes.values()) < 100_000, sizes


def test_dark_and_light(opening: Callable[..., Any], address: str) -> None:
    page = opening(address, color_scheme="dark")
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate(colour) != dark
    page.reload()
    assert page.evaluate(colour) != dark


_MODULES = """async () => {
  const { readPart, writePart } = await import("/static/state.js");
  const { csv } = await import("/static/csv.js");
  const { justify } = await import("/static/justify.js");
  const words = ["red", "a*2", "a@0.1,0.2,0.3,0.4", "*", "x\\ny", "2*-1"];
  const parts = [
    ...words.map((value) => ({kind: "words", value, weight: 1, box: null})),
    {kind: "id", value: "12", weight: -0.5, box: [0.1, 0.2, 0.6, 0.8]},
    {kind: "up", value: "0123456789abcdef".repeat(2), weight: 2, box: null}];
  const same = (part) => JSON.stringify(readPart(writePart(part)));
  return {
    changed: parts.filter((part) => same(part) !== JSON.stringify(part)),
    refused: ["id:x", "id:1*0", "id:1*99", "up:123", "words: ", "file:/etc/passwd"].map(readPart),
    table: csv([{name: 'a "b", c', path: "\\t=1+1", rank: -1, verdict: "@x", probability: null}]),
    rows: justify([1, 1.5, 0.1, 9, 1, 1, 1], 600, 150, 10),
  };
}"""


def test_addresses_tables_and_rows(page: Any) -> None:
    told = page.evaluate(_MODULES)
    assert told["changed"] == []
    assert told["refused"] == [None] * 6
    assert told["table"].splitlines()[1] == '-1,,\'\t=1+1,"a ""b"", c",\'@x,,,,,,,'
    rows: dict[int, list[dict[str, Any]]] = {}
    for place in told["rows"]:
        rows.setdefault(place["row"], []).append(place)
    assert [len(row) for row in rows.values()]
    for row in rows.values():
        assert len({place["height"] for place in row}) == 1
        width = sum(place["width"] for place in row) + 10 * (len(row) - 1)
        assert width == 600 if row[0]["full"] else width <= 600
