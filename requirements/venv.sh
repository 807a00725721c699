#!/bin/sh
# Make the virtual environment $1 with the first Python that is new enough. Does nothing when it is there and runs.
#
# $PYTHON names the Python to use, if any. On Debian, whose Python comes without `venv`, root gets it installed.
set -eu
venv=$1

if "$venv/bin/python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    exit 0
fi

python=
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    found=$("${PYTHON:-python3}" --version 2>/dev/null || echo "no Python")
    echo "clarion: Python 3.11 or later is needed, and here is $found: install it, or run make PYTHON=/path/to/python." >&2
    exit 1
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "Installing Debian's python$version-venv"
    DEBIAN_FRONTEND=noninteractive apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$version-venv" >/dev/null
fi
rm -rf "$venv"
if ! "$python" -m venv "$venv"; then
    echo "clarion: $python could not make a virtual environment: install its venv module (Debian: python3-venv)." >&2
    exit 1
fi
