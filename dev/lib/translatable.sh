#!/usr/bin/env bash
# Prints the files that have texts to translate, in the order of po/POTFILES.in.
set -euo pipefail
cd "$(dirname "$0")/../.."
{
    ls data/*.desktop.in data/*.metainfo.xml.in 2>/dev/null || true
    grep -rlE '\b_\("' resources --include='*.blp' 2>/dev/null || true
    grep -rlE '\b(n|p|np)?gettext(_f)?\(' src --include='*.rs' || true
} | LC_ALL=C sort
