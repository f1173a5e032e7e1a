"""``ray``, ``ray:auto``, ``ray://head:10001`` → Ray, connected."""

from __future__ import annotations

import logging
import os
import re
import secrets
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from lookalike.errors import LookalikeError, MissingExtra, UsageError

# Nothing is reported to anybody, and nothing printed: not even that a worker has died, which is
# our business.
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".*",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}

_TRIES = 3
_STILLBORN = re.compile(r"psutil\.(Zombie|NoSuch)Process|Starting Ray client server failed")


@dataclass
class Connection:
    """A connection to Ray.

    Attributes
    ----------
    ray : module
    workers : int
        How many there are to be.
    """

    ray: Any
    workers: int
    _folder: Path | None
    _opened: bool

    @classmethod
    def of(cls, address: str) -> Connection:
        """Connect to what a person has typed.

        Raises
        ------
        UsageError
            It is no such address, or nobody is there.
        MissingExtra
        """
        where, workers = _parsed(address)
        ray = _imported(where)
        folder, opened = None, not ray.is_initialized()
        if not opened and where.startswith("ray://"):
            raise UsageError(
                f"this program is connected to a Ray already; disconnect it before {where}, or "
                "let that one work: ray:auto"
            )
        if opened:
            with _clear(where):
                folder = _connect(ray, where, workers)
        workers = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        return cls(ray, workers, folder, opened)

    @property
    def machines(self) -> int:
        """How many there are in the cluster now."""
        return sum(bool(node["Alive"]) for node in self.ray.nodes())

    def close(self) -> None:
        """Disconnect, unless it was connected before."""
        if self._opened and self.ray.is_initialized():
            self.ray.shutdown()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _parsed(address: str) -> tuple[str, int]:
    where, _, rest = address.partition("?")
    given = dict(parse_qsl(rest, keep_blank_values=True))
    workers = given.pop("workers", "0")
    known = where in ("ray", "ray:auto") or (where.startswith("ray://") and len(where) > 6)
    if not known or given or not workers.isdecimal() or ("workers=" in rest and not int(workers)):
        raise UsageError(
            "Ray's workers are ray, ray:auto or ray://head:10001, each perhaps with ?workers=8, "
            f"not {address!r}"
        )
    return where, int(workers)


def _imported(where: str) -> Any:
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    _agree_on_token(where)
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise MissingExtra("working with Ray", "ray") from error
    return ray


def _agree_on_token(where: str) -> None:
    """Let a Ray of our own want a token, and let others see the one that they may want.

    Who connects shows one only when told to, and Ray looks whether it is told when it is imported.
    """
    if "ray" in sys.modules or "RAY_AUTH_MODE" in os.environ:
        return
    at_hand = [os.environ.get("RAY_AUTH_TOKEN"), os.environ.get("RAY_AUTH_TOKEN_PATH")]
    if any(at_hand) or (Path.home() / ".ray" / "auth_token").exists():
        os.environ["RAY_AUTH_MODE"] = "token"
    elif where == "ray":
        os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))


def _connect(ray: Any, where: str, workers: int) -> Path | None:
    quiet = {"logging_level": logging.CRITICAL, "log_to_driver": False}
    if where == "ray":
        return _start(ray, workers, quiet)
    if where == "ray:auto":
        ray.init(address="auto", **quiet)
    else:
        _reach(ray, where, quiet)
    return None


def _reach(ray: Any, where: str, quiet: dict[str, Any]) -> None:
    """Connect to a head, which starts a process for each who does.

    Now and then that one dies at its very beginning (Ray forks a process with many threads); the
    next one mostly lives.
    """
    for left in reversed(range(_TRIES)):
        try:
            ray.init(where, **quiet)
            return
        except ConnectionAbortedError as error:
            if not left or not _STILLBORN.search(str(error)):
                raise


def _start(ray: Any, workers: int, quiet: dict[str, Any]) -> Path:
    """Start a Ray of our own: for this machine only, for this run, and for nobody else."""
    # Sockets lie in it, whose paths may not be long.
    short = "/tmp" if os.name == "posix" and os.access("/tmp", os.W_OK) else None  # noqa: S108
    folder = Path(tempfile.mkdtemp(prefix=f"lookalike-ray-{os.getpid()}-", dir=short))
    try:
        ray.init(
            address="local",
            num_cpus=workers or None,
            include_dashboard=False,
            _node_ip_address="127.0.0.1",
            _temp_dir=str(folder),
            **quiet,
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


@contextmanager
def _clear(where: str) -> Iterator[None]:
    """Say in a sentence why there is no connection."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Ray warns of what it raises
            yield
    except LookalikeError:
        raise
    except (ConnectionError, TimeoutError) as error:
        raise UsageError(
            f"there is no Ray at {where} ({_told(error)}); start it there: ray start --head. "
            "If it wants a token, give it: RAY_AUTH_MODE=token RAY_AUTH_TOKEN=…"
        ) from error
    except Exception as error:  # Ray raises any, also plain ones
        if "version" in str(error).lower():
            raise UsageError(
                f"this machine and {where} do not fit: {_told(error)}; install the same "
                "Python and the same Ray on both"
            ) from error
        raise UsageError(f"Ray cannot be used as {where}: {_told(error)}") from error


def _told(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    # What stands behind a colon is another machine's traceback, which ends with what happened.
    told = f"{lines[0]} {lines[-1].strip()}" if lines[0].endswith(":") and lines[1:] else lines[0]
    return told.rstrip(".")
