# Regie on a bare Debian 12: python3 and make are enough. `make help` lists the verbs.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench faults lock clean

PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check install --quiet --no-compile
SUDO := $(if $(filter 0,$(shell id -u)),,sudo -n)
# Only `python -m piptools` reads these: a lock must not depend on the settings of who writes it.
PLAIN := env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL -u PIP_CONSTRAINT PIP_CONFIG_FILE=/dev/null
COMPILE := $(PLAIN) $(PY) -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

# Whoever told Python to keep no bytecode would compile every test anew in every worker, which is a tenth of the run.
unexport PYTHONDONTWRITEBYTECODE

help: ## list these verbs
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 9

demo: .venv/.ready-run ## start everything, tell story 1, serve it; PORT=8000 ONCE=1 RESET=1 PERSONS=FILE
	@.venv/bin/regie demo $(if $(PORT),--port $(PORT)) $(if $(ONCE),--once) $(if $(RESET),--reset) \
		$(if $(PERSONS),--persons $(PERSONS))

test: .venv/.ready ## bring PostgreSQL 15, Chromium, curl, strace, axe-core and Prism when missing, then run the tests
	@# Seven workers that begin at once would each turn the same sources and packages into bytecode: while parts come from
	@# elsewhere one process does it for all
	@test -d tests/__pycache__ || { $(PY) -m pytest --collect-only -qq >/dev/null 2>&1 & }; $(PY) -m tests.parts
	@# Playwright keeps a loop running in its process, so its tests are a run of their own; and beside it the rest, which
	@# waits more than it works (kills, starts, time limits): five at a time on two processors. It is heard second
	@mkdir -p var; REGIE_POSTGRES=3 $(PY) -m pytest -n 5 --dist worksteal --ignore tests/browser >var/rest.txt 2>&1 & \
		rest=$$!; trap "kill $$rest" INT TERM; $(PY) -m pytest -n 2 --dist loadfile tests/browser; seen=$$?; \
		tail -n +1 -f --pid=$$rest var/rest.txt; wait $$rest && exit $$seen

check: .venv/.ready ## format, lint, types and the quick tests, in less than a minute
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m ruff check --quiet .
	@$(PY) -m mypy -n 2
	@$(PY) -m pytest -n 2 --quiet -m "not rooms and not slow and not faults and not browser and not postgres"

bench: .venv/.ready ## releases and log lines per second, on SQLite and PostgreSQL, beside what is bare
	@$(PY) -m tests.parts
	@$(PY) -m bench
	@$(PY) -m bench.log
	@$(PY) -m bench.checking
	@$(PY) -m bench.decisions
	@$(PY) -m bench.bulk

# Two thousand races may last longer than the half hour after which a test counts as hanging.
faults: .venv/.ready ## kill, tamper, race, full disk: part of `make test`, alone, every byte of every row, 2,000 races; TAMPER=0.05
	@$(PY) -m tests.parts
	@REGIE_TAMPER=$(or $(TAMPER),1) REGIE_REFUSED=$(or $(TAMPER),1) REGIE_ORACLE=$(or $(ORACLE),1000000) \
		REGIE_RACES=$(or $(RACES),100) REGIE_KILLS=100 REGIE_BULK_KILLS=$(or $(BULK_KILLS),48) \
		REGIE_FAMILIES=$(or $(FAMILIES),100000) REGIE_ASKED=$(or $(ASKED),60) \
		REGIE_SEED=$${REGIE_SEED:-$$(date +%s)} \
		$(PY) -m pytest -n 2 --dist worksteal -o faulthandler_timeout=7200 -m faults
	@$(PY) -m pytest -n 2 --dist worksteal -m "postgres and not faults" tests/consent tests/journeys
	@REGIE_BUNDLES=1000 $(PY) -m pytest -n 0 tests/browser/test_offline_page.py -k good_and_changed

lock: .venv/.ready ## write requirements/*.txt anew; UPGRADE=1 takes the newest releases
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --extra build --output-file requirements/run.txt pyproject.toml
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --extra build --extra dev --constraint requirements/run.txt \
		--output-file requirements/dev.txt pyproject.toml
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --extra statistiek --constraint requirements/dev.txt \
		--output-file requirements/statistiek.txt pyproject.toml

clean: ## remove the environment, what ran and what was cached
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Debian splits ensurepip off: where it is missing, root gets it and anybody else one line.
$(PY):
	@python3 -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; \
		$(SUDO) apt-get update -qq >/dev/null 2>&1 && $(SUDO) apt-get install -y -qq python3-venv >/dev/null 2>&1 \
		&& python3 -m venv .venv >/dev/null; } \
		|| { rm -rf .venv; echo "Python's venv is missing. Install it: sudo apt-get install python3-venv"; exit 1; }

.venv/.ready-run: requirements/run.txt pyproject.toml | $(PY)
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.ready: requirements/dev.txt requirements/run.txt pyproject.toml | $(PY)
	@$(PIP) --require-hashes -r requirements/dev.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch .venv/.ready-run $@
