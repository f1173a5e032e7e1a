"""A gallery in Milvus at the command line: what goes from afar, what does not, and what is told."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from program import PROGRAM, failed

ADDRESS = "milvus+http://127.0.0.1:1/shop"

# What works on a gallery's own files.
OWN = {
    "tune": ["tune"],
    "reduce": ["reduce", "pca:dim=8"],
    "selftest": ["selftest"],
    "train adapter": ["train", "adapter"],
    "remove --kept": ["remove", "--kept"],
}


@pytest.mark.parametrize("verb", OWN)
def test_what_works_on_a_gallerys_own_files_says_how_to_bring_them_here(verb: str) -> None:
    told = failed(2, *OWN[verb], "--gallery", ADDRESS)
    assert f"lookalike copy {ADDRESS} FOLDER" in told


def test_an_address_in_the_environment_is_one_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKE_GALLERY", ADDRESS)
    assert f"lookalike copy {ADDRESS} FOLDER" in failed(2, "tune")


@pytest.mark.parametrize(
    "verb",
    [
        ["info"],
        ["tune"],
        ["serve", "--no-open"],
        ["search", "1"],
        ["failures"],
        ["columns"],
        ["columns", "import", __file__],
    ],
)
@pytest.mark.parametrize(
    "address",
    [
        "milvus+http://root:Secret7@127.0.0.1:1/shop",
        "milvus+http://127.0.0.1:1/shop?token=Secret7",
    ],
)
def test_a_secret_in_an_address_is_refused_and_not_told(verb: list[str], address: str) -> None:
    given = [address] if verb[0] == "serve" else ["--gallery", address]
    told = failed(2, *verb, *given)
    assert "Secret7" not in told
    assert "LOOKALIKE_MILVUS_TOKEN" in told


def test_a_server_is_not_served_again(tmp_path: Path) -> None:
    told = failed(2, "serve", "--no-open", "http://127.0.0.1:8765")
    assert "is a server already" in told


@pytest.mark.skipif(sys.platform == "win32", reason="there is no Ctrl-C to send")
def test_a_server_starts_without_its_milvus_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("pymilvus")
    monkeypatch.setenv("LOOKALIKE_MILVUS_TOKEN", "root:Secret7")
    process = subprocess.Popen(
        [*PROGRAM, "serve", "--no-open", "--port", "0", ADDRESS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    told = process.stdout.readline()
    address = re.search(r"http://[\w.:]+", told)
    assert address is not None, process.communicate()
    told += process.stdout.readline()
    try:
        assert f"shop: {ADDRESS}, as soon as it can be asked" in told
        with urllib.request.urlopen(f"{address[0]}/healthz") as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(f"{address[0]}/readyz")
    finally:
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "Traceback" not in said
    assert "Secret7" not in told + rest + said
