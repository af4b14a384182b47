#!/usr/bin/env bash
# Installs a wheel into an empty environment where there is no Node, and imports it far from its sources.
#   tools/try_wheel.sh WHEEL
set -euo pipefail

python=$PWD/.venv/bin/python
wheel=$(realpath "$1")
lock=$PWD/requirements-dev.txt
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

"$python" -m venv --without-pip "$place/venv"
# The lock only holds versions still; what is installed is what the wheel asks for.
sed -E '/--hash=/d; s/ \\$//' "$lock" >"$place/constraints.txt"
UV_SYSTEM_CERTS=true "$python" -m uv pip install --quiet --python "$place/venv/bin/python" \
    --constraint "$place/constraints.txt" "$wheel" ||
    "$python" -m pip --python "$place/venv/bin/python" install --quiet --disable-pip-version-check \
        --constraint "$place/constraints.txt" "$wheel"

cd "$place"
env -i HOME="$place" PATH="$place/venv/bin" "$place/venv/bin/python" -W error - <<'PYTHON'
import hashlib
import json
import shutil
import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

assert shutil.which("node") is None, "this trial is meant to run without Node"

import convend_widget

assert version("convend-widget") == convend_widget.__version__
static = files("convend_widget") / "panel" / "static"
assert (static / "loader.js").read_bytes()
for name, chunk in json.loads((static / "manifest.json").read_text("utf-8")).items():
    content = (static / chunk["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == chunk["sha256"], f"{name} is not the file that the manifest names"

# What `jupyter labextension list` reads, without JupyterLab: its own list is looked at where there is one.
lab = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "convend-widget"
about = json.loads((lab / "package.json").read_text("utf-8"))
assert about["version"] == convend_widget.__version__
assert (lab / about["jupyterlab"]["_build"]["load"]).read_bytes(), "JupyterLab has nothing to load"
assert json.loads((lab / "install.json").read_text("utf-8"))["packageName"] == "convend-widget"
assert json.loads((lab / "schemas" / "convend-widget" / "plugin.json").read_text("utf-8"))["properties"]
for name, chunk in json.loads((lab / "static" / "manifest.json").read_text("utf-8")).items():
    assert (lab / "static" / chunk["file"]).read_bytes() == (static / chunk["file"]).read_bytes(), name
print(f"convend-widget {convend_widget.__version__} works from its wheel, without Node")
PYTHON

# JupyterLab itself is in the development environment: it is shown the files that this wheel has put there.
said=$(JUPYTER_PREFER_ENV_PATH=1 JUPYTER_PATH="$place/venv/share/jupyter" "$python" -m jupyterlab.labextensions list 2>&1 | sed 's/\x1b\[[0-9;]*m//g')
grep -A5 "$place/venv/share/jupyter/labextensions" <<<"$said" | grep -q "convend-widget v.* enabled OK" || {
    printf '%s\n' "JupyterLab does not take the extension:" "$said" >&2
    exit 1
}
size=$(wc -c <"$wheel")
[ "$size" -lt 2000000 ] || {
    echo "The wheel has $size bytes; 2,000,000 is the limit." >&2
    exit 1
}
echo "JupyterLab takes the extension; the wheel has $((size / 1000)) kB"
