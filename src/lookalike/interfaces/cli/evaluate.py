"""`lookalike evaluate`: which descriptor, metric, reduction and index is best on known answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.interfaces.cli.options import Debug, Descriptors, Json

if TYPE_CHECKING:
    from lookalike.evaluation.grid.result import Evaluation

_TOLD_FAILURES = 5

# Searches are timed in one thread. With more, NumPy's matrix products wait for each other whenever
# the machine does something else, and take a hundred times as long; and pictures are described on
# all processors in any case.
_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def run(
    folder: Annotated[
        Path, typer.Argument(help="Pictures whose right answers are known.", metavar="FOLDER")
    ],
    truth: Annotated[
        str,
        typer.Option(
            help="Which answers are right: [bold]folders[/] (pictures in one folder), "
            "[bold]names:REGEX[/] (names that match alike), [bold]csv:FILE[/] (columns query, "
            "relevant, junk), a standard set such as [bold]holidays[/], or guessed.",
            metavar="SPEC",
        ),
    ] = "auto",
    descriptor: Descriptors = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            help="cosine, euclidean, manhattan, chi2, hamming, or [bold]natural[/] for each "
            "descriptor's own, which is the default; may be repeated.",
            metavar="NAME",
        ),
    ] = None,
    reduce: Annotated[
        list[str] | None,
        typer.Option(
            help="Also with fewer dimensions: [bold]pca:64[/], [bold]half_whitening:64[/], "
            "[bold]whitening:64[/], [bold]random_projection:64[/]; without a number from 16 on, "
            "each twofold; may be repeated.",
            metavar="SPEC",
        ),
    ] = None,
    index: Annotated[
        list[str] | None,
        typer.Option(
            help="Also through an approximate index, e.g. [bold]hnsw:m=32[/]; may be repeated.",
            metavar="SPEC",
        ),
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(
            help="mAP, P@10, recall@10, hit@1, nDCG@10, R-precision, mAP@R, mAP-trapezoid, N-S, "
            "uAP; by default what the pictures are officially measured by; may be repeated.",
            metavar="NAME",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Write a page with plots and the worst queries.", metavar="FILE.html"),
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Write the tables as Markdown.", metavar="FILE")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write all numbers.", metavar="FILE")] = None,
    gallery: Annotated[
        Path | None,
        typer.Option(
            "--gallery",
            "-g",
            help="Keep vectors there; by default in a gallery of its own in your cache folder.",
            metavar="FOLDER",
        ),
    ] = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try pictures again that failed and have not changed.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Measure which descriptor, metric, reduction and index is best where the answers are known.

    Every picture is described once by each descriptor; a second run describes nothing again. Stop
    it with Ctrl-C at any time; run again, it goes on where it stopped.

    Without [bold]--descriptor[/] all are measured that need no download.
    """
    for name in _THREADS:  # read when NumPy is imported, which it is not yet
        os.environ.setdefault(name, "1")
    from lookalike.evaluation import report as reports
    from lookalike.evaluation.grid.places import gallery_of
    from lookalike.evaluation.grid.run import evaluate
    from lookalike.evaluation.truth import read
    from lookalike.gallery import LocalGallery
    from lookalike.gallery.local.opened import absolute
    from lookalike.interfaces.cli import progress
    from lookalike.interfaces.cli.files import check_writable
    from lookalike.interfaces.cli.terminal import write_json

    check_writable(report, markdown, csv)
    root = absolute(folder)
    truths = read(truth, root)
    with LocalGallery.open(gallery or gallery_of(root)) as opened, progress.shown() as tell:
        found = evaluate(
            truths,
            opened,
            descriptors=descriptor or [],
            metrics=metric or [],
            reductions=reduce or [],
            indexes=index or [],
            measures=measure or [],
            retry=retry,
            progress=tell,
        )
    if json:
        write_json(found.as_dict())
    else:
        _write(found)
    for file, make in (
        (report, lambda: reports.page(found, root.name, _with())),
        (markdown, lambda: reports.markdown(found)),
        (csv, lambda: reports.csv(found)),
    ):
        _save(file, make)


def _save(file: Path | None, make: Callable[[], str]) -> None:
    from lookalike.interfaces.cli.files import write_page
    from lookalike.interfaces.cli.terminal import messages, name

    if file is not None:
        write_page(file, make())
        messages().print(name(f"written: {file.absolute()}"))


def _with() -> str:
    import platform
    from importlib.metadata import version

    return (
        f"Lookalike {version('lookalike')}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors; "
        "each search in one thread"
    )


def _write(found: Evaluation) -> None:
    from lookalike.evaluation.report.findings import findings
    from lookalike.evaluation.report.tables import about
    from lookalike.interfaces.cli.terminal import messages, name, output, plural

    console, said = output(), findings(found)
    for truth in found.truths:
        console.print(name(truth.name, "bold"))
        console.print(name(f"{about(found, truth.name)} {truth.source}", "dim"))
        _write_table(found, truth.name)
        for question in dict.fromkeys(one.about for one in said if one.truth == truth.name):
            console.print(name(f"{question}?", "bold"))
            for one in said:
                if (one.truth, one.about) == (truth.name, question):
                    console.print(name(f"  {one.text}"))
        console.print()
    to_person = messages()
    for note in found.notes:
        to_person.print(name(f"not measured: {note}"))
    if found.left_out:
        to_person.print(f"left out: {plural(len(found.left_out), 'picture')}")
    for failure in found.left_out[:_TOLD_FAILURES]:
        to_person.print(name(f"  {failure.path}: {failure.message}", "yellow"))


def _write_table(found: Evaluation, truth: str) -> None:
    from rich.table import Table

    from lookalike.evaluation.report.tables import table
    from lookalike.interfaces.cli.terminal import name, output

    shown = table(found.of(truth))
    written = Table(box=None, pad_edge=False, header_style="dim")
    for head, numeric in zip(shown.head, shown.numeric, strict=True):
        written.add_column(head, justify="right" if numeric else "left", no_wrap=numeric)
    for n, line in enumerate(shown.lines):
        written.add_row(
            *(name(cell, "bold" if (n, i) in shown.best else "") for i, cell in enumerate(line))
        )
    output().print(written)
