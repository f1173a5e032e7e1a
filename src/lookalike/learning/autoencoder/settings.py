"""What is trained, and how: everything a person can choose."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lookalike.errors import BadParameter, UnknownName

HALVINGS = 4
"""How often the default encoder halves a picture."""

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "float32", "bfloat16")

# What may differ when a run is gone on with: how long, and by what means.
_FREE = frozenset({"epochs", "patience", "minutes", "device", "precision"})


@dataclass(frozen=True)
class AutoencoderSettings:
    """What is trained, and how.

    Parameters
    ----------
    preset : {"default", "tutorial"}
        The architecture; see `architecture` and `tutorial`.
    size : int
        Side of the pictures that go in and come out, pixels, 64 to 256; a multiple of 16 for the
        default architecture.
    latent : int
        Numbers that a picture is put into, 8 to 512.
    epochs : int
        Rounds, at most. One goes through all pictures once; through few, as often as makes 20
        batches, but with the tutorial's preset.
    patience : int
        Epochs without a better validation loss before the training stops.
    batch : int
        Pictures to a step.
    validation : float
        Which share of the pictures is held out, above 0, at most 0.5.
    seed : int
        The same seed trains the same network on the same pictures, on the same machine.
    minutes : float or None
        How long it may train in all, over all sessions; None for as long as it takes.
    device : {"auto", "cpu", "cuda", "mps"}
    precision : {"auto", "float32", "bfloat16"}

    Raises
    ------
    BadParameter
        A value that does not fit.
    UnknownName
        A preset, device or precision that there is not.
    """

    preset: str = "default"
    size: int = 64
    latent: int = 128
    epochs: int = 60
    patience: int = 8
    batch: int = 64
    validation: float = 0.1
    seed: int = 0
    minutes: float | None = None
    device: str = "auto"
    precision: str = "auto"

    def __post_init__(self) -> None:
        for kind, value, known in (
            ("preset", self.preset, PRESETS),
            ("device", self.device, DEVICES),
            ("precision", self.precision, PRECISIONS),
        ):
            if value not in known:
                raise UnknownName(kind, value, known)
        self._check_range("size", self.size, 64, 256)
        self._check_range("latent", self.latent, 8, 512)
        self._check_range("epochs", self.epochs, 1, 100_000)
        self._check_range("patience", self.patience, 1, 100_000)
        self._check_range("batch", self.batch, 2, 4096)
        self._check_range("seed", self.seed, 0, 2**31 - 1)
        if self.preset == "default" and self.size % 2**HALVINGS:
            near = round(self.size / 2**HALVINGS) * 2**HALVINGS
            raise BadParameter(
                f"size is a multiple of {2**HALVINGS}, because the encoder halves the picture "
                f"{HALVINGS} times, not {self.size}; take {near}"
            )
        if not 0 < self.validation <= 0.5:
            raise BadParameter(
                f"validation is a share above 0 and at most 0.5, not {self.validation}; "
                "0.1 holds out a tenth of the pictures"
            )
        if self.minutes is not None and not self.minutes > 0:
            raise BadParameter(f"minutes is above 0, not {self.minutes}; leave it out for no limit")

    def _check_range(self, name: str, value: int, least: int, most: int) -> None:
        if not least <= value <= most:
            raise BadParameter(f"{name} is {least} to {most}, not {value}; choose one within")

    @classmethod
    def of_preset(cls, preset: str = "default", **changed: Any) -> AutoencoderSettings:
        """Return the settings of a preset, with what is given changed; None changes nothing.

        Raises
        ------
        UnknownName
            There is no such preset.
        BadParameter
            A value that does not fit.
        """
        if preset not in PRESETS:
            raise UnknownName("preset", preset, PRESETS)
        given = {name: value for name, value in changed.items() if value is not None}
        return cls(**{**PRESETS[preset], "preset": preset, **given})

    @classmethod
    def of_dict(cls, values: Mapping[str, Any]) -> AutoencoderSettings:
        """Return the settings that `as_dict` gave."""
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        """Return them all by name, as JSON can hold them."""
        return dataclasses.asdict(self)

    def differing(self, other: AutoencoderSettings) -> list[str]:
        """Return the names of what differs and cannot be changed within one run."""
        ours, theirs = self.as_dict(), other.as_dict()
        return [name for name in ours if name not in _FREE and ours[name] != theirs[name]]


PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "tutorial": {"size": 256, "latent": 16, "epochs": 100, "batch": 16, "validation": 0.2},
}
"""What each preset sets apart from the defaults."""
