#!/usr/bin/env bash
# Brings po/ up to date with the texts in the sources:  dev/shell dev/lib/update_translations.sh
#
# Writes po/POTFILES.in and po/stonechat.pot (which is not tracked), merges the template into each translation, and
# says what is left to translate.
set -euo pipefail
cd "$(dirname "$0")/../.."

{
    echo '# Files with texts to translate. Written by dev/lib/update_translations.sh.'
    dev/lib/translatable.sh
} >po/POTFILES.in

dev/lib/make_pot.sh po/stonechat.pot
for file in po/*.po; do
    msgmerge --quiet --update --backup=none --no-fuzzy-matching --no-wrap "$file" po/stonechat.pot
    printf '%s: ' "$file"
    LC_ALL=C msgfmt --statistics --output-file=/dev/null "$file" 2>&1
done
