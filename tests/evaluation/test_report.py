"""The report: a page that needs nothing else, and tables."""

from __future__ import annotations

import csv
import importlib.util
import io
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as pillow

from lookalike.evaluation import report
from lookalike.evaluation.grid.result import Evaluation
from lookalike.evaluation.report.plots import plots
from lookalike.evaluation.report.tables import table
from lookalike.evaluation.report.worst import worst
from lookalike.store.catalog import Failure

_spec = importlib.util.spec_from_file_location("made", Path(__file__).with_name("made.py"))
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)

HOSTILE = '<script src="x">&\u202e\'"`|.png'
SCORES = [0.2, 0.9, 1.0, 0.5, 0.1, 0.6]
VOID = {"meta", "img", "link", "br", "hr", "input"}


class Parsed(HTMLParser):
    """What is in a page; complains about tags that are not closed in turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture
def measured(tmp_path: Path) -> Evaluation:
    files = []
    for n in range(6):
        file = tmp_path / (HOSTILE if n == 4 else f"{n}.png")
        pillow.fromarray(np.full((9, 12, 3), 40 * n, np.uint8)).save(file)
        files.append(file)
    found = made.evaluation(
        made.row("<b>", SCORES),
        made.row("<b>", SCORES, reduction="pca:8", dims=8, query_ms=0.5),
        made.row("<b>", [0.5] * 6, reduction="pca:16", dims=16),
        made.row("<b>", SCORES, index="hnsw", recall=0.95, query_ms=0.1),
        files=files,
    )
    return replace(
        found,
        left_out=(Failure(f"/{HOSTILE}", "corrupt", "it is <damaged>"),),
        notes=("<nothing>: too few",),
    )


def test_the_page_needs_nothing_else(measured: Evaluation) -> None:
    page = report.page(measured, HOSTILE, "<footer>")
    parsed = Parsed(page)
    assert (
        "http:" not in page
        and "https:" not in page
        and "//" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", page)
    )
    assert {tag for tag, _ in parsed.tags} & {
        "script",
        "link",
        "iframe",
        "object",
        "a",
        "b",
    } == set()
    for attrs in (attrs for _, attrs in parsed.tags):
        assert not any(name.startswith("on") or name == "style" for name in attrs)
    assert all(image["src"].startswith("data:image/") for image in parsed.all("img"))
    policies = [m["content"] for m in parsed.all("meta") if "http-equiv" in m]
    assert len(policies) == 1 and policies[0].startswith("default-src 'none'; img-src data:;")
    page.encode("utf-8")


def test_what_is_hostile_is_shown_and_not_obeyed(measured: Evaluation) -> None:
    parsed = Parsed(report.page(measured, HOSTILE, "<footer>"))
    shown = HOSTILE.replace("\u202e", "\ufffd")
    assert "<footer>" in parsed.text
    assert "it is <damaged>" in parsed.text
    assert "<nothing>: too few" in parsed.text
    assert any(shown in image["alt"] for image in parsed.all("img"))
    assert "\u202e" not in parsed.text


def test_every_picture_has_an_alternative_and_every_verdict_a_word(measured: Evaluation) -> None:
    pytest.importorskip("matplotlib")
    parsed = Parsed(report.page(measured))
    alternatives = [image["alt"] for image in parsed.all("img")]
    assert all(alternatives)
    drawn = [alt for alt in alternatives if "against" in alt]
    assert len(drawn) == 4
    assert drawn[0].startswith("mAP against dimensions of a vector, of 3 ways to search. Highest: ")
    verdicts = {alt.partition(":")[0] for alt in alternatives if "against" not in alt}
    assert verdicts == {"right", "wrong", "query, 10.0", "query, 20.0", "query, 50.0"}


def test_without_matplotlib_the_page_says_what_to_install(
    measured: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = report.page(measured)
    assert "pip install &quot;lookalike[plot]&quot;" in page
    assert "image/svg" not in page


def test_the_same_numbers_are_the_same_plots(measured: Evaluation) -> None:
    pytest.importorskip("matplotlib")
    first, again = (plots(measured.rows, "mAP") for _ in range(2))
    assert [one.svg for one in first] == [one.svg for one in again]
    assert b"<svg" in first[0].svg


def test_the_worst_queries(measured: Evaluation) -> None:
    truth, row = measured.truths[0], measured.rows[0]
    found = worst(truth, row, "mAP", 12)
    # 4 (10 points) and 5 are right answers to each other, so are 0 and 1, 2 and 3; 2 is perfect.
    assert [one.query.path for one in found] == [str(truth.files[n]) for n in (4, 0, 3)]
    assert [one.score for one in found] == pytest.approx([0.1, 0.2, 0.5])
    assert [is_right for _, is_right in found[1].answers] == [False, True, False, False, False]
    assert len(worst(truth, row, "mAP", 2)) == 2


def test_a_picture_that_has_gone_is_no_reason_to_show_nothing(measured: Evaluation) -> None:
    measured.truths[0].files[0].unlink()
    assert "cannot be shown" in Parsed(report.page(measured)).text


def test_columns_in_which_there_is_nothing_to_tell_are_left_out(measured: Evaluation) -> None:
    whole = table(measured.rows)
    assert whole.head == (
        *("descriptor", "metric", "reduction", "index", "dims", "mAP"),
        *("bytes", "describe ms", "search ms", "finds"),
    )
    assert [line[5] for line in whole.lines][-1].startswith("50.0")
    assert whole.best == {(0, 5)}
    plain = table(measured.rows[:1])
    assert plain.head == (
        "descriptor",
        "metric",
        "dims",
        "mAP",
        "bytes",
        "describe ms",
        "search ms",
    )
    assert plain.lines[0][:3] == ("<b>", "cosine", "64")
    assert plain.lines[0][4:] == ("256", "10.0", "1.0")


def test_markdown_is_a_table_whose_cells_stay_cells(measured: Evaluation) -> None:
    renamed = replace(measured, rows=tuple(replace(r, descriptor="a|b_<c>") for r in measured.rows))
    text = report.markdown(renamed)
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1
    assert r"a\|b\_&lt;c>" in text
    assert "**55.0 ± " in text
    assert "- a\\|b" in text


def test_csv_has_every_number(measured: Evaluation) -> None:
    rows = list(csv.DictReader(io.StringIO(report.csv(measured))))
    assert len(rows) == 4
    first, last = rows[0], rows[-1]
    assert (first["descriptor"], first["dims"], first["queries"]) == ("<b>", "64", "6")
    assert float(first["mAP"]) == pytest.approx(np.mean(SCORES))
    assert float(first["mAP low"]) < float(first["mAP"]) < float(first["mAP high"])
    assert (first["recall"], last["recall"]) == ("", "0.95")
