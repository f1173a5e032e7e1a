"""Filters on the page: written in the grammar of conditions, read back, and applied."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from lookalike import Gallery
from lookalike.store.where import parse
from lookalike.store.where.globs import expression
from lookalike.store.where.syntax import All, Check, Not

expect = pytest.importorskip("playwright.sync_api").expect

# Whatever a folder, a brand or a column may be called.
NASTY = [
    "cats",
    "summer 2021",
    'say "cheese"',
    "it's",
    "\"'\"'",
    '""',
    "a,b",
    "(x)",
    "a = b or c",
    "<=",
    "!",
    "and",
    "NOT",
    "missing",
    "In",
    "5",
    "5 MB",
    "2021-05",
    "Ångström",
    "猫",
    "🐈‍⬛",
    "مرحبا",
    "a\u202eb",
    "\ufeff",
    "\x85",
    "\x1c",
    "tab\there",
    "line\nbreak",
    "<img src=x onerror=alert(1)>",
    "*",
    "[a-z]?",
    "[",
    "]",
    "[]",
    "[!x]",
    "100%",
    "a&where=b#c",
    "back\\slash",
    "~",
    "./here",
    " ",
    "Straße İı",
]

_WRITE = """async (filters) => {
  const { written, read } = await import("/static/conditions.js");
  const fields = [{name: "n", kind: "number"}, {name: "b", kind: "bytes"},
    {name: "d", kind: "date"}, {name: "f", kind: "flag"}];
  return filters.map((filter) => {
    const text = written(filter);
    return [text, text === null ? null : read(text, fields)];
  });
}"""


def write(page: Any, *filters: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the condition of each filter, and the filter that is read from it."""
    return [(text, back) for text, back in page.evaluate(_WRITE, list(filters))]


def test_any_value_is_quoted_so_that_the_server_reads_that_very_value(page: Any) -> None:
    filters = [{"kind": "any", "field": "x", "values": [value], "not": False} for value in NASTY]

    for value, (text, back), filter_ in zip(NASTY, write(page, *filters), filters, strict=True):
        condition = parse(text)
        assert isinstance(condition, Check)
        assert (condition.operator, [word.text for word in condition.values]) == ("=", [value])
        assert back == filter_


def test_any_field_is_quoted_so_that_the_server_reads_that_very_name(page: Any) -> None:
    filters = [{"kind": "missing", "field": name, "not": False} for name in NASTY]

    for name, (text, back), filter_ in zip(NASTY, write(page, *filters), filters, strict=True):
        condition = parse(text)
        assert isinstance(condition, Check)
        assert condition.field.text == name
        assert back == filter_


@pytest.mark.parametrize("but", [False, True])
def test_lists_of_values_are_read_as_they_are(page: Any, but: bool) -> None:
    ((text, back),) = write(page, {"kind": "any", "field": "x", "values": NASTY, "not": but})

    condition = parse(text)
    inner = condition.part if isinstance(condition, Not) else condition
    assert isinstance(condition, Not) is but
    assert isinstance(inner, Check)
    assert [word.text for word in inner.values] == NASTY
    assert back["values"] == NASTY


def test_what_a_name_has_in_it_is_found_in_either_case_and_signs_stand_for_themselves(
    page: Any,
) -> None:
    texts = [text for text in NASTY if text.strip() and "\x1c" not in text and text != "\x85"]
    filters = [{"kind": "contains", "field": "name", "text": t, "cased": True} for t in texts]

    for text, (condition, _) in zip(texts, write(page, *filters), strict=True):
        check = parse(condition)
        assert isinstance(check, Check)
        assert check.operator == "like"
        fits = expression(check.values[0].text, "/").fullmatch
        for found in (text, f"before{text}behind"):
            assert fits(found), condition
        if text.isascii():
            assert fits(text.upper())
            assert fits(text.lower())
        assert not fits("zzz")


