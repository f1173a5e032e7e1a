"""A real `lookalike serve` in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    port: int
    gallery: str
    pictures: int
    process: int

    def memory(self) -> int:
        """Return the bytes of memory that the server and its children took, mapped files apart."""
        return sum(_taken(process) for process in _family(self.process))


@contextmanager
def started(gallery: Path, port: int = 18765) -> Iterator[Running]:
    command = [sys.executable, "-m", "lookalike", "serve", str(gallery), "--port", str(port)]
    process = subprocess.Popen([*command, "--no-open"], stdout=subprocess.DEVNULL)
    try:
        yield _awaited(process, port)
    finally:
        process.terminate()
        process.wait(30)


def _awaited(process: subprocess.Popen[bytes], port: int) -> Running:
    address = f"http://127.0.0.1:{port}/v1/galleries"
    for _ in range(300):
        if process.poll() is not None:
            sys.exit("the server has ended")
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                (info,) = json.load(answer)["galleries"]
                return Running(port, info["name"], info["pictures"], process.pid)
        except OSError:
            time.sleep(0.1)
    sys.exit("the server does not answer")


def _family(process: int) -> list[int]:
    """Return a process and all below it."""
    found = [process]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def _taken(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Anonymous:"))


if os.name != "posix":
    sys.exit("memory is read from /proc: this runs on Linux")
