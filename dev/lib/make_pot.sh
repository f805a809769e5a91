#!/usr/bin/env bash
# Collects all texts to translate into one template:  dev/lib/make_pot.sh FILE
set -euo pipefail
cd "$(dirname "$0")/../.."
pot=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

common=(--from-code=UTF-8 --add-comments=Translators --no-wrap --package-name=Stonechat
    --copyright-holder='The Stonechat authors')
mapfile -t data < <(grep -E '^data/' po/POTFILES.in)
mapfile -t blueprints < <(grep -E '\.blp$' po/POTFILES.in || true)
mapfile -t rust < <(grep -E '\.rs$' po/POTFILES.in || true)

# The list of data files is never empty; the metainfo file needs AppStream's own rules, which gettext has.
xgettext "${common[@]}" --output="$scratch/data.pot" "${data[@]}"
parts=("$scratch/data.pot")
if [ ${#blueprints[@]} != 0 ]; then
    # Blueprint quotes and comments as JavaScript does.
    xgettext "${common[@]}" --language=JavaScript --keyword=_ --keyword=C_:1c,2 --output="$scratch/blueprint.pot" "${blueprints[@]}"
    parts+=("$scratch/blueprint.pot")
fi
if [ ${#rust[@]} != 0 ]; then
    # Before version 0.24 gettext has no Rust; C comes nearest, and only a lifetime's apostrophe is strange to it.
    xgettext "${common[@]}" --language=C --keyword=gettext --keyword=ngettext:1,2 --keyword=pgettext:1c,2 \
        --keyword=npgettext:1c,2,3 --keyword=gettext_f --keyword=ngettext_f:1,2 --output="$scratch/rust.pot" "${rust[@]}" \
        2> >(grep -v -e 'unterminated character constant' -e 'warning: ' >&2 || true)
    parts+=("$scratch/rust.pot")
fi
for part in "${parts[@]}"; do
    [ ! -f "$part" ] || existing+=("$part")
done
msgcat --use-first --no-wrap --output-file="$pot" "${existing[@]}"
sed -i -e 's/^"Language: .*/"Language: \\n"/' -e 's/charset=CHARSET/charset=UTF-8/' "$pot"
