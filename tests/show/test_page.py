"""Pages: whole, self-contained, and safe with any name."""

import base64
import hashlib
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from PIL import Image

from lookalike.show import Shown, page

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Reader(HTMLParser):
    """Read a page strictly: every element is closed where it belongs."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.words, self._open = [], [], []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] != "style":
            self.words.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    @property
    def text(self):
        return "".join(self.words)


def read_sheet(*args, **kwargs):
    return Reader(page.sheet(*args, **kwargs))


def test_sheet_has_a_card_for_everything(shown):
    read = read_sheet(shown(0), [shown(i) for i in range(5)], heading="hog", footer="hog@1")
    assert len(read.all("img")) == 6
    assert len(read.all("li")) == 5
    assert len(read.all("a")) == 6
    for word in ("5 matches", "hog", "hog@1", "red-mug_1.jpg", "3. 90.0% alike", "distance 0.25"):
        assert word in read.text


def test_sheet_of_none_and_of_one(shown):
    assert "No matches" in read_sheet(shown(0), []).text
    assert "1 match" in read_sheet(shown(0), [shown(1)]).text


def test_pictures_are_small_jpegs_within_the_page(shown):
    for image in read_sheet(shown(0), [shown(1)]).all("img"):
        kind, _, data = image["src"].partition(",")
        assert kind == "data:image/jpeg;base64"
        with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
            assert picture.size == (64, 48) == (int(image["width"]), int(image["height"]))


def test_large_pictures_are_made_small(tmp_path):
    Image.new("RGB", (2000, 1000)).save(tmp_path / "large.png")
    [image] = read_sheet(Shown(None, tmp_path / "large.png", "large"), []).all("img")
    assert (image["width"], image["height"]) == ("320", "160")


def test_nothing_is_asked_of_any_host(shown):
    html = page.sheet(shown(0), [shown(1)], heading="hog")
    read = Reader(html)
    for tag, attrs in read.elements:
        assert tag not in {"script", "link", "iframe", "object", "embed", "base", "form"}
        for name, value in attrs.items():
            assert not name.startswith("on")
            if name in {"src", "href", "action", "srcset", "poster"}:
                assert value.startswith(("data:image/jpeg", "file:///"))
    assert not re.search(r"@import|url\(", html)
    assert "http://" not in html and "https://" not in html


def test_policy_forbids_everything_but_this_style_and_these_pictures(shown):
    html = page.sheet(shown(0), [])
    read = Reader(html)
    [policy] = [m["content"] for m in read.all("meta") if m.get("http-equiv")]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    style = re.search(r"<style>(.*)</style>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert not any("style" in attrs for _, attrs in read.elements)


def test_hostile_names_stay_words(shown, hostile):
    plain = read_sheet(shown(0, "a"), [shown(1, "a")], heading="a", footer="a")
    read = read_sheet(
        shown(0, hostile),
        [shown(1, hostile)],
        heading=hostile,
        footer=hostile,
    )
    # The same elements with the same attributes, whatever the name.
    assert [(t, a.keys()) for t, a in read.elements] == [(t, a.keys()) for t, a in plain.elements]
    assert "\u202e" not in read.text
    page.sheet(shown(0, hostile), []).encode("utf-8")


def test_hostile_lines_and_reasons_are_escaped(shown):
    evil = Shown(None, Path("/none/<b>.jpg"), "a", ("<i>1</i>", "<u>2</u>"))
    read = read_sheet(shown(0), [evil])
    assert not {"b", "i", "u"} & {tag for tag, _ in read.elements}
    assert "<i>1</i>" in read.text


@pytest.mark.parametrize(
    "path",
    [
        "/a/plain.jpg",
        "/a/with space & <b>\"'#?%20;.jpg",
        "/写真/ü.jpg",
        "/bytes\udcff.jpg",
        "/javascript:alert(1)",
        "//host/share.jpg",
    ],
)
def test_links_lead_to_the_very_file(shown, path):
    [link] = read_sheet(Shown(path, None, "words", ()), []).all("a")
    parts = urlsplit(link["href"])
    assert parts.scheme == "file" and not parts.query and not parts.fragment
    assert re.fullmatch(r"[\w./:%~-]+", link["href"].replace("(", "").replace(")", ""), re.ASCII)
    told = unquote_to_bytes(link["href"].removeprefix("file://"))
    assert told == path.encode("utf-8", "surrogateescape")


def test_relative_paths_become_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    [link] = read_sheet(Shown("a.jpg", None, "a"), []).all("a")
    assert link["href"] == (tmp_path / "a.jpg").as_uri()


def test_no_path_no_link(shown):
    assert read_sheet(Shown(None, None, "“a red mug”", ("query",)), []).all("a") == []


def test_missing_picture_tells_why(shown, missing):
    read = read_sheet(shown(0), [missing])
    assert "cannot be shown" in read.text
    assert len(read.all("img")) == 1


def test_every_card_is_reached_by_the_keyboard_and_named(shown):
    html = page.sheet(shown(0), [shown(1)])
    for card in re.findall(r"<a .*?</a>", html, re.DOTALL):
        assert re.search(r"<bdi>[^<]+\.jpg</bdi>", card)
    assert "focus-visible" in html
    assert 'lang="en"' in html


def test_page_is_for_dark_rooms_and_phones(shown):
    html = page.sheet(shown(0), [])
    assert "prefers-color-scheme: dark" in html
    assert "width=device-width" in html


def test_fragment_touches_nothing_around_it(shown):
    html = page.fragment(shown(0), [shown(1), shown(2)], heading="hog <3")
    read = Reader(html)
    assert read.elements[0] == ("div", {"class": "lookalike"})
    assert len(read.all("img")) == 3
    assert read.all("a") == []
    assert "hog <3" in read.text
    style = re.search(r"<style>(.*)</style>", html, re.DOTALL)[1]
    selectors = re.findall(r"([^{}]+)\{", style)
    assert selectors and all(selector.strip().startswith(".lookalike") for selector in selectors)


def test_fragment_with_hostile_names(shown, hostile):
    plain = Reader(page.fragment(shown(0, "a"), [shown(1, "a")]))
    read = Reader(page.fragment(shown(0, hostile), [shown(1, hostile)], heading=hostile))
    assert [(t, a.keys()) for t, a in read.elements] == [(t, a.keys()) for t, a in plain.elements]
