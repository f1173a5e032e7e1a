"""A Milvus server to be measured: one that is started here, or one that runs already."""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from lookalike.gallery.milvus.link.address import parsed
from lookalike.gallery.milvus.link.engine import Engine
from milvus_server import Standalone, lacking


class Server:
    """A server, of which one gallery is used.

    Parameters
    ----------
    address : str
        ``milvus+http://HOST:PORT/NAME``; what is of that name there is dropped, before and after.
        Empty to start a server.
    folder : Path
        Where a server that is started keeps its data.
    """

    def __init__(self, address: str, folder: Path) -> None:
        self._folder = folder
        self._started: Standalone | None = None
        self.address = address
        if not address:
            if why := lacking():
                raise SystemExit(f"no server can be started here: {why}")
            self._started = Standalone(folder)
            self.address = f"milvus+{self._started.uri}/bench"
        self._uri = parsed(self.address).uri
        self._drop()

    def restarted(self) -> None:
        """End it as a power cut would, and start it again, if it was started here."""
        if self._started is not None:
            self._started.kill()
            self._started.start()

    @property
    def memory(self) -> int:
        """What the process holds, in bytes; 0 if it is not on this machine."""
        process = listening(urlsplit(self._uri).port or 0)
        return resident(process) if process else 0

    @property
    def disk(self) -> int:
        """What lies in its folder, in bytes; 0 if it was not started here."""
        return size_of(self._folder) if self._started is not None else 0

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._started is None:
            self._drop()
        else:
            self._started.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _drop(self) -> None:
        engine = Engine(parsed(self.address))
        for collection in engine.collections():
            if collection.startswith(f"{engine.address.name}__"):
                engine.drop(collection)
        engine.close()


def settled(server: Server, seconds: float = 3.0) -> int:
    """Return the memory of a server when it has not grown or shrunk for some seconds."""
    before, end = 0, time.monotonic() + 60
    while time.monotonic() < end:
        now = server.memory
        if abs(now - before) < 5_000_000:
            break
        before = now
        time.sleep(seconds)
    return server.memory


def listening(port: int) -> int | None:
    """Return the process of this machine that listens on a port."""
    sockets = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                cells = line.split()
                if cells[3] == "0A" and int(cells[1].rpartition(":")[2], 16) == port:
                    sockets.add(f"socket:[{cells[9]}]")
    for held in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if str(held.readlink()) in sockets:
                return int(held.parts[2])
    return None


def resident(process: int | str = "self", field: str = "VmRSS") -> int:
    """Return what a process holds, in bytes; with VmHWM what it held at most."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    told = dict(line.split(":", 1) for line in lines if ":" in line)
    return int(told[field].split()[0]) * 1024


def size_of(place: Path) -> int:
    """Return the bytes that a file, or all in a folder, take on disk."""
    files = place.rglob("*") if place.is_dir() else [place]
    total = 0
    for file in files:
        with suppress(OSError):  # it is gone by now
            total += file.stat().st_blocks * 512 if file.is_file() else 0
    return total
