# make run: sets up and starts the daemon on ./workspace.   make test: sets up and passes the tests.
.PHONY: run test demo lint bench lock clean
R = .venv/bin/reifierd --workspace workspace

run: setup
	$(R) init workspace
	$(R) run

test: setup
	.venv/bin/python -m pytest

demo: setup
	.venv/bin/python demo/demo.py

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: setup
	.venv/bin/python -m pytest bench --benchmark-only --benchmark-disable-gc -p no:cacheprovider -o addopts=

.PHONY: setup
setup:
	@./scripts/setup.sh

# the lock file, from pyproject.toml
lock: setup
	.venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --group dev pyproject.toml --quiet -o requirements.lock

clean:
	rm -rf .venv
