#!/usr/bin/env bash
# Finds a Chromium for the browser tests, or installs one where it can.
# CONVEND_REQUIRE_BROWSER=1 makes having none a failure.
set -euo pipefail

say() { printf '%s\n' "$*" >&2; }

on_path() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
        # Asked, not only found: on some systems the command is there but only says that it is not installed.
        if "$name" --version >/dev/null 2>&1; then return 0; fi
    done
    return 1
}

of_playwright() {
    .venv/bin/python - <<'PYTHON'
import pathlib
import sys

from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    sys.exit(not pathlib.Path(playwright.chromium.executable_path).exists())
PYTHON
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

with_apt() {
    command -v apt-get >/dev/null || return 1
    # Ubuntu's package is a stub for a snap, which containers cannot run.
    grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null && return 1
    as_root true 2>/dev/null || return 1
    say "Installing chromium and fonts-dejavu-core for the browser tests (apt)"
    as_root apt-get update -qq >/dev/null &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            chromium fonts-dejavu-core >/dev/null
}

with_playwright() {
    say "Installing Chromium for the browser tests (playwright install chromium)"
    .venv/bin/playwright install chromium >/dev/null
}

if on_path || of_playwright; then exit 0; fi
if with_apt && on_path; then exit 0; fi
if with_playwright && of_playwright; then exit 0; fi
say "No Chromium was found or could be installed: install chromium, or run .venv/bin/playwright install chromium."
if [ "${CONVEND_REQUIRE_BROWSER:-}" = 1 ]; then exit 1; fi
say "The browser tests will be skipped."
