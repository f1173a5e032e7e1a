"""What a person types for workers → the crew."""

from __future__ import annotations

from lookalike.errors import UsageError
from lookalike.store.crews.base import Crew
from lookalike.store.crews.threads import Threads


def crew(workers: int | str | None = None) -> Crew:
    """Return who takes files in.

    Parameters
    ----------
    workers : int or str, optional
        A number of threads of this process; by default one a processor. ``"ray"``: Ray on this
        machine. ``"ray://head:10001"``: the Ray cluster of that head. ``"ray:auto"``: the one that
        this machine is part of. Behind a ``?`` may stand ``workers=8``, how many there are to be.

    Returns
    -------
    Crew
        To be closed.

    Raises
    ------
    UsageError
        It is none of that, or there is no Ray at that address.
    MissingExtra
        Ray is not installed.
    """
    if isinstance(workers, str) and workers.strip().isdecimal():
        workers = int(workers)
    if isinstance(workers, str):
        if workers.partition("?")[0] == "ray" or workers.startswith("ray:"):
            from lookalike.store.crews.on_ray import OnRay

            return OnRay(workers)
        raise UsageError(
            f"workers here are a number of threads, or ray, or ray://head:10001, not {workers!r}"
        )
    if workers is not None and workers < 1:
        raise UsageError(f"workers must be at least 1, not {workers}")
    return Threads(workers)
