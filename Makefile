# `make` opens JupyterLab on the first lesson; `make test` runs every check; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := lab
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

# Yours to set: make PYTHON=python3.12 · make lab LAB_ARGS=--no-browser · make py PYTEST_ARGS='-k ending' WORKERS=0
PYTHON ?=
LAB_ARGS ?=
LESSONS ?= notebooks
PYTEST_ARGS ?=
# Tests run in so many processes: one for each core; those in a browser wait more than they work. 0: in pytest's own.
WORKERS ?= auto
ui: WORKERS = 2
BENCH_ARGS ?=

BIN := .venv/bin
NPX := node_modules/.bin
STAGE := @tools/stage.sh
PYTEST = $(BIN)/python -m pytest --no-header --numprocesses=$(WORKERS) --maxprocesses=8 $(if $(MAKE_TERMOUT),--color=yes)
# Of a browser test's file, the server and its pages serve all its tests; of a lesson, a cell needs those before it.
BY_FILE := --dist=loadfile
TYPED := bench convend_widget tests tools
PANEL := convend_widget/panel/static/manifest.json
IN_LAB := .venv/share/jupyter/labextensions/convend-widget

# In CI a check that could not run must not look like one that passed.
ifeq ($(CI),true)
export CONVEND_REQUIRE_BROWSER := 1
endif

##@ Use
.PHONY: lab dev bench wheel
lab: setup panel ## set everything up and open JupyterLab on the first lesson (LAB_ARGS=--no-browser)
	@$(BIN)/jupyter lab --ServerApp.ip=127.0.0.1 \
	  --ServerApp.root_dir='$(LESSONS)' --LabApp.default_url=/lab/tree/01_quickstart.ipynb \
	  --LabApp.news_url= --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate \
	  $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB_ARGS)

dev: $(NPX)/.ready ## the panel without Jupyter, reloaded at every save
	@node js/build.mjs serve

bench: setup panel ## measure (BENCH_ARGS=…)
	@$(BIN)/python -m bench $(BENCH_ARGS)

wheel: setup ## build sdist and wheel in dist/, and try the wheel in an empty environment without Node
	@printf '\n── wheel\n'; rm -rf dist; mkdir -p .make
	@npm run --silent build
	@$(BIN)/python -m build --no-isolation --outdir dist >.make/build.log 2>&1 || { cat .make/build.log; exit 1; }
	@tools/try_wheel.sh dist/*.whl

##@ Check
.PHONY: test check py js ui firefox notebooks
test: fresh lint-py lint-js vitest wheel py notebooks ui summary ## every check

check: lint-py lint-js ## lint and types only

py: setup panel ## Python tests, without a browser
	$(STAGE) 'Python' $(PYTEST) $(PYTEST_ARGS)

js: lint-js vitest ## lint, types and tests of the panel

ui: setup .venv-hosts/.ready panel ## tests in a real browser
	@tools/browser.sh
	$(STAGE) 'Browser' $(PYTEST) $(BY_FILE) tests/ui $(PYTEST_ARGS)

firefox: setup ## look at every state, and hold a talk, in a stock Firefox (where there is one)
	$(STAGE) 'Firefox' $(BIN)/python tools/firefox.py

notebooks: setup panel ## run the lessons and compare what they print
	$(STAGE) 'Notebooks' $(PYTEST) $(BY_FILE) --nbval --nbval-current-env --nbval-sanitize-with tools/nbval.cfg notebooks $(PYTEST_ARGS)

.PHONY: lint-py lint-js vitest fresh summary
lint-py: setup
	$(STAGE) 'ruff' $(BIN)/ruff check --quiet --output-format=concise .
	$(STAGE) 'ruff format' $(BIN)/ruff format --quiet --diff .
	$(STAGE) 'mypy' $(BIN)/mypy --no-error-summary $(TYPED)

lint-js: setup
	$(STAGE) 'biome' $(NPX)/biome check --error-on-warnings --log-level=warn .
	$(STAGE) 'tsc' npm run --silent types
	$(STAGE) 'lock files' tools/locks.sh

vitest: setup
	$(STAGE) 'TypeScript' $(NPX)/vitest run --reporter=dot

fresh:
	@rm -f .make/closing

summary:
	@printf '\n── Summary\n'; cat .make/closing 2>/dev/null || echo 'No tests yet.'

##@ Keep
.PHONY: setup panel format lock pictures clean clean-all help
setup: .venv/.ready .venv-ipykernel6/.ready $(NPX)/.ready ## make or renew the environments, where a lock file changed
	@:

panel: $(PANEL) $(IN_LAB) ## build the panel and JupyterLab's part, where a source changed
	@:

format: setup ## let ruff and biome format and fix what they can
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet . ; $(NPX)/biome check --write --log-level=warn .

lock: .venv/.ready ## resolve pyproject.toml and package.json anew, within their ranges
	@tools/locks.sh renew

pictures: setup panel ## take the README's pictures anew, the moving one by driving a newcomer's first minute
	@tools/browser.sh
	@$(BIN)/python tools/pictures.py
	@$(BIN)/python tools/first_minute.py --picture

clean: ## remove what was built, and caches
	@rm -rf dist convend_widget/panel/static labextension .make .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
	@find . -name __pycache__ -not -path './.venv*' -not -path './node_modules/*' -prune -exec rm -rf {} +

clean-all: clean ## the same, and the environments
	@rm -rf .venv .venv-ipykernel6 .venv-hosts node_modules

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

.venv/.ready: pyproject.toml requirements-dev.txt tools/environment.sh tools/lab_settings.json
	@PYTHON='$(PYTHON)' tools/environment.sh .venv requirements-dev.txt
	@# Lab's question whether to fetch news would be the first thing that a newcomer sees.
	@mkdir -p .venv/share/jupyter/lab/settings && cp tools/lab_settings.json .venv/share/jupyter/lab/settings/overrides.json
	@touch $@

# The oldest kernel that tests run against, in an environment of its own.
.venv-ipykernel6/.ready: requirements-ipykernel6.txt .venv/.ready
	@PYTHON=$(BIN)/python tools/environment.sh .venv-ipykernel6 requirements-ipykernel6.txt
	@touch $@

# Hosts that browser tests put the wheel into: the oldest JupyterLab and Notebook, Voila, marimo.
.venv-hosts/.ready: requirements-hosts.txt .venv/.ready
	@PYTHON=$(BIN)/python tools/environment.sh .venv-hosts requirements-hosts.txt bare
	@touch $@

$(NPX)/.ready: package-lock.json package.json .npmrc
	@node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' 2>/dev/null || \
	  { echo 'Node >= 20 is needed to build and check the panel: install it from your system or nodejs.org.' >&2; exit 1; }
	@echo 'Installing node_modules'
	@mkdir -p .make && npm ci --loglevel=error >.make/npm.log 2>&1 || { head -n 20 .make/npm.log >&2; exit 1; }
	@touch $@

$(PANEL): $(NPX)/.ready js/build.mjs js/labextension.mjs $(shell find js/src convend_widget/model/rehearsal/scenarios 2>/dev/null)
	@npm run --silent build

# A link, so that Lab always has what was built last. An installed wheel has the files themselves.
$(IN_LAB): | .venv/.ready $(PANEL)
	@mkdir -p $(dir $@) && ln -sfn '$(CURDIR)/labextension' $@
