"""Chunks → workers that may die → what they took in.

At most twice as many chunks as there are workers have been drawn and are not yet handed on. A dead
worker is replaced, wherever there is room, and its chunks are done again. A chunk that was there
when a worker died is given to one that does nothing else; where that dies as well, again and again,
the chunk's files are tried one by one, and one that still ends its worker is a failure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lookalike.errors import LookalikeError, UsageError
from lookalike.places import Found
from lookalike.store.crews.base import Done
from lookalike.store.crews.on_ray.errands import Errand, Failed
from lookalike.store.intake import CRASHES, Taken

_MOST_DEATHS = 3
_MOST_FALSE_STARTS = 5
# Seconds without anybody at work: time for a cluster to start a machine.
_PATIENCE = 300.0
_PATIENCE_AT_THE_END = 5.0

_WHY = (
    f"it ended {_MOST_DEATHS} workers, one after the other; save it in another format, or give the "
    "workers more memory, and try again: lookalike index --retry"
)


@dataclass(eq=False)
class _Chunk:
    files: list[Found]
    deaths: int = 0


@dataclass(eq=False)
class _Hand:
    actor: Any
    starting: Any
    doing: dict[Any, _Chunk] = field(default_factory=dict)


class Pool:
    """Workers, and what each is doing.

    Parameters
    ----------
    ray : module
    hire : callable
        Starts a worker.
    errand : Errand
    size : int
        Workers at most.
    at_once : int
        Chunks that each is given.
    """

    def __init__(
        self, ray: Any, hire: Callable[[], Any], errand: Errand, size: int, at_once: int
    ) -> None:
        self._ray = ray
        self._hire = hire
        self._errand = errand
        self._size = size
        self._at_once = at_once
        self._hands: list[_Hand] = []
        self._waiting: deque[_Chunk] = deque()
        self._false_starts = 0

    def run(self, chunks: Iterable[list[Found]]) -> Iterator[Done]:
        """Yield every chunk once, as they are done.

        Raises
        ------
        LookalikeError
            No worker can be started, or what a worker says would meet every picture.
        """
        source = iter(chunks)
        while True:
            self._draw(source)
            if not self._waiting and not self._doing():
                self._thank()
                return
            self._fill_up()
            self._hand_out()
            yield from self._come_back()

    def finished(self) -> Generator[Done, None, None]:
        """Yield what is done by now, and nobody has seen yet."""
        doing = self._doing()
        if not doing:
            return
        ready, _ = self._ray.wait(list(doing), num_returns=len(doing), timeout=0)
        for one in ready:
            answer = self._answer(one)
            if isinstance(answer, Done):
                yield answer

    def dismiss(self) -> None:
        """End all workers, whatever they do."""
        for hand in self._hands:
            self._end(hand)
        self._hands.clear()

    # -- within ------------------------------------------------------------------------------

    def _doing(self) -> dict[Any, _Hand]:
        return {one: hand for hand in self._hands for one in hand.doing}

    def _draw(self, source: Iterator[list[Found]]) -> None:
        room = self._at_once * self._size - len(self._waiting) - len(self._doing())
        for _ in range(room):
            chunk = next(source, None)
            if chunk is None:
                return
            self._waiting.append(_Chunk(chunk))

    def _fill_up(self) -> None:
        wanted = min(self._size, len(self._waiting) + len(self._doing()))
        for _ in range(wanted - len(self._hands)):
            actor = self._hire()
            self._hands.append(_Hand(actor, actor.begin.remote(self._errand)))

    def _hand_out(self) -> None:
        ready = [hand for hand in self._hands if hand.starting is None]
        while self._waiting and (free := [hand for hand in ready if self._has_room(hand)]):
            hand = min(free, key=lambda one: len(one.doing))
            chunk = self._waiting[0]
            if chunk.deaths and hand.doing:
                return  # it waits for one that does nothing else
            self._waiting.popleft()
            hand.doing[hand.actor.take.remote(chunk.files)] = chunk

    def _has_room(self, hand: _Hand) -> bool:
        alone = any(chunk.deaths for chunk in hand.doing.values())
        return not alone and len(hand.doing) < self._at_once

    def _come_back(self) -> Iterator[Done]:
        starting = {hand.starting: hand for hand in self._hands if hand.starting is not None}
        doing = self._doing()
        ready, _ = self._ray.wait([*starting, *doing], num_returns=1, timeout=_PATIENCE)
        if not ready and not doing:
            raise LookalikeError(
                f"no worker of Ray has started in {_PATIENCE:.0f} s; is there a processor free? "
                "See: ray status"
            )
        for one in ready:
            if one in starting:
                self._started(starting[one])
            else:
                yield from self._done(doing[one], one)

    def _thank(self) -> None:
        """Let the workers end by themselves, if they do so soon."""
        ends = [hand.actor.end.remote() for hand in self._hands if hand.starting is None]
        if ends:
            self._ray.wait(ends, num_returns=len(ends), timeout=_PATIENCE_AT_THE_END)

    def _started(self, hand: _Hand) -> None:
        answer = self._answer(hand.starting)
        if isinstance(answer, Failed):
            raise answer.error()
        if answer is None:
            hand.starting = None
            self._false_starts = 0
            return
        self._lost(hand)
        self._false_starts += 1
        raise_import(answer)
        if self._false_starts >= _MOST_FALSE_STARTS:
            raise LookalikeError(f"workers of Ray die when they start: {answer}") from answer

    def _done(self, hand: _Hand, one: Any) -> Iterator[Done]:
        answer = self._answer(one)
        if isinstance(answer, Failed):
            raise answer.error()
        if isinstance(answer, Done):
            del hand.doing[one]
            yield answer
            return
        chunks = list(hand.doing.values())
        self._lost(hand)
        for chunk in chunks:
            chunk.deaths += 1
            yield from self._again(chunk)

    def _again(self, chunk: _Chunk) -> Iterator[Done]:
        if chunk.deaths < _MOST_DEATHS:
            self._waiting.appendleft(chunk)
        elif len(chunk.files) > 1:
            self._waiting.extendleft(_Chunk([file], 1) for file in reversed(chunk.files))
        else:
            yield Done([Taken(chunk.files[0], reason=CRASHES, message=_WHY)])

    def _answer(self, one: Any) -> Any:
        """Return what a worker says, or the error that shows that it is gone."""
        try:
            return self._ray.get(one)
        except self._ray.exceptions.RayTaskError:
            raise  # a mistake in the program, with its traceback
        except self._ray.exceptions.RayError as gone:
            return gone

    def _lost(self, hand: _Hand) -> None:
        self._hands.remove(hand)
        self._end(hand)  # it may be merely out of reach, and is not to work beside its successor

    def _end(self, hand: _Hand) -> None:
        if self._ray.is_initialized():
            self._ray.kill(hand.actor)


def raise_import(gone: Exception) -> None:
    """Say it plainly where a worker has died of a module that is not there."""
    _, found, name = str(gone).partition("No module named ")
    if found:
        missing = name.split("'")[1] if name.startswith("'") else name.split()[0]
        raise UsageError(
            f"the workers of Ray lack {missing}; install the same Lookalike on all machines of the "
            "cluster, with the same extras, into the Python that `ray start` is run with"
        ) from gone
