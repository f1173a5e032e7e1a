"""What a person types for a descriptor → the descriptor.

    spec  = part { "+" part }
    part  = [ weight "*" ] name [ ":" values ]     (values: see `lookalike.parameters`)

``hsv_histogram:bins=8x8x8`` · ``vgg16:fc2`` · ``network:./own.onnx`` ·
``0.5*hsv_histogram+0.3*lbp+0.2*hog``. More than one part, or a weight, makes a `combined` one.
A name that is not a descriptor but a network's card stands for ``network:card=NAME``.

A plus sign that nothing of the above can follow belongs to the text, so that most file names can be
typed as they are.
"""

from __future__ import annotations

import re
import typing
from functools import lru_cache
from typing import Any

from lookalike.descriptors.base import Descriptor
from lookalike.errors import BadParameter, UnknownName
from lookalike.networks import card_names
from lookalike.parameters import parsed
from lookalike.registry import Registry

DESCRIPTORS: Registry[Descriptor] = Registry(
    "descriptor",
    Descriptor,  # type: ignore[type-abstract]
    "lookalike.descriptors",
    frozenset({"base", "blend", "colour", "histograms", "region", "spec", "staged", "together"}),
)

NEEDING = frozenset({"autoencoder", "combined", "network"})
"""Those that are nothing without what they are given."""

_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_NAME = r"[A-Za-z][A-Za-z0-9_-]*"
_BETWEEN_PARTS = re.compile(rf"\+(?=\s*(?:{_NUMBER}\s*\*\s*)?{_NAME}\s*(?:$|[:+]))")
_PART = re.compile(r"(?:(?P<weight>[^*:]*)\*)?(?P<name>[^:]*)(?::(?P<values>.*))?", re.DOTALL)


def names() -> list[str]:
    """Return every name that `create` understands: descriptors, then cards of networks."""
    own = DESCRIPTORS.names()
    return own + [name for name in card_names() if name not in own]


@lru_cache(maxsize=256)
def create(spec: str) -> Descriptor:
    """Return the descriptor that a spec describes.

    Parameters
    ----------
    spec : str
        As the module's documentation says. Case, and - for _, do not matter in names.

    Raises
    ------
    UnknownName
        No descriptor and no card has that name, or the descriptor has no such parameter.
    BadParameter
        A value does not fit its parameter, or a weight is not a positive number.
    """
    parts = [_part(text) for text in _BETWEEN_PARTS.split(spec)]
    weights = [weight for weight, _ in parts]
    if weights == [None]:
        return parts[0][1]
    combined: Any = DESCRIPTORS.get("combined")
    made = combined(
        parts=tuple(descriptor for _, descriptor in parts),
        weights=tuple(1.0 if weight is None else weight for weight in weights),
    )
    return typing.cast(Descriptor, made)


def _part(text: str) -> tuple[float | None, Descriptor]:
    found = _PART.fullmatch(text.strip())
    assert found is not None  # noqa: S101  (the pattern fits any text)
    weight, name, values = found["weight"], found["name"].strip(), found["values"] or ""
    if weight is None:
        return None, _single(name, values)
    if not re.fullmatch(_NUMBER, weight.strip()):
        raise BadParameter(f"the weight of {name} is a number such as 0.5, not {weight.strip()!r}")
    return float(weight), _single(name, values)


def _single(typed: str, values: str) -> Descriptor:
    name = typed if typed in names() else typed.lower().replace("-", "_")
    if name == "combined":
        raise BadParameter("combined is typed as a sum: 0.6*hsv_histogram+0.4*hog")
    given: dict[str, object] = {}
    if name not in DESCRIPTORS.names():
        if name not in card_names():
            if typed.partition("/")[0] in names():
                raise BadParameter(
                    f"{typed} is no descriptor of its own: what follows the / is fitted in a "
                    "gallery (lookalike reduce, lookalike train), and can be searched by there"
                )
            raise UnknownName("descriptor", typed, names())
        name, given = "network", {"card": name}
    kind = DESCRIPTORS.get(name)
    return kind(**parsed(kind, name, values, given))
