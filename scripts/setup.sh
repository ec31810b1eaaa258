#!/bin/sh
# Makes .venv from the hash-pinned lock file; does nothing when it is already as the lock says.
# Needs Python 3.11 or newer with venv, nothing else. PYTHON chooses another interpreter.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-}
if [ -z "$python" ]; then
    for python in python3.11 python3.12 python3.13 python3.14 python3; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi
        python=
    done
fi
if [ -z "$python" ]; then
    echo "setup: Python 3.11 or newer was not found; install it, or name it: make run PYTHON=/path/to/python3" >&2
    exit 2
fi
stamp=.venv/.made-from
want=$(cat requirements.lock pyproject.toml | sha256sum)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && exit 0
echo "setting up .venv with $python (once; some 60 packages) …" >&2
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
printf '%s\n' "$want" >"$stamp"
