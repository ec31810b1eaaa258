# make run: sets up and starts the daemon on ./workspace.   make test: sets up and passes the tests.
# make torture: kills, broken disks and long runs in full (half an hour).
# make install: puts the command `reifierd` into ~/.local/bin, as a link to this folder.
.PHONY: run test torture install uninstall demo lint bench lock clean
R = .venv/bin/reifierd --workspace workspace

run: setup
	@$(R) init workspace >/dev/null
	$(R) run

test: setup
	.venv/bin/python -m pytest

torture: setup
	REIFIERD_TORTURE=1000 .venv/bin/python -m pytest tests/torture -s --timeout=3600

BIN = $(HOME)/.local/bin

install: setup
	@mkdir -p "$(BIN)"
	@if [ -e "$(BIN)/reifierd" ] && [ ! -L "$(BIN)/reifierd" ]; then \
	    echo "$(BIN)/reifierd is not a link, and is left as it is" >&2; exit 2; fi
	@ln -sfn "$(CURDIR)/.venv/bin/reifierd" "$(BIN)/reifierd"
	@echo "$(BIN)/reifierd leads to $(CURDIR): leave this folder where it is"
	@case ":$$PATH:" in *":$(BIN):"*) ;; *) \
	    echo "$(BIN) is not on your PATH; add to ~/.profile:  PATH=\"$(BIN):\$$PATH\"" ;; esac

uninstall:
	@if [ "$$(readlink "$(BIN)/reifierd")" = "$(CURDIR)/.venv/bin/reifierd" ]; then \
	    rm "$(BIN)/reifierd" && echo "removed $(BIN)/reifierd"; \
	else echo "$(BIN)/reifierd does not lead here; nothing was removed"; fi

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
