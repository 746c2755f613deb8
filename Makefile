# One word per act. Every target that needs the environment makes it first; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo setup browser format test check bench bench-page bench-context bench-peers soak docs clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
STAMPS := .stamps
ARGS ?=
# A MovieLens folder that import and learning are measured on too, where there is one.
DATA ?= $(wildcard ../shared/data/ml-1m)
# Globo's clicks, whose pages show what the device tells, where there are any.
GLOBO ?= $(wildcard ../shared/data/globo-clicks)
# The folder of the data sets that tell what a request was like.
CONTEXTS ?= ../shared/data
# Where bench-page keeps its models and what it has measured; a run goes on from there.
PAGES ?= bench/.pages
CODE := src tests scripts
# Processes that share the tests, a file at a time; each keeps to one core, or they would wait for
# each other at every product of matrices.
WORKERS ?= 2

# Versions come from constraints.txt alone; a change there or in pyproject.toml installs again.
PINS := pyproject.toml constraints.txt

help: ## List these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 15

demo: $(STAMPS)/core ## Build a world, learn and serve it; ARGS="--check --json" ends after a check
	@$(BIN)/pasand demo $(ARGS)

setup: $(STAMPS)/setup browser ## Install every extra, the developer tools and a browser for tests

test: setup ## Run all tests; ARGS="-k page" runs some, WORKERS=0 in one process
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

check: setup ## Format, lint, types, floors and house rules
	@echo "== format" && $(BIN)/ruff format --check $(CODE)
	@echo "== lint" && $(BIN)/ruff check $(CODE)
	@echo "== types" && $(BIN)/mypy
	@echo "== floors" && $(BIN)/lint-imports
	@echo "== house rules" && $(BIN)/python -m pytest tests/house

format: setup ## Put code and generated documents in order
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)
	@$(MAKE) --no-print-directory docs

docs: setup ## Write the README tree, docs/commands.md and the notebook's outputs anew
	@$(BIN)/python scripts/readme_tree.py
	@$(BIN)/python scripts/commands_doc.py
	@$(BIN)/python scripts/notebook_outputs.py

bench: setup ## Measure speed and size into bench/results/
	@$(BIN)/pasand bench page --out bench/results/page-speed.json
	@$(BIN)/pasand bench import $(if $(DATA),--data $(DATA)) --out bench/results/import.json
	@$(BIN)/pasand bench learn $(if $(DATA),--data $(DATA)) --out bench/results/learn.json
	@$(BIN)/pasand bench install --out bench/results/install.json
	@$(BIN)/pasand bench ingest --out bench/results/ingest.json
	@$(BIN)/pasand bench freshness --out bench/results/freshness.json
	@$(BIN)/pasand bench mixed --out bench/results/mixed.json
	@$(BIN)/pasand bench erase --out bench/results/erase.json
	@$(BIN)/python bench/tables.py

bench-page: setup ## Measure what pages are worth, DATA=a MovieLens folder: hours; ARGS="--targets 500"
	@$(BIN)/pasand evaluate page $(if $(DATA),--data $(DATA)) $(if $(GLOBO),--data $(GLOBO)) \
	  --data world --work $(PAGES) \
	  --processes 2 --out bench/results/page.json $(ARGS)
	@$(BIN)/python bench/tables.py

bench-context: setup ## Measure what context is worth on Frappe, Globo and trivago below CONTEXTS
	@for name in frappe globo-clicks trivago-100k; do \
	  $(BIN)/pasand evaluate context --data $(CONTEXTS)/$$name \
	    --out bench/results/context-$$name.json || exit 1; done
	@$(BIN)/python bench/tables.py

soak: setup ## Run every proof in its long form, for hours; ARGS="--minutes 30" for less
	@$(BIN)/python bench/soak.py $(ARGS)
	@$(BIN)/python bench/tables.py

bench-peers: setup $(STAMPS)/peers ## Compare our models with other libraries'; ROW=... MINUTES=30
	@$(BIN)/python bench/peers/run.py $(if $(ROW),--row $(ROW)) $(if $(MINUTES),--minutes $(MINUTES))\
	  $(ARGS)
	@$(BIN)/python bench/tables.py

browser: $(STAMPS)/setup
	@scripts/find_browser.sh $(BIN) || true

clean: ## Remove the environment and every cache; homes of demos stay
	@rm -rf $(VENV) $(STAMPS) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@rm -rf dist build bench/peers/.venv

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Pasand needs Python 3.11 or newer: make PYTHON=python3.12 demo" >&2; exit 1; }
	@echo "Making $(VENV) ..." >&2
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Install the venv module of Python first (Debian: python3-venv)." >&2; exit 1; }

$(STAMPS)/core: $(VENV)/pyvenv.cfg $(PINS)
	@echo "Installing Pasand into $(VENV) ..." >&2
	@$(PIP) install -c constraints.txt -e '.[demo]'
	@mkdir -p $(STAMPS) && touch $@

# torch first and by its exact version, or the packages of a graphics card come with it.
$(STAMPS)/setup: $(STAMPS)/core
	@echo "Installing extras and developer tools ..." >&2
	@grep '^torch==' constraints.txt | xargs $(PIP) install -c constraints.txt
	@$(PIP) install -c constraints.txt -e '.[demo,learn,deep,vision,cluster]'
	@$(BIN)/python scripts/dev_group.py | xargs $(PIP) install -c constraints.txt
	@mkdir -p $(STAMPS) && touch $@

# torch first, as above.
$(STAMPS)/peers: bench/peers/requirements.txt
	@echo "Installing other recommender libraries into bench/peers/.venv ..." >&2
	@$(PYTHON) -m venv bench/peers/.venv
	@grep '^torch==' $< | xargs bench/peers/.venv/bin/python -m pip --disable-pip-version-check \
	  --quiet install
	@bench/peers/.venv/bin/python -m pip --disable-pip-version-check --quiet install -r $<
	@mkdir -p $(STAMPS) && touch $@
