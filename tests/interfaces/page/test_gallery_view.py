"""The view of the gallery: what is here, filling it, and what could not be read."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookalike import Gallery

expect = pytest.importorskip("playwright.sync_api").expect

MARKUP = "<img src=x onerror=document.title='owned'>.png"

# Drops files into the view of the gallery, as a drag would.
_DROP = """([files]) => {
  const data = new DataTransfer();
  for (const [name, encoded] of files) {
    const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
    data.items.add(new File([bytes], name, {type: "image/png"}));
  }
  const target = document.querySelector(".gallery");
  for (const kind of ["dragenter", "dragover", "drop"]) {
    const init = {bubbles: true, cancelable: true, dataTransfer: data};
    target.dispatchEvent(new DragEvent(kind, init));
  }
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, draw: Callable[..., Path]) -> Path:
    """A folder of 120 pictures that is in no gallery yet."""
    root = tmp_path_factory.mktemp("holidays")
    for seed in range(120):
        draw(root / f"day {seed % 4}" / f"h{seed:03}.png", 1000 + seed, (160, 120))
    return root


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory, draw: Callable[..., Path]) -> Path:
    """A folder with files that cannot be read, for two reasons."""
    root = tmp_path_factory.mktemp("broken")
    draw(root / "whole.png", 1, (64, 64))
    cut = draw(root / "cut.png", 2, (64, 64)).read_bytes()
    (root / "cut.png").write_bytes(cut[: len(cut) // 2])
    (root / "<b>text.jpg").write_text("this is no picture")
    (root / "note.jpg").write_text("nor is this")
    return root


@pytest.fixture(scope="module")
def galleries(
    serving: Callable[..., str],
    tmp_path_factory: pytest.TempPathFactory,
    pictures: Path,
    broken: Path,
) -> str:
    """The address of a server of several galleries, each to be changed by one test."""
    root = tmp_path_factory.mktemp("galleries")
    for name, indexed in {"full": pictures, "searched": pictures, "failing": broken}.items():
        with Gallery.open(root / name) as gallery:
            gallery.sync(indexed)
    for name in ("empty", "stopped", "dropped", "lost"):
        Gallery.open(root / name).close()
    return serving(*sorted(path for path in root.iterdir()))


def test_it_tells_what_is_here_and_shows_all_of_it(
    opening: Callable[..., Any], address: str, pictures: Path
) -> None:
    page = opening(address, "/?view=gallery")

    expect(page.get_by_role("heading", level=1)).to_have_text("drawn")
    expect(page.locator(".gallery-told")).to_contain_text("99 pictures")
    expect(page.get_by_role("button", name=str(pictures))).to_be_visible()
    page.get_by_text("Descriptors", exact=True).click()
    expect(page.locator(".about-descriptor").first).to_contain_text(
        "glance256 numbers a picture, held against each other by cosine."
        "Searched through exact (finds all of the nearest)."
    )
    page.locator(".browse-tile").nth(59).scroll_into_view_if_needed()
    expect(page.locator(".browse-tile")).to_have_count(99)
    expect(page.get_by_role("link", name=f"More like {MARKUP}")).to_have_count(1)
    assert page.title() == "Gallery – Lookalike"


def test_it_tells_why_an_index_was_chosen(opening: Callable[..., Any], address: str) -> None:
    page = opening(address, "/")

    def chosen(route: Any) -> None:
        answer = route.fetch()
        told = answer.json()
        told["indexes"][0] |= {
            "spec": "hnsw",
            "recall": 0.984,
            "chosen": "size",
            "why": "it <b>fits",
        }
        route.fulfill(response=answer, json=told)

    page.route("**/v1/galleries/drawn", chosen)
    page.goto(f"{address}/?view=gallery")
    page.get_by_text("Descriptors", exact=True).click()
    expect(page.locator(".about-descriptor").first).to_contain_text(
        "Searched through hnsw (finds 98.4% of the nearest). Chosen by size: it <b>fits."
    )


def test_a_picture_leads_to_a_search_for_more_like_it(
    opening: Callable[..., Any], address: str
) -> None:
    page = opening(address, "/?view=gallery&where=folder+%3D+b")

    page.get_by_role("link", name="More like p01.png").click()

    page.wait_for_url(lambda url: "q=id:" in url and "where" not in url)
    expect(page.locator(".tile[data-id]").first).to_be_visible()
    page.go_back()
    expect(page.locator(".browse-tile")).to_have_count(32)


def test_what_is_being_typed_outlasts_new_counts(opening: Callable[..., Any], address: str) -> None:
    page = opening(address, "/?view=gallery")
    field = page.get_by_label("Folder on the machine")

    field.fill("/half/a/pa")
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('gallery-changed', {detail: {done: false}}))"
    )
    page.wait_for_timeout(300)
    page.keyboard.type("th")

    expect(field).to_have_value("/half/a/path")


