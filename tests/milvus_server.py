"""A real Milvus, as processes of this machine: one server, or a cluster whose nodes may die.

The package `milvus` of PyPI carries Milvus 2.3.5 for Linux on x86_64. A cluster takes the same
binary, `etcd` (Debian's package etcd-server), and for the log between its nodes the broker for
tests that is built into the Kafka client which Milvus brings with it. That broker keeps the last
5 MB of a channel, in memory: enough for a gallery of some thousand pictures.
"""

from __future__ import annotations

import importlib.util
import json
import lzma
import os
import platform
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import yaml

WAITED = 180.0  # seconds for a start: a machine with two cores that is busy with other tests
ROLES = ("rootCoord", "dataCoord", "queryCoord", "proxy", "dataNode", "indexNode", "queryNode")


def lacking(*, cluster: bool = False) -> str:
    """Return why no server can be started here; empty where it can."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "the package milvus has a server for Linux on x86_64 only"
    if importlib.util.find_spec("milvus") is None:
        return "the package milvus is not installed"
    if cluster and shutil.which("etcd") is None:
        return "etcd is not installed: apt install etcd-server"
    return ""


# Milvus looks once a second or less whether a collection is loaded, and an index built: with a
# hundred small collections, that is what tests would wait for.
BRISK: dict[str, Any] = {
    "queryCoord": {
        "checkInterval": 100,
        "checkSegmentInterval": 100,
        "checkChannelInterval": 100,
        "distPullInterval": 100,
        "UpdateNextTargetInterval": 1,
    },
    "indexCoord": {"scheduler": {"interval": 100}},
}


def brisk(ttl: int) -> dict[str, Any]:
    """Return settings of a server in one process that lets nobody wait.

    Parameters
    ----------
    ttl : int
        Seconds after which what was killed is known to be dead. So long a server that is started
        again waits for the one that was; one that is stopped for longer gives itself up.
    """
    return BRISK | {
        "common": {"session": {"ttl": ttl}},
        # Who wants the latest writes waits for two of these, in milliseconds.
        "proxy": {"timeTickInterval": 50},
        # What was written lately is sealed after so many.
        "dataCoord": {"segment": {"assignmentExpiration": 1000}},
        # Its parts look for each other at the same places again, and soon.
        "grpc": {
            "client": {"maxBackoff": 0.2, "minResetInterval": 100, "minSessionCheckInterval": 100}
        },
    }


class Process:
    """A program with a log, which can be killed and started again."""

    def __init__(
        self, name: str, command: list[str], folder: Path, environment: dict[str, str]
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = [sys.executable, "-c", DYING_WITH_US, *command]
        self._folder = folder / name
        self._environment = os.environ | environment
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl+C is for pytest, which then closes this
            )

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._running is not None:
            self._running.send_signal(signal.SIGKILL)
            self._running.wait()
            self._running = None

    def until_healthy(self, port: int) -> None:
        """Wait until all that runs in the process calls itself healthy."""
        end = time.monotonic() + WAITED
        while not _healthy(port):
            ended = self._running is None or self._running.poll() is not None
            if ended or time.monotonic() > end:
                why = "ended" if ended else f"was not healthy after {WAITED:.0f} s"
                raise RuntimeError(f"{self.name} {why}; the end of its log:\n{self.tail()}")
            time.sleep(0.2)

    def tail(self, lines: int = 30) -> str:
        """Return the end of the log, where the reason of a failure stands."""
        told = self.log.read_text("utf-8", "replace").splitlines()[-lines:]
        return "\n".join(line[:400] for line in told)


class Standalone:
    """Milvus in one process, with everything that it needs.

    Parameters
    ----------
    folder : Path
        Where its data and logs lie. The data of an earlier server are found again.
    settings : dict, optional
        What is to be other than usual, as ``milvus.yaml`` has it; see `brisk`.
    """

    def __init__(self, folder: Path, settings: dict[str, Any] | None = None) -> None:
        names = (*ROLES, "internal", "metrics", "etcd", "peers")
        ports = dict(zip(names, free_ports(len(names)), strict=True))
        store = {"path": str(_etcd_settings(folder, ports))}
        changed = {
            "etcd": {"config": store, "endpoints": f"127.0.0.1:{ports['etcd']}"},
        }
        changed = _merged(changed, settings or {})
        self.uri = f"http://127.0.0.1:{ports['proxy']}"
        self._health = ports["metrics"]
        self._server = _milvus("standalone", ["standalone"], folder, ports, changed)
        self.start()

    def start(self) -> None:
        """Start it, again with the same data under the same address, and wait for it."""
        self._server.start()
        self._server.until_healthy(self._health)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._server.kill()

    def close(self) -> None:
        self.kill()


class Cluster:
    """Milvus as separate processes: coordinators, proxy, data node, index node, query nodes.

    Parameters
    ----------
    folder : Path
        Where its data and logs lie.
    query_nodes : int
        How many nodes answer. A collection is loaded with as many replicas for an answer to
        outlive one of them.
    """

    def __init__(self, folder: Path, query_nodes: int = 2) -> None:
        self._folder = folder
        self._kept = ExitStack()
        try:
            etcd = self._etcd()
            shared = {
                "etcd": {"endpoints": etcd, "use": {"embed": False}},
                "kafka": {
                    "brokerList": self._broker(),
                    "securityProtocol": "PLAINTEXT",
                    # The broker does not wake a reader that waits, so that none waits long.
                    "consumer": {"fetch.wait.max.ms": 20},
                },
                "mq": {"type": "kafka"},
            }
            shared = _merged(shared, BRISK)
            named = (*ROLES[:3], "proxy", "internal")
            self._ports = dict(zip(named, free_ports(len(named)), strict=True))
            coordinators = ["mixture", "-rootcoord", "-querycoord", "-datacoord", "-indexcoord"]
            self._node("coordinators", coordinators, shared)
            for role in ("indexnode", "datanode"):
                self._node(role, [role], shared)
            self._query_nodes = [
                self._node(f"querynode{i}", ["querynode"], shared) for i in range(query_nodes)
            ]
            self._node("proxy", ["proxy"], shared)
        except BaseException:
            self.close()
            raise
        self.uri = f"http://127.0.0.1:{self._ports['proxy']}"

    def kill_query_node(self, i: int) -> None:
        """End one of those that answer as a power cut would."""
        self._query_nodes[i][0].kill()

    def start_query_node(self, i: int) -> None:
        """Start it again, and wait for it.

        For some seconds it then answers from what it has loaded so far, and does not say so: that
        is how Milvus 2.3 is.
        """
        node, health = self._query_nodes[i]
        node.start()
        node.until_healthy(health)

    def close(self) -> None:
        self._kept.close()

    def _started(self, process: Process) -> Process:
        process.start()
        self._kept.callback(process.kill)
        return process

    def _etcd(self) -> str:
        client, peers = free_ports(2)
        settings = _etcd_settings(self._folder, {"etcd": client, "peers": peers})
        command = [shutil.which("etcd") or "etcd", f"--config-file={settings}"]
        self._started(Process("etcd", command, self._folder, {}))
        return f"127.0.0.1:{client}"

    def _broker(self) -> str:
        """Start the Kafka client's own broker; its address is the first line that it writes."""
        command = [sys.executable, "-c", BROKER, str(_unpacked() / "librdkafka.so.1")]
        environment = {"LD_LIBRARY_PATH": str(_unpacked())}
        broker = self._started(Process("broker", command, self._folder, environment))
        end = time.monotonic() + WAITED
        while not (told := re.search(r"^broker at (\S+)$", broker.tail(), re.MULTILINE)):
            if time.monotonic() > end:
                raise RuntimeError(f"the broker did not start:\n{broker.tail()}")
            time.sleep(0.05)
        return told[1]

    def _node(self, name: str, run: list[str], shared: dict[str, Any]) -> tuple[Process, int]:
        own = (*ROLES[4:], "metrics")
        ports = self._ports | dict(zip(own, free_ports(len(own)), strict=True))
        node = self._started(_milvus(name, run, self._folder, ports, shared))
        node.until_healthy(ports["metrics"])
        return node, ports["metrics"]


