"""The command `lookalike`: its verbs, and what becomes of errors."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from lookalike.errors import GalleryBusy, LookalikeError, UsageError
from lookalike.interfaces.cli import (
    columns,
    compare,
    copy,
    demo,
    descriptors,
    doctor,
    evaluate,
    failures,
    index,
    info,
    reduce,
    remove,
    search,
    selftest,
    serve,
    train,
    tune,
    use,
)
from lookalike.interfaces.cli.options import is_debugging

FAILED, USAGE, BUSY, INTERRUPTED = 1, 2, 3, 130

EXIT_CODES = (
    "Exit codes: 0 done · 1 failed, the message says why · 2 wrong usage · 3 another process is "
    "writing to the gallery · 130 stopped with Ctrl-C; what was finished is kept."
)


class _Verbs(TyperGroup):
    """Turns every error that Lookalike raises into one line and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()  # here, where an error of it still has an answer
            return result
        except KeyboardInterrupt:
            _say("stopped; what was finished is kept, and the same command goes on from there")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of our output (`| head`) has gone; nothing is left to be said to it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except (LookalikeError, OSError, UnicodeEncodeError) as error:
            # OSError: standard output that cannot be written to, such as a full disk.
            if is_debugging(ctx):
                raise
            _say(f"lookalike: {error}")
            raise typer.Exit(_code(error)) from None


app = typer.Typer(
    name="lookalike",
    cls=_Verbs,
    help="Image search by picture: index a folder, show it a picture, get the ones like it.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (
    index,
    search,
    serve,
    tune,
    reduce,
    use,
    evaluate,
    selftest,
    compare,
    info,
    failures,
    remove,
    copy,
    descriptors,
    doctor,
    demo,
):
    app.command(verb.__name__.rpartition(".")[2])(verb.run)
app.add_typer(columns.app, name="columns")
app.add_typer(train.app, name="train")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(version("lookalike"))  # noqa: T201
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Image search by picture: index a folder, show it a picture, get the ones like it."""


def main() -> None:
    """Run the command line."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # a closed one is None
        # File names that are not UTF-8 are written as they are; what a console lacks is escaped.
        errors = "surrogateescape" if stream.encoding.lower() == "utf-8" else "backslashreplace"
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=errors)
    app()


def _code(error: Exception) -> int:
    if isinstance(error, UsageError):
        return USAGE
    return BUSY if isinstance(error, GalleryBusy) else FAILED


def _say(line: str) -> None:
    from lookalike.interfaces.cli.terminal import printable

    print(printable(line), file=sys.stderr)  # noqa: T201
