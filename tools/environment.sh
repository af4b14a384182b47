#!/usr/bin/env bash
# Makes a virtual environment with what a lock file names, and this package, editable.
#   tools/environment.sh FOLDER LOCK [bare]      PYTHON=… chooses the interpreter; bare leaves this package out
set -euo pipefail

folder=$1
lock=$2
bare=${3:-}
uv=.venv/bin/uv
export UV_SYSTEM_CERTS=true # as pip does: a certificate that the system trusts is trusted

say() { printf '%s\n' "$*" >&2; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; }

find_python() {
    local name
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python3.10 python}; do
        if is_new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    say "Python >= 3.10 is needed, and ${PYTHON:-python3} is missing or older." \
        "Install it, or say where it is: make PYTHON=/path/to/python3"
    return 1
}

make_venv() {
    local python
    python=$(find_python)
    if ! "$python" -m venv "$folder" >/dev/null; then
        rm -rf "$folder"
        say "$python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"
        return 1
    fi
}

with_pip() { "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; }

with_uv() { "$uv" pip install --quiet --python "$folder/bin/python" "$@"; }

# uv is in the lock itself, with its hashes: pip fetches that release and no other.
install_uv() {
    local pin outcome=0
    pin=$(mktemp)
    awk '/^uv==/ {found = 1} found {print} found && !/\\$/ {exit}' requirements-dev.txt >"$pin"
    with_pip --require-hashes -r "$pin" || outcome=$?
    rm -f "$pin"
    return $outcome
}

say "Installing $folder ($lock)"
# An environment whose interpreter is gone, after an upgrade or a move, is made anew.
if ! is_new_enough "$folder/bin/python"; then
    rm -rf "$folder"
    make_venv
fi

if { [ -x "$uv" ] || install_uv; } && with_uv --require-hashes -r "$lock"; then
    install=with_uv
else
    # uv does not read pip's settings: behind a mirror that only pip knows, pip still gets through.
    say "uv could not install $lock; pip tries, which takes longer."
    with_pip --require-hashes -r "$lock"
    install=with_pip
fi
# hatchling comes with the lock, so that no build environment is fetched.
[ "$bare" = bare ] || $install --no-build-isolation --no-deps --editable .
# Fails where pyproject.toml asks for something that the lock does not have yet: `make lock`.
"$folder/bin/python" -m pip --disable-pip-version-check check >/dev/null || {
    "$folder/bin/python" -m pip --disable-pip-version-check check >&2 || true
    say "$lock does not fit pyproject.toml: run \`make lock\`."
    exit 1
}
