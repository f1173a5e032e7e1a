"""Two machines of Ray, here: their workers may be killed, and one of them taken away."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lookalike.store import Progress
from lookalike.store.crews.on_ray import connecting

TESTS = str(Path(__file__).parent)
POISON = "the straw"
FAULTY_DECODER = f"""
import os
import lookalike.images.decoding as decoding
begin = decoding.Encoded.__init__
def faulty(self, name, data, *rest):
    if {POISON.encode()!r} in data:
        os.abort()
    begin(self, name, data, *rest)
decoding.Encoded.__init__ = faulty
"""
WORKERS = "ray:auto?workers=2"


class Machines:
    """A head that only leads, and two machines with a worker each."""

    def __init__(self, port: int) -> None:
        from ray.cluster_utils import Cluster

        lead = {"num_cpus": 0, "include_dashboard": False, "ray_client_server_port": port}
        self.cluster = Cluster(initialize_head=True, head_node_args=lead)
        self.nodes: list[Any] = []
        self.add()
        self.add()
        self.client = f"ray://{self.cluster.head_node.node_ip_address}:{port}?workers=2"

    def add(self) -> None:
        self.nodes.append(self.cluster.add_node(num_cpus=1))

    def lose_one(self) -> None:
        self.cluster.remove_node(self.nodes.pop(), allow_graceful=False)

    def workers(self) -> list[int]:
        """Return the numbers of the processes that take files in."""
        lords = {node.all_processes["raylet"][0].process.pid for node in self.nodes}
        return [pid for pid, parent, title in processes() if parent in lords and WORKS in title]


def machines_at(port: Callable[[], int], tries: int = 3) -> Machines:
    """Start them. On a machine with much to do, one of Ray's processes may die at its start."""
    while True:
        tries -= 1
        try:
            return Machines(port())
        except Exception as error:
            if not tries or "timed out during startup" not in str(error):
                raise


WORKS = "ray::Worker"


def processes() -> Iterator[tuple[int, int, str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            title = (folder / "cmdline").read_text().replace("\0", " ")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue  # it has just ended
        yield int(folder.name), parent, title


class Once:
    """Does something as soon as a sync has committed a first part."""

    def __init__(self, what: Callable[[], object]) -> None:
        self._what = what
        self.done = False

    def __call__(self, progress: Progress) -> None:
        if progress.stage == "reading" and progress.done and not self.done:
            self.done = True
            self._what()


@contextmanager
def environment(folder: Path, more: Mapping[str, str]) -> Iterator[None]:
    """Let what is started be quiet; in `folder` lies what lets a decoder crash on the poison."""
    (folder / "sitecustomize.py").write_text(FAULTY_DECODER)
    known = os.environ.get("PYTHONPATH", "")
    places = os.pathsep.join(filter(None, [str(folder), TESTS, known]))
    given = {"PYTHONPATH": places, "RAY_AUTH_MODE": "disabled", **connecting.QUIET, **more}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        yield
