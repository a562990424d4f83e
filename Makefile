# What one types here; each needs Python 3.11 or newer (with venv) and a package index, nothing else.

PYTHON ?= python3
PY := .venv/bin/python
LOCK := $(PY) -m uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" --quiet
# Twice quiet: warnings about somebody's pip configuration are theirs; errors still show.
INSTALL := $(PY) -m pip install --quiet --quiet --disable-pip-version-check --no-input --require-hashes

# Whatever checks files first would do it anyway, while somebody waits.
COMPILE := $(PY) -c 'from uploads.batchfile import warm_up; warm_up()'

MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run test lint format docs messages tour bench bench-scale torture soak lock clean

help: ## list what can be typed
	@sed -n 's/^\([a-z-]*\):.*## /make \1|/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r name text; do printf '%-17s %s\n' "$$name" "$$text"; done

run: .venv/.run ## start everything on http://localhost:8000/ (PORT, DEMO_PASSWORD, BULKPROFILE_VAR)
	@exec $(PY) manage.py run

PYTEST := $(PY) -m pytest --dist loadfile --no-loadscope-reorder
# Runs a command beside a PostgreSQL server of its own, or beside that of DATABASE_URL.
ON_POSTGRESQL := $(PY) -m tests.support.postgres

# The tests start a hundred processes of ours: each would compile the whole product for itself. Three workers
# on two cores: whoever drives a browser or the whole product waits for most of the time. What is about the
# database is tested on PostgreSQL as well; everything is with DB=postgres.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/.dev ## all tests, browser included (ARGS="-k name" picks some; DB=postgres; STORAGE=s3)
	@$(PY) -m tests.support.chromium
ifeq ($(DB),postgres)
	@$(ON_POSTGRESQL) $(PYTEST) -n 3 $(ARGS)
else
	@env -u DATABASE_URL $(PYTEST) -n 3 $(ARGS)
ifeq ($(strip $(ARGS)),)
	@$(ON_POSTGRESQL) $(PYTEST) -n 2 -m database
endif
endif

lint: .venv/.dev ## style, layers, migrations, deployment checks, templates, locks, security
	@var=$$(mktemp -d) && trap 'rm -rf "$$var"' EXIT && export BULKPROFILE_VAR="$$var" && set -e && \
	$(PY) -m ruff check . && \
	$(PY) -m ruff format --check . && \
	.venv/bin/lint-imports && \
	.venv/bin/bandit --quiet --recursive bulkprofile uploads && \
	$(PY) manage.py makemigrations --check --dry-run && \
	$(PY) manage.py check --deploy --fail-level WARNING && \
	.venv/bin/djlint templates --quiet --lint --check && \
	if grep -nE -- '--(extra-)?index-url|--find-links|https?://|"resolved"' \
		requirements.txt requirements-dev.txt requirements-bench.txt tests/browser/package-lock.json; \
	then echo 'A lock names an address; make it anew with `make lock`.' >&2; exit 1; fi && \
	$(PY) -m tests.support.advisories requirements-dev.txt

format: .venv/.dev ## rewrite Python and templates the way lint wants them
	@$(PY) -m ruff check --fix --quiet . && $(PY) -m ruff format . && .venv/bin/djlint templates --quiet --reformat

docs: .venv/.dev ## draw docs/settings.md, docs/states.md and docs/rights.md anew from the code
	@$(PY) -m tests.support.setting_docs
	@$(PY) -m tests.support.state_docs
	@$(PY) -m tests.support.rights

messages: .venv/.dev ## bring the catalogues of Spanish and French up to date with the code
	@$(PY) -m tests.support.catalogues

tour: .venv/.dev ## take the pictures of docs/tour.md anew (ARGS="--look DIR": all widths and themes)
	@$(PY) -m tests.support.tour $(ARGS)

bench: .venv/.bench ## what a check costs, beside other tools (ARGS="--only main")
	@$(PY) -m tests.bench $(ARGS)

bench-scale: .venv/.dev ## people, queue and tables of a company at once, on PostgreSQL (ARGS="--people 5 ...")
	@$(ON_POSTGRESQL) $(PY) -m tests.scale $(ARGS)

torture: .venv/.dev ## kill and starve real processes: nothing lost, nothing sent twice (ARGS=--short; DB=postgres)
ifeq ($(DB),postgres)
	@$(ON_POSTGRESQL) $(PY) -m tests.torture $(ARGS)
else
	@env -u DATABASE_URL $(PY) -m tests.torture $(ARGS)
endif

soak: .venv/.dev ## half an hour of mixed traffic while workers are killed (ARGS="--soak MINUTES")
	@$(ON_POSTGRESQL) $(PY) -m tests.scale --soak 30 $(ARGS)

lock: .venv/.dev ## resolve the dependencies of pyproject.toml anew
	@$(LOCK) --output-file requirements.txt
	@$(LOCK) --extra dev --output-file requirements-dev.txt
	@$(LOCK) --extra bench --constraint requirements-dev.txt --output-file requirements-bench.txt

clean: ## remove what was installed or cached; never var/
	rm -rf .venv .browser .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +

# The stamps: made last, so that an interrupted installation is taken up again.

.venv/.made:
	@for python in "$(PYTHON)" python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then "$$python" -m venv .venv && touch $@ && exit 0; exit 1; fi; \
	done; \
	echo 'Python 3.11 or newer with its venv module is needed (on Debian: apt install python3-venv);' \
		'name one with: make PYTHON=/path/to/python3' >&2; exit 1

.venv/.run: .venv/.made requirements.txt
	@echo 'Installing the locked dependencies into .venv and compiling the check (once, about a minute) ...'
	@$(INSTALL) -r requirements.txt
	@$(COMPILE)
	@touch $@

# The lock for development holds that for running and more.
.venv/.dev: .venv/.made requirements.txt requirements-dev.txt
	@echo 'Installing the locked development dependencies into .venv and compiling the check (once, a minute or two) ...'
	@$(INSTALL) -r requirements-dev.txt
	@$(COMPILE)
	@touch .venv/.run $@

# The other tools that the bench compares with, apart: nothing else needs them.
.venv/.bench: .venv/.dev requirements-bench.txt
	@echo 'Installing what the bench compares with into .venv (once, a minute or two) ...'
	@$(INSTALL) -r requirements-bench.txt
	@touch $@
