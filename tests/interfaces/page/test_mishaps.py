"""What goes wrong on the way: pictures that are gone, addresses that are refused, a dead server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

expect = pytest.importorskip("playwright.sync_api").expect


def search(page: Any, address: str, more: str = "") -> None:
    listed = page.request.get(f"{address}/v1/galleries/drawn/pictures?top=1").json()
    page.goto(f"{address}/?q=id:{listed['pictures'][0]['id']}{more}")
    expect(page.locator(".tile[data-id]").first).to_be_visible()


def test_a_picture_that_is_forgotten_is_chosen_again_and_all_else_stays(
    opening: Callable[..., Any], address: str, pictures: Path, mishaps: Any
) -> None:
    mishaps.expect("404")
    gone = "0" * 32
    page = opening(address, f"/?q=up:{gone}*2@0.1,0.1,0.9,0.9&where=width+%3E+10")
    expect(page.locator(".part-gone")).to_be_visible()
    expect(page.get_by_role("button", name="Change the box")).to_have_count(0)

    with page.expect_file_chooser() as asked:
        page.get_by_role("button", name="Choose it again").click()
    asked.value.set_files(pictures / "b" / "p13.png")

    expect(page.locator(".tile[data-id]").first).to_be_visible()
    given = parse_qs(urlsplit(page.url).query)
    assert gone not in given["q"][0]
    assert given["q"][0].endswith("*2@0.1,0.1,0.9,0.9")
    assert given["where"] == ["width > 10"]
    expect(page.locator(".part-box")).to_have_count(1)


def test_an_upload_that_comes_again_is_searched_with_again(
    opening: Callable[..., Any], address: str, pictures: Path, mishaps: Any
) -> None:
    # The address is that of the picture's bytes: whoever has the file makes it good once more.
    mishaps.expect("404")
    page = opening(address)
    page.route("**/search", refuse, times=1)
    with page.expect_file_chooser() as asked:
        page.get_by_role("button", name="Choose a picture").click()
    asked.value.set_files(pictures / "b" / "p13.png")
    with page.expect_file_chooser() as asked:
        page.get_by_role("button", name="Choose it again").click()
    before = page.url
    asked.value.set_files(pictures / "b" / "p13.png")

    expect(page.locator(".tile[data-id]").first).to_be_visible()
    assert page.url == before


def refuse(route: Any) -> None:
    upload = route.request.post_data_json["parts"][0]["upload"]
    problem = {
        "type": "urn:lookalike:not-found",
        "title": "Not found",
        "status": 404,
        "detail": f"there is no upload {upload!r}, or none any more",
    }
    route.fulfill(status=404, content_type="application/problem+json", json=problem)


@pytest.fixture(scope="module")
def fetching(serving: Callable[..., str], indexed: Path) -> str:
    """The address of a server that fetches pictures."""
    return serving(indexed, options=("--allow-urls",))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("http://localhost/p.png", "Nothing is fetched from localhost"),
        ("http://127.0.0.1/p.png", "Nothing is fetched from 127.0.0.1"),
        ("http://nowhere.invalid/%zz.png", "nowhere.invalid"),
        ("ftp://example.org/p.png", "is no address of the web"),
    ],
)
def test_an_address_that_is_refused_is_told_so_and_can_be_mended(
    opening: Callable[..., Any], fetching: str, mishaps: Any, given: str, told: str
) -> None:
    mishaps.expect("Failed to load resource")
    page = opening(fetching)

    page.get_by_label("Address of a picture").fill(given)
    page.get_by_role("button", name="Fetch").click()

    expect(page.locator(".toast")).to_contain_text(told)
    expect(page.get_by_label("Address of a picture")).to_have_value(given)
    expect(page.locator(".drop.busy")).to_have_count(0)


def test_what_cannot_be_fetched_any_more_says_that_nothing_answers(
    opening: Callable[..., Any], address: str, mishaps: Any
) -> None:
    mishaps.expect("ERR_FAILED")
    page = opening(address)
    search(page, address)
    page.route("**/static/detail.js", lambda route: route.abort())

    page.locator(".tile-open").first.click()
    expect(page.locator(".toast")).to_contain_text("The server does not answer.")

    page.route("**/static/gallery.js", lambda route: route.abort())
    page.get_by_role("link", name="Gallery").click()
    expect(page.locator("#banner")).to_contain_text("The server does not answer.")
    page.unroute_all()
    page.locator("#banner").get_by_role("button", name="Try again").click()
    expect(page.locator(".gallery-told")).to_be_visible()


def test_a_server_that_answers_again_mends_the_view(
    opening: Callable[..., Any], address: str, mishaps: Any
) -> None:
    mishaps.expect("ERR_FAILED")
    page = opening(address)
    search(page, address)
    page.route("**/v1/**", lambda route: route.abort())
    page.locator(".tile").nth(3).hover()
    page.locator(".tile").nth(3).locator(".tile-alike").click()
    failed = page.locator("main .banner.bad")
    expect(failed).to_contain_text("The server does not answer.")
    expect(page.locator(".part-gone")).to_be_visible()
    # The icons came with the page.
    assert failed.locator("use").first.evaluate("use => use.getBBox().width > 0")

    page.unroute_all()
    failed.get_by_role("button", name="Try again").click()

    expect(page.locator(".tile[data-id]").first).to_be_visible()
    expect(page.locator(".part-gone")).to_have_count(0)
    assert page.locator(".part img").evaluate("async (image) => (await image.decode(), true)")


def test_filters_say_how_many_are_left(opening: Callable[..., Any], address: str) -> None:
    page = opening(address)
    search(page, address)
    expect(page.locator(".found")).to_contain_text("among 99 pictures")

    search(page, address, "&where=folder+like+%22*/a%22")

    expect(page.locator(".found")).to_contain_text("among 32 of 99 pictures")


def test_every_failure_counts_for_its_reason(opening: Callable[..., Any], address: str) -> None:
    page = opening(address, "/?view=gallery")
    files = [
        {
            "path": f"/p/{n}.jpg",
            "reason": "CorruptPicture" if n % 3 else "UnknownFormat",
            "message": "it is cut short",
        }
        for n in range(1500)
    ]

    def failures(route: Any) -> None:
        asked = {
            name: int(value[0])
            for name, value in parse_qs(urlsplit(route.request.url).query).items()
        }
        some = files[asked["skip"] : asked["skip"] + asked["top"]]
        route.fulfill(json={"failures": some, "total": len(files)})

    page.route("**/failures?**", failures)
    page.evaluate(
        """async (base) => {
          const { openFailures } = await import("/static/failures.js");
          const { createApi } = await import("/static/api.js");
          const api = createApi({ login: async () => false });
          openFailures({ api, base: () => base, about: { features: { write: false } } });
        }""",
        "/v1/galleries/drawn",
    )

    dialog = page.get_by_role("dialog", name="Files that could not be read")
    expect(dialog.get_by_role("button", name="Corrupt picture 1,000")).to_be_visible()
    dialog.get_by_role("button", name="Unknown format 500").click()
    expect(dialog.locator(".failure")).to_have_count(200)
    dialog.get_by_role("button", name="Show more").click()
    expect(dialog.locator(".failure")).to_have_count(400)
    expect(dialog.locator(".failure").first).to_contain_text("It is cut short.")
