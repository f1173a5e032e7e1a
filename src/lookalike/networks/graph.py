"""What an ONNX file holds: its nodes and the names of its tensors, without the `onnx` package.

An ONNX file is one protobuf message. Only the few fields that say what is connected to what are
read; weights are stepped over, so 500 MB take milliseconds. The numbers of the fields are those of
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

import difflib
import io
import mmap
from dataclasses import dataclass
from pathlib import Path

from lookalike.errors import BadCard
from lookalike.networks.wire import BrokenMessage, Buffer, delimited, fields, header

LARGEST = 2**31 - 1
"""Bytes of the largest file: no protobuf message can be longer."""

_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT = 1, 5, 11, 12
_NODE_INPUT, _NODE_OUTPUT, _NODE_OP, _NODE_ATTRIBUTE = 1, 2, 4, 5
_ATTRIBUTE_GRAPHS = (6, 11)
_VALUE_NAME = 1
_TENSOR_NAME, _TENSOR_EXTERNAL = 8, 13
_GRAPH_NAMES = {
    _GRAPH_NODE: _NODE_OUTPUT,
    _GRAPH_INITIALIZER: _TENSOR_NAME,
    _GRAPH_INPUT: _VALUE_NAME,
    _GRAPH_OUTPUT: _VALUE_NAME,
}


@dataclass(frozen=True)
class Node:
    """One operation, with the names of the tensors that it reads and writes.

    What the graphs inside it read, the branches of an If for instance, counts as its own.
    """

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """A network's nodes in the order in which they are computed.

    Parameters
    ----------
    nodes : tuple of Node
    inputs : tuple of str
        What a caller feeds; weights are left out.
    outputs : tuple of str
        What the file gives of itself.
    """

    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @property
    def tensors(self) -> list[str]:
        """The names of all tensors that a node writes, in that order."""
        return [name for node in self.nodes for name in node.outputs if name]

    def find(self, tensor: str, node: str = "") -> str:
        """Return the name of a tensor.

        Parameters
        ----------
        tensor : str
            Its name; may be empty where `node` is given.
        node : str
            How to find it in another export of the same network, where tensors have other names:
            ``Gemm 2 > Relu`` is what the Relu writes that reads what the second Gemm writes.

        Raises
        ------
        BadCard
            There is none; the message offers the nearest names.
        """
        tensors = self.tensors
        if tensor and tensor in tensors:
            return tensor
        if node:
            return self._structural(node)
        near = difflib.get_close_matches(tensor, tensors, n=5, cutoff=0.4) or tensors[-5:]
        raise BadCard(
            f"the network has no tensor {tensor!r}; near it: {', '.join(near) or 'none at all'}"
        )

    def _structural(self, wanted: str) -> str:
        first, *followers = (step.strip() for step in wanted.split(">"))
        op, _, number = first.partition(" ")
        if not number.isdecimal() or int(number) < 1 or not all(followers):
            raise BadCard(f"node = {wanted!r} is not of the form 'Gemm 2' or 'Gemm 2 > Relu'")
        same = [node for node in self.nodes if node.op == op]
        if int(number) > len(same):
            ops = sorted({node.op for node in self.nodes})
            raise BadCard(
                f"node = {wanted!r}: the network has {len(same)} nodes {op}; "
                f"it is made of {', '.join(ops)}"
            )
        found = same[int(number) - 1]
        for follower in followers:
            found = self._follower(found, follower, wanted)
        return found.outputs[0]

    def _follower(self, node: Node, op: str, wanted: str) -> Node:
        readers = [n for n in self.nodes if set(n.inputs) & set(node.outputs)]
        for reader in readers:
            if reader.op == op:
                return reader
        ops = ", ".join(reader.op for reader in readers) or "nothing"
        raise BadCard(f"node = {wanted!r}: {node.op} is followed by {ops}, not by {op}")


def read(path: Path) -> Graph:
    """Return the graph of an ONNX file.

    Raises
    ------
    BadCard
        The file is not an ONNX file, too large for one, or keeps its weights in other files.
    """
    size = path.stat().st_size
    if size > LARGEST:
        raise BadCard(f"{path} has {size:,} bytes; an ONNX file in one piece has less than 2 GiB")
    if size == 0:
        raise BadCard(f"{path} is empty, so it is not an ONNX file")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return _graph(data, path)
        except (BrokenMessage, UnicodeDecodeError, RecursionError) as error:
            raise BadCard(f"{path} is not an ONNX file, or a truncated one") from error


def cut(path: Path, tensor: str) -> bytes:
    """Return an ONNX file that ends at a tensor: its one output, and only what it needs.

    ONNX Runtime would load and compute everything else as well: its run option
    `only_execute_path_to_fetches` has no effect on a processor (seen with 1.31).
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        needed = _needed(_graph(data, path), tensor)
        outside, inside, last = [], [], 0
        for number, tag, start, end in fields(data, 0, len(data)):
            if number == _MODEL_GRAPH:
                outside.append((last, tag))
                inside += _kept(data, start, end, needed)
                last = end
        outside.append((last, len(data)))
        output = delimited(_GRAPH_OUTPUT, delimited(_VALUE_NAME, tensor.encode()))
        length = sum(end - start for start, end in inside) + len(output)
        out = io.BytesIO()  # one copy of the weights, not two
        for start, end in outside:
            out.write(data[start:end])
        out.write(header(_MODEL_GRAPH, length))
        for start, end in inside:
            out.write(data[start:end])
        out.write(output)
        return out.getvalue()


