"""A tensor of an ONNX file, computed from pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lookalike.errors import BadCard
from lookalike.images import Image
from lookalike.metrics import Vectors, unit
from lookalike.networks import graph
from lookalike.networks.card import Input, Layer
from lookalike.networks.session import Array, Session

# Pictures at once, where the network allows it. With one thread a transformer gains 40 % from 4 and
# nothing from more; MobileNets lose a tenth with 4 and a third with 8.
_BATCH = 4
_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}


class Tensor:
    """One tensor of one ONNX file, whether or not the file gives it of itself.

    Only the nodes on the way to it are loaded and computed. May be used by several threads at once.

    Parameters
    ----------
    path : Path
    tensor, node : str
        Which one, as `Graph.find` understands it.

    Raises
    ------
    BadCard
        The file is no ONNX file that can be run, or has no such tensor.
    """

    def __init__(self, path: Path, tensor: str, node: str = "") -> None:
        found = graph.read(path)
        self.path = path
        self.name = found.find(tensor, node)
        ends_there = found.outputs == (self.name,)
        self._session = Session(path, None if ends_there else graph.cut(path, self.name))
        self.inputs = self._session.inputs

    def compute(self, feeds: Mapping[str, Array]) -> npt.NDArray[np.float32]:
        """Return the tensor as float32; see `Session.run` for what may go wrong."""
        (out,) = self._session.run([self.name], feeds)
        return out


class Encoder:
    """Pictures → vectors, by one layer of one network.

    Parameters
    ----------
    path : Path
        The ONNX file.
    given : Input
        How a picture becomes its input.
    layer : Layer
        Which tensor is taken, and how it becomes a vector.
    """

    def __init__(self, path: Path, given: Input, layer: Layer) -> None:
        self._tensor = Tensor(path, layer.tensor, layer.node)
        self._given = given
        self._layer = layer
        self._name, self._dtype, batch = self._entrance()
        self._fixed = batch is not None
        self._batch = batch or _BATCH

    def encode(self, images: Sequence[Image]) -> Vectors:
        """Return (n, dim) float32 for n pictures, each (height, width, 3) uint8 sRGB.

        Raises
        ------
        BadCard
            The tensor has not the shape that the card says.
        NetworkError
            The network gives numbers that are not finite.
        """
        parts = [
            self._vectors(images[start : start + self._batch])
            for start in range(0, len(images), self._batch)
        ]
        return np.concatenate([np.empty((0, self._layer.dim), np.float32), *parts])

    def _entrance(self) -> tuple[str, npt.DTypeLike, int | None]:
        inputs, name = self._tensor.inputs, self._given.tensor
        if not name and len(inputs) == 1:
            name = next(iter(inputs))
        if name not in inputs:
            raise BadCard(
                f"'input.tensor' is {name!r}, but {self._tensor.path} has {', '.join(inputs)}"
            )
        kind, shape = inputs[name]
        if kind not in _FLOATS or len(shape) != 4:
            raise BadCard(f"{self._tensor.path}: {name!r} is {kind} {shape}, not 4 axes of floats")
        return name, _FLOATS[kind], shape[0] if isinstance(shape[0], int) else None

    def _vectors(self, images: Sequence[Image]) -> Vectors:
        pixels = prepared(images, self._given).astype(self._dtype, copy=False)
        if self._fixed and len(images) < self._batch:
            pixels = np.concatenate(
                [pixels, np.zeros((self._batch - len(images), *pixels.shape[1:]), pixels.dtype)]
            )
        out = self._tensor.compute({self._name: pixels})[: len(images)]
        return pooled(out, self._layer, self._given.layout)


def prepared(images: Sequence[Image], given: Input) -> npt.NDArray[np.float32]:
    """Return pictures as a network's input.

    Parameters
    ----------
    images : n × (h, w, 3) uint8, sRGB
    given : Input

    Returns
    -------
    (n, 3, h, w) or (n, h, w, 3) float32
        ``(pixel · range / 255 − mean) / std``.
    """
    pixels = np.stack(images)
    if given.channels == "bgr":
        pixels = pixels[..., ::-1]
    if given.layout == "nchw":
        pixels = pixels.transpose(0, 3, 1, 2)  # NHWC → NCHW
    shape = (3, 1, 1) if given.layout == "nchw" else (3,)
    std = np.array(given.std).reshape(shape)
    scale, shift = given.range / 255 / std, np.array(given.mean).reshape(shape) / std
    out = np.ascontiguousarray(pixels, np.float32)
    out *= scale.astype(np.float32)
    out -= shift.astype(np.float32)
    return out


def pooled(out: npt.NDArray[np.float32], layer: Layer, layout: str) -> Vectors:
    """Return (n, dim) from what a tensor gives for n pictures, as `Layer` says.

    Raises
    ------
    BadCard
        The tensor has not the shape that the layer says.
    """
    axes = {"none": range(2, 9), "cls": (3,), "mean": (3,), "gap": (4,)}[layer.pooling]
    whole, fits = out.shape, out.ndim in axes
    if fits:
        if layer.activation == "relu":
            out = np.maximum(out, 0)
        if layer.pooling == "cls":
            out = out[:, 0]
        elif layer.pooling == "mean":
            out = out.mean(axis=1)
        elif layer.pooling == "gap":
            out = out.mean(axis=(2, 3) if layout == "nchw" else (1, 2))
        out = out.reshape(len(out), -1)
    if not fits or out.shape[1] != layer.dim:
        raise BadCard(
            f"the tensor gives ({', '.join(['n', *map(str, whole[1:])])}), which pooling "
            f"{layer.pooling!r} does not make (n, {layer.dim})"
        )
    return unit(out) if layer.normalise else out