# Asks the kernel to end this process with the thread that started it, also where that is killed;
# 1 is PR_SET_PDEATHSIG. (`preexec_fn` must not be used beside threads, and a client has threads.)
DYING_WITH_US = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
os.execv(sys.argv[1], sys.argv[1:])
"""

# The broker lives as long as the process, which hands its address on and then waits.
BROKER = """
import ctypes, signal, sys
kafka = ctypes.CDLL(sys.argv[1])
for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
    getattr(kafka, name).restype = ctypes.c_void_p
kafka.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
why = ctypes.create_string_buffer(512)
settings = ctypes.c_void_p(kafka.rd_kafka_conf_new())
client = ctypes.c_void_p(kafka.rd_kafka_new(0, settings, why, ctypes.c_size_t(512)))
cluster = ctypes.c_void_p(kafka.rd_kafka_mock_cluster_new(client, 1))
print("broker at", kafka.rd_kafka_mock_cluster_bootstraps(cluster).decode(), flush=True)
signal.pause()
"""


def _milvus(
    name: str, run: list[str], folder: Path, ports: dict[str, int], changed: dict[str, Any]
) -> Process:
    folder.mkdir(parents=True, exist_ok=True)
    settings = _merged(_template(folder), changed)
    for role in ROLES:  # the address too: else that of a network, which may come and go
        settings[role] |= {"port": ports.get(role, 0), "ip": "127.0.0.1"}
    settings["proxy"]["internalPort"] = ports["internal"]
    configured = folder / f"{name}.settings"
    configured.mkdir(exist_ok=True)
    (configured / "milvus.yaml").write_text(json.dumps(settings, indent=1), "utf-8")
    shutil.copy(_package() / "glog.conf", configured)
    binary = _unpacked() / "milvus"
    environment = {
        "LD_LIBRARY_PATH": str(binary.parent),
        "MILVUSCONF": str(configured),
        "MILVUS_RUN_DIR": str(folder / name),
        "METRICS_PORT": str(ports["metrics"]),
    }
    return Process(name, [str(binary), "run", *run], folder, environment)


def _template(folder: Path) -> dict[str, Any]:
    """Return the package's settings with everything kept below `folder`."""
    text = (_package() / "config.yaml.template").read_text("utf-8")
    # `{{ name(type): default }}`: what has no default is a place, and set here.
    text = re.sub(r"\{\{[^:}]*:?\s*([^}]*?)\s*\}\}", r"\1", text)
    places: dict[str, Any] = {
        "etcd": {"log": {"path": str(folder / "etcd.log")}, "data": {"dir": str(folder / "etcd")}},
        "localStorage": {"path": str(folder / "data")},
        "rocksmq": {"path": str(folder / "rocksmq")},
        "log": {"file": {"rootPath": ""}, "level": "warn"},
        # Who was killed is known to be dead after these seconds: 30 are usual.
        "common": {"session": {"ttl": 10}},
    }
    return _merged(yaml.safe_load(text), places)


