"""ONNX Runtime, which runs networks, and tells nobody that it does."""

from __future__ import annotations

import os
from typing import Any

# From 1.29 on it reports to its makers what it runs, from the moment that it is imported, unless
# this is set before. Whoever does want that sets it to 0.
_SILENCE = "ORT_DISABLE_TELEMETRY"


def onnxruntime() -> Any:
    """Return ONNX Runtime, imported so that it sends nothing anywhere."""
    os.environ.setdefault(_SILENCE, "1")
    import onnxruntime

    if os.environ[_SILENCE] != "0":
        # Where something else has imported it earlier, and on Windows, which has its own way.
        onnxruntime.disable_telemetry_events()
    return onnxruntime
