# Everything that a contributor runs. Each target does its own set-up; Python 3.11+ and make are enough.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: run test lint coverage faults fuzz soak mutants bench bench-fleet docs dist record controlplane birds clean

# The main job on recorded daemons: no BIRD, no cluster, no root.
run: $(VENV)/.runtime
	@$(BIN)/birdstatus-reporter demo

# All tests. Those against real BIRD need root and `apt-get install bird iproute2`, those with a real Prometheus `prometheus`, those against the
# real API server need Go or KUBEBUILDER_ASSETS; elsewhere they are skipped, and the end says so.
test: $(VENV)/.dev
	@$(MAKE) --no-print-directory controlplane || echo "not everything could be built: the tests that need it will be skipped"
	$(BIN)/python -m pytest -q -n auto --dist loadfile

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	@rm -rf $(VENV)/verify && $(PIP) install --no-deps --no-build-isolation --target $(VENV)/verify .
	PYTHONPATH=$(VENV)/verify $(BIN)/pyright --pythonpath $(BIN)/python --verifytypes birdstatus --ignoreexternal

# The branches of the library, from the library's own tests: all of them is the aim.
coverage: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n auto tests/birdstatus --cov --cov-fail-under=97

# Coverage-guided fuzzing; SECONDS=3600 for an hour.
fuzz: SECONDS ?= 60
fuzz: $(VENV)/.dev
	@mkdir -p fuzz/found
	$(BIN)/python fuzz/fuzz_parse.py -max_total_time=$(SECONDS) -max_len=8192 -timeout=20 -print_final_stats=1 -artifact_prefix=fuzz/found/ fuzz/found fuzz/corpus

# The agent under churn and faults for half an hour, SECONDS=120 for two minutes: see docs/reliability.md.
soak: SECONDS ?= 1800
soak: $(VENV)/.dev controlplane
	cd tests && ../$(BIN)/python -m soak --seconds $(SECONDS)

# A thousand faults, each put into a healthy cluster at random: each is one finding that names it.
faults: $(VENV)/.dev
	FAULTS=1000 $(BIN)/python -m pytest -q tests/birdstatus/fleet/test_findings.py

# A random hundred mutants of the reporter, in a copy of the tree, each before the tests that run the mutated line:
# which do they not notice? Half an hour, and some minutes before it to find out which test runs which line.
mutants: COUNT ?= 100
mutants: SEED ?= 1
mutants: $(VENV)/.dev
	@$(PIP) install -c constraints.txt --group mutants
	@rm -rf .mutants && mkdir .mutants && cp -r src tests docs deploy pyproject.toml README.md .mutants/
	@cp -r src/reporter .mutants/pristine
	cd .mutants && export PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH="$(CURDIR)/.mutants/src" && \
	  python -m pytest -q -m "not real_apiserver and not real_bird and not real_browser" tests/faults tests/reporter \
	    --cov=reporter --cov-context=test --cov-report= --junitxml=tests.xml && mv .coverage tests.sqlite && \
	  cosmic-ray init tests/mutants/cosmic-ray.toml session.sqlite && \
	  python tests/mutants/sample.py session.sqlite $(COUNT) $(SEED) && \
	  cosmic-ray exec tests/mutants/cosmic-ray.toml session.sqlite; \
	  cr-report session.sqlite --show-pending --surviving-only

# Every figure as a ratio to a baseline of the same run; see docs/performance.md.
bench: $(VENV)/.dev
	@$(PIP) install -c constraints.txt --group bench
	$(BIN)/python benchmarks/run.py

# Virtual nodes against the real API server: what a large cluster's reporters cost it. FLEET="--nodes 10 100" for less.
bench-fleet: FLEET ?= --mesh 1000 --large 100 --page
bench-fleet: $(VENV)/.dev controlplane
	cd benchmarks && PYTHONPATH=../tests ../$(BIN)/python -m fleet $(FLEET)

# What pages are made of, and the site in docs/_build/html: open index.html, no server is needed.
docs: $(VENV)/.dev
	$(BIN)/python docs/make_grammar.py
	$(BIN)/python docs/make_pictures.py
	$(BIN)/python deploy/chart/make_readme.py
	@rm -rf docs/_build
	$(BIN)/python -m sphinx -q -W --keep-going -d docs/_build/doctrees docs docs/_build/html

# The distribution as it would be published, checked and tried in clean environments: see docs/releasing.md.
dist: $(VENV)/.dev
	@$(PIP) install -c constraints.txt --group release
	tests/release/pythons || echo "only the Pythons on the path are tried"
	$(BIN)/python tests/release/make_dist.py

# Records every scenario from real daemons into tests/fixtures (root, BIRD), then what we read in it.
record: $(VENV)/.dev
	cd tests && ../$(BIN)/python -m lab.record $(SCENARIOS)
	$(BIN)/python -m pytest -q tests/birdstatus/test_golden.py --write-expected
	$(BIN)/python docs/make_grammar.py

# kube-apiserver, etcd, kubectl, helm and promlint, built once from their Go modules; a second call costs nothing.
controlplane:
	@tests/controlplane/build

# BIRD 2 and 3 of several Debian suites, unpacked into .birds/ beside the system's 1.6; a second call costs nothing.
birds:
	@tests/birds/build

clean:
	rm -rf $(VENV) .controlplane .birds .pythons dist docs/_build fuzz/found

$(VENV)/bin/python:
	@echo "birdstatus: setting up $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "birdstatus needs Python 3.11 or newer: make PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install -c constraints.txt pip

$(VENV)/.runtime: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "birdstatus: installing what it needs to run"
	@$(PIP) install -c constraints.txt -e '.[reporter]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "birdstatus: installing what its tests need"
	@$(PIP) install -c constraints.txt --group dev -e '.[reporter,arrow]'
	@# axe-core's file, without the browser that the library around it would bring
	@$(PIP) install -c constraints.txt --no-deps axe-playwright-python
	@touch $(VENV)/.runtime $@