def test_ranges_sizes_and_dates_come_back_as_they_went(page: Any) -> None:
    filters: list[dict[str, Any]] = [
        {"kind": "range", "field": "n", "least": 800, "most": None},
        {"kind": "range", "field": "n", "least": -1.5, "most": 20},
        {"kind": "range", "field": "n", "least": 7, "most": 7},
        {"kind": "bytes", "field": "b", "least": 2_000_000, "most": 5_500_000},
        {"kind": "bytes", "field": "b", "least": None, "most": 999},
        {"kind": "bytes", "field": "b", "least": 1, "most": 1_234_567_890},
        {"kind": "dates", "field": "d", "from": "2021-05-01", "to": None},
        {"kind": "dates", "field": "d", "from": "2021-05-01", "to": "2021-06-30"},
        {"kind": "flag", "field": "f", "value": True},
        {"kind": "missing", "field": "d", "not": True},
    ]
    answers = write(page, *filters)

    assert [back for _, back in answers] == filters
    assert [text for text, _ in answers] == [
        "n >= 800",
        "n >= -1.5 and n <= 20",
        "n = 7",
        "b >= 2 MB and b <= 5.5 MB",
        "b <= 999",
        "b >= 1 and b <= 1234567890",
        "d >= 2021-05-01",
        "d >= 2021-05-01 and d <= 2021-06-30",
        "f = yes",
        "d is not missing",
    ]
    assert isinstance(parse(answers[3][0]), All)


@pytest.mark.parametrize(
    "text",
    [
        "n > 5",
        "n >= 5 or n <= 2",
        "(n = 5)",
        "width >",
        "'",
        "n  =  5",
        "n = five",
        "n >= 1 and m <= 2",
    ],
)
def test_what_the_page_would_not_write_is_left_as_it_was_typed(page: Any, text: str) -> None:
    back = page.evaluate(
        """async (text) => (await import("/static/conditions.js"))
             .read(text, [{name: "n", kind: "number"}, {name: "m", kind: "number"}])""",
        text,
    )

    assert back == {"kind": "raw", "text": text}


# -- clicked together ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(
    serving: Callable[..., str], tmp_path_factory: pytest.TempPathFactory, pictures: Path
) -> str:
    """The address of a gallery that has columns of its own."""
    where = tmp_path_factory.mktemp("galleries") / "shop"
    with Gallery.open(where) as gallery:
        gallery.sync(pictures)
        gallery.set_columns(
            {
                "a/p00.png": {"price": 5, "brand": 'Ada "& Sons"', "sold": True},
                "a/p03.png": {"price": 15, "brand": "Babbage, Ltd", "sold": False},
                "b/p01.png": {"price": 25, "brand": "<b>bold</b>"},
            }
        )
    return serving(where)


def where(page: Any) -> list[str]:
    return parse_qs(urlsplit(page.url).query).get("where", [])


def number(page: Any, told: str) -> None:
    """Wait until so many pictures are told."""
    page.locator(".gallery-number", has_text=told).wait_for()


def open_filter(page: Any, name: str) -> None:
    page.get_by_role("button", name="Filter", exact=True).click()
    page.locator(".popover").get_by_role("button", name=name, exact=True).click()


def chips(page: Any) -> list[str]:
    return list(page.locator(".filter-words").all_inner_texts())


def test_filters_are_clicked_together_and_stand_in_the_address(
    opening: Callable[..., Any], shop: str
) -> None:
    page = opening(shop, "/?view=gallery")

    open_filter(page, "price")
    page.get_by_label("to", exact=True).fill("20")
    page.locator(".editor-told", has_text="2 pictures are left").wait_for()
    page.keyboard.press("Enter")
    number(page, "2 of 99")
    open_filter(page, "brand")
    page.get_by_role("checkbox", name='Ada "& Sons" 1', exact=True).check()
    page.get_by_role("button", name="Apply").click()
    number(page, "1 of 99")
    open_filter(page, "sold")
    page.get_by_label("Yes").check()
    page.get_by_role("button", name="Apply").click()

    page.locator(".filter-words", has_text="sold yes").wait_for()
    assert where(page) == ["price <= 20", 'brand = "Ada ""& Sons"""', "sold = yes"]
    page.reload()
    page.locator(".filter-words", has_text="price up to 20").wait_for()
    assert chips(page) == ["price up to 20", 'brand Ada "& Sons"', "sold yes"]
    assert page.locator(".browse-tile").count() == 1
    page.go_back()
    page.locator(".filter-words", has_text="sold yes").wait_for(state="detached")
    number(page, "1 of 99")


def test_a_filter_is_changed_and_taken_away_by_the_keyboard_alone(
    opening: Callable[..., Any], shop: str
) -> None:
    page = opening(shop, f"/?view=gallery&where={quote('price <= 20')}")

    page.get_by_role("button", name="price up to 20", exact=True).focus()
    page.keyboard.press("Enter")
    assert page.get_by_label("to", exact=True).input_value() == "20"
    page.get_by_label("to", exact=True).fill("30")
    page.keyboard.press("Enter")
    number(page, "3 of 99")
    assert where(page) == ["price <= 30"]
    assert page.evaluate("document.activeElement.textContent") == "price up to 30"
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.locator(".popover").count() == 0
    assert page.evaluate("document.activeElement.textContent") == "price up to 30"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".filter-words").wait_for(state="detached")
    assert where(page) == []
    assert page.evaluate("document.activeElement.textContent") == "Filter"