def test_a_folder_is_shown_alone(opening: Callable[..., Any], address: str, pictures: Path) -> None:
    page = opening(address, "/?view=gallery")

    page.get_by_role("button", name=str(pictures)).click()

    expect(page.locator(".filter-words")).to_have_text(f"Folder {pictures.name}")
    expect(page.locator(".gallery-number")).to_have_text("99 of 99 pictures")


def test_a_picture_is_taken_out_once_that_is_confirmed(
    opening: Callable[..., Any], galleries: str, pictures: Path
) -> None:
    page = opening(galleries, "/?view=gallery&g=full&where=folder+%3D+hostile")
    take = page.get_by_role("button", name=f"Take {MARKUP} out of the gallery")

    take.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Take out of the gallery")
    expect(dialog).to_contain_text(f"Take “{MARKUP}” out of the gallery?")
    dialog.get_by_role("button", name="Keep it").click()
    expect(take).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Take out").click()

    expect(take).to_have_count(0)
    expect(page.locator(".gallery-told")).to_contain_text("98 pictures")
    expect(page.locator(".gallery-number")).to_have_text("2 of 98 pictures")
    assert (pictures / "hostile" / MARKUP).exists()


def test_an_empty_gallery_says_how_to_fill_it_and_a_folder_is_indexed_live(
    opening: Callable[..., Any], galleries: str, folder: Path
) -> None:
    page = opening(galleries, "/?view=gallery&g=empty")

    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing in here yet")
    page.get_by_label("Folder on the machine that serves this page").fill(str(folder))
    page.keyboard.press("Enter")
    expect(page.get_by_role("progressbar", name="Indexing")).to_be_visible()
    page.reload()  # the job goes on, and is shown again
    expect(page.get_by_role("progressbar", name="Indexing")).to_be_visible()
    page.get_by_role("link", name="Search").click()  # on every view
    expect(page.get_by_role("region", name="Indexing")).to_be_visible()
    page.get_by_role("link", name="Gallery").click()
    report = page.locator(".job.ended")
    expect(report).to_contain_text("Up to date: 120 added in", timeout=90_000)

    expect(page.locator(".gallery-told")).to_contain_text("120 pictures")
    expect(page.locator(".browse-tile")).not_to_have_count(0)
    report.get_by_role("button", name="Close").click()
    expect(page.get_by_role("region", name="Indexing")).to_have_count(0)


def test_indexing_is_stopped_and_what_was_done_is_kept(
    opening: Callable[..., Any], galleries: str, folder: Path
) -> None:
    page = opening(galleries, "/?view=gallery&g=stopped")

    page.get_by_label("Folder on the machine").fill(str(folder))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Stop").click()

    expect(page.locator(".job.ended")).to_contain_text(
        "Stopped; what was done is kept.", timeout=90_000
    )


def test_searching_goes_on_while_indexing_runs(
    opening: Callable[..., Any], galleries: str, folder: Path
) -> None:
    page = opening(galleries, "/?view=gallery&g=searched")

    page.get_by_label("Folder on the machine").fill(str(folder))
    page.keyboard.press("Enter")
    expect(page.locator(".job:not(.ended)")).to_be_visible()
    page.get_by_role("link", name="More like p01.png").click()

    expect(page.locator(".tile[data-id]").first).to_be_visible()
    expect(page.locator(".job.ended")).to_contain_text("120 added", timeout=90_000)


