"""Write the pages that the code knows best: commands, descriptors, indexes, the Python API.

    python docs/generate.py          # or: make docs

`tests/test_docs.py` fails when a page is not what this would write.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from abc import ABC
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

import lookalike
from lookalike.descriptors import DEFAULT, DESCRIPTORS, KEPT_BY_DEFAULT, NEEDING
from lookalike.descriptors.base import written_value
from lookalike.indexes import INDEXES
from lookalike.interfaces.cli.app import EXIT_CODES, app
from lookalike.interfaces.cli.terminal import size
from lookalike.networks import card_names
from lookalike.networks.finding import find

HERE = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py; change the code, then run: make docs -->\n"

_KEPT = " and ".join(f"`{name}`" for name in KEPT_BY_DEFAULT)

ABOUT_DESCRIPTORS = f"""# Descriptors

A descriptor turns a picture into one vector. `lookalike index --descriptor SPEC` adds one to a
gallery, beside those it has; `lookalike search --descriptor SPEC` searches with it. A SPEC is a
name (`lbp`), a name with parameters (`hsv_histogram:bins=8x8x8`), or a weighted sum
(`0.6*hsv_histogram+0.4*hog`). What each finds, in numbers: [quality](quality.md).

A search goes by `{DEFAULT}` unless another is named, and a new gallery keeps {_KEPT}:
both come from one pass over the picture of one small neural network that is part of Lookalike. How
it was made, what it is good at and what not: [its model card](glance.md). A gallery that was made
with other descriptors keeps those.
"""

ABOUT_INDEXES = """# Indexes

An index is what a search goes through. `exact` looks at every vector. All others look at some of
them, work out the true distances of those, and may therefore miss a near one, but never show a
wrong distance. How many they find is measured on your own pictures, and told by every search:
`by hnsw, which finds 99.8% of the nearest`.

## Which one?

Mostly you need not ask. Whenever `lookalike index` has brought a gallery up to date, an index is
chosen **automatically**: `exact` while the gallery is small, then `sketch`, then `ivf_sketch`. Where
one gives way to the next is worked out from what searching costs on this machine, which is measured
once, in a few seconds at most, and kept in your cache folder (`costs.json`; delete it to have it
measured again). An index is taken when it is half as fast again as the present one, or more, and
when its building is earned back by one search for every picture. So a gallery that grows and shrinks
a little does not change its index at every turn. How hard it looks, such as how many lists or
candidates, is measured when it is built: no harder than it must to find 99 % of the ten nearest, of
200 of your own pictures. One that finds less than 98 % however hard it looks is not taken.
`lookalike info` tells what was chosen.

To have it **measured** instead, on your own pictures:

```
lookalike tune                                   # those that are installed and mostly pay; keeps the best
lookalike tune --recall 0.999 --plot tune.svg    # ask for more, and draw what was found
lookalike tune --index hnsw --index hnsw:m=16    # only these
lookalike tune --index exact                     # stay with exact, whatever comes
lookalike tune --auto                            # forget it; choose automatically again
```

`tune` holds 200 pictures out, builds each index of all others, and asks for the ten nearest of
those 200, one at a time, with several values of each parameter of the search. It prints what share
of the nearest each found, how long that took, how long building took and how much memory it needs;
`*` marks what nothing else beats in both. Of all that find enough (`--recall`, 99 % by default) the
quickest is taken, and of equally quick ones that which is built soonest; `exact`, unless another is
half as fast again. It is built and searches go by it, until `tune` is run again. Stopped halfway, it
changes nothing. From Python it is `Gallery.tune`.

By hand, if you know what you want:

| you have | take |
|---|---|
| up to some ten thousand pictures | `exact`: nothing to build, nothing to tune, any metric |
| up to some hundred thousand | `sketch`: finds practically all, is built in seconds, grows with the gallery |
| more | `ivf_sketch`: the same in lists, of which a search looks into some |
| very many searches in a gallery that seldom changes | `hnsw`, or with an extra `usearch` or `svs`: the quickest, longer to build, more memory |
| filters (`--where`) that let few pictures through | `exact`, `sketch` or `ivf_sketch`: they look only at what is allowed |
| vectors of ten components or fewer | `kdtree`: exact, and quick there only |
| manhattan, chi2 or hamming distance | `exact`; for manhattan also `annoy`, `nmslib`, `kdtree` |
| the wish to see it done by a `SELECT … ORDER BY distance` | `sql`: slow, and any metric |

