"""What a person types for a network → its card."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from lookalike.errors import BadCard, UnknownName
from lookalike.networks import card_names, strict
from lookalike.networks.card import Card, File

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Found:
    """A card, with what it is called and the folder that its paths are relative to."""

    card: Card
    name: str
    folder: Path

    @property
    def file(self) -> File:
        """The network's file; beside the card and named after it unless the card says more."""
        return self.card.file or File(path=f"{self.name}.onnx")


def find(text: str) -> Found:
    """Return the card that a person means.

    Parameters
    ----------
    text : str
        The name of a card of this package, or the path of a card (``own.toml``) or of an ONNX file
        with its card beside it (``own.onnx``).

    Raises
    ------
    UnknownName
        There is no card of that name.
    BadCard
        The file is missing, or is not a card.
    """
    path = Path(text).expanduser()
    if path.suffix in (".toml", ".onnx"):
        return Found(load(path.with_suffix(".toml")), path.stem, path.parent)
    return Found(named(text), text, Path())


def named(name: str) -> Card:
    """Return a card of this package.

    Raises
    ------
    UnknownName
        There is none of that name.
    """
    if name not in card_names():
        raise UnknownName("network", name, card_names())
    text = (resources.files("lookalike.networks") / "cards" / f"{name}.toml").read_text("utf-8")
    return parse(text, name)


def load(path: Path) -> Card:
    """Return the card in a TOML file.

    Raises
    ------
    BadCard
        The file is missing or unreadable, or is not a card; the message names it and the key.
    """
    try:
        return parse(path.read_text("utf-8"), str(path))
    except FileNotFoundError as error:
        raise BadCard(
            f"there is no card {path}; a network of your own needs one beside it that says what it "
            "expects, see the documentation of lookalike.networks.card"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadCard(f"the card {path} cannot be read: {error}") from error


def parse(text: str, name: str) -> Card:
    """Return the card that a TOML text holds; `name` is for messages.

    Raises
    ------
    BadCard
        The text is not TOML, or not a card.
    """
    try:
        return strict.build(Card, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadCard(f"the card {name} is not TOML: {error}") from error
    except (BadCard, UnknownName) as error:
        raise BadCard(f"the card {name}: {error}") from error
