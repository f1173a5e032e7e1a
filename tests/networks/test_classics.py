"""VGG16 and AlexNet in full size, as their cards expect them, against the same networks in NumPy.

The weights are random, from a seed; the names of the tensors, the shapes and the order of the nodes
are those of the published files. So this proves that the cards lead to the right layers and that
the preprocessing is right, not what the published weights are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image as pillow

from lookalike.descriptors import network
from lookalike.descriptors.network import Network
from lookalike.networks.finding import named
from lookalike.networks.graph import Graph, Node

PICTURE = np.array(
    pillow.fromarray(np.random.default_rng(5).integers(0, 256, (8, 12, 3), np.uint8)).resize(
        (480, 320), pillow.Resampling.BICUBIC
    )
)


@dataclass
class Conv:
    out: int
    kernel: int
    stride: int = 1
    pad: int = 0
    groups: int = 1


@dataclass
class Pool:
    kernel: int
    pad_after: int = 0


class Norm:
    """Local response normalisation over 5 channels, as AlexNet's paper tells it (3.3)."""


@dataclass
class Dense:
    out: int


@dataclass
class Made:
    path: Path
    first: np.ndarray
    second: np.ndarray


def convolved(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, conv: Conv) -> np.ndarray:
    """Return the convolution of one picture (c, h, w) as a product of matrices (im2col)."""
    x = np.pad(x, ((0, 0), (conv.pad, conv.pad), (conv.pad, conv.pad)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (conv.kernel, conv.kernel), (1, 2))
    windows = windows[:, :: conv.stride, :: conv.stride]
    _, high, wide = windows.shape[:3]
    outs = []
    for part, kernels in zip(
        np.split(windows, conv.groups), np.split(weight, conv.groups), strict=True
    ):
        columns = part.transpose(0, 3, 4, 1, 2).reshape(-1, high * wide)
        outs.append(kernels.reshape(len(kernels), -1) @ columns)
    return np.concatenate(outs).reshape(conv.out, high, wide) + bias[:, None, None]


def pooled(x: np.ndarray, pool: Pool) -> np.ndarray:
    x = np.pad(x, ((0, 0), (0, pool.pad_after), (0, pool.pad_after)), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(x, (pool.kernel, pool.kernel), (1, 2))
    return windows[:, ::2, ::2].max((3, 4))


def normalised(x: np.ndarray) -> np.ndarray:
    squares = np.pad(np.square(x), ((2, 2), (0, 0), (0, 0)))
    around = sum(squares[shift : shift + len(x)] for shift in range(5))
    return x / (1 + 1e-4 / 5 * around) ** 0.75


def computed(
    x: np.ndarray, plan: list[Conv | Pool | Norm | Dense], weights: dict[str, np.ndarray]
) -> list[np.ndarray]:
    """Return what each dense layer gives after its ReLU."""
    given = []
    for place, step in enumerate(plan):
        if isinstance(step, Pool):
            x = pooled(x, step)
        elif isinstance(step, Norm):
            x = normalised(x)
        else:
            weight, bias = weights[f"{place}w"], weights[f"{place}b"]
            if isinstance(step, Conv):
                x = np.maximum(convolved(x, weight, bias, step), 0)
            else:
                x = np.maximum(weight @ x.ravel() + bias, 0)
                given.append(x)
    return given


def random_weights(plan: list[Conv | Pool | Norm | Dense], flat: int) -> dict[str, np.ndarray]:
    """Return weights that keep the size of what flows through them (He et al. 2015)."""
    weights, channels = {}, 3
    # 138 million numbers: the same million and three over and over, which no row begins alike.
    normal = np.random.default_rng(11).standard_normal(1_000_003, np.float32)
    for place, step in enumerate(plan):
        if isinstance(step, Conv):
            shape = (step.out, channels // step.groups, step.kernel, step.kernel)
            channels = step.out
        elif isinstance(step, Dense):
            shape, flat = (step.out, flat), step.out
        else:
            continue
        scale = np.float32(np.sqrt(2 / np.prod(shape[1:])))
        weights[f"{place}w"] = np.resize(normal * scale, shape)
        weights[f"{place}b"] = np.resize(normal * np.float32(0.05), step.out)
    return weights


def save(
    path: Path, nodes: list[onnx.NodeProto], given: str, weights: dict[str, np.ndarray]
) -> None:
    graph = helper.make_graph(
        nodes,
        "classic",
        [helper.make_tensor_value_info(given, TensorProto.FLOAT, [1, 3, 224, 224])],
        [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, [1, 1000])],
    )
    opset = [helper.make_opsetid("", 12)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=7)
    for name in list(weights):  # one after the other, so that two copies of all never exist
        weight = weights.pop(name)
        kind = helper.np_dtype_to_tensor_dtype(weight.dtype)
        model.graph.initializer.add(
            name=name, dims=weight.shape, data_type=kind, raw_data=weight.tobytes()
        )
    onnx.save_model(model, path)


# VGG16, configuration D of the paper: 13 convolutions in five blocks, then three dense layers.
VGG: list[Conv | Pool | Norm | Dense] = [
    *[Conv(64, 3, pad=1)] * 2, Pool(2),
    *[Conv(128, 3, pad=1)] * 2, Pool(2),
    *[Conv(256, 3, pad=1)] * 3, Pool(2),
    *[Conv(512, 3, pad=1)] * 3, Pool(2),
    *[Conv(512, 3, pad=1)] * 3, Pool(2),
    Dense(4096), Dense(4096), Dense(1000),
]  # fmt: skip


def vgg_nodes() -> list[onnx.NodeProto]:
    nodes: list[onnx.NodeProto] = []
    x, convs, pools, denses, flat = (
        "data",
        0,
        0,
        0,
        iter(("flatten_60", "flatten_65", "flatten_70")),
    )

    def add(op: str, inputs: list[str], out: str, **attributes: object) -> str:
        nodes.append(helper.make_node(op, inputs, [out], out, **attributes))
        return out

    for place, step in enumerate(VGG):
        weights = [f"{place}w", f"{place}b"]
        if isinstance(step, Conv):
            x = add("Conv", [x, *weights], f"vgg0_conv{convs}_fwd", pads=[1] * 4)
            x = add("Relu", [x], f"vgg0_relu{convs}_fwd")
            convs += 1
        elif isinstance(step, Pool):
            x = add("MaxPool", [x], f"vgg0_pool{pools}_fwd", kernel_shape=[2, 2], strides=[2, 2])
            pools += 1
        else:
            x = add("Flatten", [x], next(flat))
            x = add("Gemm", [x, *weights], f"vgg0_dense{denses}_fwd", transB=1)
            if denses < 2:
                x = add("Relu", [x], f"vgg0_dense{denses}_relu_fwd")
                x = add("Dropout", [x], f"vgg0_dropout{denses}_fwd")
            denses += 1
    return nodes


# AlexNet as Caffe trained it, with the paper's two groups, on 224 × 224 pixels.
ALEXNET: list[Conv | Pool | Norm | Dense] = [
    Conv(96, 11, stride=4), Norm(), Pool(3, pad_after=1),
    Conv(256, 5, pad=2, groups=2), Norm(), Pool(3),
    Conv(384, 3, pad=1),
    Conv(384, 3, pad=1, groups=2),
    Conv(256, 3, pad=1, groups=2), Pool(3),
    Dense(4096), Dense(4096), Dense(1000),
]  # fmt: skip


def alexnet_nodes() -> list[onnx.NodeProto]:
    nodes: list[onnx.NodeProto] = []
    x, number = "data_0", 0

    def add(op: str, inputs: list[str], out: str, **attributes: object) -> str:
        nodes.append(helper.make_node(op, inputs, [out], **attributes))
        return out

    for place, step in enumerate(ALEXNET):
        weights = [f"{place}w", f"{place}b"]
        if isinstance(step, Conv):
            number += 1
            shape = {"strides": [step.stride] * 2, "pads": [step.pad] * 4, "group": step.groups}
            x = add("Conv", [x, *weights], f"conv{number}_1", **shape)
            x = add("Relu", [x], f"conv{number}_2")
        elif isinstance(step, Norm):
            x = add("LRN", [x], f"norm{number}_1", alpha=1e-4, beta=0.75, bias=1.0, size=5)
        elif isinstance(step, Pool):
            pads = [0, 0, step.pad_after, step.pad_after]
            shape = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": pads}
            x = add("MaxPool", [x], f"pool{number}_1", **shape)
        else:
            number += 1
            if number == 6:
                x = add("Reshape", [x, "OC2_DUMMY_1"], "OC2_DUMMY_0")
            x = add("Gemm", [x, *weights], f"fc{number}_1", transB=1)
            if number < 8:
                x = add("Relu", [x], f"fc{number}_2")
                x = add("Dropout", [x], f"fc{number}_3")
    add("Softmax", [x], "prob_1")
    return nodes


@pytest.fixture(autouse=True)
def _nothing_stays_loaded() -> Iterator[None]:
    yield
    network._encoder.cache_clear()


@pytest.fixture(scope="module")
def vgg16(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    scaled = np.array(pillow.fromarray(PICTURE).resize((384, 256), pillow.Resampling.BILINEAR))
    x = (scaled[16:240, 80:304] / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    weights = random_weights(VGG, 512 * 7 * 7)
    first, second, _ = computed(x.transpose(2, 0, 1).astype(np.float32), VGG, weights)
    path = tmp_path_factory.mktemp("vgg16") / "my_vgg16.onnx"
    save(path, vgg_nodes(), "data", weights)
    yield Made(path, first, second)
    path.unlink()


@pytest.fixture(scope="module")
def alexnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    scaled = np.array(pillow.fromarray(PICTURE).resize((224, 224), pillow.Resampling.BICUBIC))
    x = scaled[..., ::-1] - np.array([103.939, 116.779, 123.68])
    weights = random_weights(ALEXNET, 256 * 6 * 6)
    first, second, _ = computed(x.transpose(2, 0, 1).astype(np.float32), ALEXNET, weights)
    path = tmp_path_factory.mktemp("alexnet") / "my_alexnet.onnx"
    save(path, alexnet_nodes(), "data_0", weights | {"OC2_DUMMY_1": np.array([1, 9216])})
    yield Made(path, first, second)
    path.unlink()


def check(made: Made, card: str, layer: str, meant: np.ndarray) -> None:
    descriptor = Network(card=card, layer=layer, file=str(made.path))
    found = descriptor.describe_arrays([PICTURE])
    assert found.shape == (1, 4096) == (1, descriptor.dim)
    assert found.min() == 0  # after the ReLU
    assert 0.2 < (found > 0).mean() < 0.8
    np.testing.assert_allclose(found[0], meant / np.linalg.norm(meant), rtol=1e-4, atol=1e-7)


def test_fc1_of_vgg16(vgg16: Made) -> None:
    check(vgg16, "vgg16", "fc1", vgg16.first)


def test_fc2_of_vgg16(vgg16: Made) -> None:
    check(vgg16, "vgg16", "fc2", vgg16.second)


def test_fc6_of_alexnet(alexnet: Made) -> None:
    check(alexnet, "alexnet", "fc6", alexnet.first)


def test_fc7_of_alexnet(alexnet: Made) -> None:
    check(alexnet, "alexnet", "fc7", alexnet.second)


@pytest.mark.parametrize(("card", "nodes"), [("vgg16", vgg_nodes()), ("alexnet", alexnet_nodes())])
def test_an_export_with_other_names_is_understood_by_its_structure(
    card: str, nodes: list[onnx.NodeProto]
) -> None:
    """Other tools number the tensors, and leave out what does nothing once trained."""
    published = [Node(n.op_type, tuple(n.input), tuple(n.output)) for n in nodes]
    names = {name: f"t{place}" for place, node in enumerate(nodes) for name in node.output}
    for node in nodes:
        if node.op_type == "Dropout":
            names[node.output[0]] = names[node.input[0]]
    other = [
        Node(n.op, tuple(names.get(i, i) for i in n.inputs), tuple(names[o] for o in n.outputs))
        for n in published
        if n.op != "Dropout"
    ]
    for layer in named(card).layers.values():
        tensor = Graph(tuple(published), (), ()).find(layer.tensor, layer.node)
        assert tensor == layer.tensor
        assert Graph(tuple(other), (), ()).find(layer.tensor, layer.node) == names[tensor]
