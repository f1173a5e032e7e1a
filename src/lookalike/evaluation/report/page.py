"""What was measured, as a page: one file that asks nothing of any other host.

File names are hostile input: every text is escaped, and the page forbids itself scripts and
requests by its Content-Security-Policy.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from importlib.resources import files

from lookalike.errors import MissingExtra
from lookalike.evaluation.grid.result import Evaluation, Row, points
from lookalike.evaluation.measures.named import measure as known_measure
from lookalike.evaluation.report.findings import Finding, best_row, findings
from lookalike.evaluation.report.plots import plots
from lookalike.evaluation.report.tables import about, table
from lookalike.evaluation.report.worst import Asked, worst
from lookalike.evaluation.truth.base import GroundTruth
from lookalike.show.html import data_uri, policy, resource, text
from lookalike.show.shown import Shown
from lookalike.show.wording import elided

_WORST = 12
_PIXELS = 160
_LONGEST_TITLE = 40
_TOLD_FAILURES = 50


def page(evaluation: Evaluation, heading: str = "", footer: str = "") -> str:
    """Write what was measured as a self-contained page.

    Parameters
    ----------
    evaluation : Evaluation
    heading, footer : str
        Of which pictures; with what, on which machine.

    Returns
    -------
    str
        A whole HTML document with its plots and pictures in it, to be written as UTF-8. Without
        Matplotlib it has no plots, and says how to get them.
    """
    style = resource("page.css") + files(__package__).joinpath("report.css").read_text("utf-8")
    said = findings(evaluation)
    parts = [part for truth in evaluation.truths for part in _truth(evaluation, truth, said)]
    title = text(f"Which is best: {heading}" if heading else "Which is best")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy(style)}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>{title}<small>{text(_summary(evaluation))}</small></h1>
</header>
<main>
{"".join(parts)}
{"".join(_method(evaluation))}
</main>
{f"<footer>{text(footer)}</footer>" if footer else ""}
</body>
</html>
"""


def _summary(evaluation: Evaluation) -> str:
    ways = len({row.way for row in evaluation.rows})
    names = len({row.descriptor for row in evaluation.rows})
    return (
        f"{names} descriptor{'' if names == 1 else 's'}, {ways} way{'' if ways == 1 else 's'} to "
        "search"
    )


def _truth(evaluation: Evaluation, truth: GroundTruth, said: Sequence[Finding]) -> Iterator[str]:
    rows = evaluation.of(truth.name)
    measure = rows[0].scores[0].measure
    yield f"<section>\n<h2>{text(truth.name)}</h2>\n"
    yield f"<p>{text(about(evaluation, truth.name))} {text(truth.source)}</p>\n"
    yield _said([one for one in said if one.truth == truth.name])
    yield _plots(rows, measure)
    best = best_row(rows, measure)
    yield _worst(worst(truth, best, measure, _WORST), best, measure)
    yield _table(rows, truth.name)
    yield "</section>\n"


def _said(said: Sequence[Finding]) -> str:
    out = ["<h3>What the numbers say</h3>\n"]
    for question in dict.fromkeys(one.about for one in said):
        items = "".join(f"<li>{text(one.text)}</li>\n" for one in said if one.about == question)
        out.append(f"<h4>{text(question)}</h4>\n<ul>\n{items}</ul>\n")
    return "".join(out)


def _table(rows: Sequence[Row], name: str) -> str:
    shown = table(rows)
    head = "".join(
        f'<th scope="col"{_right(n)}>{text(cell)}</th>'
        for cell, n in zip(shown.head, shown.numeric, strict=True)
    )
    body = []
    for n, line in enumerate(shown.lines):
        cells = []
        for i, (cell, numeric) in enumerate(zip(line, shown.numeric, strict=True)):
            written = f"<strong>{text(cell)}</strong>" if (n, i) in shown.best else text(cell)
            tag = ("th", ' scope="row"') if i == 0 else ("td", "")
            cells.append(f"<{tag[0]}{tag[1]}{_right(numeric)}>{written}</{tag[0]}>")
        body.append(f"<tr>{''.join(cells)}</tr>\n")
    return (
        f'<h3>All of it</h3>\n<div class="wide" tabindex="0" role="region" '
        f'aria-label="{text(f"table of {name}")}"><table>\n'
        f"<caption>Best first; ± is half of the 95 % interval</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(body)}</tbody>\n</table></div>\n"
    )


def _right(numeric: bool) -> str:
    return ' class="number"' if numeric else ""


