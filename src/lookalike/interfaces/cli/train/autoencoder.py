"""`lookalike train autoencoder`: an encoder of one's own pictures."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.interfaces.cli.options import Debug, Json

if TYPE_CHECKING:
    from lookalike.learning.autoencoder import AutoencoderRun, AutoencoderSettings, Epoch
    from lookalike.store import Progress

_OF_PRESET = "the preset's if left out."


def run(
    folder: Annotated[
        Path, typer.Argument(help="A folder of pictures, with all below it.", metavar="FOLDER")
    ],
    to: Annotated[
        Path | None,
        typer.Option(
            "--run",
            help="The folder to write to; by default in the current folder, named after that of "
            "the pictures: [bold]products-autoencoder[/].",
            metavar="RUN",
        ),
    ] = None,
    preset: Annotated[
        str,
        typer.Option(
            help="[bold]default[/], or [bold]tutorial[/]: the network of a well-known tutorial, "
            "with its faults, to compare with; it is large and slow."
        ),
    ] = "default",
    size: Annotated[
        int | None,
        typer.Option(help=f"Pixels of the squares it looks at, 64 to 256; {_OF_PRESET}"),
    ] = None,
    latent: Annotated[
        int | None,
        typer.Option(help=f"Numbers it puts each picture into, 8 to 512; {_OF_PRESET}"),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help=f"Rounds through the pictures, at most; {_OF_PRESET}")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help="Train no longer than this; no limit if left out.")
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(help=f"Stop after so many epochs that were no better; {_OF_PRESET}"),
    ] = None,
    batch: Annotated[int | None, typer.Option(help=f"Pictures to a step; {_OF_PRESET}")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of all that is random; another gives another network.")
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="auto, cpu, cuda or mps; auto takes a GPU where there is one."),
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(
            help="auto, float32 or bfloat16; auto takes bfloat16 where it is the quicker one."
        ),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Train an encoder on a folder of pictures: a descriptor of your own.

    It learns to draw each picture again from a few numbers; those become the picture's vector.
    A tenth of the pictures is held out to see when it stops improving. Figures of what it
    learned are drawn into RUN. Needs the extra [bold]train[/], searching with it does not.

    Stop it with Ctrl-C at any time; run again, it goes on where it stopped. A finished run is
    only summed up and drawn again.
    """
    from lookalike.interfaces.cli import progress
    from lookalike.learning.autoencoder import AutoencoderSettings, train_autoencoder

    to = to or Path(f"{folder.absolute().name or 'pictures'}-autoencoder")
    settings = AutoencoderSettings.of_preset(
        preset,
        size=size,
        latent=latent,
        epochs=epochs,
        minutes=minutes,
        patience=patience,
        batch=batch,
        seed=seed,
        device=device,
        precision=precision,
    )
    with progress.shown() as tell:
        begun = _Begun(to, tell)
        trained = train_autoencoder(
            folder, to, settings, progress=begun, told=_Epochs(settings, to)
        )
    drawings = _drawn(trained)
    if json:
        from lookalike.interfaces.cli.terminal import write_json

        write_json(
            {
                "run": str(to.absolute()),
                **trained.as_dict(),
                "best_loss": trained.best_loss,
                "drawings": [str(path.absolute()) for path in drawings],
            }
        )
    else:
        _write(trained, drawings, folder, to)


class _Begun:
    """Says where the run is made once it has begun, and passes progress on."""

    def __init__(self, to: Path, tell: Callable[[Progress], None]) -> None:
        self.to = to
        self.tell = tell
        self.said = False

    def __call__(self, progress: Progress) -> None:
        from lookalike.interfaces.cli.terminal import messages, name

        if not self.said:
            messages().print(name(f"the run is made in {self.to.absolute()}", "dim"))
            self.said = True
        self.tell(progress)


class _Epochs:
    """Says a line after each epoch."""

    def __init__(self, settings: AutoencoderSettings, to: Path) -> None:
        from lookalike.errors import UsageError
        from lookalike.learning.autoencoder import AutoencoderRun

        self.most = settings.epochs
        self.best = math.inf
        with suppress(UsageError):  # there is none to go on from
            self.best = AutoencoderRun.read(to).best_loss

    def __call__(self, epoch: Epoch, left: float) -> None:
        from lookalike.interfaces.cli.terminal import messages

        better = epoch.validation_loss < self.best
        self.best = min(self.best, epoch.validation_loss)
        told = "best so far" if better else f"best {self.best:.5f}"
        messages().print(
            f"epoch {epoch.number:>{len(str(self.most))}} of {self.most} · "
            f"loss {epoch.train_loss:.5f} · held out {epoch.validation_loss:.5f} · {told} · "
            f"{epoch.seconds:.1f} s" + (f" · {_time(left)} left at most" if left > 0 else "")
        )


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _drawn(trained: AutoencoderRun) -> list[Path]:
    """Draw what it learned, if it can be drawn here; the run is good without."""
    from lookalike.errors import MissingExtra
    from lookalike.interfaces.cli.terminal import messages, name
    from lookalike.learning.autoencoder.drawing import draw

    try:
        return draw(trained)
    except MissingExtra as error:
        messages().print(
            name(f"{error}; then the same command draws what was learned, without training again")
        )
        return []


def _write(trained: AutoencoderRun, drawings: list[Path], folder: Path, to: Path) -> None:
    from lookalike.interfaces.cli.terminal import messages, name, output, plural
    from lookalike.interfaces.cli.train.told import summary, warnings

    console = output()
    console.print(name(summary(trained)))
    for line in warnings(trained):
        messages().print(name(line, "yellow"))
    if trained.failures:
        path, why = trained.failures[0]
        count = plural(len(trained.failures), "file")
        messages().print(
            name(f"{count} could not be read and took no part; the first: {path}: {why}", "yellow")
        )
    files = ", ".join([trained.encoder.name, *(path.name for path in drawings)])
    console.print(name(f"in {trained.folder.absolute()}: {files}"))
    where = shlex.quote(str(folder))
    spec = shlex.quote(f"autoencoder:{to}")
    console.print(name(f"search with it:  lookalike index {where} --descriptor {spec}"))
    console.print(name("                 lookalike search PICTURE --descriptor autoencoder"))
