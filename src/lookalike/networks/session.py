"""One ONNX file, opened."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.errors import BadCard, BadParameter, NetworkError
from lookalike.networks.runner import onnxruntime

Array: TypeAlias = npt.NDArray[Any]


class Session:
    """An ONNX file that ONNX Runtime has opened. May be used by several threads at once.

    Parameters
    ----------
    path : Path
    model : bytes, optional
        What is run instead of the whole file: the part of it up to one tensor.

    Attributes
    ----------
    path : Path
    inputs, outputs : dict of str to (str, list)
        Type and shape of each by its name; an axis that may be of any length is a str or None.

    Raises
    ------
    BadCard
        The file is no ONNX file that can be run.
    """

    def __init__(self, path: Path, model: bytes | None = None) -> None:
        runtime = onnxruntime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = _threads()
        options.log_severity_level = 3  # errors; warnings are about how the file was exported
        try:
            self._session = runtime.InferenceSession(
                str(path) if model is None else model, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the runtime's own errors share no better base
            raise BadCard(f"{path} cannot be run by ONNX Runtime: {error}") from error
        self.path = path
        self.inputs = {i.name: (i.type, i.shape) for i in self._session.get_inputs()}
        self.outputs = {o.name: (o.type, o.shape) for o in self._session.get_outputs()}

    def run(
        self, names: Sequence[str], feeds: Mapping[str, Array]
    ) -> list[npt.NDArray[np.float32]]:
        """Return outputs as float32, all of one pass.

        Parameters
        ----------
        names : sequence of str
            Which outputs.
        feeds : mapping of str to array
            What each input of the file is given.

        Raises
        ------
        NetworkError
            The network cannot work on these inputs, or gives numbers that are not finite.
        """
        try:
            found = self._session.run(list(names), dict(feeds))
        except Exception as error:
            raise NetworkError(f"{self.path} fails on its input: {error}") from error
        arrays = [np.asarray(array, np.float32) for array in found]
        for name, array in zip(names, arrays, strict=True):
            if not np.isfinite(array).all():
                raise NetworkError(f"{self.path} gives numbers that are not finite in {name!r}")
        return arrays


def _threads() -> int:
    # One: whoever describes many pictures does so from several threads, and on two cores two calls
    # with one thread each are a quarter faster than two calls that share two.
    text = os.environ.get("LOOKALIKE_NETWORK_THREADS", "1")
    if not text.isdecimal():
        raise BadParameter(f"LOOKALIKE_NETWORK_THREADS is a whole number, not {text!r}")
    return int(text)
