"""Groups: what a pattern finds in the names of files."""

from __future__ import annotations

import re
from pathlib import Path

from lookalike.errors import BadParameter
from lookalike.evaluation.truth.base import GroundTruth, by_groups
from lookalike.evaluation.truth.files import folder_at, pictures
from lookalike.evaluation.truth.layout import Layout

Group = tuple[str, ...]


class Names(Layout):
    """What a regular expression finds in a name is its group; every picture is a query.

    It is searched for in the name without its suffix, upper and lower case being the same. Its
    groups, all of them together, name the group of the picture; without any, the whole match.
    """

    parameter = "REGEX"
    example = "names:^[a-z]+"

    def __init__(self, given: str = "") -> None:
        super().__init__(given)
        try:
            self._pattern = re.compile(given, re.IGNORECASE)
        except (re.error, OverflowError, RecursionError) as error:
            raise BadParameter(
                f"{given!r} is no regular expression ({error}); one is ^[a-z]+, the letters that a "
                "name starts with"
            ) from error

    def load(self, folder: Path) -> list[GroundTruth]:
        """Return the one ground truth of a folder."""
        root = folder_at(folder)
        found = pictures(root)
        groups = {file: group for file in found if (group := self._group(file.stem))}
        if not groups:
            raise BadParameter(
                f"{self.given!r} finds nothing in the names of {len(found)} pictures in {root}, "
                f"such as {found[0].stem!r}; {self.example} would find the letters they start with"
            )
        left_out = len(found) - len(groups)
        truth = by_groups(
            root.name or self.name,
            list(groups),
            list(groups.values()),
            measures=("mAP", "P@10"),
            source=f"What {self.given} finds in the name of a picture is its group; every picture "
            "is a query."
            + (f" Left out: {left_out} in which it finds nothing." if left_out else ""),
        )
        if not len(truth.queries):
            file, group = next(iter(groups.items()))
            raise BadParameter(
                f"{self.given!r} puts each of the {len(groups)} pictures in {root} into a group of "
                f"its own, such as {file.name} into {' '.join(group)!r}; it should find what "
                "pictures of one kind have in common"
            )
        return [truth]

    def _group(self, stem: str) -> Group:
        match = self._pattern.search(stem)
        if match is None:
            return ()
        parts = match.groups("") or (match[0],)
        return tuple(part.casefold() for part in parts) if any(parts) else ()
