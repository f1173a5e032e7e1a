"""Real servers, in threads of this process."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from lookalike.interfaces.http.app import create_app
from lookalike.interfaces.http.running import Running, bound
from lookalike.interfaces.http.settings import ServerSettings
from lookalike.interfaces.http.state import Server


class Serving:
    """Starts servers: ``served(read_only=True)`` returns the address of one with that setting.

    Attributes
    ----------
    servers : list of Server
        What was started, the latest last.
    """

    def __init__(self, shop: Path) -> None:
        self.servers: list[Server] = []
        self._shop = shop
        self._running: list[tuple[Running, threading.Thread]] = []

    def __call__(self, galleries: dict[str, Path] | None = None, **settings: object) -> str:
        made = ServerSettings(**{"port": 0, "workers": 2} | settings)
        listening = bound("127.0.0.1", 0)
        app = create_app(made, {"shop": self._shop} if galleries is None else galleries)
        running = Running(app)
        thread = threading.Thread(target=running.serve_on, args=(listening,))
        thread.start()
        self._running.append((running, thread))
        self.servers.append(app.state.server)
        while not running.started:
            assert thread.is_alive()
            time.sleep(0.01)
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    def close(self) -> None:
        for running, thread in self._running:
            running.end()
            thread.join()
