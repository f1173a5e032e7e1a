"""Connections to hosts of the public internet, and to nothing else."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from ssl import SSLContext
from typing import Any, TypeAlias

import httpcore

from lookalike.errors import ForbiddenAddress
from lookalike.interfaces.http.safety.addresses import Address, special

Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
"""Host and port → its addresses, as text."""

Connect: TypeAlias = Callable[[str, int, float], httpcore.NetworkStream]
"""Address, port and seconds → a connection."""


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host, as the system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def connect(address: str, port: int, seconds: float) -> httpcore.NetworkStream:
    """Connect to an address."""
    return httpcore.SyncBackend().connect_tcp(address, port, seconds)


class Deadline:
    """A moment until which everything has to be done.

    Parameters
    ----------
    seconds : float
        From now.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left.

        Raises
        ------
        httpcore.ReadTimeout
            None are.
        """
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the time is up")
        return seconds


class PublicOnly(httpcore.NetworkBackend):
    """Connects to the very address that it has looked at.

    A name is resolved once. Were it resolved again to connect, whoever owns it could answer with
    an address of the internet first and with one of ours then.

    Parameters
    ----------
    deadline : Deadline
        For resolving, connecting and whatever is read and written, all together. A timeout alone
        would begin anew with every byte.
    resolve, connect : callable
    """

    def __init__(
        self, deadline: Deadline, *, resolve: Resolve = resolve, connect: Connect = connect
    ) -> None:
        self._deadline = deadline
        self._resolve = resolve
        self._connect = connect

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host, if all its addresses are of the public internet.

        Raises
        ------
        ForbiddenAddress
            One is not.
        """
        del timeout, local_address, socket_options
        addresses = self._resolved(host, port)
        for address in addresses:
            _check(host, address)
        refused: Exception | None = None
        for address in addresses:
            try:
                stream = self._connect(str(address), port, self._deadline.left())
                return _Hurried(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                refused = error  # its next address may answer
        raise refused or httpcore.ConnectError(f"{host} has no address")

    def _resolved(self, host: str, port: int) -> list[Address]:
        # In a thread: the system's look-up knows no deadline, and may take half a minute.
        found: list[Sequence[str]] = []
        failed: list[Exception] = []

        def look_up() -> None:
            try:
                found.append(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                failed.append(error)

        thread = threading.Thread(target=look_up, daemon=True, name="lookalike-resolve")
        thread.start()
        thread.join(self._deadline.left())
        if failed:
            raise httpcore.ConnectError(f"no address is known of {host}") from failed[0]
        if not found:
            raise httpcore.ConnectTimeout(f"looking up {host} takes too long")
        return list(dict.fromkeys(ipaddress.ip_address(text) for text in found[0]))


class _Hurried(httpcore.NetworkStream):
    """A connection whose every step ends with the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left()
        return _Hurried(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _check(host: str, address: Address) -> None:
    if whose := special(address):
        raise ForbiddenAddress(
            # Not the address: whoever asks need not learn how this network is numbered.
            f"nothing is fetched from {host}: its address is of {whose}, not of the public "
            "internet; upload the picture instead"
        )
