"""`lookalike train`: what is learned from one's own pictures."""

from __future__ import annotations

import typer

from lookalike.interfaces.cli.train import adapter, autoencoder

app = typer.Typer(
    help="Learn from your own pictures: an encoder of them, or a better view of their vectors.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (autoencoder, adapter):
    app.command(verb.__name__.rpartition(".")[2])(verb.run)
