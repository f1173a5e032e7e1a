"""The options that several verbs share."""

from __future__ import annotations

from typing import Annotated, Any

import typer

GalleryPath = Annotated[
    str | None,  # and no Path, which would take a slash out of an address
    typer.Option(
        "--gallery",
        "-g",
        envvar="LOOKALIKE_GALLERY",
        help="The gallery's folder, the address of a [bold]lookalike serve[/], or one in Milvus, "
        "e.g. [bold]milvus+http://127.0.0.1:19530/shop[/]; by default a folder among your user "
        "data.",
        metavar="FOLDER|ADDRESS",
    ),
]

_DEBUG = "lookalike.debug"


def _remember(ctx: typer.Context, asked: bool) -> bool:
    ctx.meta[_DEBUG] = asked
    return asked


Debug = Annotated[
    bool,
    typer.Option(
        "--debug",
        callback=_remember,
        help="Show the whole traceback of an error, not one line.",
    ),
]

Json = Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")]

Descriptors = Annotated[
    list[str] | None,
    typer.Option(
        "--descriptor",
        "-d",
        help="How pictures are described, e.g. [bold]hsv_histogram:bins=8x8x8[/] or "
        "[bold]vgg16:layer=fc2[/]; may be repeated. See [bold]lookalike descriptors[/].",
        metavar="SPEC",
    ),
]

IndexedDescriptor = Annotated[
    str | None,
    typer.Option(
        "--descriptor",
        "-d",
        help="One of those indexed; the first if left out, mostly [bold]glance[/].",
        metavar="SPEC",
    ),
]

Metric = Annotated[
    str | None,
    typer.Option(
        help="cosine, euclidean, manhattan, chi2 or hamming; the descriptor's own if left out."
    ),
]


def is_debugging(ctx: Any) -> bool:
    """Whether the verb that ran was given ``--debug``."""
    return bool(ctx.meta.get(_DEBUG, False))
