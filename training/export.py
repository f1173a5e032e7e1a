"""Stage 6. A checkpoint → the ONNX file that the package carries.

The file takes ``pictures`` (n, 176, 176, 3) uint8 and gives ``glance`` (n, 256) float32 of length 1
and ``glance_copy`` (n, 256) float32. The trunk computes with eight-bit integers: two and a half
times as fast on processors with VNNI or dot-product instructions, and a quarter of the size; its
weights lie on the grid that the trunk was trained with (`grid.py`). The heads stay floating point,
their weights float16.
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from grid import scales
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from pictures import Pool, plain
from student import SIDE, Student
from torch import Tensor, nn

NAMES = ["glance", "glance_copy"]
SAMPLES = 256


class _FromBytes(nn.Module):
    def __init__(self, student: Student) -> None:
        super().__init__()
        self.student = student

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        return self.student(pictures.permute(0, 3, 1, 2).float() / 127.5 - 1)  # type: ignore[no-any-return]


def export(student: Student, samples: npt.NDArray[np.uint8], path: Path) -> None:
    """Write a student as ONNX; samples (n, 176, 176, 3) tell how large each activation gets."""
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = Path(scratch) / "raw.onnx"
        torch.onnx.export(
            _FromBytes(student).eval(),
            (torch.zeros(2, SIDE, SIDE, 3, dtype=torch.uint8),),
            str(raw),
            dynamo=False,
            input_names=["pictures"],
            output_names=NAMES,
            dynamic_axes={k: {0: "n"} for k in ("pictures", *NAMES)},
            opset_version=17,
        )
        model = _folded(raw, Path(scratch) / "folded.onnx")
        _pad_inside_convolutions(model)
        whole, small = Path(scratch) / "whole.onnx", Path(scratch) / "small.onnx"
        onnx.save(model, whole)
        _quantise(whole, small, samples)
        model = onnx.load(small)
    _pair_columns(model)
    _halve(model)
    _forget_unused(model)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _folded(raw: Path, to: Path) -> onnx.ModelProto:
    """Let ONNX Runtime compute what does not depend on the pictures."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(to)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(raw), options, providers=["CPUExecutionProvider"])
    return onnx.load(to)


def _pad_inside_convolutions(model: onnx.ModelProto) -> None:
    """A padding of its own would cost a fifth of the time; a convolution can pad by itself."""
    graph = model.graph
    values = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    pads = {n.output[0]: n for n in graph.node if n.op_type == "Pad"}
    for node in graph.node:
        if node.op_type != "Conv" or node.input[0] not in pads:
            continue
        pad = pads[node.input[0]]
        _, _, top, left, _, _, bottom, right = (int(v) for v in values[pad.input[1]])
        (inside,) = (a for a in node.attribute if a.name == "pads")
        inside.ints[:] = [
            v + w for v, w in zip(inside.ints, (top, left, bottom, right), strict=True)
        ]
        node.input[0] = pad.input[0]
    for pad in pads.values():
        graph.node.remove(pad)


class _Samples(CalibrationDataReader):
    def __init__(self, samples: npt.NDArray[np.uint8]) -> None:
        self._left = iter(samples)

    def get_next(self) -> dict[str, npt.NDArray[np.uint8]] | None:
        picture = next(self._left, None)
        return None if picture is None else {"pictures": picture[None]}


def _quantise(whole: Path, small: Path, samples: npt.NDArray[np.uint8]) -> None:
    quantize_static(
        whole,
        small,
        _Samples(samples),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv", "Clip", "Add"],
        nodes_to_exclude=_after_the_trunk(onnx.load(whole)),
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
    )
    model = onnx.load(small)
    _straight_from_bytes(model)
    _to_grid(model, onnx.load(whole))
    onnx.save(model, small)


def _straight_from_bytes(model: onnx.ModelProto) -> None:
    """Let the first convolution read the bytes as they are: they are eight-bit integers already.

    Byte b stands for (b − 128) / 127.5; that it should be (b − 127.5) / 127.5 is made good by the
    bias (`_to_grid`), but for half a level of grey at the very edge.
    """
    graph = model.graph
    made = {name: node for node in graph.node for name in node.output}
    first = next(node for node in graph.node if node.op_type == "Conv")
    seen = made[first.input[0]]
    chain = [made[seen.input[0]]]
    while chain[-1].op_type != "Transpose":
        chain.append(made[chain[-1].input[0]])
    *between, turn = chain
    turn.input[0] = graph.input[0].name
    seen.input[0] = turn.output[0]
    for node in graph.node:
        if node is not turn and turn.output[0] in node.input and node not in (seen, *between):
            raise ValueError(f"{node.name} reads the pictures as well")
    for node in between:
        graph.node.remove(node)
    values = {i.name: i for i in graph.initializer}
    _set(values[seen.input[1]], np.array(1 / 127.5, np.float32))
    _set(values[seen.input[2]], np.array(128, np.uint8))


