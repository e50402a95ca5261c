# `make` alone lists the targets.

.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
# The first Python on this machine that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$p && break; done)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --use-pep517

# One more than two cores have work for: many a test waits for a worker, a server or a time limit.
TEST_PROCESSES ?= 3

# Compiled once, not at each of the hundreds of starts of a test run.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run worker setup system pango test collected test-servers test-sqlite torture bench bench-smoke browser-matrix check fix types states messages screenshots lighthouse up down

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ ##/' | awk -F ' ## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# --- Installing: a stamp for each part, so that a second start installs nothing ---------------------------

.venv/.made:
	@test -n "$(PYTHON)" || { echo "Signoff needs Python 3.11 or newer (with venv)." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.runtime: requirements.txt | .venv/.made
	$(PIP) -r requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt requirements.txt | .venv/.made
	$(PIP) -r requirements-dev.txt
	@touch .venv/.runtime $@

build/.assets: package-lock.json scripts/assets.py scripts/icons.txt | .venv/.runtime
	$(BIN)/python scripts/assets.py
	@touch $@

# The machine's own chromium when it has one; else the one of the npm package, unpacked.
build/.browser: package-lock.json scripts/assets.py tests/stack/browser.py | .venv/.dev
	@if $(BIN)/python -m tests.stack.browser --needed; then \
		$(BIN)/python scripts/assets.py --browser && $(BIN)/python -m tests.stack.browser && touch build/.assets; fi
	@mkdir -p build && touch $@

setup: .venv/.runtime build/.assets ## Install what running needs

system: ## Install the system's libraries that PDF files need (pango), with the machine's package manager
	@test -n "$(PYTHON)" || { echo "Signoff needs Python 3.11 or newer (with venv)." >&2; exit 1; }
	@$(PYTHON) scripts/pango.py --install

# One line that says what to type, before anything else takes its time.
pango:
	@test -n "$(PYTHON)" || { echo "Signoff needs Python 3.11 or newer (with venv)." >&2; exit 1; }
	@$(PYTHON) scripts/pango.py

# --- Running ----------------------------------------------------------------------------------------------

run: export DEMO ?= 1
run: setup ## Serve http://127.0.0.1:8000 with worker and scheduler (HOST, PORT, DATA_DIR move it)
	@$(BIN)/python scripts/run.py

up: ## The full installation in containers (docker compose)
	docker compose up --build --detach

down: ## Stop the containers; their volumes stay
	docker compose down

# --- Testing and checking -----------------------------------------------------------------------------------

READY = pango .venv/.dev build/.browser build/.assets

test: collected test-servers test-sqlite ## Every test, on real servers; then the core on SQLite

collected: $(READY)
	@$(BIN)/python scripts/messages.py
	@DEMO=1 ENV_FILE= DATA_DIR=build/collect $(BIN)/python manage.py collectstatic --noinput --clear --verbosity 0

test-servers: $(READY)
	$(BIN)/python -m tests.stack -- $(BIN)/python -m pytest -n $(TEST_PROCESSES) -m "not sqlite_only" $(ARGS)

test-sqlite: $(READY)
	$(BIN)/python -m pytest -n 2 -m "not postgres and not browser and not services and (not once or sqlite_only)" $(ARGS)

torture: MINUTES ?= 5
torture: pango .venv/.dev build/.assets ## People and faults at random on the full stack, then the books (MINUTES=5, SEED=number)
	@$(BIN)/python -m tests.torture --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

bench: SIZES ?= 10000 100000 1000000
bench: pango .venv/.dev build/.assets ## Measure the product as it runs in production (SIZES="10000 100000"); docs/performance.md
	@$(BIN)/python -m tests.bench $(SIZES) $(ARGS)

bench-smoke: pango .venv/.dev build/.assets ## The same on 10,000 requests, by ratios and counts alone
	@$(BIN)/python -m tests.bench --smoke $(ARGS)

browser-matrix: $(READY) ## Every page in both languages, both themes and at three widths, in a browser
	MATRIX=whole $(BIN)/python -m tests.stack -- $(BIN)/python -m pytest -n 2 tests/test_matrix_browser.py $(ARGS)

check: .venv/.dev build/.assets ## Linters, types, import contracts, migrations, deployment settings
	@$(BIN)/python scripts/check.py

fix: .venv/.dev ## Format and mend what the linters can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	git ls-files 'templates/*.html' ':!templates/papers' ':!templates/hot' | xargs --no-run-if-empty $(BIN)/djade --target-version 5.2

messages: .venv/.runtime ## Collect the texts to translate into locale/ (needs gettext's programs), and compile them
	DEMO=1 $(BIN)/python manage.py makemessages -l ru --no-obsolete --add-location file --no-wrap \
		-i .venv -i build -i node_modules -i var -i '*/tests/*' -i 'tests/*' -i 'scripts/*'
	$(BIN)/python scripts/messages.py

states: .venv/.runtime ## Draw docs/states.md from the code
	DEMO=1 $(BIN)/python manage.py draw_states

screenshots: .venv/.dev build/.browser build/.assets ## Take the README's pictures of the demo company
	$(BIN)/python scripts/screenshots.py

lighthouse: .venv/.dev build/.browser build/.assets ## What Lighthouse says of the pages that are open all day (ARGS=--mobile)
	@$(BIN)/python scripts/lighthouse.py $(ARGS)
