"""Neural networks as ONNX files: what each expects, where it comes from, and how it is run.

A network is known by its card, one TOML file; see `lookalike.networks.card`.
"""

from __future__ import annotations

from importlib import resources

__all__ = ["card_names"]


def card_names() -> list[str]:
    """Return the names of the cards that come with the package, sorted; reads none of them."""
    cards = resources.files(__name__) / "cards"
    if not cards.is_dir():
        return []
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in cards.iterdir()
        if entry.name.endswith(".toml")
    )
