"""Stage 2. Packs → what both teachers see in each picture → the space the student is to learn.

Each picture is enlarged to 224 px and described by MobileNetV1 (1,024) and MobileNetV2 (1,280).
Their activations are square-rooted (Hellinger kernel: a few strong channels no longer decide
alone), brought to length 1 each, laid side by side, centred, and half-whitened to 256 principal
components (each divided by the fourth root of its variance; Jégou and Chum 2012 divide by the
square root). Interrupted, it goes on where it stopped; ``--count`` may be raised later.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from PIL import Image

Array = npt.NDArray[np.float32]
MIX = {"mp": 45_000, "mini": 40_000, "in1k": 12_000}
NETWORKS = {"mobilenet_v1_embedding.onnx": 1024, "mobilenet_v2.onnx": 1280}
BATCH = 32
DIM = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--networks", type=Path, required=True, help="folder of both ONNX files")
    parser.add_argument("--count", type=int, default=sum(MIX.values()), help="pictures to describe")
    args = parser.parse_args()
    described = _describe(args.work, args.networks, args.count)
    _project(args.work, described)


def _order(work: Path) -> list[tuple[str, int]]:
    rng = np.random.default_rng(11)
    rows = []
    for pack, count in MIX.items():
        size = len(np.load(work / f"{pack}.npy", mmap_mode="r"))
        rows += [(pack, int(i)) for i in rng.permutation(size)[:count]]
    rng.shuffle(rows)
    rows = [(str(pack), int(i)) for pack, i in rows]
    (work / "order.txt").write_text("\n".join(f"{pack} {i}" for pack, i in rows))
    return rows


def _describe(work: Path, networks: Path, count: int) -> Array:
    order = _order(work)
    count = min(count, len(order)) // BATCH * BATCH
    packs = {pack: np.load(work / f"{pack}.npy", mmap_mode="r") for pack in MIX}
    sessions = [onnxruntime.InferenceSession(networks / name) for name in NETWORKS]
    held, mark = work / "teacher.f16.npy", work / "teacher.done"
    done = int(mark.read_text()) if mark.exists() else 0
    shape = (len(order) // BATCH * BATCH, sum(NETWORKS.values()))
    mode = "r+" if done else "w+"
    out = np.lib.format.open_memmap(held, mode, np.float16, shape)
    began, first = time.monotonic(), done
    for start in range(done, count, BATCH):
        pixels = np.stack([_enlarged(packs[p][i]) for p, i in order[start : start + BATCH]])
        given = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)).astype(np.float32)
        parts = [s.run(["embedding"], {"rgb_0_255": given})[0] for s in sessions]
        out[start : start + BATCH] = np.concatenate(parts, 1)
        if (start // BATCH) % 50 == 49 or start + BATCH == count:
            out.flush()
            mark.write_text(str(start + BATCH))
            rate = (start + BATCH - first) / (time.monotonic() - began)
            left = (count - start) / rate / 60
            print(f"{start + BATCH}/{count} {rate:.0f}/s, {left:.0f} min left", flush=True)
    return out[: max(count, done)]


def _enlarged(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if len(pixels) == 224:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((224, 224), Image.BICUBIC))


def joined(described: Array) -> Array:
    """Return both teachers' vectors side by side: (n, 2304) float32, each of length 1."""
    parts = []
    for part in np.split(
        described.astype(np.float32), [NETWORKS["mobilenet_v1_embedding.onnx"]], 1
    ):
        rooted = np.sqrt(np.maximum(part, 0))
        parts.append(rooted / np.linalg.norm(rooted, axis=1, keepdims=True))
    return np.concatenate(parts, 1)


def _project(work: Path, described: Array) -> None:
    x = np.concatenate([joined(described[i : i + 8192]) for i in range(0, len(described), 8192)])
    mean = x.mean(0)
    x -= mean
    variance, axes = np.linalg.eigh(x.T @ x / len(x))
    variance, axes = variance[::-1], axes[:, ::-1]
    weight = axes[:, :DIM] / variance[:DIM] ** 0.25
    z = x @ weight
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    np.save(work / "targets.npy", z.astype(np.float16))
    np.savez(work / "target_space.npz", mean=mean, weight=weight)
    print(f"{len(z)} targets; {variance[:DIM].sum() / variance.sum():.0%} of the variance kept")


if __name__ == "__main__":
    main()
