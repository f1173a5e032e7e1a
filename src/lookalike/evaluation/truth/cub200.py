"""Caltech-UCSD Birds 200-2011 (Wah et al., 2011), as it is used to measure metric learning."""

from __future__ import annotations

from pathlib import Path

from lookalike.evaluation.truth.base import GroundTruth, by_groups
from lookalike.evaluation.truth.files import ByPath, folder_at, pictures
from lookalike.evaluation.truth.layout import Layout
from lookalike.evaluation.truth.lists import Line, find, lines

_IMAGES, _LABELS = "images.txt", "image_class_labels.txt"
_FIRST_OF_THE_TEST = 101


class Cub200(Layout):
    """Classes 101 to 200 are the test; each of their pictures is searched for among the others."""

    home = "https://www.vision.caltech.edu/datasets/cub_200_2011/"
    laid_out = (
        f"{_IMAGES}, {_LABELS} and the folder images/ lie in it, or in CUB_200_2011/ in it: "
        "images/101.White_Pelican/White_Pelican_0001_96422.jpg …"
    )

    @classmethod
    def lies_in(cls, folder: Path) -> bool:
        """Whether both lists lie in it or in a folder of it."""
        return bool(find(folder, _IMAGES) and find(folder, _LABELS))

    def load(self, folder: Path) -> list[GroundTruth]:
        """Return the one ground truth."""
        root = folder_at(folder)
        images, labels = find(root, _IMAGES), find(root, _LABELS)
        if not (images and labels):
            raise self.absent(root, f"there is no {_LABELS if images else _IMAGES}")
        classes = {image: line.whole(cls) for image, cls, line in _pairs(labels[0], "class_id")}
        found = pictures(root)
        named = ByPath(root, found)
        listed: dict[int, int] = {}
        for image, path, line in _pairs(images[0], "path"):
            if image not in classes:
                raise line.wrong(f"{labels[0]} has no class of picture {image}")
            if classes[image] >= _FIRST_OF_THE_TEST:
                listed[named.row(path, line.where)] = classes[image]
        if not listed:
            raise self.absent(root, f"{images[0]} lists none of the classes 101 to 200")
        return [
            by_groups(
                self.name,
                [found[row] for row in listed],
                list(listed.values()),
                measures=("hit@1", "hit@2", "hit@4", "hit@8"),
                source="CUB-200-2011 (Wah et al., 2011) as Oh Song et al. (2016) use it: every "
                "picture of the classes 101 to 200 is a query, those of its class are right.",
            )
        ]


def _pairs(file: Path, second: str) -> list[tuple[int, str, Line]]:
    pairs: dict[int, tuple[int, str, Line]] = {}
    for line in lines(file):
        image, value = line.fields("image_id", second)
        number = line.whole(image)
        if number in pairs:
            raise line.wrong(f"picture {number} is listed twice")
        pairs[number] = (number, value, line)
    return list(pairs.values())
