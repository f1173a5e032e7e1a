"""What an ONNX file holds, read without the onnx package and compared with it."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import BadCard
from lookalike.networks import graph


@pytest.fixture
def path(tmp_path: Path, small: Any) -> Path:
    small(tmp_path / "small.onnx")
    return tmp_path / "small.onnx"


def test_nodes_inputs_and_outputs_are_those_that_the_onnx_package_reads(path: Path) -> None:
    meant = onnx.load(path).graph
    found = graph.read(path)
    assert [n.op for n in found.nodes] == [n.op_type for n in meant.node]
    assert [n.inputs for n in found.nodes] == [tuple(n.input) for n in meant.node]
    assert [n.outputs for n in found.nodes] == [tuple(n.output) for n in meant.node]
    assert found.inputs == ("planes",)
    assert found.outputs == ("out",)


def test_weights_that_an_old_file_lists_as_inputs_are_not_inputs(path: Path) -> None:
    model = onnx.load(path)
    for weight in model.graph.initializer:
        kind = onnx.helper.make_tensor_value_info(weight.name, weight.data_type, weight.dims)
        model.graph.input.append(kind)
    onnx.save_model(model, path)
    assert graph.read(path).inputs == ("planes",)


@pytest.mark.parametrize("tensor", ["conv", "map", "pool", "fc", "out", "tokens"])
def test_a_cut_file_is_what_the_onnx_package_extracts(path: Path, tensor: str) -> None:
    whole = onnx.load(path)
    shaped = onnx.shape_inference.infer_shapes(whole)
    meant = onnx.utils.Extractor(shaped).extract_model(["planes"], [tensor])
    found = onnx.load_model_from_string(graph.cut(path, tensor))
    assert list(found.graph.node) == list(meant.graph.node)
    assert sorted(w.name for w in found.graph.initializer) == sorted(
        w.name for w in meant.graph.initializer
    )
    assert [o.name for o in found.graph.output] == [tensor]
    assert found.graph.input == whole.graph.input
    assert (found.ir_version, found.opset_import) == (whole.ir_version, whole.opset_import)


@pytest.mark.parametrize("tensor", ["conv", "pool", "fc", "fc_relu", "tokens"])
def test_a_cut_file_gives_what_the_whole_one_gives(tmp_path: Path, small: Any, tensor: str) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 16, 16)).astype(np.float32)
    small(tmp_path / "whole.onnx", outputs=("out", tensor))
    small(tmp_path / "plain.onnx")
    whole = onnxruntime.InferenceSession(tmp_path / "whole.onnx")
    cut = onnxruntime.InferenceSession(graph.cut(tmp_path / "plain.onnx", tensor))
    (found,) = cut.run(None, {"planes": x})
    np.testing.assert_allclose(found, whole.run([tensor], {"planes": x})[0], rtol=1e-6, atol=1e-6)


def test_what_a_branch_reads_is_kept(tmp_path: Path) -> None:
    """An If reads `scaled` only inside its branches."""
    made = onnx.parser.parse_model("""
        <ir_version: 7, opset_import: ["" : 13]>
        trick (float[n, 3, 2, 2] x, bool yes) => (float[n, 3, 2, 2] out)
        <float[1] two = {2.0}>
        {
            scaled = Mul (x, two)
            chosen = If (yes) <
                then_branch = once () => (float[n, 3, 2, 2] a) { a = Relu (scaled) },
                else_branch = twice () => (float[n, 3, 2, 2] b) { b = Neg (scaled) }
            >
            out = Exp (chosen)
        }
    """)
    onnx.save_model(made, tmp_path / "trick.onnx")
    session = onnxruntime.InferenceSession(graph.cut(tmp_path / "trick.onnx", "chosen"))
    x = np.ones((1, 3, 2, 2), np.float32)
    for yes, factor in ((True, 2), (False, -2)):
        (found,) = session.run(None, {"x": x, "yes": np.array(yes)})
        np.testing.assert_array_equal(found, factor * x)


def test_an_input_that_is_not_needed_is_left_out(tmp_path: Path) -> None:
    """As in a CLIP file that holds both towers."""
    made = onnx.parser.parse_model("""
        <ir_version: 7, opset_import: ["" : 13]>
        two (float[n, 3, 2, 2] picture, float[n, 7] words) => (float[n, 3, 2, 2] a, float[n, 7] b)
        { a = Relu (picture)  b = Neg (words) }
    """)
    onnx.save_model(made, tmp_path / "two.onnx")
    session = onnxruntime.InferenceSession(graph.cut(tmp_path / "two.onnx", "a"))
    assert [given.name for given in session.get_inputs()] == ["picture"]


def test_only_the_way_to_the_wanted_tensor_is_computed(tmp_path: Path) -> None:
    """A node that must fail stands beside the way: it is not run."""
    nodes = [
        onnx.helper.make_node("Relu", ["x"], ["wanted"]),
        onnx.helper.make_node("Reshape", ["wanted", "impossible"], ["out"]),
    ]
    kind = onnx.TensorProto.FLOAT
    made = onnx.helper.make_graph(
        nodes,
        "trap",
        [onnx.helper.make_tensor_value_info("x", kind, ["n", 3, 2, 2])],
        [onnx.helper.make_tensor_value_info("out", kind, None)],
        [onnx.numpy_helper.from_array(np.array([7, 7]), "impossible")],
    )
    opset = [onnx.helper.make_opsetid("", 13)]
    path = tmp_path / "trap.onnx"
    onnx.save_model(onnx.helper.make_model(made, opset_imports=opset, ir_version=7), path)

    from lookalike.networks.runtime import Tensor

    x = np.ones((1, 3, 2, 2), np.float32)
    np.testing.assert_array_equal(Tensor(path, "wanted").compute({"x": x}), x)


@pytest.mark.parametrize(
    ("node", "tensor"),
    [
        ("Conv 1", "conv"),
        ("Relu 2", "fc_relu"),
        ("Gemm 1 > Relu", "fc_relu"),
        ("Conv 1 > Relu > GlobalAveragePool > Flatten", "flat"),
    ],
)
def test_a_tensor_is_found_by_structure(path: Path, node: str, tensor: str) -> None:
    assert graph.read(path).find("", node) == tensor
    assert graph.read(path).find("no such name", node) == tensor
    assert graph.read(path).find("pool", node) == "pool"  # a name that exists comes first


@pytest.mark.parametrize(
    ("tensor", "node", "message"),
    [
        ("fc_rleu", "", "no tensor 'fc_rleu'; near it: fc_relu"),
        ("", "Gemm 2", "has 1 nodes Gemm; it is made of Conv, Flatten, Gemm"),
        ("", "Conv 1 > Gemm", "Conv is followed by Relu, not by Gemm"),
        ("", "Gemm", "not of the form 'Gemm 2'"),
        ("", "Gemm 0", "not of the form 'Gemm 2'"),
        ("", "Gemm 1 > ", "not of the form 'Gemm 2'"),
    ],
)
def test_a_tensor_that_is_not_there_is_told_with_what_is_there(
    path: Path, tensor: str, node: str, message: str
) -> None:
    with pytest.raises(BadCard, match=message):
        graph.read(path).find(tensor, node)


def test_weights_in_other_files_are_refused(tmp_path: Path, small: Any) -> None:
    small(tmp_path / "split.onnx", external=True)
    with pytest.raises(BadCard, match="keeps its weights in other files"):
        graph.read(tmp_path / "split.onnx")


def test_more_than_two_gigabytes_are_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "huge.onnx").open("wb") as file:
        file.truncate(2**31)  # a hole: it takes no room
    with pytest.raises(BadCard, match="less than 2 GiB"):
        graph.read(tmp_path / "huge.onnx")


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n", b"version https://git-lfs", b"\x08\x07"]
)
def test_what_is_no_onnx_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "no.onnx").write_bytes(content)
    with pytest.raises(BadCard, match="not an ONNX file"):
        graph.read(tmp_path / "no.onnx")


@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.onnx"
        path.write_bytes(content)
        with contextlib.suppress(BadCard):
            graph.read(path)


def test_every_truncated_file_is_read_or_refused(path: Path) -> None:
    whole = path.read_bytes()
    refused = 0
    for end in range(1, len(whole)):
        path.write_bytes(whole[:end])
        try:
            graph.read(path)
        except BadCard:
            refused += 1
    assert refused > len(whole) * 0.9
