# Two commands for a newcomer, on a machine with Python ≥ 3.10, make and git: make demo, make test.
# uv is used where it is installed; otherwise venv and pip.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(shell command -v uv 2>/dev/null)
PINS   := requirements/dev.txt
SOURCE := requirements/compiled.txt
TORCH  := requirements/train.txt
USABLE := $(VENV)/.usable
READY  := $(VENV)/.ready

ifdef UV
  MAKE_VENV := $(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
  INSTALL   := $(UV) pip install --quiet --python $(BIN)/python
  CPU_ONLY  := --torch-backend cpu
else
  MAKE_VENV := $(PYTHON) -m venv $(VENV)
  INSTALL   := $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

.PHONY: demo test lint check bench pins docs clean

demo: $(USABLE)
	$(BIN)/lookalike demo lookalike-demo

test: $(READY)
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

# Which descriptor is good at what, on labelled pictures: make bench DATA=folder
bench: $(READY)
	$(BIN)/python benchmarks/quality.py --data $(DATA)

# docs/commands.md and docs/descriptors.md are written by the code; a test compares them.
docs: $(READY)
	$(BIN)/python docs/generate.py

# Resolve anew what the project is tested with, for every Python that it supports. Needs uv.
pins:
	uv pip compile --universal --python-version 3.10 --no-annotate --no-header --no-emit-index-url \
		$(foreach extra,client kdtree milvus nmslib parquet plot ray s3 serve svs text usearch web,--extra $(extra)) \
		--group dev --output-file $(PINS) --upgrade pyproject.toml

# What a user needs: the package with its plots and its page, at the pinned versions.
$(USABLE): pyproject.toml $(PINS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "Lookalike needs Python 3.10 or later; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(MAKE_VENV) || \
		{ echo "no virtual environment could be made; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	$(INSTALL) --constraint $(PINS) hatchling editables
	$(INSTALL) --constraint $(PINS) --no-build-isolation --editable '.[plot,serve]'
	@touch $@

# What a developer needs besides.
$(READY): $(USABLE) $(SOURCE) $(TORCH)
	$(INSTALL) --requirement $(PINS)
	@$(INSTALL) --requirement $(SOURCE) >/dev/null 2>&1 || \
		echo "Annoy could not be compiled here, so its tests are skipped"
	@$(INSTALL) $(CPU_ONLY) --requirement $(TORCH) >/dev/null 2>&1 || \
		echo "PyTorch's build for processors is not at hand, so the tests of training are skipped"
	@touch $@

clean:
	rm -rf $(VENV) lookalike-demo site dist
