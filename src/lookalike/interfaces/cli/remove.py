"""`lookalike remove`: out of the gallery, not off the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.errors import UsageError
from lookalike.interfaces.cli.options import Debug, GalleryPath

if TYPE_CHECKING:
    from lookalike.gallery import LocalGallery


def run(
    paths: Annotated[
        list[str] | None,
        typer.Argument(help="Pictures, whole folders or addresses.", metavar="[PATH]..."),
    ] = None,
    descriptor: Annotated[
        str,
        typer.Option("--descriptor", "-d", help="Drop this descriptor's vectors.", metavar="SPEC"),
    ] = "",
    kept: Annotated[
        bool, typer.Option("--kept", help="Forget pictures whose files are gone.")
    ] = False,
    marks: Annotated[
        bool,
        typer.Option("--marks", help="Forget which answers were liked and unliked in searches."),
    ] = False,
    gallery: GalleryPath = None,
    debug: Debug = False,
) -> None:
    """Take pictures, folders or a descriptor out of the gallery. Your own files stay.

    A picture removed from a folder that stays indexed is passed over from then on; to have it
    back, index it by name.
    """
    from lookalike.gallery import Gallery, LocalGallery
    from lookalike.interfaces.cli.terminal import output, plural

    if not (paths or descriptor or kept or marks):
        raise UsageError("say what to remove: a path, --descriptor SPEC, --kept or --marks")
    console = output()
    of_files = LocalGallery if descriptor or kept else Gallery
    with of_files.open(gallery, create=False) as opened:
        if paths:
            count = opened.remove(*paths)
            told = plural(count, "picture")
            console.print(f"{told} removed from the gallery; your own files stay")
        if isinstance(opened, LocalGallery):
            _remove_inside(opened, descriptor, kept)
        if marks:
            console.print(f"{plural(opened.forget_marks(), 'mark')} forgotten")


def _remove_inside(opened: LocalGallery, descriptor: str, kept: bool) -> None:
    from lookalike.interfaces.cli.terminal import output, plural

    if descriptor:
        opened.remove_descriptor(descriptor)
        output().print(f"the vectors of {descriptor} removed")
    if kept:
        output().print(f"{plural(opened.remove_kept(), 'picture')} without a file forgotten")
