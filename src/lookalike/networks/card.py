"""The card of a network: what it is, where it comes from, what it expects, and what it gives.

A card is a TOML file. This is one for a network of your own, `own.toml` beside `own.onnx`::

    title = "My network"
    licence = "MIT"
    default = "embedding"           # the layer that is used unless another is asked for
    metric = "cosine"               # the natural metric of its vectors

    [input]
    tensor = "pixels"               # needed only where the file has more than one input
    layout = "nchw"                 # or "nhwc"
    width = 224                     # pixels
    height = 224
    resize = "stretch"              # to width × height; or "crop": shorter side, then the middle
    # shorter = 256                 # pixels of the shorter side before the crop
    filter = "bilinear"             # nearest, area, bilinear, bicubic, lanczos
    channels = "rgb"                # or "bgr"
    range = 1.0                     # pixel values run from 0 to this, before mean and std
    mean = [0.485, 0.456, 0.406]    # in the order of the channels
    std = [0.229, 0.224, 0.225]

    [layers.embedding]
    tensor = "embedding"            # any tensor of the file, not only one of its outputs
    dim = 1280                      # components of the vector
    pooling = "none"                # how the tensor becomes one vector, see `Layer`
    activation = "none"             # or "relu"
    normalise = true                # to L2 norm 1

The cards of this package also say where the file is found::

    source = "https://…"            # the page that tells more
    [file]
    urls = ["https://…", "https://…"]    # tried in this order
    sha256 = "…"
    bytes = 553437752

and, where words can be searched with, `[words]`, `[words.file]` and `[words.tokenizer]`: see
`Words`. An unknown key, or a value of another type, is an error that names the key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal

from lookalike.errors import BadCard, BadParameter, UnknownName
from lookalike.images import View
from lookalike.metrics import canonical
from lookalike.networks import fetch


@dataclass(frozen=True)
class File:
    """Where a file lies, or can be fetched from.

    Parameters
    ----------
    path : str
        Relative to the card; nothing is fetched then.
    urls : tuple of str
        The same file at several places, best first; https.
    sha256 : str
        64 hexadecimal digits. A file that is fetched is used only if it has this digest.
    bytes : int
        Its exact size.
    """

    path: str = ""
    urls: tuple[str, ...] = ()
    sha256: str = ""
    bytes: int = 0

    def __post_init__(self) -> None:
        if self.path:
            if self.urls or self.sha256 or self.bytes:
                raise BadCard("a file with a path is not fetched: leave out urls, sha256 and bytes")
            return
        if not self.urls or self.bytes <= 0 or not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise BadCard(
                "a file has either a path, or urls together with its sha256 (64 digits 0-9a-f) "
                "and its size in bytes, so that what is fetched can be verified"
            )
        for url in self.urls:
            fetch.check_url(url)


@dataclass(frozen=True)
class Input:
    """How a picture becomes the network's input, (n, 3, h, w) or (n, h, w, 3) float.

    The pixels of the decoded and resized picture, 0 to 255, are brought to 0 to `range`; then
    `mean` is subtracted, and the result divided by `std`.
    """

    tensor: str = ""
    layout: Literal["nchw", "nhwc"] = "nchw"
    width: int = 224
    height: int = 224
    resize: Literal["stretch", "crop"] = "stretch"
    shorter: int = 0
    filter: Literal["nearest", "area", "bilinear", "bicubic", "lanczos"] = "bilinear"
    channels: Literal["rgb", "bgr"] = "rgb"
    range: float = 255.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        if min(self.std) <= 0 or self.range <= 0:
            raise BadCard("'input.std' and 'input.range' are above 0")
        try:
            self.view  # noqa: B018  (asked for what it raises)
        except BadParameter as error:
            raise BadCard(f"'input': {error}") from error

    @property
    def view(self) -> View:
        """How the network wants to see each picture."""
        return View(self.resize, self.width, self.height, self.shorter, self.filter)


@dataclass(frozen=True)
class Layer:
    """A tensor of the network, and how it becomes one vector for each picture.

    Parameters
    ----------
    dim : int
        Components of the vector.
    tensor : str
        The name of the tensor in the file.
    node : str
        How to find it by structure, ``Gemm 1 > Relu``, in a file where no tensor has that name,
        such as your own export of the same network; see `Graph.find`.
    pooling : {"none", "cls", "mean", "gap"}
        ``none``: (n, dim), or with further axes that are flattened. ``cls``: (n, tokens, dim), the
        first token. ``mean``: the mean of all tokens. ``gap``: the mean over height and width of a
        feature map, (n, dim, h, w), or (n, h, w, dim) if the input is nhwc.
    activation : {"none", "relu"}
        Applied before the pooling, for a file that names only what lies before it.
    normalise : bool
        Whether the vector is scaled to L2 norm 1.
    """

    dim: int
    tensor: str = ""
    node: str = ""
    pooling: Literal["none", "cls", "mean", "gap"] = "none"
    activation: Literal["none", "relu"] = "none"
    normalise: bool = True

    def __post_init__(self) -> None:
        if not self.tensor and not self.node:
            raise BadCard("a layer has a 'tensor' (its name) or a 'node' (how to find it)")
        if self.dim < 1:
            raise BadCard(f"the 'dim' of a layer is at least 1, not {self.dim}")


@dataclass(frozen=True)
class Words:
    """The text tower of a network: words → a vector that can be compared with the default layer's.

    Parameters
    ----------
    file : File
        The text tower, ONNX.
    tokenizer : File
        Its `tokenizer.json`, as the tokenizers library reads it.
    tensor : str
        What it gives: (n, dim).
    length : int
        Tokens of a text; shorter ones are padded, longer ones cut.
    pad : int
        The token that pads.
    ids : str
        The input for the tokens, (n, length) int64 or int32.
    mask : str
        The input that is 1 for each token and 0 for padding; empty if there is none.
    canonical : bool
        Whether capitals and punctuation are taken out first, as SigLIP was trained.
    """

    file: File
    tokenizer: File
    tensor: str
    length: int
    pad: int = 0
    ids: str = "input_ids"
    mask: str = ""
    canonical: bool = False


@dataclass(frozen=True)
class Card:
    """One network, as its card tells it.

    Parameters
    ----------
    title, source, licence : str
        Its name, the page that tells more, and its terms.
    default : str
        The layer that is used unless another is asked for.
    layers : mapping of str to Layer
    input : Input
    metric : str
        The natural metric of its vectors.
    file : File or None
        None if it lies beside the card, under the card's name.
    words : Words or None
        Its text tower, if it has one.
    """

    title: str
    licence: str
    default: str
    layers: Mapping[str, Layer]
    input: Input = field(default_factory=Input)
    source: str = ""
    metric: str = "cosine"
    file: File | None = None
    words: Words | None = None

    def __post_init__(self) -> None:
        if self.default not in self.layers:
            raise BadCard(
                f"'default' is {self.default!r}, but the layers are {', '.join(self.layers)}"
            )
        if canonical(self.metric) != self.metric:
            raise BadCard(f"'metric' is written {canonical(self.metric)!r}")

    def layer(self, name: str = "") -> Layer:
        """Return a layer, the default one unless named.

        Raises
        ------
        UnknownName
            The network has no such layer.
        """
        if (name or self.default) not in self.layers:
            raise UnknownName(f"layer of {self.title}", name, self.layers)
        return self.layers[name or self.default]

    def recipe(self, layer: str) -> str:
        """Return 8 hexadecimal digits that change with anything that changes a vector.

        Only what differs from the defaults counts, so a later field leaves old vectors valid.
        """
        parts = [*_written(self.input), *_written(self.layer(layer))]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


def _written(part: Input | Layer) -> list[str]:
    return [
        f"{f.name}={getattr(part, f.name)!r}"
        for f in fields(part)
        if getattr(part, f.name) != f.default
    ]
