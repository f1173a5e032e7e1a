"""What every layout of pictures and their ground truth has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from lookalike.errors import BadParameter
from lookalike.evaluation.truth.base import GroundTruth


class Layout(ABC):
    """How pictures and their ground truth lie in a folder; its file is its name.

    Parameters
    ----------
    given : str
        What stands after the colon, as in `names:^[a-z]+`.

    Attributes
    ----------
    name : str
        That of the file.
    parameter : str
        What is meant to stand after the colon; empty where nothing is.
    example : str
        A whole spec, where there is a parameter.
    home : str
        The official page of the data set, which says where to get it.
    laid_out : str
        Where its files are looked for, as a sentence.
    """

    name: ClassVar[str]
    parameter: ClassVar[str] = ""
    example: ClassVar[str] = ""
    home: ClassVar[str] = ""
    laid_out: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        cls.name = cls.__module__.rpartition(".")[2]

    def __init__(self, given: str = "") -> None:
        if bool(given) != bool(self.parameter):
            wanted = (
                f"needs a {self.parameter}: {self.example}" if self.parameter else "stands alone"
            )
            raise BadParameter(f"the ground truth {self.name!r} {wanted}")
        self.given = given

    @classmethod
    def lies_in(cls, folder: Path) -> bool:
        """Whether the marks of this layout are in a folder; it looks at names alone."""
        return False

    @abstractmethod
    def load(self, folder: Path) -> list[GroundTruth]:
        """Return the ground truth in a folder, or several where it comes in variants.

        Raises
        ------
        BadParameter
            The folder does not hold such data, or a list in it is broken.
        """

    def absent(self, folder: Path, why: str) -> BadParameter:
        """Return the error that says where to get the data and how to lay it out."""
        return BadParameter(
            f"{folder} does not hold {self.name}: {why}. What is looked for: {self.laid_out} "
            f"It can be had from {self.home}; docs/datasets.md tells more."
        )