def test_the_menu_waits_until_it_is_known_what_there_is(
    opening: Callable[..., Any], shop: str
) -> None:
    page = opening(shop, "/?view=gallery")
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.route("**/fields", hold)
    page.reload()

    page.get_by_role("button", name="Filter", exact=True).click()
    page.wait_for_timeout(200)
    assert page.locator(".popover").count() == 0
    held[0].continue_()

    expect(page.locator(".filters-item", has_text="brand")).to_be_visible()


def test_folders_sizes_and_days_are_offered(opening: Callable[..., Any], shop: str) -> None:
    page = opening(shop, "/?view=gallery")

    open_filter(page, "Folder")
    page.get_by_role("checkbox", name="hostile 3", exact=True).check()
    page.get_by_role("button", name="Apply").click()
    number(page, "3 of 99")
    open_filter(page, "File size")
    page.get_by_label("to", exact=True).fill("900")
    page.get_by_role("button", name="Apply").click()
    open_filter(page, "Modified")
    page.get_by_label("from", exact=True).fill("2020-01-31")
    page.get_by_role("button", name="Apply").click()
    page.locator(".filter-words", has_text="Modified since 31 Jan 2020").wait_for()
    open_filter(page, "Taken")
    page.get_by_label("Only pictures without it").check()
    page.get_by_role("button", name="Apply").click()
    page.locator(".filter-words", has_text="Taken is missing").wait_for()

    assert where(page)[1:] == ["bytes <= 900 kB", "modified >= 2020-01-31", "taken is missing"]
    assert chips(page)[0] == "Folder hostile"
    page.get_by_role("button", name="Clear filters").click()
    page.locator(".filter-words").first.wait_for(state="detached")


def test_a_name_is_found_by_a_piece_of_it_in_either_case(
    opening: Callable[..., Any], shop: str
) -> None:
    page = opening(shop, "/?view=gallery")

    open_filter(page, "Name")
    page.get_by_label("has in it").fill("IMG SRC")
    page.keyboard.press("Enter")

    number(page, "1 of 99")
    assert chips(page) == ["Name has “img src”"]
    page.locator(".browse-tile").wait_for()


def test_a_mistake_in_a_condition_is_shown_where_it_was_typed(
    opening: Callable[..., Any], shop: str, mishaps: Any
) -> None:
    mishaps.expect("400 (Bad Request)")
    page = opening(shop, "/?view=gallery")

    open_filter(page, "Condition…")
    page.locator("textarea").fill("width > big")
    page.keyboard.press("Enter")

    page.locator(".editor .editor-error", has_text="a number is meant here").wait_for()
    assert where(page) == []
    page.locator("textarea").fill("not price < 20 and folder = a")
    page.keyboard.press("Enter")
    page.locator(".filter-words").wait_for()
    assert where(page) == ["not price < 20 and folder = a"]


def test_a_mistake_that_came_with_the_address_is_told_at_its_chip(
    opening: Callable[..., Any], shop: str, mishaps: Any
) -> None:
    mishaps.expect("400 (Bad Request)")
    page = opening(shop, f"/?view=gallery&where={quote('colour = <b>red</b>')}")

    page.locator(".filter.bad .filter-error").wait_for()
    assert chips(page) == ["colour = <b>red</b>"]
    page.get_by_role("button", name="Take away: colour").click()
    page.locator(".browse-tile").first.wait_for()


def test_a_search_is_filtered_and_says_how_it_was_done(
    opening: Callable[..., Any], shop: str
) -> None:
    page = opening(shop, "/?q=id:1")
    page.locator(".tile[data-id]").first.wait_for()

    open_filter(page, "price")
    page.get_by_label("from", exact=True).fill("1")
    page.keyboard.press("Enter")
    expect(page.locator(".tile[data-id]")).to_have_count(2)
    page.get_by_role("button", name="How", exact=True).click()
    panel = page.get_by_role("dialog", name="How is searched")
    panel.get_by_text("all of the nearest were found").wait_for()
    assert panel.get_by_text("lookalike selftest").count() == 1
    panel.get_by_label("Metric").select_option("manhattan")
    page.wait_for_url(lambda url: "m=manhattan" in url)
    panel.get_by_text("glance by manhattan").wait_for()
