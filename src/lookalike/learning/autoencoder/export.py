"""A trained network → ONNX files, node by node, with the card that searching goes by.

PyTorch's own exporter is not used: what it writes changes with its versions, and it needs further
packages. These networks are plain sequences of few kinds of layers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from lookalike.learning.autoencoder.architecture import Autoencoder
from lookalike.learning.autoencoder.files import replacing
from lookalike.learning.autoencoder.pictures import FILTER
from lookalike.learning.autoencoder.run import DECODER, ENCODER
from lookalike.learning.autoencoder.settings import AutoencoderSettings
from lookalike.store import durable

if TYPE_CHECKING:
    import onnx

INPUT, LATENT, OUTPUT = "pictures", "latent", "drawn"

# What ONNX Runtime 1.20, the oldest that is supported, reads.
_OPSET, _IR = 17, 8

_CARD = """\
title = "Autoencoder of {folder}"
licence = "yours: it was trained on your own pictures"
default = "{latent}"
metric = "euclidean"

[input]
tensor = "{input}"
layout = "nchw"
width = {size}
height = {size}
resize = "stretch"
filter = "{filter}"
channels = "rgb"
range = 1.0

[layers.{latent}]
tensor = "{latent}"
dim = {dim}
pooling = "none"
activation = "none"
normalise = false
"""


def export(model: Autoencoder, settings: AutoencoderSettings, run: Path) -> None:
    """Write the encoder, its card and the decoder into a run's folder.

    Parameters
    ----------
    model : Autoencoder
        On the processor, in float32.
    settings : AutoencoderSettings
    run : Path
    """
    picture = ["n", 3, settings.size, settings.size]
    latent = ["n", settings.latent]
    _write(model.encoder, run / ENCODER, (INPUT, picture), (LATENT, latent))
    _write(model.decoder, run / DECODER, (LATENT, latent), (OUTPUT, picture))
    card = _CARD.format(
        folder=run.name.replace("\\", " ").replace('"', " "),
        input=INPUT,
        latent=LATENT,
        size=settings.size,
        filter=FILTER,
        dim=settings.latent,
    )
    durable.write((run / ENCODER).with_suffix(".toml"), card)


def _write(
    layers: nn.Sequential,
    file: Path,
    given: tuple[str, list[Any]],
    made: tuple[str, list[Any]],
) -> None:
    import onnx

    model = _model(layers, given, made)
    with replacing(file) as path:
        onnx.save_model(model, str(path))


def _model(
    layers: nn.Sequential, given: tuple[str, list[Any]], made: tuple[str, list[Any]]
) -> onnx.ModelProto:
    from onnx import TensorProto, helper

    writer = _Writer(given[0])
    modules = list(layers)
    while modules:
        module = modules.pop(0)
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and _is_norm(modules[:1]):
            writer.convolution(module, *_folded(module, modules.pop(0)))
        else:
            writer.layer(module)
    writer.nodes[-1].output[0] = made[0]
    graph = helper.make_graph(
        writer.nodes,
        "autoencoder",
        [helper.make_tensor_value_info(given[0], TensorProto.FLOAT, given[1])],
        [helper.make_tensor_value_info(made[0], TensorProto.FLOAT, made[1])],
        writer.weights,
    )
    opset = helper.make_opsetid("", _OPSET)
    return helper.make_model(graph, opset_imports=[opset], ir_version=_IR)


class _Writer:
    """Nodes, each of which reads what the one before wrote."""

    def __init__(self, first: str) -> None:
        self.last = first
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def node(self, op: str, *arrays: npt.NDArray[Any] | None, **attributes: Any) -> None:
        from onnx import helper, numpy_helper

        number = len(self.nodes)
        inputs = [self.last]
        for place, array in enumerate(arrays):
            name = f"weight_{number}_{place}" if array is not None else ""
            inputs.append(name)
            if array is not None:
                self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        self.last = f"{op.lower()}_{number}"
        self.nodes.append(helper.make_node(op, inputs, [self.last], **attributes))

    def convolution(
        self,
        module: nn.Conv2d | nn.ConvTranspose2d,
        weight: npt.NDArray[np.float32],
        bias: npt.NDArray[np.float32],
    ) -> None:
        padding = [int(pad) for pad in module.padding]
        self.node(
            "ConvTranspose" if isinstance(module, nn.ConvTranspose2d) else "Conv",
            weight,
            bias,
            strides=list(module.stride),
            pads=[*padding, *padding],
        )

    def layer(self, module: nn.Module) -> None:
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            none = torch.zeros(module.out_channels)
            bias = none if module.bias is None else module.bias
            self.convolution(module, _array(module.weight), _array(bias))
            return
        op, written = _LAYERS[type(module)]
        arrays, attributes = written(module)
        self.node(op, *arrays, **attributes)


Written: TypeAlias = "tuple[Sequence[npt.NDArray[Any] | None], dict[str, Any]]"


def _norm(module: nn.BatchNorm2d) -> Written:
    return _statistics(module), {"epsilon": module.eps}


def _dense(module: nn.Linear) -> Written:
    return [_array(module.weight), _array(module.bias)], {"transB": 1}


def _leaky(module: nn.LeakyReLU) -> Written:
    return [], {"alpha": module.negative_slope}


def _shaped(module: nn.Unflatten) -> Written:
    return [np.array([-1, *module.unflattened_size], np.int64)], {}


def _repeated(module: nn.Upsample) -> Written:
    factor = float(module.scale_factor)  # type: ignore[arg-type]
    told = {
        "mode": "nearest",
        "coordinate_transformation_mode": "asymmetric",
        "nearest_mode": "floor",
    }
    return [None, np.array([1, 1, factor, factor], np.float32)], told


_LAYERS: dict[type[nn.Module], tuple[str, Callable[[Any], Written]]] = {
    nn.BatchNorm2d: ("BatchNormalization", _norm),
    nn.LeakyReLU: ("LeakyRelu", _leaky),
    nn.Linear: ("Gemm", _dense),
    nn.Flatten: ("Flatten", lambda _: ([], {"axis": 1})),
    nn.Unflatten: ("Reshape", _shaped),
    nn.Upsample: ("Resize", _repeated),
    nn.Sigmoid: ("Sigmoid", lambda _: ([], {})),
}
"""Layer → its operation, and the weights and attributes of one."""


def _is_norm(following: list[nn.Module]) -> bool:
    return bool(following) and isinstance(following[0], nn.BatchNorm2d)


def _folded(
    convolution: nn.Conv2d | nn.ConvTranspose2d, norm: nn.Module
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the weight and bias of a convolution that does the normalisation as well."""
    assert isinstance(norm, nn.BatchNorm2d)  # noqa: S101
    scale, shift, mean, variance = (a.astype(np.float64) for a in _statistics(norm))
    factor = scale / np.sqrt(variance + norm.eps)
    # A transposed convolution has its outputs in the second axis.
    shape = (1, -1, 1, 1) if isinstance(convolution, nn.ConvTranspose2d) else (-1, 1, 1, 1)
    weight = _array(convolution.weight) * factor.reshape(*shape)
    bias = 0.0 if convolution.bias is None else _array(convolution.bias)
    return weight.astype(np.float32), ((bias - mean) * factor + shift).astype(np.float32)


def _statistics(norm: nn.BatchNorm2d) -> list[npt.NDArray[np.float32]]:
    assert norm.running_mean is not None and norm.running_var is not None  # noqa: S101
    return [_array(a) for a in (norm.weight, norm.bias, norm.running_mean, norm.running_var)]


def _array(tensor: torch.Tensor) -> npt.NDArray[np.float32]:
    array: npt.NDArray[np.float32] = tensor.detach().contiguous().numpy()
    return array
