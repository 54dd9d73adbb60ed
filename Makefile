# `make demo` and `make test` are all the set-up there is: they need Python 3.11+ and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo test test-all properties endure lint types bench speed site man clean

$(VENV)/installed: pyproject.toml
	@echo "Setting up $(VENV), once: pip fetches some 240 MB, which takes a minute or two."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

demo: $(VENV)/installed
	$(BIN)/archive demo demo

test: $(VENV)/installed
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not long" --hypothesis-profile quick

# With the tests that are marked `long`, as `.ci/run` does.
test-all: $(VENV)/installed
	$(BIN)/python -m pytest -n auto --dist worksteal

# The property tests alone, each with 2,000 new examples: an hour and more.
properties: $(VENV)/installed
	$(BIN)/python -m pytest -n auto --dist worksteal -m hypothesis --hypothesis-profile search

# Kills, failing disks, damaged files, hostile servers, pairs of commands, for an hour and more; needs Linux and a C compiler.
endure: $(VENV)/installed
	PYTHONPATH=tests/reliability $(BIN)/python -m endure

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/installed
	$(BIN)/mypy

bench: $(VENV)/installed
	$(BIN)/python benchmarks/verdicts.py

# Needs nginx and its Lua module (Debian: nginx-light, libnginx-mod-http-lua); 2,000 links take a few minutes.
speed: $(VENV)/installed
	$(BIN)/python benchmarks/speed.py

# The documentation as a site in build/site.
site: $(VENV)/installed
	$(BIN)/python -m pip install --quiet '.[docs]'
	$(BIN)/mkdocs build --strict

man: $(VENV)/installed
	$(BIN)/python packaging/man_page.py > packaging/archive.1

clean:
	rm -rf $(VENV) demo
