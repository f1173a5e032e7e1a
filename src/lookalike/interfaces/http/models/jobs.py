"""Index jobs, as JSON."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lookalike.interfaces.http.models.base import Asked, Shown, Text, Told, example
from lookalike.interfaces.http.models.pictures import Failure
from lookalike.interfaces.http.problems import Problem

State = Literal["running", "done", "failed", "stopped"]


class JobWanted(Asked):
    """What is to be indexed."""

    model_config = example(folders=["/home/ada/Pictures"])

    folders: list[Text] = Field(
        default=[],
        max_length=100,
        description="Folders of the server's machine, with all below them; none for those that "
        "were indexed before.",
        examples=[["/home/ada/Pictures"]],
    )
    descriptors: list[Text] = Field(
        default=[],
        max_length=16,
        description="Descriptors that every picture is to have a vector of, besides those it has.",
        examples=[["glance", "hsv_histogram"]],
    )
    retry: bool = Field(
        default=False, description="Try files again that failed and have not changed."
    )
    workers: int | None = Field(
        default=None, ge=1, le=256, description="Threads; null for one a processor."
    )


class JobProgress(Told):
    """How far a job has come."""

    stage: str = Field(
        description="fetching (a network, in bytes), looking (through folders, at files), reading "
        "(files), deriving (vectors, from others) or building (an index, of vectors).",
        examples=["reading"],
    )
    done: int = Field(description="Of what the stage counts, so far.", examples=[320])
    total: int = Field(description="Of so many; 0 while that is not known.", examples=[9144])
    failed: int = Field(description="Of those read.", examples=[2])
    rate: float | None = Field(description="Of them a second.", examples=[84.2])
    seconds_left: float | None = Field(description="Of this stage.", examples=[104.8])


class JobReport(Told):
    """What a job found and did; counts are files."""

    added: int = 0
    changed: int = 0
    moved: int = Field(default=0, description="Known pictures under a new path.")
    gone: int = 0
    failed: int = 0
    described: int = Field(default=0, description="Unchanged ones with further vectors now.")
    unchanged: int = 0
    seconds: float = 0
    renamed: list[tuple[Shown, Shown]] = Field(
        default=[], description="Folders that have a new path: former, present."
    )
    unmounted: list[Shown] = Field(
        default=[], description="Folders that are not there at present; nothing was removed."
    )
    unlisted: list[tuple[Shown, Shown]] = Field(
        default=[], description="Folders that could not be looked into, and why."
    )
    dropped: list[tuple[Shown, Shown]] = Field(
        default=[], description="What was learnt of vectors that cannot be made any more, and why."
    )
    others: int = Field(default=0, description="Files that are no pictures by their names.")
    first_failures: list[Failure] = Field(default=[])


class Job(Told):
    """An index job."""

    id: str = Field(examples=["5f1d7a84db00d2fc"])
    gallery: str = Field(examples=["cats"])
    state: State
    started: str = Field(description="ISO 8601, UTC.", examples=["2024-05-01T12:00:00Z"])
    ended: str | None = Field(description="The same; null while it runs.")
    folders: list[Shown] = Field(description="Those that were named.")
    progress: JobProgress | None = Field(description="As told last.")
    report: JobReport | None = Field(description="What was done, once it is.")
    problem: Problem | None = Field(description="Why it failed, if it did.")


class JobList(Told):
    """The jobs of a gallery, the latest first: those that run, and the last twenty that ended."""

    jobs: list[Job]
