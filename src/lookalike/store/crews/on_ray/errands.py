"""What travels between machines: the task there, and errors back."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from lookalike import errors
from lookalike.descriptors import Descriptor, Staged, create
from lookalike.errors import LookalikeError, UsageError
from lookalike.places import is_url
from lookalike.stages import packed as packed_stage
from lookalike.stages import unpacked as unpacked_stage
from lookalike.store.crews.base import Task, WriterSpec


@dataclass(frozen=True)
class Described:
    """A descriptor on its way: what it is made of, and what it must be when it is made."""

    key: str
    spec: str
    stages: tuple[tuple[str, str, str, bytes], ...]


@dataclass(frozen=True)
class Errand:
    """A task on its way; the folder is one that every worker must see, if there is such."""

    version: str
    descriptors: dict[int, Described]
    writer: WriterSpec | None
    folder: str = ""


@dataclass(frozen=True)
class Failed:
    """An error on its way back: of one that is raised here, the class may not be there."""

    kind: str
    message: str

    @classmethod
    def of(cls, error: LookalikeError) -> Failed:
        """Return what tells of an error."""
        return cls(type(error).__name__, str(error))

    def error(self) -> LookalikeError:
        """Return the error, to be raised."""
        kind = getattr(errors, self.kind, LookalikeError)
        made: LookalikeError = kind.__new__(kind)
        made.args = (self.message,)  # most of the classes write their message themselves
        return made


def packed(task: Task, sample: str = "") -> Errand:
    """Return a task as it travels; the sample is one of the files."""
    described = {number: _described(one) for number, one in task.descriptors.items()}
    folder = "" if is_url(sample) else str(Path(sample).parent)
    shared = folder if sample and Path(folder).is_dir() else ""
    return Errand(metadata.version("lookalike"), described, task.writer, shared)


def unpacked(errand: Errand) -> dict[int, Descriptor]:
    """Return the descriptors, ready.

    Raises
    ------
    UsageError
        Here they would be others, or the files are not to be seen from here.
    """
    if errand.folder and not Path(errand.folder).is_dir():
        raise UsageError(
            f"{errand.folder} is not on {platform.node()}, where a worker of Ray runs; let the "
            "pictures lie in a folder that all machines have under the same path, or at an "
            "address such as s3://bucket/pictures"
        )
    here = metadata.version("lookalike")
    if here != errand.version:
        raise UsageError(
            f"the workers have Lookalike {here}, and this machine has {errand.version}; install "
            "the same version on all of them"
        )
    return {number: _made(one) for number, one in errand.descriptors.items()}


def _described(descriptor: Descriptor) -> Described:
    stages = descriptor.stages if isinstance(descriptor, Staged) else ()
    kept = tuple((one.kind, one.name, one.metric, packed_stage(one)) for one in stages)
    return Described(descriptor.key, descriptor.spec, kept)


def _made(described: Described) -> Descriptor:
    plain = create(described.spec)
    stages = tuple(unpacked_stage(*one) for one in described.stages)
    made = Staged(plain, stages) if stages else plain
    if made.key != described.key:
        raise UsageError(
            f"the workers would make vectors of {made.key}, and the gallery has {described.key}; "
            "give them the same network files, and the same packages"
        )
    made.prepare()
    return made