def _to_grid(model: onnx.ModelProto, whole: onnx.ModelProto) -> None:
    """Round each convolution's weights and bias to our grid instead of the library's."""
    exact = {i.name: numpy_helper.to_array(i) for i in whole.graph.initializer}
    kept = {i.name: i for i in model.graph.initializer}
    made = {name: node for node in model.graph.node for name in node.output}
    for node in model.graph.node:
        if node.op_type != "Conv":
            continue
        seen, weight, bias = (made[name].input for name in node.input)
        (layer,) = (n for n in exact if f"{n}_quantized" == weight[0])
        groups = next((a.i for a in node.attribute if a.name == "group"), 1)
        values = torch.from_numpy(np.array(exact[layer]))
        step = scales(values, groups > 1).numpy()
        whole_steps = np.round(exact[layer] / step.reshape(-1, 1, 1, 1))
        bias_step = step * numpy_helper.to_array(kept[seen[1]])
        exact_bias = exact[layer.removesuffix("weight") + "bias"]
        if values.shape[1] * groups == 3:
            exact_bias = exact_bias + 0.5 / 127.5 * exact[layer].sum((1, 2, 3))
        _set(kept[weight[0]], whole_steps.astype(np.int8))
        _set(kept[weight[1]], step.astype(np.float32))
        _set(kept[bias[0]], np.round(exact_bias / bias_step).astype(np.int32))
        _set(kept[bias[1]], bias_step.astype(np.float32))


def _pair_columns(model: onnx.ModelProto) -> None:
    """Let the first convolution see two columns as one of six channels: 3 × 2 places, not 3 × 3.

    The same sums, of fewer and longer pieces of memory; the fourth column counts nothing.
    """
    graph = model.graph
    made = {name: node for node in graph.node for name in node.output}
    values = {i.name: i for i in graph.initializer}
    first = next(node for node in graph.node if node.op_type == "Conv")
    turn = made[made[first.input[0]].input[0]]
    weight = values[made[first.input[1]].input[0]]
    by_column = numpy_helper.to_array(weight)  # (o, 3, 3, 3)
    paired = np.zeros((len(by_column), 6, 3, 2), by_column.dtype)
    for column in range(3):
        pair, half = divmod(column, 2)
        paired[:, 3 * half : 3 * half + 3, :, pair] = by_column[..., column]
    _set(weight, paired)
    for attribute in first.attribute:
        if attribute.name == "kernel_shape":
            attribute.ints[:] = [3, 2]
        if attribute.name == "strides":
            attribute.ints[:] = [2, 1]
    shape = np.array([-1, SIDE, SIDE // 2, 6], np.int64)
    graph.initializer.append(numpy_helper.from_array(shape, "pairs"))
    pairs = helper.make_node("Reshape", [turn.input[0], "pairs"], ["in_pairs"], name="in_pairs")
    graph.node.insert(0, pairs)
    turn.input[0] = "in_pairs"
    for known in [v for v in graph.value_info if v.name == turn.output[0]]:
        graph.value_info.remove(known)  # its shape is another now


def _set(tensor: onnx.TensorProto, values: npt.NDArray[np.generic]) -> None:
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def _after_the_trunk(model: onnx.ModelProto) -> list[str]:
    """Return the nodes that no convolution comes after: pooling and heads."""
    nodes = list(model.graph.node)
    last = max(i for i, node in enumerate(nodes) if node.op_type == "Conv")
    before: set[str] = set()
    for node in reversed(nodes[: last + 1]):
        if node.op_type == "Conv" or before & set(node.output):
            before |= set(node.input)
    bent = {i for node in nodes if node.op_type == "Conv" for i in node.output}
    return [
        node.name
        for node in nodes
        if node.op_type != "Conv"
        and not before & set(node.output)
        and not (node.op_type == "Clip" and node.input[0] in bent)
    ]


def _forget_unused(model: onnx.ModelProto) -> None:
    graph = model.graph
    read = {name for node in graph.node for name in node.input}
    for unread in [i for i in graph.initializer if i.name not in read]:
        graph.initializer.remove(unread)
    used = {node.domain for node in graph.node}
    kept = [o for o in model.opset_import if o.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)


def _halve(model: onnx.ModelProto) -> None:
    """Store large weights as float16 and cast them when the file is opened."""
    graph = model.graph
    casts = []
    for weight in list(graph.initializer):
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.ndim < 2:
            continue  # the steps of the integers must stay exact, and vectors are small
        if np.abs(values).max() > 65_000:
            raise ValueError(f"{weight.name} does not fit float16")
        small = numpy_helper.from_array(values.astype(np.float16), weight.name + "_16")
        graph.initializer.remove(weight)
        graph.initializer.append(small)
        casts.append(helper.make_node("Cast", [small.name], [weight.name], to=TensorProto.FLOAT))
    for n, cast in enumerate(casts):
        graph.node.insert(n, cast)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--start", default="finished.pt", help="in WORK")
    parser.add_argument("--to", type=Path, required=True)
    args = parser.parse_args()
    kept = torch.load(args.work / args.start, weights_only=True)
    student = Student()
    student.load_state_dict(kept)
    rng = torch.Generator().manual_seed(0)
    pictures, _ = next(Pool(args.work).batches(SAMPLES, rng))
    samples = (plain(pictures).clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    export(student, samples, args.to)
    print(f"{args.to}: {args.to.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
