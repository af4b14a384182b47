#!/usr/bin/env bash
# Checks that the lock files name no host, so that they work wherever packages come from; `renew` makes them anew.
set -euo pipefail

compile() {
    local lock=$1
    shift
    UV_SYSTEM_CERTS=true .venv/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-annotate --no-header \
        "$@" pyproject.toml --output-file "$lock"
}

if [ "${1:-}" = renew ]; then
    compile requirements-dev.txt --group dev --upgrade
    compile requirements-ipykernel6.txt --group ipykernel6 --upgrade
    compile requirements-hosts.txt --group hosts --upgrade
    # From nothing: resolved over an existing tree, npm leaves other platforms' packages without a version.
    rm -rf node_modules package-lock.json
    npm install --loglevel=error >/dev/null
fi

# npm ci takes a lock that lacks another platform's packages for granted until somebody is on that platform.
node -e '
    const { packages } = JSON.parse(require("fs").readFileSync("package-lock.json", "utf8"));
    const lacking = Object.entries(packages).flatMap(([name, { version, integrity, optionalDependencies = {} }]) => [
        ...(name && !(version && integrity) ? [name] : []),
        ...Object.keys(optionalDependencies).filter((wanted) => !packages[`node_modules/${wanted}`]),
    ]);
    if (lacking.length) {
        console.error(`package-lock.json lacks ${lacking.join(", ")}: choose a release that has them all, and run: make lock`);
        process.exit(1);
    }
'
if grep -nE '://|--(extra-)?index-url|--find-links' requirements-*.txt || grep -n '"resolved": *"http' package-lock.json; then
    echo "A lock file names a host. Make it with \`make lock\`, and npm's with the settings in .npmrc." >&2
    exit 1
fi
if git ls-files --error-unmatch uv.lock >/dev/null 2>&1; then
    echo "uv.lock names hosts and a second truth: remove it; requirements-*.txt are the locks." >&2
    exit 1
fi