def _graph(data: Buffer, path: Path) -> Graph:
    nodes: list[Node] = []
    names: dict[int, list[str]] = {_GRAPH_INPUT: [], _GRAPH_OUTPUT: [], _GRAPH_INITIALIZER: []}
    for number, _, start, end in fields(data, 0, len(data)):
        if number != _MODEL_GRAPH:
            continue
        for field, _, begin, stop in fields(data, start, end):
            if field == _GRAPH_NODE:
                nodes.append(_node(data, begin, stop))
            elif field == _GRAPH_INITIALIZER:
                names[field].append(_initializer(data, begin, stop, path))
            elif field in names:
                names[field].extend(_strings(data, begin, stop, _VALUE_NAME))
    if not nodes:
        raise BrokenMessage
    weights = set(names[_GRAPH_INITIALIZER])  # old files list them among the inputs as well
    inputs = tuple(name for name in names[_GRAPH_INPUT] if name not in weights)
    return Graph(tuple(nodes), inputs, tuple(names[_GRAPH_OUTPUT]))


def _node(data: Buffer, start: int, end: int) -> Node:
    return Node(
        "".join(_strings(data, start, end, _NODE_OP)),
        tuple(_read_by(data, start, end)),
        tuple(_strings(data, start, end, _NODE_OUTPUT)),
    )


def _read_by(data: Buffer, start: int, end: int) -> list[str]:
    names = _strings(data, start, end, _NODE_INPUT)
    for number, _, begin, stop in fields(data, start, end):
        if number == _NODE_ATTRIBUTE:
            for field, _, first, last in fields(data, begin, stop):
                if field in _ATTRIBUTE_GRAPHS:
                    names += _read_inside(data, first, last)
    return names


def _read_inside(data: Buffer, start: int, end: int) -> list[str]:
    nodes = [(b, e) for number, _, b, e in fields(data, start, end) if number == _GRAPH_NODE]
    return [name for begin, stop in nodes for name in _read_by(data, begin, stop)]


def _needed(graph: Graph, tensor: str) -> set[str]:
    """Return the names of all tensors and weights on the way to a tensor."""
    needed = {tensor}
    for node in reversed(graph.nodes):  # they stand in the order in which they are computed
        if needed.intersection(node.outputs):
            needed.update(node.inputs)
    return needed - {""}


def _kept(data: Buffer, start: int, end: int, needed: set[str]) -> list[tuple[int, int]]:
    kept = []
    for number, tag, begin, stop in fields(data, start, end):
        named_by = _GRAPH_NAMES.get(number)
        names = [] if named_by is None else _strings(data, begin, stop, named_by)
        if named_by is None or (number != _GRAPH_OUTPUT and not needed.isdisjoint(names)):
            kept.append((tag, stop))
    return kept


def _initializer(data: Buffer, start: int, end: int, path: Path) -> str:
    name = ""
    for number, _, begin, stop in fields(data, start, end):
        if number == _TENSOR_EXTERNAL:
            raise BadCard(
                f"{path} keeps its weights in other files; save it in one piece, for instance with "
                "onnx.save_model(onnx.load(path), path, save_as_external_data=False)"
            )
        if number == _TENSOR_NAME:
            name = data[begin:stop].decode()
    return name


def _strings(data: Buffer, start: int, end: int, wanted: int) -> list[str]:
    return [data[b:e].decode() for number, _, b, e in fields(data, start, end) if number == wanted]
