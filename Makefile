# make demo        the main job on the built-in data set, one seed
# make real        photographs: CUB-200-2011 with ImageNet weights from a package, DATA=FOLDER
#                  where they lie, fetched by TFDS otherwise
# make demo-full   the same with five seeds and bootstrap intervals
# make test        lint, types, doctests, tests, with the Python given by PYTHON
# make test-both   the same on both stacks (PAPER_PYTHON and TODAY_PYTHON)
# make lint        ruff and mypy alone; pre-commit runs it
# make docs        the site, docs/_build/html/index.html (Python 3.11 or newer)
# make coverage    which lines the tests run, by package
# make release     sdist and wheel in dist/, checked, installed elsewhere and tried there
# make install     the environment alone
# make lock        resolves the dependencies of every supported Python anew
# make clean       removes environments, builds and caches
#
# Every target makes what it needs in .venv/<python version> and installs nothing elsewhere.

PYTHON ?= python3
PAPER_PYTHON ?= python3.11
TODAY_PYTHON ?= python3.12
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
CONSTRAINTS := constraints/py$(VERSION).txt
VENV := .venv/$(VERSION)
RUN := TF_CPP_MIN_LOG_LEVEL=2 $(VENV)/bin/python
CODE := conftest.py tfretrieval data_pipelines recipes tests benchmarks docs

.PHONY: help install demo real demo-full lint test test-both docs coverage release lock clean

help:
	@sed -n '/^#/!q; s/^#  *//p' Makefile

install: $(VENV)/installed

$(VENV)/installed: setup.cfg pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --constraint $(CONSTRAINTS) --editable '.[test]'
	touch $@

demo: install
	$(RUN) -m recipes.cub_triplet --demo

# The pictures, a frozen EfficientNet-Lite0 with ImageNet weights, whole pictures and what the same
# network shows of them, both readings of what a hash layer reads.
real: install
	$(RUN) -m recipes.cub_triplet $(if $(DATA),--data-dir $(DATA),--download) --image-size 224 \
	  --training frozen --networks efficientnet_lite0 efficientnet_lite0+crop \
	  --saliency-network efficientnet_lite0 --hash-input features probabilities \
	  --margins 1 4 8 --margin 4 --no-readings --hash-epochs 30 --run-dir runs/real

demo-full: install
	$(RUN) -m recipes.cub_triplet --demo --seeds 5

lint: install
	$(VENV)/bin/ruff check $(CODE)
	$(VENV)/bin/ruff format --check $(CODE)
	$(VENV)/bin/mypy

# One process a core, which takes over what another has left; it holds TensorFlow on one core.
test: lint
	$(RUN) -m pytest --numprocesses auto --dist worksteal

test-both:
	$(MAKE) test PYTHON=$(PAPER_PYTHON)
	$(MAKE) test PYTHON=$(TODAY_PYTHON)

$(VENV)/docs: install
	$(VENV)/bin/python -m pip install --quiet --constraint $(CONSTRAINTS) --editable '.[test,docs]'
	touch $@

# A warning is an error; the built pages are then looked through. Files that viewcode wrote before
# are not written anew, so the folder goes first.
docs: $(VENV)/docs
	rm -rf docs/_build
	$(RUN) -m sphinx -W --keep-going -q -b html docs docs/_build/html
	$(RUN) -m docs.check_site docs/_build/html

# Python 3.12 and newer watch lines at little cost; below, coverage says so and takes its slow way.
coverage: install
	$(VENV)/bin/python -m pip install --quiet pytest-cov
	COVERAGE_CORE=sysmon $(RUN) -m pytest --numprocesses auto --dist worksteal --cov tfretrieval --cov data_pipelines \
	  --cov recipes --cov-report term:skip-covered --cov-report json:build/coverage.json
	$(RUN) -m benchmarks.coverage_table build/coverage.json

# Built by the standard tools, checked, and tried in an empty environment outside of this checkout.
release: install
	$(VENV)/bin/python -m pip install --quiet build twine
	rm -rf dist build
	$(VENV)/bin/python -m build --outdir dist . > /dev/null
	$(VENV)/bin/python -m twine check --strict dist/*
	$(PYTHON) tests/try_release.py dist/*.whl --constraint $(CONSTRAINTS) \
	  --notebook docs/notebooks/a_saved_model_in_plain_tensorflow.ipynb

# Resolves setup.cfg anew for every supported Python, in an environment of its own: where the old
# constraints do not meet setup.cfg any more, nothing else can be installed.
lock:
	$(PYTHON) -m venv .venv/lock
	.venv/lock/bin/python -m pip install --quiet uv
	for version in 3.10 3.11 3.12 3.13; do \
	  echo "# The versions CI tested with Python $$version; made anew by: make lock" \
	    > constraints/py$$version.txt; \
	  docs=$$([ $$version = 3.10 ] || echo "--extra docs"); \
	  .venv/lock/bin/uv pip compile --quiet --no-header --no-annotate --extra test $$docs setup.cfg \
	    --python-version $$version --python-platform x86_64-unknown-linux-gnu \
	    >> constraints/py$$version.txt; \
	done

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
