#!/usr/bin/env bash
# Runs one stage of `make test`: a heading, then the command, in a home that belongs to nobody.
#   tools/stage.sh HEADING COMMAND...
set -euo pipefail

heading=$1
shift
printf '\n── %s\n' "$heading"

# Tests see neither a person's chats and settings, nor their key: none of them may ever call out.
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
export XDG_DATA_HOME=$home/data XDG_STATE_HOME=$home/state XDG_CONFIG_HOME=$home/config
export JUPYTER_CONFIG_DIR=$home/jupyter JUPYTER_DATA_DIR=$home/jupyter-data IPYTHONDIR=$home/ipython
unset ${!ANTHROPIC_@}

mkdir -p .make
log=.make/${heading//[^a-zA-Z]/-}.log
outcome=0
[ -t 1 ] || export NO_COLOR=1
"$@" 2>&1 | tee "$log" || outcome=$?

# What the summary says again at the very end: the closing line of pytest, or of vitest.
if closing=$(sed $'s/\e\\[[0-9;]*m//g' "$log" | grep -aE '(passed|failed|skipped|deselected|errors?|ran)\b.* in [0-9.]+s|^ +Tests +[0-9]' | tail -n 1); then
    printf '%-12s %s\n' "$heading" "$closing" >>.make/closing
fi
if [ "$outcome" != 0 ]; then
    printf '\n── failed: %s\n' "$heading"
fi
exit "$outcome"
