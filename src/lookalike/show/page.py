"""Results as HTML: one file that asks nothing of any other host.

File names are hostile input. Every text is escaped, links are percent-encoded file URIs, and the
page forbids itself scripts and requests by its Content-Security-Policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from lookalike.show.html import data_uri, policy, resource, text, uri
from lookalike.show.shown import Shown
from lookalike.show.wording import elided, readable

_PIXELS = 320
_LONGEST_TITLE = 60


def sheet(query: Shown, matches: Sequence[Shown], heading: str = "", footer: str = "") -> str:
    """Write a query and its matches as a self-contained page.

    Parameters
    ----------
    query : Shown
    matches : sequence of Shown
        In the order in which they are to stand. A picture that cannot be read is replaced by the
        reason why.
    heading, footer : str
        How the matches were found; with what.

    Returns
    -------
    str
        A whole HTML document with its pictures in it, to be written as UTF-8.
    """
    style = resource("page.css")
    cards = "\n".join(f"<li>{_card(shown, link=True)}</li>" for shown in matches)
    body = f"<ol>\n{cards}\n</ol>" if matches else "<p>No matches.</p>"
    ending = f"<footer>{text(footer)}</footer>" if footer else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy(style)}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(f"Like {query.title}")}</title>
<style>{style}</style>
</head>
<body>
<header>
{_card(query, link=True)}
<h1>{_count(matches)}<small>{text(heading)}</small></h1>
</header>
<main>
{body}
</main>
{ending}
</body>
</html>
"""


def fragment(query: Shown, matches: Sequence[Shown], heading: str = "") -> str:
    """Write a query and its matches as a piece of a page, for notebooks.

    Its style touches nothing outside of it, and takes its colours from the page around it. It has
    no links, since a page that came over the network may not open files.

    Parameters
    ----------
    query : Shown
    matches : sequence of Shown
    heading : str

    Returns
    -------
    str
    """
    cards = [
        _card(query, link=False, kind="card query"),
        *(_card(shown, link=False) for shown in matches),
    ]
    return (
        f'<div class="lookalike"><style>{resource("fragment.css")}</style>'
        f'<p class="lookalike-heading">{text(heading)}</p>'
        f'<div class="lookalike-cards">{"".join(cards)}</div></div>'
    )


def _card(shown: Shown, *, link: bool, kind: str = "card") -> str:
    name = escape(readable(shown.title))
    first, rest = shown.lines[:1], shown.lines[1:]
    inside = "".join(
        (
            f'<span class="frame">{_picture(shown)}</span>',
            *(f'<span class="line first">{text(line)}</span>' for line in first),
            # A <bdi> keeps a name in Arabic or Hebrew from turning round what stands beside it.
            f'<span class="title" title="{name}"><bdi>{_name(shown.title)}</bdi></span>',
            *(f'<span class="line">{text(line)}</span>' for line in rest),
        )
    )
    if link and shown.path is not None:
        return f'<a class="{kind}" href="{escape(uri(shown.path))}">{inside}</a>'
    return f'<span class="{kind}">{inside}</span>'


def _picture(shown: Shown) -> str:
    seen = shown.thumbnail(_PIXELS)
    if isinstance(seen, str):
        return f'<span class="why">{text(seen)}</span>'
    height, width = seen.shape[:2]
    # The name stands below the picture; a second reading of it would only be noise.
    return f'<img src="{data_uri(seen)}" width="{width}" height="{height}" alt="">'


def _count(matches: Sequence[Shown]) -> str:
    return f"{len(matches)} match" + ("" if len(matches) == 1 else "es")


def _name(title: str) -> str:
    return escape(elided(readable(title), _LONGEST_TITLE))
