# One word for each thing to do; CI runs the same words.
#
#   make demo          choose 1,000 of the docstrings on this machine, from nothing: two minutes, most of it the install
#   make test          the test suite, default marks          make test ARGS="-k jsonl" runs a part of it
#   make test-all      every mark, full counts
#   make test-browser  the pages in headless Chromium, with axe-core where npm can fetch it
#   make test-lowest   the test suite on the oldest versions that pyproject.toml allows
#   make check         formatter, linter, types, import order, dependencies
#   make bench         the benchmarks; figures go to docs/
#   make claims        one script a method: does it do what its paper says?
#   make docs          the pages written from the code
#   make clean         remove what the above made
#
# The environment is .venv, made with the first Python ≥ 3.11 found: make demo PYTHON=/path/to/python overrides.

PYTHON ?=
ARGS =
AXE = 4.10
BIN = .venv/bin

# Run as: VENV=folder; $(make_venv)
make_venv = \
	test -x "$$VENV/bin/python" && test -x "$$VENV/bin/pip" || { \
	  found=; \
	  set -- python3 python3.13 python3.12 python3.11 python; \
	  if [ -n "$(PYTHON)" ]; then set -- "$(PYTHON)"; fi; \
	  for python in "$$@"; do \
	    if "$$python" -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1; \
	    then found="$$python"; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "No Python of 3.11 or newer with venv and ensurepip among: $$*." >&2; \
	    echo "Install one (Debian, Ubuntu: apt install python3-venv), or name it: make PYTHON=/path/to/python" >&2; \
	    exit 1; \
	  fi; \
	  rm -rf "$$VENV" && "$$found" -m venv "$$VENV"; \
	}

.PHONY: demo test test-all test-browser test-lowest check bench claims docs clean

.venv/core: pyproject.toml
	@VENV=.venv; $(make_venv)
	$(BIN)/python -m pip install --quiet --editable .
	@touch .venv/core

.venv/dev: pyproject.toml
	@VENV=.venv; $(make_venv)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch .venv/core .venv/dev

.venv/browser: .venv/dev
	$(BIN)/python -m pip install --quiet --editable '.[browser]'
	@touch .venv/browser

.venv/bench: .venv/dev
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	@touch .venv/bench

# The rules of accessibility, which the browser tests ask; without npm or a network those tests are skipped aloud.
.axe/package/axe.min.js:
	@mkdir -p .axe && cd .axe && npm pack --silent axe-core@$(AXE) > /dev/null && tar -xzf axe-core-*.tgz package/axe.min.js && \
	  touch package/axe.min.js || echo "axe-core could not be fetched: its tests will be skipped." >&2

.venv-lowest/dev: pyproject.toml
	@VENV=.venv-lowest; $(make_venv)
	.venv-lowest/bin/python .ci/lowest.py > .venv-lowest/lowest.txt
	.venv-lowest/bin/python -m pip install --quiet --constraint .venv-lowest/lowest.txt --editable '.[dev]'
	@touch .venv-lowest/dev

demo: .venv/core
	$(BIN)/python scripts/make_pool.py demo
	$(BIN)/handful select demo/pool.jsonl --like demo/target.jsonl --rows 1000 -o demo/subset.jsonl --overwrite \
	  --report demo/report.html
	$(BIN)/handful verify demo/subset.jsonl.manifest.json
	$(BIN)/python scripts/show_picks.py demo

test: .venv/dev
	$(BIN)/python -m pytest -n logical --maxprocesses 4 $(ARGS)

test-all: .venv/browser .axe/package/axe.min.js
	HYPOTHESIS_PROFILE=full $(BIN)/python -m pytest -m "" $(ARGS)

test-browser: .venv/browser .axe/package/axe.min.js
	$(BIN)/python -m pytest -m browser $(ARGS)

# Old versions warn about things that are long mended: warnings are errors on the newest versions only.
test-lowest: .venv-lowest/dev
	.venv-lowest/bin/python -m pytest -o filterwarnings=default $(ARGS)

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry src

# Run every script, also after one that failed; fail if one did.
bench: .venv/bench
	@failed=0; for script in benchmarks/*.py; do \
	  echo "$$script"; $(BIN)/python "$$script" || failed=1; \
	done; exit $$failed

claims: .venv/dev
	@failed=0; for script in benchmarks/claims/*.py; do \
	  echo "$$script"; $(BIN)/python "$$script" || failed=1; \
	done; exit $$failed

docs: .venv/core
	$(BIN)/python docs/make_methods.py

clean:
	rm -rf .axe .venv .venv-lowest demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
