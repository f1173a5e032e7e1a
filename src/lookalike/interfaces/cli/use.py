"""`lookalike use`: which descriptor searches go by."""

from __future__ import annotations

from typing import Annotated

import typer

from lookalike.interfaces.cli.options import Debug, GalleryPath


def run(
    descriptor: Annotated[
        str,
        typer.Argument(
            help="One of those indexed, as [bold]lookalike info[/] calls it, e.g. "
            "[bold]glance[/] or [bold]glance/adapter[/].",
            metavar="SPEC",
        ),
    ],
    gallery: GalleryPath = None,
    debug: Debug = False,
) -> None:
    """Let searches go by a descriptor unless they name another."""
    from lookalike.gallery.indexed import open_indexed
    from lookalike.interfaces.cli.terminal import name, output

    with open_indexed(gallery, create=False) as opened:
        opened.use(descriptor)
    output().print(name(f"searches go by {descriptor} from now on"))
