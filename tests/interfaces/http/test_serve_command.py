"""`lookalike serve`, as a person runs it: a process, its words, and Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from program import PROGRAM, failed

KEY = "the-key-of-the-shop"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a signal")


class Started:
    """A server that runs as a process.

    Attributes
    ----------
    address : str
    told : str
        What it has written to standard output until it answered.
    """

    def __init__(self, *arguments: str | Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, "serve", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=os.environ | environment,
        )
        lines = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith("End it"):
                break
        self.told = "".join(lines)
        found = re.search(r"answers at (\S+),", self.told)
        assert found, (self.told, self.process.communicate())
        self.address = found[1]

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def ended(self) -> tuple[int, str]:
        """Wait for the end; return the exit code, and what it has written to standard error."""
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said


@pytest.fixture
def serve() -> Iterator[Callable[..., Started]]:
    all_ = []

    def start(*arguments: str | Path, **environment: str) -> Started:
        all_.append(Started("--port", "0", *arguments, **environment))
        return all_[-1]

    yield start
    for one in all_:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


def test_it_answers_until_it_is_ended(serve: Callable[..., Started], shop: Path) -> None:
    server = serve(shop)
    assert server.address.startswith("http://127.0.0.1:")
    assert "shop: 6 pictures" in server.told
    assert "Only this machine can ask." in server.told
    assert httpx.get(server.address + "/readyz").json()["galleries"] == {"shop": "ready"}
    assert "<html" in httpx.get(server.address).text
    server.interrupt()
    assert server.ended() == (0, "ended\n")


def test_it_ends_when_the_system_wants_it(serve: Callable[..., Started], shop: Path) -> None:
    server = serve(shop)
    server.process.terminate()
    assert server.ended() == (0, "ended\n")


def test_what_it_leaves_behind(
    serve: Callable[..., Started], shop: Path, tmp_path: Path, folder: Path
) -> None:
    """No uploads, no processes; also when it is told twice, and ends at once."""
    temporary = tmp_path / "temp"
    temporary.mkdir()
    for times in (1, 2):
        server = serve(shop, TMPDIR=str(temporary))
        data = (folder / "a0.png").read_bytes()
        answer = httpx.post(server.address + "/v1/uploads", files={"picture": ("a.png", data)})
        assert answer.status_code == 201
        children = _children(server.process.pid)
        assert children or not Path("/proc").exists()
        if times == 2:
            _keep_busy(server.address)
        for _ in range(times):
            server.interrupt()
            time.sleep(0.3)
        assert server.ended()[0] == (0 if times == 1 else 130)
        assert list(temporary.iterdir()) == []
        assert not any(_lives(child) for child in children)


def _keep_busy(address: str) -> None:
    """Leave a request open whose body never comes, for the server to wait for."""
    url = httpx.URL(address)
    connection = socket.create_connection((url.host, url.port), 10)
    head = "POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
    connection.sendall(f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n".encode())
    threading.Thread(target=_hold, args=(connection,), daemon=True).start()
    time.sleep(0.2)


def _hold(connection: socket.socket) -> None:
    with connection:
        try:
            connection.recv(1)
        except OSError:
            return


def _children(parent: int) -> list[int]:
    """Return the processes that any thread of a process has started; none but on Linux."""
    told = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(child) for one in told for child in one.read_text().split()]


def _lives(process: int) -> bool:
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        if "(zombie)" in Path(f"/proc/{process}/status").read_text():
            return False
        time.sleep(0.05)
    return True


def test_twice_ends_it_at_once(serve: Callable[..., Started], shop: Path) -> None:
    server = serve(shop)
    _keep_busy(server.address)
    server.interrupt()
    time.sleep(0.3)
    assert server.process.poll() is None  # it waits for the request
    server.interrupt()
    assert server.ended()[0] == 130


def test_what_runs_is_finished(serve: Callable[..., Started], shop: Path) -> None:
    server = serve(shop)
    url = httpx.URL(server.address)
    body = b'{"key": "anything"}'
    with socket.create_connection((url.host, url.port), 10) as connection:
        head = f"POST /v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        connection.sendall((head + "Content-Type: application/json\r\n\r\n").encode() + body[:5])
        time.sleep(0.2)
        server.interrupt()
        time.sleep(0.3)
        connection.sendall(body[5:])
        assert connection.recv(65536).startswith(b"HTTP/1.1 204")
    assert server.ended() == (0, "ended\n")


def test_a_gallery_that_is_not_there_is_made(serve: Callable[..., Started], tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    server = serve(tmp_path / "new" / "shoes")
    assert "shoes: 0 pictures" in server.told
    assert (tmp_path / "new" / "shoes" / "catalog.sqlite").is_file()


def test_the_default_gallery(serve: Callable[..., Started], tmp_path: Path) -> None:
    assert "default.gallery: 0 pictures" in serve().told


def test_several(serve: Callable[..., Started], tmp_path: Path) -> None:
    folders = [tmp_path / "a" / "my shoes", tmp_path / "b" / "my shoes", tmp_path / "a" / "bags"]
    for folder in folders:
        folder.parent.mkdir(exist_ok=True)
    server = serve(*folders, folders[0])
    assert list(httpx.get(server.address + "/readyz").json()["galleries"]) == [
        "my-shoes",
        "my-shoes-2",
        "bags",
    ]


def test_a_key_is_needed_and_taken(
    serve: Callable[..., Started], shop: Path, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    by_file = serve(shop, "--host", "0.0.0.0", "--api-key-file", tmp_path / "key")
    assert "with the key" in by_file.told
    assert KEY not in by_file.told
    by_environment = serve(shop, LOOKALIKE_API_KEY=KEY)
    for server in (by_file, by_environment):
        assert httpx.get(server.address + "/v1").status_code == 401
        answer = httpx.get(server.address + "/v1", headers={"X-API-Key": KEY})
        assert answer.status_code == 200


def test_without_a_key(serve: Callable[..., Started], shop: Path) -> None:
    server = serve(shop, "--host", "0.0.0.0", "--without-key")
    assert "without a key" in server.told and "nothing can be changed" in server.told
    features = httpx.get(server.address + "/v1").json()["features"]
    assert not features["write"] and not features["key"]


def test_requests_are_logged_only_if_asked(serve: Callable[..., Started], shop: Path) -> None:
    for arguments, lines in (([], 0), (["--log"], 1)):
        server = serve(shop, *arguments)
        httpx.get(server.address + "/healthz")
        server.interrupt()
        code, said = server.ended()
        assert (code, said.count("GET /healthz")) == (0, lines)


def test_a_port_that_is_taken(shop: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert f"port {port} of 127.0.0.1 is taken" in failed(2, "serve", shop, "--port", port)


def test_the_usual_port_is_left_to_whoever_has_it(shop: Path) -> None:
    """This test has it, or another program; either way the next one is taken."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            stack.enter_context(socket.create_server(("127.0.0.1", 8765)))
        server = Started(shop)
        stack.callback(server.ended)
        stack.callback(server.interrupt)
        assert 8765 < int(httpx.URL(server.address).port or 0) < 8765 + 20


