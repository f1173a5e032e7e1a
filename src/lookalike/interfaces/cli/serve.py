"""`lookalike serve`: the page and the HTTP API."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.errors import GalleryError, MissingExtra, UsageError
from lookalike.interfaces.cli.options import Debug

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from lookalike.interfaces.http.galleries import Where
    from lookalike.interfaces.http.settings import ServerSettings
    from lookalike.interfaces.http.state import Server

PORT = 8765
_PORTS_TRIED = 20
_MB = 1_000_000
_NEEDED = (
    "fastapi",
    "fastapi_swagger",
    "httpcore",
    "prometheus_client",
    "python_multipart",
    "uvicorn",
)


def run(
    galleries: Annotated[
        list[str] | None,  # and no Path, which would take a slash out of an address
        typer.Argument(
            help="The galleries' folders, or addresses in Milvus such as "
            "[bold]milvus+http://127.0.0.1:19530/shop[/]; by default the one in your user data "
            "folder, or what LOOKALIKE_GALLERY names.",
            metavar="[GALLERY]...",
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            help="The address to answer at; [bold]0.0.0.0[/] for all that this machine has, which "
            "needs a key.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help=f"0 for any that is free; by default {PORT}, or the next that is free.",
        ),
    ] = None,
    api_key_file: Annotated[
        Path | None,
        typer.Option(
            help="A file with the key that clients have to know; or set LOOKALIKE_API_KEY.",
            metavar="FILE",
        ),
    ] = None,
    without_key: Annotated[
        bool,
        typer.Option(
            "--without-key",
            help="Let other machines ask without a key; then nothing can be changed.",
        ),
    ] = False,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Let nothing be changed, whoever asks.")
    ] = False,
    allow_urls: Annotated[
        bool,
        typer.Option("--allow-urls", help="Fetch pictures from addresses that clients give."),
    ] = False,
    allow_folder: Annotated[
        list[str] | None,
        typer.Option(
            help="Let this folder, or what lies at this address, be indexed from the page, besides "
            "those that are; may be repeated. By default, for this machine only, any folder.",
            metavar="FOLDER",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            help="A further name that the server is called by, e.g. [bold]shop.local[/]; may be "
            "repeated.",
            metavar="NAME",
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            help="Let pages of another site ask, e.g. [bold]https://shop.example[/]; may be "
            "repeated.",
            metavar="ORIGIN",
        ),
    ] = None,
    max_upload: Annotated[
        float, typer.Option(min=0.01, help="The largest picture that may be uploaded, in MB.")
    ] = 50,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads that search; by default one a processor.")
    ] = None,
    queue: Annotated[
        int, typer.Option(min=0, help="Searches that may wait; whoever comes then is told so.")
    ] = 64,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Requests a second that one client may make, 0 for any number; by default 20 "
            "where other machines can ask.",
        ),
    ] = None,
    open_: Annotated[
        bool | None,
        typer.Option(
            "--open/--no-open", help="Open the page in a browser; by default at a terminal."
        ),
    ] = None,
    shared: Annotated[
        str | None,
        typer.Option(
            envvar="LOOKALIKE_SHARED",
            help="Where several servers keep what is uploaded to search with, and tell of their "
            "index jobs, so that each can be asked about all of it: a folder that all of them see, "
            "or e.g. "
            "[bold]s3://bucket/lookalike[/].",
            metavar="PLACE",
        ),
    ] = None,
    log: Annotated[
        bool, typer.Option("--log", help="Write a line to standard error for every request.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Serve galleries: a page for people, and an HTTP API for programs.

    It answers this machine only, unless [bold]--host[/] says otherwise. A gallery that is
    not there yet is made, empty, if the folder above is there; the page fills it.

    End it with Ctrl-C: requests that run may finish, for ten seconds at most, index jobs keep what
    they have done, and the exit code is 0. Pressed twice, it ends at once, with 130.
    """
    _check_installed()
    from lookalike.interfaces.http.galleries import named
    from lookalike.interfaces.http.running import Running

    settings = _settings(
        host=host,
        port=PORT if port is None else port,
        api_key=_key(api_key_file),
        without_key=without_key,
        shared=shared or None,
        read_only=read_only,
        allow_urls=allow_urls,
        allowed_folders=tuple(map(_absolute, allow_folder or [])),
        allowed_hosts=tuple(allow_host or []),
        allowed_origins=tuple(allow_origin or []),
        max_upload_bytes=int(max_upload * _MB),
        queue=queue,
        rate=rate,
        **({"workers": workers} if workers else {}),
    )
    offered = named(galleries or [_default()])
    pictures = _prepared(offered, settings, is_default=not galleries)
    listening = _bound(settings, tries=1 if port is not None else _PORTS_TRIED)
    address = _address(settings.host, listening)

    def told() -> None:
        _tell(address, offered, pictures, app.state.server)
        if _opens(open_):
            typer.launch(address)

    from lookalike.interfaces.http.app import create_app

    _begin_log(requests=log)
    app = create_app(settings, offered)
    Running(app, log=log, told=told).serve_on(listening)
    _say("ended")