def _merged(settings: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    merged = dict(settings)
    for name, value in changed.items():
        inner = merged.get(name)
        merged[name] = _merged(inner, value) if isinstance(inner, dict) else value
    return merged


def _etcd_settings(folder: Path, ports: dict[str, int]) -> Path:
    client, peers = (f"http://127.0.0.1:{ports[name]}" for name in ("etcd", "peers"))
    settings = {
        "name": "default",
        "data-dir": str(folder / "etcd"),
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peers,
        "initial-advertise-peer-urls": peers,
        "initial-cluster": f"default={peers}",
        "heartbeat-interval": 20,  # ms; it is alone, and elects itself after so many:
        "election-timeout": 200,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "etcd.json"
    path.write_text(json.dumps(settings), "utf-8")
    return path


def _package() -> Path:
    found = importlib.util.find_spec("milvus")
    assert found is not None and found.origin is not None, lacking()
    return Path(found.origin).parent / "data"


def _unpacked() -> Path:
    """Return the folder of the binary and its libraries; unpacked once, beside pytest's cache."""
    package = _package()
    named = f"milvus-{(package / 'bin' / 'milvus.lzma').stat().st_size}"
    kept = Path(__file__).parents[1] / ".pytest_cache" / named
    if kept.is_dir():
        return kept
    kept.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        half = Path(folder) / "half"
        half.mkdir()
        for packed in sorted((package / "bin").glob("*.lzma")):
            with lzma.open(packed) as source, (half / packed.stem).open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
            (half / packed.stem).chmod(0o755)
        try:
            half.rename(kept)
        except OSError:  # another process was first
            if not kept.is_dir():
                raise
    return kept


def free_ports(count: int) -> Iterator[int]:
    """Return ports that nobody listens on, below those that outgoing connections are given."""
    with ExitStack() as held:
        found: list[int] = []
        while len(found) < count:
            port = random.randint(15000, 32000)
            listening = held.enter_context(closing(socket.socket()))
            try:
                listening.bind(("", port))
            except OSError:
                continue
            found.append(port)
    return iter(found)


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return b"OK" in answer.read()
    except (urllib.error.URLError, OSError):
        return False
