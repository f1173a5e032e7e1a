from __future__ import annotations

import importlib.util

import pytest

from lookalike.errors import BadParameter

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="PyTorch is not installed: pip install 'lookalike[train]'",
)


@pytest.mark.parametrize(
    ("has_it", "gain", "expected"),
    [(True, 2.0, "bfloat16"), (True, 0.9, "float32"), (False, 2.0, "float32")],
)
def test_bfloat16_is_taken_where_it_is_faster(has_it, gain, expected, monkeypatch):
    import torch

    from lookalike.learning.autoencoder import machine

    monkeypatch.setattr(machine, "_has_instructions", lambda: has_it)
    monkeypatch.setattr(machine, "_gain", lambda: gain)
    assert machine.precision("auto", torch.device("cpu")) == expected
    assert machine.precision("bfloat16", torch.device("cpu")) == "bfloat16"


def test_both_precisions_can_be_tried_here():
    from lookalike.learning.autoencoder import machine

    assert machine._gain() > 0


def test_a_device_that_is_not_there_is_refused():
    import torch

    from lookalike.learning.autoencoder import machine

    assert machine.device("cpu") == torch.device("cpu")
    if not torch.backends.mps.is_available():
        with pytest.raises(BadParameter, match="no 'mps' device"):
            machine.device("mps")
