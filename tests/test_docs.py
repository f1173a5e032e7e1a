"""The documentation says what the code does."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
import typer.main

import lookalike
from lookalike.interfaces.cli.app import app

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / page for page in ("README.md", "CHANGELOG.md", "deploy/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]


def generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_pages_are_current() -> None:
    for path, text in generator().pages().items():
        assert path.read_text("utf-8") == text, f"{path.name} is out of date: make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_verb_that_is_mentioned_exists(page: Path) -> None:
    verbs = set(typer.main.get_command(app).commands)
    text = page.read_text("utf-8")
    lines = re.findall(r"(?:^|`)lookalike ([^`#\n]+)", text, re.MULTILINE)
    # "info · failures · doctor" names several.
    mentioned = {part.split()[0] for line in lines for part in line.split(" · ")}
    mentioned = {word for word in mentioned if re.fullmatch("[a-z]+", word)}
    assert mentioned <= verbs


def test_every_verb_is_documented() -> None:
    commands = (ROOT / "docs" / "commands.md").read_text("utf-8")
    for name in typer.main.get_command(app).commands:
        assert f"## lookalike {name}\n" in commands


def test_the_public_names() -> None:
    assert lookalike.__all__ == sorted(lookalike._HOMES)
    for name in lookalike.__all__:
        value = getattr(lookalike, name)
        assert value.__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'Galery'"):
        _ = lookalike.Galery


def test_the_example_descriptor_of_the_documentation_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "docs" / "extending.md").read_text("utf-8")
    code = re.search(r"```python\n# my_package/brightness.py\n(.*?)```", text, re.DOTALL)
    assert code is not None
    (tmp_path / "brightness.py").write_text(code[1], "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    made = importlib.import_module("brightness").Brightness(grid=2)
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[:2, :2] = 200
    assert made.describe_arrays([picture]).tolist() == [[200.0, 0.0, 0.0, 0.0]]
    assert made.key == "brightness@1:grid=2"