def _begin_log(*, requests: bool) -> None:
    import logging

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")  # to standard error
    if requests:
        logging.getLogger("uvicorn.access").setLevel(logging.INFO)


def _check_installed() -> None:
    from importlib.util import find_spec

    if not all(find_spec(package) for package in _NEEDED):
        raise MissingExtra("lookalike serve", "serve")


def _settings(**given: object) -> ServerSettings:
    from lookalike.interfaces.http.settings import ServerSettings

    return ServerSettings(**given)  # type: ignore[arg-type]


def _key(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get("LOOKALIKE_API_KEY") or None
    try:
        key = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the key in {file}: {error}; name a text file") from error
    if not key:
        raise UsageError(f"there is no key in {file}; write one of 16 characters or more into it")
    return key


def _default() -> str | Path:
    from lookalike.gallery.interface import default_path

    return os.environ.get("LOOKALIKE_GALLERY") or default_path()


def _prepared(
    offered: Mapping[str, Where], settings: ServerSettings, *, is_default: bool
) -> dict[str, int]:
    """Return how many pictures are in each gallery of this machine; the others may come later."""
    from lookalike.interfaces.http.galleries import prepare

    def may_be_made(folder: Path) -> bool:
        # Where not even the folder above is there, the path is more likely mistyped.
        return settings.may_write and (is_default or folder.parent.is_dir())

    here = {name: where for name, where in offered.items() if isinstance(where, Path)}
    return {name: prepare(folder, create=may_be_made(folder)) for name, folder in here.items()}


def _bound(settings: ServerSettings, tries: int) -> socket.socket:
    import errno

    from lookalike.interfaces.http.running import bound

    for port in range(settings.port, settings.port + tries):
        try:
            return bound(settings.host, port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                continue
            raise UsageError(
                f"cannot answer at {settings.host}, port {port}: {error.strerror or error}; take "
                "an address of this machine and a port from 1024 on: --host, --port"
            ) from error
    raise UsageError(
        f"port {port} of {settings.host} is taken by another program; name another: --port 0 takes "
        "any that is free"
    )


def _address(host: str, listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - what to type in a browser of this machine
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _opens(asked: bool | None) -> bool:
    if asked is not None:
        return asked
    at_terminal = sys.stdout is not None and sys.stdout.isatty()
    # Without a desktop what opens is a browser of text, in the terminal that is ours.
    has_desktop = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    return at_terminal and has_desktop


def _tell(
    address: str,
    offered: Mapping[str, Where],
    pictures: Mapping[str, int],
    server: Server,
) -> None:
    from lookalike.interfaces.cli.terminal import name, output

    console = output()
    console.print(f"Lookalike answers at [bold]{address}[/], its API is told at {address}/docs")
    for gallery, where in offered.items():
        console.print(name(f"  {gallery}: {_held(server, gallery, where, pictures)}"))
    console.print(_reach(server.settings))
    console.print("End it with Ctrl-C.", style="dim")
    sys.stdout.flush()


def _held(server: Server, gallery: str, where: Where, pictures: Mapping[str, int]) -> str:
    from lookalike.interfaces.cli.terminal import plural
    from lookalike.interfaces.http.galleries import shown

    try:
        count = pictures.get(gallery)
        if count is None:
            count = server.gallery(gallery).pictures(top=1).total
    except GalleryError as error:
        return f"{shown(where)}, as soon as it can be asked: {error}"
    return f"{plural(count, 'picture')} in {shown(where)}"


def _reach(settings: ServerSettings) -> str:
    if settings.is_loopback:
        who = "Only this machine can ask"
    elif settings.api_key is None:
        who = "Any machine that reaches this one can ask, without a key and without encryption"
    else:
        who = "Any machine that reaches this one can ask, with the key, which is sent unencrypted"
    return who + ("." if settings.may_write else "; nothing can be changed.")


def _say(line: str) -> None:
    from lookalike.interfaces.cli.terminal import messages

    messages().print(line)


def _absolute(folder: str) -> str:
    from lookalike.places import is_url, placed

    return placed(folder) if is_url(folder) else str(Path(folder).absolute())
