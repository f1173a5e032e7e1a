"""`lookalike info`: what is in the gallery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lookalike.interfaces.cli.options import Debug, GalleryPath, Json

if TYPE_CHECKING:
    from lookalike.store import GalleryInfo
    from lookalike.store.info import IndexInfo


def run(gallery: GalleryPath = None, json: Json = False, debug: Debug = False) -> None:
    """Tell what is in the gallery: folders, pictures, descriptors, size on disk."""
    from lookalike.gallery import Gallery, MilvusGallery

    with Gallery.open(gallery, create=False) as opened:
        found = opened.info()
        hints = []
        if isinstance(opened, MilvusGallery) and not json:
            hints = opened.hints(found)
    if json:
        import dataclasses

        from lookalike.interfaces.cli.terminal import write_json

        write_json(dataclasses.asdict(found))
    else:
        _write(found, hints)


def _write(info: GalleryInfo, hints: Sequence[str]) -> None:
    from rich.table import Table

    from lookalike.descriptors import label
    from lookalike.interfaces.cli.terminal import messages, name, output, plural, size

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    table.add_row("gallery", name(f"{info.path} ({size(info.bytes)})"))
    table.add_row(
        "pictures",
        f"{info.pictures:,}, of which {plural(info.contents, 'different file')} by content",
    )
    again = "copying from there did not come to its end: run it again"
    folders = [("folder", folder) for folder in info.folders]
    folders += [("not complete", f"{source} · {again}") for source in info.unfinished]
    for what, folder in folders:
        table.add_row(what, name(folder))
    for stored, count in info.descriptors:
        vectors = f"{count:,} vectors of {stored.dim} components, {stored.metric}"
        told = name(f"{label(stored.key)} · {vectors}  ")
        table.add_row("descriptor", told.append_text(name(stored.key, "dim")))
    if len(info.descriptors) > 1:
        first = label(info.descriptors[0][0].key)
        table.add_row("", name(f"searches go by {first} unless they name another", "dim"))
    for key, measured in info.learned:
        table.add_row("learned", name(f"{label(key)}: {measured}"))
    for index in info.indexes:
        table.add_row("index", name(f"{label(index.descriptor)} · {_told(index)}"))
    for made in info.calibrations:
        when = made.made.partition("T")[0]
        copies = f"of copies of {plural(made.pictures, 'picture')}, {when}"
        by = f"{label(made.descriptor)} by {made.metric} distance"
        table.add_row("calibrated", name(f"{by} · {copies}"))
    if info.marks:
        table.add_row("marks", f"{info.marks:,} kept: lookalike remove --marks forgets them")
    if info.failures:
        table.add_row("failed", f"{info.failures:,}: lookalike failures")
    if info.excluded:
        table.add_row("removed", f"{plural(info.excluded, 'path')} passed over")
    if info.kept:
        table.add_row(
            "kept", f"{info.kept:,} without a file at present: lookalike remove --kept forgets them"
        )
    output().print(table)
    for hint in hints:
        messages().print(name(hint, "yellow"))


def _told(index: IndexInfo) -> str:
    from lookalike.indexes import brief

    share = "" if index.recall is None else f", finds {index.recall:.1%} of the nearest"
    how = {
        "auto": "chosen automatically",
        "size": f"chosen by size: {index.why}",
        "tune": "chosen by tune",
        "told": "chosen by hand",
        "": "built, used when named",
    }
    return f"{brief(index.spec)} by {index.metric} distance{share}; {how[index.chosen]}"
