# Every target installs what it needs: `make demo` and `make test` work on a fresh checkout with python3 and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready-to-test
DEMO   := $(VENV)/.ready-to-grade
# Dependencies are not resolved here: the lock files name every package, and pip installs those only (--no-deps). A requirement
# with an extra, such as coverage[toml], would otherwise make pip look for its newest release, which no lock file can pin.
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
LOCKED := --require-hashes --requirement
WORKERS ?= $(shell echo $$(( $$(nproc) + 1 )))# parallel tests; one more than CPUs, because many tests wait
LOCK   := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

.DEFAULT_GOAL := help
.PHONY: help demo test lint types imports figures shape long security trust bench coverage soak soak-service test-trainers faults callers load fan-out properties fuzz format lock clean image image-test image-run base-image sbom emulator test-lambda-like

help: ## Show this help
	@echo "make demo        grade the bundled examples and print the rewards"
	@echo "make test        run all checks: lint, types, imports and tests"
	@echo "make long        run the long tests: whole data sets, files of 10,000 rows, every attack in every isolation tier"
	@echo "make test-trainers  give 164 right answers to the real packages of trainers, each in an environment of its own; TRAINERS=\"trl verl\" for some"
	@echo "make lint        check code style with ruff (lint and format)"
	@echo "make types       check types with mypy"
	@echo "make imports     check the import contracts with import-linter"
	@echo "make figures     measure a batch of malicious answers, and a batch with a short deadline; needs an idle machine"
	@echo "make shape       count lines, modules, docstrings, comments, import cycles, and calls between modules; SHAPE=\"--root DIR\" for another checkout"
	@echo "make security    run every attack against this grader and others, and update the tables in docs/security.md"
	@echo "make trust       write the table of trust from the code into docs/security.md"
	@echo "make bench       compare the throughput with other graders (docs/performance.md); BENCH=\"--only humaneval --rounds 1\" for a part"
	@echo "make coverage    run the tests and report the lines they do not cover"
	@echo "make soak        grade 100,000 samples in one process and check for leaks; SAMPLES=... for another number"
	@echo "make soak-service  ask the HTTP service 50,000 times while clients hang up and processes are killed; REQUESTS=..."
	@echo "make faults      grade 5,000 samples while processes are killed and stopped; SAMPLES=... for another number"
	@echo "make callers     compare one batch, threads, awaits and HTTP: when are 100 right answers graded beside endless ones; ROUNDS=..."
	@echo "make load        grade HumanEval and MBPP ten times under CPU load; ROUNDS=... for another number"
	@echo "make fan-out     grade 2,000 samples over a local endpoint with injected failures; SAMPLES=... for another number, FAN_OUT=\"--port 9000\" for a running endpoint"
	@echo "make fuzz        play 100,000 random lying answers against suites of every form; PLAYS=... for another number, SEED=... to repeat"
	@echo "make properties  run the property tests with 5,000 generated examples each; EXAMPLES=... for another number"
	@echo "make format      fix lint findings and format the code with ruff"
	@echo "make lock        update the lock files in requirements/ (needs uv; UPGRADE=1 upgrades all packages)"
	@echo "make clean       remove the environment and all caches"
	@echo
	@echo "make image             build the container image with docker, podman or buildah; BASE_IMAGE=... for another base image"
	@echo "make base-image        pin the newest base image in the Dockerfile; TAG=3.14 for another version of Python"
	@echo "make sbom              build the image, and write what is in it to build/sbom.cdx.json (CycloneDX)"
	@echo "make emulator          get Lambda's runtime interface emulator for the tests"
	@echo "make image-test        run the tests in the image"
	@echo "make image-run         run the image and serve events on localhost:9000; PORT=... for another port"
	@echo "make test-lambda-like  run the attacks and HumanEval in a container with the restrictions of Lambda"
	@echo
	@echo "The environment $(VENV) uses PYTHON=$(PYTHON); run make clean before changing it."

demo: $(DEMO)
	@$(BIN)/grader demo

test: lint types imports
	$(BIN)/pytest -m alone
	$(BIN)/pytest -n $(WORKERS) -m "not alone and not long"

long: $(READY)
	$(BIN)/pytest -n $(WORKERS) -m long

test-trainers: $(READY)
	$(BIN)/python -m tests.trainers.run $(TRAINERS)

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

trust: $(READY)
	@$(BIN)/python -m benchmarks.security.trust

bench: $(READY)
	@$(BIN)/python -m benchmarks.throughput $(BENCH)

coverage: $(READY)
	$(BIN)/pytest -n auto --cov --cov-report=term-missing

soak: $(READY)
	$(BIN)/python -m tests.soak.soak --samples $(or $(SAMPLES),100000)

soak-service: $(READY)
	$(BIN)/python -m tests.soak.service --requests $(or $(REQUESTS),50000)

faults: $(READY)
	$(BIN)/python -m tests.soak.faults --samples $(or $(SAMPLES),5000)

callers: $(READY)
	$(BIN)/python -m tests.soak.callers --rounds $(or $(ROUNDS),3)

load: $(READY)
	$(BIN)/python -m tests.soak.load --rounds $(or $(ROUNDS),10)

fan-out: $(READY)
	@$(BIN)/python -m tests.soak.fan_out --samples $(or $(SAMPLES),2000) $(FAN_OUT)

fuzz: $(READY)
	@$(BIN)/python -m tests.soak.fuzz --plays $(or $(PLAYS),100000) $(if $(SEED),--seed $(SEED))

properties: $(READY)
	PROPERTY_EXAMPLES=$(or $(EXAMPLES),5000) $(BIN)/pytest -q --show-capture=no -o faulthandler_timeout=0 tests/soak/test_properties.py

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock:
	@command -v uv >/dev/null || { echo "make: uv not found; see https://docs.astral.sh/uv/" >&2; exit 1; }
	$(LOCK) $(if $(UPGRADE),--upgrade) pyproject.toml -o requirements/runtime.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) --constraint requirements/runtime.txt --extra lambda --extra serve pyproject.toml -o requirements/lambda.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) --constraint requirements/runtime.txt --group pyproject.toml:build -o requirements/build.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) --constraint requirements/lambda.txt --constraint requirements/build.txt --extra lambda --extra parquet --extra serve --group dev pyproject.toml -o requirements/dev.txt

image:
	@deploy/container build

base-image:
	@$(PYTHON) deploy/base_image.py $(TAG)

sbom:
	@deploy/container sbom

emulator:
	@deploy/container emulator

image-test:
	@deploy/container test

image-run:
	@deploy/container run

test-lambda-like:
	@deploy/container lambda-like

clean:
	rm -rf $(VENV) .trainers .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage htmlcov build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(DEMO): requirements/runtime.txt requirements/build.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) not found; select another: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
		{ echo "make: Python 3.11 to 3.14 is required, but $(PYTHON) is $$($(PYTHON) --version); try make PYTHON=python3.12" >&2; exit 1; }
	@echo "Setting up $(VENV) (first run only)"
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "make: $(PYTHON) cannot create virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(PIP) $(LOCKED) requirements/runtime.txt
	@$(PIP) $(LOCKED) requirements/build.txt
	@$(PIP) --no-index --no-build-isolation --editable .
	@touch $@

$(READY): $(DEMO) requirements/dev.txt
	@echo "Installing the packages for the tests in $(VENV) (first run only)"
	@$(PIP) $(LOCKED) requirements/dev.txt
	@touch $@