def test_marks_are_forgotten_once_that_is_confirmed(
    opening: Callable[..., Any], galleries: str
) -> None:
    page = opening(galleries, "/?view=gallery&g=full")
    page.request.post(
        f"{galleries}/v1/galleries/full/marks",
        data={"query": {"id": 1}, "like": [2, 3], "unlike": [4]},
    )
    page.reload()

    page.get_by_text("Marks", exact=True).click()
    page.get_by_role("button", name="Forget them").click()
    dialog = page.get_by_role("dialog", name="Forget the marks")
    expect(dialog).to_contain_text("Forget 3 marks?")
    dialog.get_by_role("button", name="Forget").click()

    expect(page.get_by_text("Marks", exact=True)).to_have_count(0)


def test_a_folder_that_is_not_there_is_said_to_be_so(
    opening: Callable[..., Any], galleries: str, mishaps: Any, tmp_path: Path
) -> None:
    mishaps.expect("Failed to load resource")
    page = opening(galleries, "/?view=gallery&g=lost")

    page.get_by_label("Folder on the machine").fill(str(tmp_path / "<b>nowhere</b>"))
    page.keyboard.press("Enter")

    said = page.locator(".job.bad, .folder-form .editor-error")
    expect(said.filter(visible=True)).to_contain_text("<b>nowhere</b>", timeout=60_000)


def test_dropped_pictures_are_added_and_what_is_none_is_told(
    opening: Callable[..., Any], galleries: str, pictures: Path, mishaps: Any
) -> None:
    mishaps.expect("422 (Unprocessable")
    page = opening(galleries, "/?view=gallery&g=dropped")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing in here yet")

    files = [("one.png", (pictures / "a" / "p00.png").read_bytes()), ("none.png", b"no picture")]
    given = [[name, base64.b64encode(content).decode()] for name, content in files]
    page.evaluate(_DROP, [given])

    expect(page.locator(".toast", has_text="1 picture added.")).to_be_visible(timeout=60_000)
    expect(page.locator(".toast", has_text="none.png: ")).to_be_visible()
    expect(page.get_by_role("link", name="More like one.png")).to_be_visible()
    expect(page.locator(".gallery-told")).to_contain_text("1 picture")
    page.locator("main input[type=file]").first.set_input_files(pictures / "a" / "p03.png")
    expect(page.get_by_role("link", name="More like p03.png")).to_be_visible(timeout=60_000)


def test_failures_are_told_with_their_reasons_and_tried_again(
    opening: Callable[..., Any], galleries: str, broken: Path
) -> None:
    page = opening(galleries, "/?view=gallery&g=failing")

    page.get_by_role("button", name="3 files could not be read").click()
    dialog = page.get_by_role("dialog", name="Files that could not be read")
    expect(dialog.locator(".failure")).to_have_count(3)
    expect(dialog).to_contain_text("<b>text.jpg")
    for chip in dialog.locator(".chip").all():
        chip.click()
        assert dialog.locator(".failure").count() < 3
    shutil.copy(broken / "whole.png", broken / "cut.png")
    dialog.get_by_role("button", name="Try them again").click()

    expect(page.locator(".job.ended")).to_contain_text("2 files could not be read", timeout=60_000)
    expect(page.get_by_role("button", name="2 files could not be read")).to_be_visible()


def test_where_nothing_may_be_changed_nothing_of_that_is_offered(
    opening: Callable[..., Any],
    serving: Callable[..., str],
    indexed: Path,
    tmp_path: Path,
) -> None:
    Gallery.open(tmp_path / "bare").close()
    page = opening(
        serving(indexed, tmp_path / "bare", options=("--read-only",)), "/?view=gallery&g=drawn"
    )

    expect(page.locator(".browse-tile").first).to_be_visible()
    for name in ("Add pictures", "Refresh", "Index", "Take p00.png out of the gallery"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    page.get_by_label("Gallery", exact=True).select_option("bare")
    page.get_by_role("link", name="Gallery").click()
    expect(page.get_by_text("lookalike index ~/Pictures")).to_be_visible()
    expect(page.get_by_role("button", name="Add pictures")).to_have_count(0)
