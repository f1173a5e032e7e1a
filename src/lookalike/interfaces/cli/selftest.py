"""`lookalike selftest`: how well this gallery finds its own pictures, edited."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.interfaces.cli.options import Debug, GalleryPath, Json, Metric

if TYPE_CHECKING:
    from rich.console import Console

    from lookalike.evaluation.selftest.result import DescriptorFound, SelfTest


def run(
    pictures: Annotated[
        int,
        typer.Option("--pictures", "-n", min=2, help="How many pictures are drawn and edited."),
    ] = 200,
    descriptor: Annotated[
        list[str] | None,
        typer.Option(
            "--descriptor",
            "-d",
            help="Only this one of those indexed; may be repeated.",
            metavar="SPEC",
        ),
    ] = None,
    edits: Annotated[
        list[str] | None,
        typer.Option(
            help="Only these: [bold]mild[/], [bold]strong[/], or names such as "
            "[bold]cropped,grey[/]; may be repeated.",
            metavar="NAMES",
        ),
    ] = None,
    k: Annotated[int, typer.Option("--k", min=1, help="Recall is told at 1 and at this.")] = 10,
    seed: Annotated[
        int, typer.Option(min=0, help="Of which pictures are drawn, and how they are edited.")
    ] = 0,
    metric: Metric = None,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep/--no-keep", help="Let searches show the probabilities that were found."
        ),
    ] = True,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Draw distances and the reliability diagram (png, svg, pdf, jpg).",
            metavar="FILE",
        ),
    ] = None,
    gallery: GalleryPath = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Edit some of the gallery's own pictures, search for the copies, and tell what is found.

    Needs no labels: which picture a copy was made of is known. From the distances it learns how
    probable it is that a match is the same picture; [bold]lookalike search[/] shows that
    probability from then on, and with [bold]--min-probability[/] can answer that there is none.

    Stopped with Ctrl-C, nothing has changed.
    """
    from lookalike.evaluation.selftest.run import selftest
    from lookalike.gallery import LocalGallery
    from lookalike.interfaces.cli import progress
    from lookalike.interfaces.cli.files import check_writable
    from lookalike.interfaces.cli.terminal import messages, write_json

    check_writable(plot)
    try:
        with LocalGallery.open(gallery, create=False) as opened, progress.shown() as tell:
            found = selftest(
                opened,
                pictures=pictures,
                descriptors=descriptor or (),
                edits=_names(edits or ()),
                k=k,
                seed=seed,
                metric=metric,
                keep=keep,
                progress=tell,
            )
    except KeyboardInterrupt:
        messages().print("stopped; nothing was kept, and searches tell what they told before")
        raise typer.Exit(130) from None
    if json:
        write_json(found.as_dict())
    else:
        _write(found)
    if plot is not None:
        found.plot(plot)


def _names(given: Sequence[str]) -> list[str]:
    return [name.strip() for one in given for name in one.split(",") if name.strip()]


def _write(found: SelfTest) -> None:
    from lookalike.interfaces.cli.terminal import messages, name, output

    console = output()
    for one in found.descriptors:
        _write_descriptor(console, one, found)
    console.print(name(f"{found.heading}, in {found.seconds:.0f} s", "dim"))
    console.print(name(f"For finding copies here: {found.why}."))
    best = next(one for one in found.descriptors if one.descriptor == found.recommended)
    console.print(name(f"The index for that: {best.index_why}."))
    if found.kept:
        console.print("Searches tell now how probably a match is the same picture.")
    if found.passed_over:
        told = ", ".join(f"{count:,} {why}" for why, count in found.passed_over.items())
        messages().print(name(f"passed over, as they could not be read: {told}"))


def _write_descriptor(console: Console, found: DescriptorFound, test: SelfTest) -> None:
    from rich.table import Table

    from lookalike.descriptors import label
    from lookalike.interfaces.cli.terminal import name

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("edit", no_wrap=True)
    table.add_column("")
    for column in ("found 1st", f"in {test.k}", "copies", "others"):
        table.add_column(column, justify="right", no_wrap=True)
    for one in found.edits:
        table.add_row(
            one.edit,
            name(f"{one.strength}: {one.told}", "dim"),
            f"{one.recall_1:.1%}",
            f"{one.recall_k:.1%}",
            _range(one.own[2::2]),
            _range(one.others[:3:2]),
        )
    table.add_row("all", "", f"{found.recall_1:.1%}", f"{found.recall_k:.1%}", "", "", style="bold")
    console.print(
        name(
            f"{label(found.descriptor)}, {found.metric} distance, "
            f"among {found.vectors:,} different pictures",
            "bold",
        )
    )
    console.print(table)
    for line in _told(found, test):
        console.print(name(line))
    console.print()


def _range(quantiles: Sequence[float]) -> str:
    """Write two quantiles: of the two clouds of distances the sides that touch."""
    return " … ".join(f"{quantile:.3g}" for quantile in quantiles) or "–"


def _told(found: DescriptorFound, test: SelfTest) -> list[str]:
    """Say what a table cannot."""
    from lookalike.indexes import brief

    is_exact = found.index_recall in (1.0, None)
    share = "" if is_exact else f", which finds {found.index_recall:.1%} of the nearest"
    lines = [
        f"Found first: {found.recall_1:.1%} (95 % interval {found.recall_1_low:.1%} to "
        f"{found.recall_1_high:.1%}), through {brief(found.index)}{share}.",
        "Distances: half and 95 % of the copies are nearer to their originals, 5 % and half are "
        "nearer to another picture.",
        f"The same picture with 50 % or more {_up_to(found.distance_50)}; with 95 % or more "
        f"{_up_to(found.distance_95)}.",
        "On pictures that this was not learned from, probabilities were off by "
        f"{found.reliability.ece:.2%} on average, and by "
        f"{_share(found.reliability.ece_of_likely)} where they were 5 % or more.",
    ]
    if found.doubles:
        lines.append(
            f"{found.doubles:,} of the {test.pictures:,} pictures have a double in the gallery, as "
            "near as only one copy in twenty: saved twice, or hard to tell apart. It counts as "
            "another picture here, which makes the figures lower."
        )
    return lines


def _up_to(distance: float | None) -> str:
    if distance is None:
        return "at no distance"
    return f"up to a distance of {distance:.4g}" if math.isfinite(distance) else "at any distance"


def _share(value: float) -> str:
    return f"{value:.1%}" if math.isfinite(value) else "nothing"
