# The verbs of vmalab: the same at home and in CI. A bare `make` lists them.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest --no-header -p no:nbval
NBVAL := $(BIN)/python -m pytest --no-header --nbval --nbval-current-env --nbval-cell-timeout 120
DOCS := --doctest-glob=*.md docs README.md
UNIT := tests vmalab $(DOCS) --ignore=tests/house --ignore=tests/browser
PROGRAMS ?= 2000
OPS ?= 40
SEED ?= 2006
LIBRARIES ?= 350
EXECUTABLES ?= 52
RANDOM_LIBRARIES ?= 205
TRACED ?= 24
LD = nice $(BIN)/vmalab ld --seed $(SEED)
STAGES := check unit host notebooks browser

export MAKE

.DEFAULT_GOAL := help
.PHONY: help setup lab test ci quick check fmt unit host programs loader loader-full notebooks notebooks-refresh exercises browser browser-full lite slides cheat-sheet fuzz nbgrader full bench lock docs clean

help: ## list the verbs
	@echo "make VERB, where VERB is one of"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | while IFS='|' read -r verb text; do \
		printf '%-20s %s\n' "$$verb" "$$text"; done

setup: ## make .venv from requirements.lock (every other verb does it too)
	@test -n "$(PYTHON)" || { echo "setup: vmalab needs Python 3.11 or newer: apt-get install python3"; exit 1; }
	@$(PYTHON) tools/setup_env.py

lab: setup ## open JupyterLab at the first notebook
	@$(BIN)/vmalab lab

test: setup ## everything that CI runs, stopping at the first failure
	@$(BIN)/python tools/stages.py $(STAGES)

ci: ## the same, with nothing skipped that this machine ought to have
	@CI=true $(MAKE) --no-print-directory test

quick: check ## the minute's worth: check, and the fast tests
	@$(PYTEST) -x -n 2 -m "not slow and not host and not browser" $(UNIT)

check: setup ## ruff, mypy, and the rules of the house (floors, sizes, vocabulary)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(PYTEST) tests/house

fmt: setup ## let ruff put things in order
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

unit: setup ## unit, law and golden tests and the examples of the documentation, with branch coverage
	@$(PYTHON) tools/setup_env.py bubblewrap
	@$(PYTEST) -n 2 $(UNIT) --cov

host: setup programs loader ## the model and the loader against this machine's own kernel, ld.so and execve

programs: setup ## PROGRAMS random programs of OPS operations on the model and on this machine's kernel
	@$(BIN)/vmalab fuzz --against host --programs $(PROGRAMS) --ops $(OPS) --seed $(SEED)

loader: setup ## LIBRARIES libraries dlopened, EXECUTABLES programs started, TRACED under strace, RANDOM_LIBRARIES
	@$(PYTHON) tools/setup_env.py strace
	@$(LD) --verify --sample $(LIBRARIES)
	@$(LD) --programs --sample $(EXECUTABLES)
	@$(LD) --random $(RANDOM_LIBRARIES)
	@! command -v strace > /dev/null || $(LD) --calls --sample $(TRACED)

loader-full: setup ## every library and 500 programs here, 2,000 random libraries; goes on where it stopped
	@$(PYTHON) tools/setup_env.py strace
	@$(LD) --verify --log .loader-libraries.jsonl
	@$(LD) --programs --sample 520 --log .loader-programs.jsonl
	@$(LD) --random 2050
	@$(LD) --calls --sample 115

notebooks: setup ## run every notebook and compare it with its stored output
	@$(NBVAL) -n 2 --dist loadscope notebooks/*.ipynb solutions/*.ipynb

notebooks-refresh: setup ## run every notebook anew from its .py twin and store its output
	@$(BIN)/python tools/notebooks.py refresh

exercises: setup ## make learners' notebooks, worked ones and sealed bundles from solutions/*.py
	@$(BIN)/python tools/exercises.py build

browser: setup ## drive JupyterLab in headless Chromium
	@$(PYTHON) tools/setup_env.py browser
	@$(PYTEST) -m "not full" tests/browser

browser-full: setup ## what browser leaves out: slides, and lessons of the site without installing
	@$(PYTHON) tools/setup_env.py browser npm
	@$(PYTEST) -m full tests/browser

lite: setup ## the course as a web site that needs no installing, in build/lite/site
	@$(PYTHON) tools/setup_env.py npm
	@$(BIN)/python -m tools.lite

slides: setup ## every lesson as slides that need no network, in build/slides
	@$(PYTHON) tools/setup_env.py npm
	@$(BIN)/python -m tools.slides

cheat-sheet: setup ## one page of what one keeps looking up: docs/cheat-sheet.html and .pdf
	@$(PYTHON) tools/setup_env.py browser
	@$(BIN)/python -m tools.cheat_sheet

fuzz: PROGRAMS = 100000
fuzz: programs ## as host, with a hundred thousand programs

nbgrader: setup ## nbgrader, in an environment of its own, gives worked and blank exercises our points
	@$(BIN)/python -m benchmarks.agreement

full: test fuzz loader-full browser-full nbgrader ## test, then the night's worth: 100,000 programs, all libraries, long property tests
	@HYPOTHESIS_PROFILE=night $(PYTEST) -n 2 $(UNIT)

bench: setup ## time the model beside this machine's kernel and other packages: benchmarks/results.md
	@$(BIN)/python -m benchmarks.results $(PARTS)

lock: setup ## resolve requirements.lock anew, every package at its newest
	@$(BIN)/python tools/lock.py

docs: setup ## build gallery, glossary and newcomer.md; check every link and example in the documentation
	@$(BIN)/python -m tools.gallery
	@$(BIN)/python -m tools.glossary
	@$(BIN)/python -m tools.newcomer
	@$(PYTEST) $(DOCS) tests/house/test_docs.py

clean: ## remove what the other verbs made, .venv too
	@rm -rf .venv build dist .loader-*.jsonl .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
