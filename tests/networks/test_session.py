"""One ONNX file, opened and run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike.errors import BadCard, BadParameter, NetworkError
from lookalike.networks.session import Session

PIXELS = np.random.default_rng(1).normal(size=(3, 3, 16, 16)).astype(np.float32)


def test_several_outputs_come_from_one_run(tmp_path: Path, small: Any) -> None:
    net = small(tmp_path / "small.onnx", outputs=("fc", "map"))
    session = Session(tmp_path / "small.onnx")
    assert session.inputs == {"planes": ("tensor(float)", ["n", 3, 16, 16])}
    assert list(session.outputs) == ["fc", "map"]
    maps, fc = session.run(["map", "fc"], {"planes": PIXELS})
    np.testing.assert_allclose(maps, net.map(PIXELS), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(fc, net.fc(PIXELS), rtol=1e-4, atol=1e-5)


def test_half_precision_comes_out_as_float32(tmp_path: Path, small: Any) -> None:
    small(tmp_path / "small.onnx", outputs=("fc",), dtype=np.float16)
    (fc,) = Session(tmp_path / "small.onnx").run(["fc"], {"planes": PIXELS.astype(np.float16)})
    assert fc.dtype == np.float32


def test_a_file_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"no network")
    with pytest.raises(BadCard, match=r"bad.onnx cannot be run by ONNX Runtime"):
        Session(tmp_path / "bad.onnx")


def test_what_fails_and_what_is_not_finite_is_told(tmp_path: Path, small: Any) -> None:
    small(tmp_path / "small.onnx", outputs=("pool", "fc"))
    with pytest.raises(NetworkError, match="not finite in 'fc'"):
        Session(tmp_path / "small.onnx").run(["fc"], {"planes": PIXELS * np.float32(np.inf)})
    with pytest.raises(NetworkError, match=r"small.onnx fails on its input"):
        Session(tmp_path / "small.onnx").run(["fc"], {"planes": PIXELS[:, :, :8]})


def test_the_number_of_threads_is_checked(
    tmp_path: Path, small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(tmp_path / "small.onnx")
    monkeypatch.setenv("LOOKALIKE_NETWORK_THREADS", "two")
    with pytest.raises(BadParameter, match="is a whole number, not 'two'"):
        Session(tmp_path / "small.onnx")
    monkeypatch.setenv("LOOKALIKE_NETWORK_THREADS", "2")
    Session(tmp_path / "small.onnx")
