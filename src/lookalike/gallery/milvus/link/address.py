"""Where a gallery in Milvus is: ``milvus+http://host:19530/shop`` or ``milvus:./trial.db``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args
from urllib.parse import parse_qsl, urlsplit

from lookalike.errors import BadParameter, UnknownName, UsageError

Consistency = Literal["strong", "bounded", "eventually"]

TOKEN = "LOOKALIKE_MILVUS_TOKEN"  # noqa: S105  (the name of a variable)
"""The variable that has what the server wants to see: ``user:password``, or a token."""

_SERVERS = {"milvus+http": "http", "milvus+https": "https"}
_FILE = "milvus:"
_PLAIN = ("consistency", "database", "files", "index")

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
_USUAL_NAME = "gallery"
_MOST = 64


@dataclass(frozen=True)
class Address:
    """Where a gallery is, and how it is to be kept there.

    Attributes
    ----------
    uri : str
        What pymilvus connects to: ``http://host:19530``, or the path of Lite's file.
    name : str
        The gallery's: what its collections' names begin with.
    database : str
        Of the server; empty for the usual one.
    files : str
        Where the gallery keeps files of its own, such as added pictures and thumbnails: a folder
        or an address; empty for nowhere.
    consistency : {"bounded", "strong", "eventually"}
        What a search sees of the latest writes of others.
    index : str
        What vectors are indexed by, such as ``hnsw:m=32``; empty for what fits.
    shards, replicas : int
        Write channels of a collection, 0 for as many as fit, and copies of it in memory.
    memory : int
        Bytes that the query nodes have for this gallery; 0 where they are to tell.
    pictures : int
        How many there are to be; 0 where nobody knows.
    """

    uri: str
    name: str
    database: str = ""
    files: str = ""
    consistency: Consistency = "bounded"
    index: str = ""
    shards: int = 0
    replicas: int = 1
    memory: int = 0
    pictures: int = 0

    @property
    def is_lite(self) -> bool:
        """Whether it is a file of Milvus Lite, and no server."""
        return not self.uri.startswith(("http://", "https://"))

    @property
    def text(self) -> str:
        """The address without its options: what is shown to a person; there is no secret in it."""
        if self.is_lite:
            return f"{_FILE}{self.uri}"
        return f"milvus+{self.uri}/{self.name}"


def parsed(where: str | os.PathLike[str]) -> Address:
    """Return what an address says.

    Parameters
    ----------
    where : str
        ``milvus+http://HOST[:PORT]/NAME`` or ``milvus+https://…`` for a server, or
        ``milvus:FILE`` for a file of Milvus Lite; behind a question mark the options, as
        ``files=s3://shop/lookalike&consistency=strong``.

    Raises
    ------
    UsageError
        It is no such address, or has a password in it.
    UnknownName
        There is no such option.
    BadParameter
        An option's value does not fit.
    """
    text = str(where)
    plain, _, query = text.partition("?")
    options = _options(query, text)
    if plain.lower().startswith(tuple(f"{scheme}://" for scheme in _SERVERS)):
        uri, name = _server(plain)
    else:
        uri, name = _file(plain), _USUAL_NAME
    return Address(uri, name, **options)  # type: ignore[arg-type]


def _server(plain: str) -> tuple[str, str]:
    # pathlib makes one slash of two, so an option that is a path may have lost one.
    parts = urlsplit(plain)
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "a gallery's address is shown, logged and kept, so no user or password goes into it; "
            f"put them into the environment: {TOKEN}=user:password"
        )
    name = parts.path.strip("/")
    if not parts.hostname or not name:
        raise UsageError(
            f"{plain} does not name a gallery; write milvus+http://HOST:19530/NAME, such as "
            "milvus+http://127.0.0.1:19530/shop"
        )
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"a gallery in Milvus is called by a letter, then letters, digits and _, not {name!r}"
        )
    try:
        port = parts.port or 19530
    except ValueError as error:
        raise UsageError(f"{plain} has no port that can be: {error}") from None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{_SERVERS[parts.scheme.lower()]}://{host}:{port}", name


def _file(plain: str) -> str:
    file = plain[len(_FILE) :]
    if not plain.lower().startswith(_FILE) or not file or file.startswith("//"):
        raise UsageError(
            f"{plain} is no address of Milvus; write milvus+http://HOST:19530/NAME for a server, "
            "or milvus:FILE.db for a file of Milvus Lite"
        )
    if not file.endswith(".db"):
        raise UsageError(f"a file of Milvus Lite is called something.db, not {file}")
    return os.path.abspath(os.path.expanduser(file))  # noqa: PTH100, PTH111


def _options(query: str, text: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name == "token":
            raise UsageError(
                "a gallery's address is shown, logged and kept, so no token goes into it; put it "
                f"into the environment: {TOKEN}=…"
            )
        if name not in (*_PLAIN, *_NUMBERS):
            raise UnknownName("option of a gallery in Milvus", name, (*_PLAIN, *_NUMBERS))
        found[name] = _NUMBERS[name](name, value) if name in _NUMBERS else value
    level = found.get("consistency", "bounded")
    if level not in get_args(Consistency):
        known = ", ".join(get_args(Consistency))
        raise BadParameter(f"consistency is one of {known}, not {level!r}")
    return found


def _few(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= _MOST:
        raise BadParameter(f"{name} is a number from 1 to {_MOST}, not {value!r}")
    return int(value)


def _memory(name: str, value: str) -> int:
    if not (size := int(_scaled(value, _BYTES))):
        raise BadParameter(f"{name} is written like 512MB, 64GB, 64GiB or 1.5TB, not {value!r}")
    return size


def _pictures(name: str, value: str) -> int:
    count = _scaled(value, _COUNTS)
    if not count or count % 1:
        raise BadParameter(f"{name} is a number like 10000000, 500k or 10M, not {value!r}")
    return int(count)


def _scaled(value: str, units: Mapping[str, int]) -> Decimal:
    """Return a number with one of the units behind; 0 if it is none."""
    found = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([a-z]*)", value.strip().lower())
    return Decimal(found[1]) * units.get(found[2], 0) if found else Decimal(0)


_BYTES = {"mb": 10**6, "gb": 10**9, "tb": 10**12, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_COUNTS = {"": 1, "k": 10**3, "m": 10**6}
_NUMBERS: Mapping[str, Callable[[str, str], int]] = {
    "memory": _memory,
    "pictures": _pictures,
    "replicas": _few,
    "shards": _few,
}
