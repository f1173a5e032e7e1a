"""`lookalike tune`: which index is best for this gallery, measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.errors import UsageError
from lookalike.interfaces.cli.options import Debug, GalleryPath, IndexedDescriptor, Json, Metric

if TYPE_CHECKING:
    from lookalike.gallery import LocalGallery
    from lookalike.search import Tuning


def run(
    descriptor: IndexedDescriptor = None,
    metric: Metric = None,
    recall: Annotated[
        float, typer.Option(help="The share of the nearest that is to be found.", metavar="SHARE")
    ] = 0.99,
    k: Annotated[int, typer.Option("--k", min=1, help="How many nearest.")] = 10,
    queries: Annotated[
        int,
        typer.Option(min=1, help="How many are asked: vectors of the gallery that are held out."),
    ] = 200,
    index: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this one, e.g. [bold]hnsw:m=32[/]; may be repeated. With values for "
            "searching ([bold]hnsw:ef=64[/]) it is tried as it is, otherwise with several.",
            metavar="SPEC",
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Draw what is found against the time it takes (png, svg, pdf, jpg).",
            metavar="FILE",
        ),
    ] = None,
    auto: Annotated[
        bool,
        typer.Option(
            "--auto", help="Measure nothing; forget the choice, and let it be made automatically."
        ),
    ] = False,
    gallery: GalleryPath = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Measure indexes on this gallery, and search by the best of them from now on.

    Vectors of the gallery are held out and asked. The quickest index that finds enough of their
    nearest is built and kept, unless looking at every vector is about as quick. All that is
    installed is tried; [bold]kdtree[/], [bold]nndescent[/] and [bold]sql[/] only if named.

    Without this, an index is chosen automatically as the gallery grows.
    """
    from lookalike.gallery import LocalGallery
    from lookalike.interfaces.cli.files import check_writable
    from lookalike.interfaces.cli.terminal import messages

    check_writable(plot)
    if auto and index:
        raise UsageError("--auto measures nothing; leave out --index")
    try:
        with LocalGallery.open(gallery, create=False) as opened:
            if auto:
                _let_go(opened, descriptor, metric, json)
                return
            tuning = _tuned(opened, descriptor, metric, (recall, k, queries), index or [])
    except KeyboardInterrupt:
        messages().print("stopped; nothing was kept, and searches go by what they went by before")
        raise typer.Exit(130) from None
    if json:
        from lookalike.interfaces.cli.terminal import write_json

        write_json(tuning.as_dict())
    else:
        _write(tuning)
    if plot is not None:
        tuning.plot(plot)


def _tuned(
    gallery: LocalGallery,
    descriptor: str | None,
    metric: str | None,
    aim: tuple[float, int, int],
    index: list[str],
) -> Tuning:
    from lookalike.interfaces.cli import progress

    recall, k, queries = aim
    with progress.shown() as tell:
        return gallery.tune(
            descriptor=descriptor,
            metric=metric,
            recall=recall,
            k=k,
            queries=queries,
            indexes=index,
            progress=tell,
        )


def _let_go(gallery: LocalGallery, descriptor: str | None, metric: str | None, json: bool) -> None:
    from lookalike.interfaces.cli import progress
    from lookalike.interfaces.cli.terminal import name, output, write_json

    with progress.shown() as tell:
        spec = gallery.choose_automatically(descriptor=descriptor, metric=metric, progress=tell)
    if json:
        write_json({"chosen": spec})
    else:
        output().print(name(f"searches go by {spec} now, and by another as the gallery grows"))


def _write(tuning: Tuning) -> None:
    from rich.table import Table

    from lookalike.interfaces.cli.terminal import messages, name, output, size

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("index")
    for column in ("recall", "p50 ms", "p99 ms", "built in s", "memory"):
        table.add_column(column, justify="right", no_wrap=True)
    for trial in sorted(tuning.trials, key=lambda trial: trial.p50_ms):
        table.add_row(
            ("*" if trial.on_frontier else " ") + (">" if trial.spec == tuning.chosen else " "),
            name(trial.brief),
            f"{trial.recall:.2%}",
            f"{trial.p50_ms:.2f}",
            f"{trial.p99_ms:.2f}",
            f"{trial.build_seconds:.1f}",
            size(trial.memory_bytes),
        )
    console = output()
    console.print(table)
    console.print(
        name(f"{tuning.heading} · * nothing else is both better and quicker · > chosen", "dim")
    )
    console.print(name(f"{tuning.why}."))
    if tuning.missing:
        messages().print(name(f"not installed, so not tried: {', '.join(tuning.missing)}"))