def test_a_folder_of_pictures_is_no_gallery(folder: Path) -> None:
    said = failed(2, "serve", folder)
    assert "is a folder of pictures, not a gallery" in said
    assert f'lookalike index "{folder}"' in said
    assert not (folder / "catalog.sqlite").exists()


def test_a_path_that_is_mistyped_is_not_made(tmp_path: Path) -> None:
    said = failed(1, "serve", tmp_path / "nowhere" / "shop")
    assert "there is no gallery at" in said
    assert not (tmp_path / "nowhere").exists()


def test_read_only_makes_nothing(tmp_path: Path) -> None:
    failed(1, "serve", tmp_path / "new", "--read-only")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "--api-key-file FILE"),
        (["--host", "192.0.2.1", "--without-key"], "cannot answer at 192.0.2.1"),
        (["--host", "no.such.host.invalid", "--without-key"], "cannot answer at no.such.host"),
        (["--api-key-file", "nowhere"], "cannot read the key"),
        (["--api-key-file", os.devnull], "there is no key"),
        (["--allow-origin", "*"], "is not an origin"),
    ],
)
def test_what_does_not_fit(shop: Path, arguments: list[str], said: str) -> None:
    assert said in failed(2, "serve", shop, *arguments)


def test_a_broken_gallery(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "catalog.sqlite").write_bytes(b"no catalog" * 1000)
    assert "broken" in failed(1, "serve", tmp_path / "broken")


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn", "httpcore", "python_multipart"])
def test_what_is_not_installed(shop: Path, missing: str) -> None:
    hidden = (
        f"import sys; sys.modules[{missing!r}] = None; "
        "sys.argv = ['lookalike', 'serve', sys.argv[1]]\n"
        "from lookalike.interfaces.cli.app import main; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", hidden, str(shop)], capture_output=True, text=True
    )
    assert result.returncode == 1
    assert 'lookalike serve needs an extra: pip install "lookalike[serve]"' in result.stderr


def test_other_verbs_load_none_of_it() -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, lookalike.interfaces.cli.app; "
            "print([m for m in ('fastapi', 'uvicorn', 'pydantic', 'numpy') if m in sys.modules])",
        ],
        capture_output=True,
        text=True,
    )
    assert told.stdout == "[]\n"
