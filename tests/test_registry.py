"""Plugins: files of a package, and entry points of other packages."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from lookalike.descriptors import DESCRIPTORS, Descriptor, create, names
from lookalike.errors import UnknownName, UsageError
from lookalike.registry import Registry

PLUGIN = Path(__file__).parent / "example_plugin"
GROUP = "lookalike.descriptors"


def install(site: Path, project: dict) -> None:
    """Write what pip writes for a package: its metadata and entry points."""
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
    lines = [f"{name} = {value}" for name, value in project["entry-points"][GROUP].items()]
    (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines, ""]))


@pytest.fixture
def site(tmp_path, monkeypatch) -> Path:
    """A folder of installed packages."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(PLUGIN))
    importlib.invalidate_caches()
    create.cache_clear()
    yield tmp_path
    create.cache_clear()


@pytest.fixture
def plugin(site) -> None:
    install(site, tomllib.loads((PLUGIN / "pyproject.toml").read_text())["project"])


@pytest.mark.usefixtures("plugin")
def test_a_descriptor_of_another_package_is_like_our_own(draw, tmp_path):
    assert "brightness" in names()
    made = create("brightness:white=100")
    assert isinstance(made, Descriptor)
    assert made.key == "brightness@1:white=100"
    assert create(made.spec) == made
    np.testing.assert_allclose(made.describe_arrays([np.full((5, 9, 3), 50, np.uint8)]), 0.5)
    combined = create("brightness+0.5*hog")
    assert combined.dim == 1 + create("hog").dim


def test_without_the_package_its_name_is_unknown():
    with pytest.raises(UnknownName, match="no descriptor named 'brightness'; known: "):
        create("brightness")


def test_an_entry_point_that_leads_elsewhere_says_so(site):
    project = {"name": "wrong", "version": "1", "entry-points": {GROUP: {"wrong": "math:pi"}}}
    install(site, project)
    with pytest.raises(UsageError, match=r"'wrong' of 'lookalike.descriptors' leads to math:pi"):
        DESCRIPTORS.get("wrong")


def test_our_own_cannot_be_replaced_from_outside(site):
    project = {"name": "x", "version": "1", "entry-points": {GROUP: {"hog": "math:pi"}}}
    install(site, project)
    assert DESCRIPTORS.get("hog").__module__ == "lookalike.descriptors.hog"
    assert names().count("hog") == 1


def test_names_are_the_files_without_helpers():
    folder = Path(importlib.import_module(GROUP).__file__).parent
    files = {path.stem for path in folder.glob("*.py")}
    own = [name for name in DESCRIPTORS.names() if name in files]
    assert sorted(files - {"__init__"} - DESCRIPTORS.helpers) == own
    assert files > DESCRIPTORS.helpers


def package(tmp_path: Path, monkeypatch, **modules: str) -> Registry:
    """Write a package of plugins that derive from `numbers.Number`; return its registry."""
    from numbers import Number

    folder = tmp_path / "plugins_of_this_test"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    for name, code in modules.items():
        (folder / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    for name in list(sys.modules):
        if name.startswith(folder.name):
            monkeypatch.delitem(sys.modules, name)
    return Registry("number", Number, folder.name, frozenset({"base"}))


NUMBER = "from numbers import Number\nclass {}(Number): pass\n"


def test_listing_imports_nothing(tmp_path, monkeypatch):
    registry = package(tmp_path, monkeypatch, good=NUMBER.format("A"), broken="1 / 0")
    assert registry.names() == ["broken", "good"]
    assert registry.get("good").__name__ == "A"
    with pytest.raises(ZeroDivisionError):
        registry.get("broken")


def test_imported_classes_are_not_taken_for_the_plugin(tmp_path, monkeypatch):
    code = "from fractions import Fraction\n" + NUMBER.format("Own")
    assert package(tmp_path, monkeypatch, own=code).get("own").__name__ == "Own"


@pytest.mark.parametrize("count", [0, 2])
def test_a_file_has_exactly_one_plugin(tmp_path, monkeypatch, count):
    code = "".join(NUMBER.format(f"N{i}") for i in range(count))
    registry = package(tmp_path, monkeypatch, some=code, base=NUMBER.format("Base"))
    assert registry.names() == ["some"]
    with pytest.raises(UsageError, match=f"must define one number, not {count}"):
        registry.get("some")


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path, monkeypatch):
    registry = package(tmp_path, monkeypatch, seven=NUMBER.format("Seven"))
    with pytest.raises(UnknownName, match="no number named 'sevn'; did you mean 'seven'"):
        registry.get("sevn")
