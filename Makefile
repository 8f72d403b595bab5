# Everything sets itself up: `make demo` and `make test` work on a fresh checkout with python3 and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready-to-test
DEMO   := $(VENV)/.ready-to-grade
# Nothing is resolved while it is set up: the locks name every package, and pip takes those and no others (--no-deps). A requirement
# with an extra, such as coverage[toml], would otherwise send pip to the index for its newest release, which no lock can have pinned.
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
LOCKED := --require-hashes --requirement
WORKERS ?= $(shell echo $$(( $$(nproc) + 1 )))# of the tests: many wait for what they have stopped
LOCK   := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

.DEFAULT_GOAL := help
.PHONY: help demo test lint types imports figures shape long security bench coverage soak faults load fan-out properties format lock clean image image-test image-run test-lambda-like

help: ## Show this
	@echo "make demo      grade the bundled answers and print the result table"
	@echo "make test      everything that must hold: lint, types, imports, tests"
	@echo "make long      the tests that take minutes: whole data sets, files of 10,000 rows, every attack in every tier"
	@echo "make lint      ruff, as linter and as formatter"
	@echo "make types     mypy"
	@echo "make imports   who may import whom"
	@echo "make figures   how long a hostile batch and a short deadline take; wants a quiet machine"
	@echo "make shape     lines, modules, docstrings, comments and import circles, and what one call test passes through; SHAPE=\"--root DIR\" for another checkout"
	@echo "make security  every attack, on this grader and on others: the tables of docs/security.md"
	@echo "make bench     how fast, beside other graders and bare forks: docs/performance.md; BENCH=\"--only humaneval --rounds 1\" for less"
	@echo "make coverage  the tests again, with the lines they miss"
	@echo "make soak      100,000 samples in one process, and what it comes to hold; SAMPLES=... for another number"
	@echo "make faults    5,000 samples while processes are killed and stopped; SAMPLES=... for another number"
	@echo "make load      HumanEval and MBPP ten times on a host that is kept busy; ROUNDS=... for another number"
	@echo "make fan-out   2,000 samples over a local endpoint that fails now and then; SAMPLES=... for another number, FAN_OUT=\"--port 9000\" for one that runs"
	@echo "make properties  5,000 odd events, references and answers of each kind; EXAMPLES=... for another number"
	@echo "make format    put right what ruff can"
	@echo "make lock      pin the dependencies of pyproject.toml anew (needs uv; UPGRADE=1 takes the newest)"
	@echo "make clean     remove the environment and every cache"
	@echo
	@echo "make image             build the container image, with docker or podman; BASE_IMAGE=... for another base"
	@echo "make image-test        run the tests in it"
	@echo "make image-run         serve events on localhost:9000; PORT=... for another port"
	@echo "make test-lambda-like  run the attacks and HumanEval in a box that refuses what Lambda refuses"
	@echo
	@echo "PYTHON=$(PYTHON) makes the environment $(VENV); make clean first to change it."

demo: $(DEMO)
	@$(BIN)/grader demo

test: lint types imports
	$(BIN)/pytest -m alone
	$(BIN)/pytest -n $(WORKERS) -m "not alone and not long"

long: $(READY)
	$(BIN)/pytest -n $(WORKERS) -m long

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

figures: $(READY)
	@$(BIN)/pytest -q -m alone -s tests/end_to_end 2>/dev/null | grep -E '^\.?(64 samples|a batch)' | sed 's/^\.//'

shape: $(READY)
	@$(BIN)/python -m benchmarks.shape $(SHAPE)

security: $(READY)
	@$(BIN)/python -m benchmarks.security $(if $(NO_PEERS),--no-peers)

bench: $(READY)
	@$(BIN)/python -m benchmarks.throughput $(BENCH)

coverage: $(READY)
	$(BIN)/pytest -n auto --cov --cov-report=term-missing

soak: $(READY)
	$(BIN)/python -m tests.soak.soak --samples $(or $(SAMPLES),100000)

faults: $(READY)
	$(BIN)/python -m tests.soak.faults --samples $(or $(SAMPLES),5000)

load: $(READY)
	$(BIN)/python -m tests.soak.load --rounds $(or $(ROUNDS),10)

fan-out: $(READY)
	@$(BIN)/python -m tests.soak.fan_out --samples $(or $(SAMPLES),2000) $(FAN_OUT)

properties: $(READY)
	PROPERTY_EXAMPLES=$(or $(EXAMPLES),5000) $(BIN)/pytest -q --show-capture=no -o faulthandler_timeout=0 tests/soak/test_properties.py

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock:
	@command -v uv >/dev/null || { echo "make: uv is missing: see https://docs.astral.sh/uv/" >&2; exit 1; }
	$(LOCK) $(if $(UPGRADE),--upgrade) pyproject.toml -o requirements/runtime.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) --constraint requirements/runtime.txt --extra lambda pyproject.toml -o requirements/lambda.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) --constraint requirements/runtime.txt --group pyproject.toml:build -o requirements/build.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) --constraint requirements/lambda.txt --constraint requirements/build.txt --extra lambda --group dev pyproject.toml -o requirements/dev.txt

image:
	@deploy/container build

image-test:
	@deploy/container test

image-run:
	@deploy/container run

test-lambda-like:
	@deploy/container lambda-like

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage htmlcov build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(DEMO): requirements/runtime.txt requirements/build.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is missing; name a Python: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
		{ echo "make: Python 3.11 to 3.14 is wanted, and $(PYTHON) is $$($(PYTHON) --version); try make PYTHON=python3.12" >&2; exit 1; }
	@echo "Setting up $(VENV), once"
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "make: $(PYTHON) cannot make environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(PIP) $(LOCKED) requirements/runtime.txt
	@$(PIP) $(LOCKED) requirements/build.txt
	@$(PIP) --no-index --no-build-isolation --editable .
	@touch $@

$(READY): $(DEMO) requirements/dev.txt
	@echo "Adding what the tests need to $(VENV), once"
	@$(PIP) $(LOCKED) requirements/dev.txt
	@touch $@