**Euclidean or cosine?** For vectors of length 1, which most descriptors give, both rank alike. Where
they differ, and what else there is: [metrics](metrics.md). An index is built for one metric; another
needs another (`--metric`).

```
lookalike index --index hnsw:m=32                # build one; later runs bring it forward
lookalike search photo.jpg --index hnsw:m=32     # and search through it, whatever was chosen
```

Measured: [how fast searching is](search-speed.md). What becomes of an index when the gallery
changes: [the gallery](gallery.md).

## All of them

A SPEC is a name, or a name with parameters: `hnsw:m=32,ef=64`. Those of *building* are fixed once it
is built; those of *searching* may be others at each search.
"""  # noqa: E501  (a row of a table is one line)

ABOUT_PYTHON = """# From Python

Everything here is imported from `lookalike`. Pictures are given as a path, as the bytes of a file,
or as an array: (H, W) or (H, W, 3 or 4) of uint8, uint16, bool, or floats from 0 to 1. All errors
derive from `LookalikeError`; the tree of them is drawn at the top of `lookalike.errors`.
"""


def pages() -> dict[Path, str]:
    """Return every generated page with its text."""
    return {
        HERE / "commands.md": commands(),
        HERE / "descriptors.md": descriptors(),
        HERE / "indexes.md": indexes(),
        HERE / "python.md": python(),
    }


def commands() -> str:
    """Return the page of all verbs with their options."""
    command: Any = typer.main.get_command(app)
    parts = [NOTE, "# Commands\n", f"{EXIT_CODES}\n"]
    for name, verb in _verbs(command):
        parts.append(f"## lookalike {name}\n\n{_plain(inspect.cleandoc(verb.help))}\n")
        parts.append("| | |\n|---|---|")
        parts += [_parameter(p) for p in verb.params if p.name != "help"]
        parts.append("")
    return "\n".join(parts)


def _verbs(group: Any) -> Iterator[tuple[str, Any]]:
    """Yield every verb with its name; a verb with verbs of its own comes before those."""
    for name, verb in group.commands.items():
        yield name, verb
        if hasattr(verb, "commands"):
            yield from ((f"{name} {inner}", one) for inner, one in _verbs(verb))


def _parameter(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"| `{parameter.metavar or parameter.name.upper()}` | {_plain(parameter.help)} |"
    names = ", ".join(f"`{name}`" for name in parameter.opts)
    value = f" `{parameter.metavar}`" if parameter.metavar else ""
    default = parameter.default
    worth_telling = isinstance(default, int | str) and default not in ("", False)
    told = f" Default: {default}." if worth_telling else ""
    return f"| {names}{value} | {_plain(parameter.help)}{told} |"


def _plain(markup: str) -> str:
    text = re.sub(r"\[/?bold\]|\[/\]", "`", markup or "")
    return text.replace("|", "\\|")


def descriptors() -> str:
    """Return the page of all descriptors with their parameters, and of the networks."""
    parts = [NOTE, ABOUT_DESCRIPTORS]
    for name in DESCRIPTORS.names():
        kind: Any = DESCRIPTORS.get(name)
        parts.append(f"## {name}\n")
        if name not in NEEDING:
            made = kind()
            parts.append(f"{made.dim} components · {made.metric}\n")
        parts.append(_docstring(kind))
        if fields := dataclasses.fields(kind):
            parts.append("| parameter | default | |\n|---|---|---|")
            parts += [_field(field) for field in fields]
            parts.append("")
    parts.append(_networks())
    return "\n".join(parts)


def indexes() -> str:
    """Return the page of how to choose an index, and of all of them with their parameters."""
    parts = [NOTE, ABOUT_INDEXES]
    for name in INDEXES.names():
        kind: Any = INDEXES.get(name)
        facts = [" · ".join(kind.metrics)]
        facts += ["finds all"] if kind.is_exact else []
        facts += ["filters while it looks"] if kind.filters else []
        parts.append(f"### {name}\n\n{'; '.join(facts)}\n")
        parts.append(_docstring(kind))
        if fields := dataclasses.fields(kind):
            parts.append("| parameter | of | default | |\n|---|---|---|---|")
            for field in fields:
                of = {"build": "building", "search": "searching"}[field.metadata["at"]]
                help_ = field.metadata["help"]
                parts.append(f"| `{field.name}` | {of} | `{field.default}` | {help_} |")
            parts.append("")
    return "\n".join(parts)


def python() -> str:
    """Return the page of all public names with their signatures and docstrings."""
    parts = [NOTE, ABOUT_PYTHON]
    for name in lookalike.__all__:
        value = getattr(lookalike, name)
        parts.append(f"## {name}\n\n{_signature(name, value)}{_docstring(value)}")
        if inspect.isclass(value) and not issubclass(value, Exception):
            for method in _methods(value):
                called = f"{name}.{method}"
                parts.append(f"### {called}\n\n{_signature(called, getattr(value, method))}")
                parts.append(_docstring(getattr(value, method)))
    return "\n".join(parts)


def _methods(value: type) -> list[str]:
    """Return the public methods of a class; of a kind of gallery those that others have not."""
    kinds = [kind for kind in value.__mro__ if kind not in (object, ABC)]
    members = dict(item for kind in reversed(kinds) for item in vars(kind).items())
    told = set(dir(lookalike.Gallery)) - {"open"} if value is not lookalike.Gallery else set()
    return [
        name
        for name in dict.fromkeys(name for kind in kinds for name in vars(kind))
        if not name.startswith("_")
        and inspect.isroutine(inspect.unwrap(members[name]))
        and not (issubclass(value, lookalike.Gallery) and name in told)
    ]


def _signature(name: str, value: Any) -> str:
    if inspect.isclass(value):
        return ""
    written = str(inspect.signature(value)).replace("(self, ", "(").replace("(self)", "()")
    written = re.sub(r"(: |-> )'([^']*)'", r"\1\2", written)
    return f"```python\n{name}{written}\n```\n\n"


def _docstring(kind: Any) -> str:
    """Turn numpydoc into Markdown: its sections become bold words, its ``code`` `code`."""
    text = inspect.cleandoc(kind.__doc__ or "").replace("``", "`")
    text = re.sub(r" *# doctest: \+SKIP", "", text)
    text = re.sub(r"^(\w[\w ]*)\n-{3,}$", r"**\1**\n", text, flags=re.MULTILINE)
    text = re.sub(r"^(\S.*)\n(?=    \S)", r"- \1\n", text, flags=re.MULTILINE)
    text = re.sub(
        r"^>>> (?:.+\n?)+", lambda m: f"```pycon\n{m[0].rstrip()}\n```\n", text, flags=re.MULTILINE
    )
    return text + "\n"


def _field(field: dataclasses.Field[Any]) -> str:
    default = "" if field.default is dataclasses.MISSING else f"`{written_value(field.default)}`"
    told = "" if default == "``" else default
    return f"| `{field.name}` | {told} | {field.metadata.get('help', '')} |"


def _networks() -> str:
    rows = [
        "## Networks with a card\n",
        "Fetched once, at first use, verified by their SHA-256, and kept in your cache folder\n"
        "(`lookalike doctor` says where). `*` marks the layer that is used if you name none:\n"
        "`vgg16:layer=fc1`.\n",
        "| name | what | layers (dim) | input | words | size | licence |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in card_names():
        found = find(name)
        card = found.card
        layers = ", ".join(
            f"{layer}{'*' if layer == card.default else ''} ({facts.dim})"
            for layer, facts in card.layers.items()
        )
        how = f"{card.input.width} × {card.input.height}, {card.input.resize}"
        words = "yes" if card.words else ""
        rows.append(
            f"| `{name}` | [{card.title}]({card.source}) | {layers} | {how} | {words} "
            f"| {size(found.file.bytes)} | {card.licence} |"
        )
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
