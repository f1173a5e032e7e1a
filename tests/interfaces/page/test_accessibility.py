"""Every view and dialog: held against the rules of axe, and of this page for fingers and widths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

expect = pytest.importorskip("playwright.sync_api").expect
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {
        "color_scheme": "dark",
        "viewport": {"width": 360, "height": 740},
        "has_touch": True,
        "is_mobile": True,
    },
}


def searched(page: Any) -> None:
    page.locator(".tile[data-id]").first.wait_for()
    page.get_by_role("button", name="How", exact=True).wait_for()


def detail(page: Any) -> None:
    searched(page)
    page.locator(".tile-open").first.click()
    page.locator("dialog[open] img").first.wait_for()


def boxed(page: Any) -> None:
    searched(page)
    page.get_by_role("button", name="Draw a box").click()
    page.locator("dialog[open]").wait_for()


def selected(page: Any) -> None:
    searched(page)
    page.get_by_role("button", name="Select", exact=True).click()
    page.locator(".tile-open").first.click()
    page.get_by_text("1 picture selected").wait_for()


def how(page: Any) -> None:
    searched(page)
    page.get_by_role("button", name="How", exact=True).click()
    page.locator(".how-told").wait_for()


def menu(page: Any) -> None:
    page.get_by_role("button", name="Filter", exact=True).click()
    page.locator(".filters-item", has_text="Width").wait_for()


def editor(name: str) -> Callable[[Any], None]:
    def edit(page: Any) -> None:
        menu(page)
        page.locator(".filters-item", has_text=name).click()
        page.locator(".editor").wait_for()

    return edit


def gallery(page: Any) -> None:
    page.locator(".browse-tile").first.wait_for()
    for summary in page.locator(".about > summary").all():
        if not summary.locator("xpath=..").evaluate("(details) => details.open"):
            summary.click()


def removing(page: Any) -> None:
    page.locator(".browse-tile").first.wait_for()
    page.locator(".browse-remove").first.focus()
    page.keyboard.press("Enter")
    page.locator("dialog[open]").wait_for()


def compared(page: Any) -> None:
    page.locator(".compare-more summary").click()


def picking(page: Any) -> None:
    page.get_by_role("button", name="From the gallery").click()
    page.locator(".pick .browse-tile").first.wait_for()


def failures(page: Any) -> None:
    page.locator(".about-failures").click()
    page.locator(".failure").first.wait_for()


def refreshed(page: Any) -> None:
    page.get_by_role("button", name="Refresh").click()
    page.locator(".job.ended").wait_for(timeout=60_000)


def nothing(page: Any) -> None:
    page.locator("main :is(h1, h2)").filter(visible=True).first.wait_for()


VIEWS: dict[str, tuple[str, Callable[[Any], None]]] = {
    "first": ("/?g=drawn", nothing),
    "results": ("/?g=drawn&q=id:1", searched),
    "parts": ("/?g=drawn&q=id:1*0.5@0.1,0.1,0.8,0.9&q=id:2*-1&like=3&unlike=4", searched),
    "detail": ("/?g=drawn&q=id:1", detail),
    "box": ("/?g=drawn&q=id:1", boxed),
    "selection": ("/?g=drawn&q=id:1", selected),
    "how": ("/?g=drawn&q=id:1", how),
    "nothing left": ("/?g=drawn&q=id:1&where=width+%3E+9000", nothing),
    "filter menu": ("/?g=drawn&view=gallery&where=width+%3E+10&where=folder+%3D+a", menu),
    "filter values": ("/?g=drawn&view=gallery", editor("Folder")),
    "filter dates": ("/?g=drawn&view=gallery", editor("Taken")),
    "filter sizes": ("/?g=drawn&view=gallery", editor("File size")),
    "filter condition": ("/?g=drawn&view=gallery", editor("Condition")),
    "gallery": ("/?g=drawn&view=gallery", gallery),
    "removing": ("/?g=drawn&view=gallery", removing),
    "failures": ("/?g=failing&view=gallery", failures),
    "job": ("/?g=failing&view=gallery", refreshed),
    "empty gallery": ("/?g=empty&view=gallery", nothing),
    "empty search": ("/?g=empty", nothing),
    "comparison": ("/?g=drawn&view=compare&q=id:1&q=id:2&q=id:3", compared),
    "no comparison": ("/?g=drawn&view=compare", nothing),
    "picker": ("/?g=drawn&view=compare&q=id:1", picking),
}


@pytest.fixture(scope="module")
def everything(
    serving: Callable[..., str],
    tmp_path_factory: pytest.TempPathFactory,
    indexed: Path,
    draw: Callable[..., Path],
) -> str:
    """The address of a server of a full gallery, an empty one, and one with failures."""
    from lookalike import Gallery

    root = tmp_path_factory.mktemp("galleries")
    draw(root / "pictures" / "whole.png", 5, (80, 80))
    (root / "pictures" / "none.png").write_text("this is no picture")
    (root / "pictures" / "cut.png").write_bytes(
        (root / "pictures" / "whole.png").read_bytes()[:200]
    )
    with Gallery.open(root / "failing") as gallery:
        gallery.sync(root / "pictures")
    Gallery.open(root / "empty").close()
    return serving(indexed, root / "failing", root / "empty")


@pytest.fixture(scope="module")
def locked(serving: Callable[..., str], indexed: Path) -> str:
    return serving(indexed, env={"LOOKALIKE_API_KEY": "a-key-that-is-long-enough"})


def findings(page: Any) -> list[str]:
    """Return what axe finds serious, each with the elements that it is about."""
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished)).then(() => 0)")
    found = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:200] for node in one['nodes']]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


# What a finger has to hit, unless it stands within a sentence.
_SMALL = """() => {
  const inputs = "input:not([type=checkbox], [type=radio], [type=file])";
  const shown = {opacityProperty: true, visibilityProperty: true};
  return [...document.querySelectorAll(`button, summary, select, a.button, nav a, ${inputs}`)]
    .filter((one) => one.checkVisibility(shown) && !one.closest("[inert]"))
    .map((one) => [one, one.getBoundingClientRect()])
    .filter(([, box]) => box.width && (box.height < 43.5 || box.width < 43.5))
    .map(([one, box]) => `${one.outerHTML.slice(0, 160)} ${box.width}×${box.height}`);
}"""


# Colours are the same on every view: a few wide ones in the dark are enough beside the phone's.
CASES = [
    (view, look)
    for view in VIEWS
    for look in LOOKS
    if look != "dark" or view in ("results", "detail", "filter values", "gallery", "comparison")
]


@pytest.mark.parametrize(("view", "look"), CASES)
def test_nothing_serious_is_found(
    opening: Callable[..., Any], everything: str, view: str, look: str
) -> None:
    path, prepare = VIEWS[view]
    page = opening(everything, path, reduced_motion="reduce", **LOOKS[look])
    prepare(page)

    assert findings(page) == []
    if look == "phone":
        assert page.evaluate(_SMALL) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("look", LOOKS)
def test_nothing_serious_is_found_where_a_key_is_asked_for(
    opening: Callable[..., Any], locked: str, mishaps: Any, look: str
) -> None:
    mishaps.expect("401 (Unauthorized)")
    page = opening(locked, reduced_motion="reduce", **LOOKS[look])
    page.locator("#key").wait_for()

    assert findings(page) == []


def test_the_rules_do_find_what_is_wrong(opening: Callable[..., Any], everything: str) -> None:
    page = opening(everything, "/?g=drawn&view=compare")
    nothing(page)
    page.evaluate(
        """() => {
          const wrong = document.createElement("button");
          document.querySelector("main").append(wrong);
        }"""
    )

    assert [finding.split(":")[0] for finding in findings(page)] == ["button-name"]
