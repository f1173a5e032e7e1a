"""Workers of Ray: processes on this machine, or on many.

Why not Ray Data, of which this would be one `map_batches`? Its datasets cannot be run through
``ray://`` (2.60: its executor needs a process of the cluster); its sources are read again when a
node is lost, and which files a run still has to read is known once, to the caller alone; and its
actors, each with a network in memory, end with each dataset. So these are plain actors, and what
Ray Data would do is done in `pool`: a bounded number of chunks on their way, results as they come,
and the work of who died done again by another.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from itertools import chain
from typing import Any

from lookalike.places import Found
from lookalike.store.crews.base import Done, Task
from lookalike.store.crews.on_ray.connecting import Connection
from lookalike.store.crews.on_ray.errands import packed
from lookalike.store.crews.on_ray.pool import Pool
from lookalike.store.crews.on_ray.worker import AT_ONCE, Worker
from lookalike.store.crews.threads import let_go


class OnRay:
    """Workers of Ray; each has the descriptors in its memory, and decodes in a further process.

    At least once: a chunk whose worker died is given to another.

    Parameters
    ----------
    address : str
        ``ray``, ``ray:auto`` or ``ray://head:10001``, each perhaps with ``?workers=8``.

    Raises
    ------
    UsageError
        It is none of these, or there is no Ray.
    MissingExtra
        Ray is not installed.
    """

    survives_crashes = True

    def __init__(self, address: str) -> None:
        self._connection = Connection.of(address)
        self.size = self._connection.workers

    @property
    def about(self) -> str:
        """How many, and on how many machines they may be."""
        machines = self._connection.machines
        where = "1 machine" if machines == 1 else f"{machines} machines"
        return f"{self.size} workers of Ray on {where}"

    def taken(self, chunks: Iterable[list[Found]], task: Task) -> Generator[Done, None, None]:
        """See `Crew.taken`; the chunks come back as they are done."""
        left = iter(chunks)
        first = next(left, None)
        if first is None:
            return
        errand = packed(task, sample=first[0].path)
        pool = Pool(self._connection.ray, self._hired, errand, self.size, AT_ONCE)
        try:
            yield from pool.run(chain([first], left))
        except GeneratorExit:
            raise
        except BaseException as error:
            let_go(error)
            yield from pool.finished()
            raise
        finally:
            pool.dismiss()

    def close(self) -> None:
        """End the workers, and Ray where it was started for this."""
        self._connection.close()

    def _hired(self) -> Any:
        # Ray is not asked to start a dead worker again: it would keep the chunks waiting for that
        # one, while others have nothing to do.
        options = {"num_cpus": 1, "max_restarts": 0, "max_concurrency": AT_ONCE}
        return self._connection.ray.remote(**options)(Worker).remote()
