"""How fast the encoder in the package is, beside MobileNetV3-small at 224 px in the same run.

    python benchmarks/encoder.py [--seconds S] [--rounds N]

Networks only: pixels are in memory, no file is decoded. Both run in ONNX Runtime on all processors,
alternately, and the table gives the median of the rounds in pictures a second. MobileNetV3-small
(Howard et al. 2019, table 2; batch normalisation folded into the convolutions, 1,000 classes) has
random weights: they do not change what it costs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from machine import machine
from onnx import TensorProto, helper, numpy_helper

from lookalike.networks.glance import WEIGHTS, editions

# Kernel, expanded, out, squeeze-and-excite, hard swish, stride: table 2 of the paper.
ROWS = [
    (3, 16, 16, True, False, 2),
    (3, 72, 24, False, False, 2),
    (3, 88, 24, False, False, 1),
    (5, 96, 40, True, True, 2),
    (5, 240, 40, True, True, 1),
    (5, 240, 40, True, True, 1),
    (5, 120, 48, True, True, 1),
    (5, 144, 48, True, True, 1),
    (5, 288, 96, True, True, 2),
    (5, 576, 96, True, True, 1),
    (5, 576, 96, True, True, 1),
]
BATCHES = (1, 4, 16)


class Builder:
    """A graph of convolutions with random weights, node by node."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self._rng = np.random.default_rng(0)

    def add(self, kind: str, *given: str, **attributes: object) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, given, [name], **attributes))
        return name

    def weight(self, *shape: int) -> str:
        name = f"w{len(self.weights)}"
        values = self._rng.standard_normal(shape) * np.sqrt(2 / max(1, np.prod(shape[1:])))
        self.weights.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def convolution(
        self, x: str, i: int, o: int, size: int, *, stride: int = 1, groups: int = 1
    ) -> str:
        w, b = self.weight(o, i // groups, size, size), self.weight(o)
        return self.add(
            "Conv",
            x,
            w,
            b,
            strides=[stride] * 2,
            pads=[size // 2] * 4,
            group=groups,
            kernel_shape=[size] * 2,
        )

    def squeezed(self, x: str, channels: int) -> str:
        fewer = max(8, (channels // 4 + 4) // 8 * 8)
        pooled = self.add("GlobalAveragePool", x)
        inner = self.add("Relu", self.convolution(pooled, channels, fewer, 1))
        scale = self.convolution(inner, fewer, channels, 1)
        return self.add("Mul", x, self.add("HardSigmoid", scale, alpha=1 / 6, beta=0.5))


def mobilenet_v3_small() -> bytes:
    """Return MobileNetV3-small as an ONNX file: (n, 3, 224, 224) float32 → (n, 1000)."""
    g = Builder()
    x, i = g.add("HardSwish", g.convolution("pictures", 3, 16, 3, stride=2)), 16
    for size, expanded, o, squeeze, swish, stride in ROWS:
        bend = "HardSwish" if swish else "Relu"
        y = x
        if expanded != i:
            y = g.add(bend, g.convolution(y, i, expanded, 1))
        y = g.convolution(y, expanded, expanded, size, stride=stride, groups=expanded)
        y = g.add(bend, y)
        y = g.convolution(g.squeezed(y, expanded) if squeeze else y, expanded, o, 1)
        x, i = (g.add("Add", x, y) if stride == 1 and i == o else y), o
    x = g.add("HardSwish", g.convolution(x, 96, 576, 1))
    x = g.add("Flatten", g.add("GlobalAveragePool", x))
    x = g.add("HardSwish", g.add("Gemm", x, g.weight(576, 1024), g.weight(1024)))
    x = g.add("Gemm", x, g.weight(1024, 1000), g.weight(1000))
    graph = helper.make_graph(
        g.nodes,
        "mobilenet_v3_small",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["n", 3, 224, 224])],
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, ["n", 1000])],
        g.weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()  # type: ignore[no-any-return]


def opened(model: str | bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def pixels(session: onnxruntime.InferenceSession, batch: int) -> dict[str, npt.NDArray[np.generic]]:
    (given,) = session.get_inputs()
    noise = np.random.default_rng(0).integers(0, 256, (batch, *given.shape[1:]))
    return {given.name: noise.astype(np.uint8 if "uint8" in given.type else np.float32)}


def rate(work: Callable[[], object], each: int, callers: int, seconds: float) -> float:
    """Pictures a second of several callers at once."""
    until = time.monotonic() + seconds

    def call() -> int:
        done = 0
        while time.monotonic() < until:
            work()
            done += each
        return done

    began = time.monotonic()
    with ThreadPoolExecutor(callers) as pool:
        done = sum(f.result() for f in [pool.submit(call) for _ in range(callers)])
    return done / (time.monotonic() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="of each timing")
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    processors = os.cpu_count() or 1
    models: dict[str, str | bytes] = {"MobileNetV3-small, 224 px": mobilenet_v3_small()}
    models |= {f"glance, edition {n}": str(WEIGHTS / f"glance_{n}.onnx") for n in editions()}
    ways = [(processors, 1, batch) for batch in BATCHES] + [(1, processors, 4)]
    print(f"Measured on {machine()}; median of {args.rounds} rounds, pictures a second.\n")
    found: dict[tuple[str, int], list[float]] = {}
    for _ in range(args.rounds):
        for n, (threads, callers, batch) in enumerate(ways):
            for name, model in models.items():
                session = opened(model, threads)
                given = pixels(session, batch)
                session.run(None, given)

                def work(run=session.run, given=given) -> object:  # type: ignore[no-untyped-def]
                    return run(None, given)

                found.setdefault((name, n), []).append(rate(work, batch, callers, args.seconds))
    heads = [f"{t} threads, batch {b}" for t, c, b in ways[:-1]]
    heads.append(f"{processors} callers of 1 thread, batch 4")
    print("| network | " + " | ".join(heads) + " | MB |")
    print("|---|" + "--:|" * (len(heads) + 1))
    for name, model in models.items():
        size = len(model) if isinstance(model, bytes) else Path(model).stat().st_size
        cells = [f"{statistics.median(found[name, n]):.0f}" for n in range(len(ways))]
        print(f"| {name} | " + " | ".join(cells) + f" | {size / 1e6:.1f} |")


if __name__ == "__main__":
    main()
