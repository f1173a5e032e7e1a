"""Ctrl-C, put off until it can do no harm."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Wish:
    """Whether somebody has asked to stop.

    Attributes
    ----------
    made : bool
    forced : bool
        Asked a second time, and stopped wherever the work was.
    """

    def __init__(self) -> None:
        self.made = False
        self.forced = False

    def heed(self) -> None:
        """Raise KeyboardInterrupt if somebody has asked to stop."""
        if self.made:
            raise KeyboardInterrupt


@contextmanager
def put_off() -> Iterator[Wish]:
    """Turn the first Ctrl-C into a wish, for work that must not be torn apart in its middle.

    The second one ends it at once. Outside the main thread nothing changes: there Python raises
    no KeyboardInterrupt.
    """
    wish = Wish()
    if threading.current_thread() is not threading.main_thread():
        yield wish
        return
    former: Any = signal.getsignal(signal.SIGINT)

    def note(_signal: int, _frame: FrameType | None) -> None:
        if wish.made:
            wish.forced = True
            raise KeyboardInterrupt
        wish.made = True

    signal.signal(signal.SIGINT, note)
    try:
        yield wish
    finally:
        signal.signal(signal.SIGINT, former)