def _plots(rows: Sequence[Row], measure: str) -> str:
    try:
        drawn = plots(rows, measure)
    except MissingExtra as error:
        return f"<h3>Plots</h3>\n<p>{text(str(error))}</p>\n"
    figures = "".join(
        f"<figure><figcaption>{text(one.title)}</figcaption>"
        f'<img src="data:image/svg+xml;base64,{base64.b64encode(one.svg).decode("ascii")}" '
        f'alt="{text(one.told)}"></figure>\n'
        for one in drawn
    )
    return f'<h3>Plots</h3>\n<div class="plots">\n{figures}</div>\n' if figures else ""


def _worst(asked: Sequence[Asked], row: Row, measure: str) -> str:
    if not asked:
        return ""
    scale = row.score(measure).scale
    lines = []
    for one in asked:
        answers = "".join(
            f'<li class="{"right" if is_right else "wrong"}">'
            f"{_card(shown, 'right' if is_right else 'wrong')}</li>"
            for shown, is_right in one.answers
        )
        query = _card(one.query, f"query, {points(scale * one.score, scale)}")
        lines.append(f'<li class="asked"><div>{query}</div><ol>{answers}</ol></li>\n')
    return (
        f"<h3>The worst queries</h3>\n<p>Of {text(row.way)}, by {text(measure)}; beside each query "
        f'its first answers.</p>\n<ol class="worst">\n{"".join(lines)}</ol>\n'
    )


def _card(shown: Shown, verdict: str) -> str:
    seen = shown.thumbnail(_PIXELS)
    name = elided(shown.title, _LONGEST_TITLE)
    if isinstance(seen, str):
        picture = f'<span class="why">{text(seen)}</span>'
    else:
        height, width = seen.shape[:2]
        alt = text(f"{verdict}: {shown.title}")
        picture = f'<img src="{data_uri(seen)}" width="{width}" height="{height}" alt="{alt}">'
    return (
        f'<span class="card"><span class="frame">{picture}</span>'
        f'<span class="line first">{text(verdict)}</span>'
        f'<span class="title" title="{text(shown.title)}"><bdi>{text(name)}</bdi></span></span>'
    )


def _method(evaluation: Evaluation) -> Iterator[str]:
    yield "<section>\n<h2>How it was measured</h2>\n<ul>\n"
    names = dict.fromkeys(score.measure for row in evaluation.rows for score in row.scores)
    told = [f"{name}: {known_measure(name).told}." for name in names]
    told += _ALWAYS
    if any(row.reduction != "none" for row in evaluation.rows):
        told.append(_REDUCED)
    depths = {row.depth for row in evaluation.rows if row.recall is not None}
    if depths:
        far = ", ".join(f"{depth:,}" for depth in sorted(d for d in depths if d is not None))
        told.append(
            f"The answers of approximate indexes were looked at down to rank {far}; in the table "
            "what is right and lies beyond counts as not found. What an index costs is told against"
            " exact answers cut off at the same rank."
        )
    told += [f"Not measured: {note}." for note in evaluation.notes]
    yield "".join(f"<li>{text(line)}</li>\n" for line in told)
    yield "</ul>\n"
    if evaluation.left_out:
        count = len(evaluation.left_out)
        yield (
            f"<h3>Left out</h3>\n<p>{count:,} picture{'' if count == 1 else 's'} could not be "
            "described, and had no part in any of it.</p>\n<ul>\n"
        )
        for failure in evaluation.left_out[:_TOLD_FAILURES]:
            yield f"<li><bdi>{text(failure.path)}</bdi>: {text(failure.message)}</li>\n"
        if count > _TOLD_FAILURES:
            yield f"<li>and {count - _TOLD_FAILURES:,} more</li>\n"
        yield "</ul>\n"
    yield "</section>\n"


_ALWAYS = [
    "± is half of the 95 % interval of a mean over the queries, by bootstrap. A difference is "
    "called one if a paired randomization test on the same queries gives p < 0.05 and its interval "
    "does not hold 0.",
    "Equal distances keep the order of the files. What is neither right nor wrong, mostly the "
    "query itself, was taken out of each ranking.",
    "bytes: of memory, for the vector of a picture, and its share of an approximate index.",
    "describe ms: from the file of a picture to its vector, one picture after the other in one "
    "thread; the median of up to 8. search ms: to the ten nearest, one query at a time; the median "
    "of up to 30. A busy machine makes both longer.",
]
_REDUCED = (
    "Reductions were fitted on the very vectors that were searched, without their labels; on "
    "pictures that they were not fitted on they can be a little worse."
)
