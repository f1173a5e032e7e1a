"""Small networks with random weights, and a web server that misbehaves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper


@dataclass
class Small:
    """A network (3, 16, 16) → map (8, 8, 8) → pool (8,) → fc (5,) → relu, tokens (64, 8)."""

    kernel: np.ndarray
    weight: np.ndarray

    def map(self, x: np.ndarray) -> np.ndarray:
        """Return (n, 8, 8, 8) for (n, 3, 16, 16): a 2 × 2 convolution of stride 2, then ReLU."""
        patches = x.reshape(len(x), 3, 8, 2, 8, 2)
        return np.maximum(np.einsum("nchiwj,ocij->nohw", patches, self.kernel), 0)

    def tokens(self, x: np.ndarray) -> np.ndarray:
        maps = self.map(x)
        return maps.reshape(len(x), 8, 64).transpose(0, 2, 1)

    def fc(self, x: np.ndarray) -> np.ndarray:
        return self.map(x).mean((2, 3)) @ self.weight


def write_small(
    path: Path,
    *,
    layout: str = "nchw",
    batch: int | str = "n",
    dtype: type = np.float32,
    outputs: tuple[str, ...] = ("out",),
    external: bool = False,
) -> Small:
    rng = np.random.default_rng(7)
    small = Small(
        rng.normal(size=(8, 3, 2, 2)).astype(np.float32), rng.normal(size=(8, 5)).astype(np.float32)
    )
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    weights = {
        "kernel": small.kernel.astype(dtype),
        "weight": small.weight.astype(dtype),
        "shape": np.array([0, 8, 64], np.int64),
    }
    nodes = [
        helper.make_node("Conv", ["planes", "kernel"], ["conv"], strides=[2, 2]),
        helper.make_node("Relu", ["conv"], ["map"]),
        helper.make_node("GlobalAveragePool", ["map"], ["pool"]),
        helper.make_node("Flatten", ["pool"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weight"], ["fc"]),
        helper.make_node("Relu", ["fc"], ["fc_relu"]),
        helper.make_node("Identity", ["fc_relu"], ["out"]),
        helper.make_node("Reshape", ["map", "shape"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["tokens"], perm=[0, 2, 1]),
        helper.make_node("Transpose", ["map"], ["map_nhwc"], perm=[0, 2, 3, 1]),
    ]
    if layout == "nhwc":
        nodes.insert(0, helper.make_node("Transpose", ["image"], ["planes"], perm=[0, 3, 1, 2]))
    shape = [batch, 3, 16, 16] if layout == "nchw" else [batch, 16, 16, 3]
    name = "planes" if layout == "nchw" else "image"
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info(name, kind, shape)],
        [helper.make_tensor_value_info(output, kind, None) for output in outputs],
        [numpy_helper.from_array(value, key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    if external:
        onnx.save_model(model, path, save_as_external_data=True, size_threshold=0)
    else:
        onnx.save_model(model, path)
    return small


@pytest.fixture(scope="session")
def small() -> Callable[..., Small]:
    return write_small


@pytest.fixture(scope="session")
def text_tower() -> Callable[..., np.ndarray]:
    """Write a text tower: the mean of the rows of a table over the tokens, padding left out."""

    def write(path: Path, *, masked: bool = True, kind: int = TensorProto.INT64) -> np.ndarray:
        table = np.random.default_rng(3).normal(size=(40, 5)).astype(np.float32)
        inputs = ["input_ids", "attention_mask"] if masked else ["input_ids"]
        nodes = [helper.make_node("Gather", ["table", "input_ids"], ["rows"])]
        if masked:
            nodes += [
                helper.make_node("Cast", ["attention_mask"], ["float"], to=TensorProto.FLOAT),
                helper.make_node("Unsqueeze", ["float", "last"], ["weights"]),
                helper.make_node("Mul", ["rows", "weights"], ["counted"]),
            ]
        counted = "counted" if masked else "rows"
        nodes.append(helper.make_node("ReduceSum", [counted, "axis"], ["text_embeds"], keepdims=0))
        weights = {"table": table, "last": np.array([2]), "axis": np.array([1])}
        used = {name for node in nodes for name in node.input}
        graph = helper.make_graph(
            nodes,
            "words",
            [helper.make_tensor_value_info(name, kind, ["n", "length"]) for name in inputs],
            [helper.make_tensor_value_info("text_embeds", TensorProto.FLOAT, None)],
            [numpy_helper.from_array(v, k) for k, v in weights.items() if k in used],
        )
        opset = [helper.make_opsetid("", 13)]
        onnx.save_model(helper.make_model(graph, opset_imports=opset, ir_version=7), path)
        return table

    return write


@dataclass
class Server:
    """A web server with one file, and with the faults that a test asks for."""

    body: bytes = bytes(range(256)) * 4096  # 1 MiB
    etag: str | None = '"one"'
    ranges: bool = True
    faults: list[int] = field(default_factory=list)  # statuses to answer before serving
    cut_after: list[int] = field(default_factory=list)  # bytes of the body before hanging up
    redirect: str = ""
    said_length: bool = True
    requests: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: Server = self.server.served  # type: ignore[attr-defined]
        server.requests.append(dict(self.headers))
        self.close_connection = True
        if server.redirect and self.path != "/moved":
            self.send_response(302)
            self.send_header("Location", server.redirect)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif server.faults:
            self.send_response(server.faults.pop(0))
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._serve(server)

    def _serve(self, server: Server) -> None:
        asked, start = self.headers.get("Range"), 0
        same = self.headers.get("If-Range", server.etag) == server.etag
        if asked and server.ranges and same:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            self.send_response(206)
            end, whole = len(server.body) - 1, len(server.body)
            self.send_header("Content-Range", f"bytes {start}-{end}/{whole}")
        else:
            self.send_response(200)
        if server.said_length:
            self.send_header("Content-Length", str(len(server.body) - start))
        if server.etag:
            self.send_header("ETag", server.etag)
        self.end_headers()
        end = server.cut_after.pop(0) if server.cut_after else len(server.body)
        self.wfile.write(server.body[start:end])

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that hangs up is what some tests are about."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    http = _Quiet(("127.0.0.1", 0), _Handler)
    http.served = Server(url=f"http://127.0.0.1:{http.server_port}/net.onnx")  # type: ignore[attr-defined]
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield http.served  # type: ignore[attr-defined]
    http.shutdown()
    http.server_close()
    thread.join()
