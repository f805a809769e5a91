# shellcheck shell=bash
# Finds or makes the environment that Stonechat is built and tested in, and runs commands in it.
#
# Sourced by the scripts in dev/. What it decides, in this order:
#   1. the machine has GTK >= 4.18, libadwaita >= 1.7 and every tool: run there;
#   2. its own apt can bring them: install what is missing, then run there;
#   3. else: a Debian 13 root under the user's cache, made once, entered with bubblewrap,
#      with the machine's own Rust toolchain.

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/stonechat
suite=trixie
# Every build of the checkout sees the same value: another one would compile the library anew.
locale_dir=${STONECHAT_LOCALE_DIR:-/usr/local/share/locale}
# More directories of the machine that a script needs inside.
binds=()

# What is needed beyond Rust: to build, to show a window without a display, to talk to real servers.
packages=(
    gcc g++ libc6-dev pkg-config git meson ninja-build gettext blueprint-compiler
    libgtk-4-dev libadwaita-1-dev libglib2.0-dev-bin
    libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
    gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-pulseaudio
    libspelling-1-dev libgtksourceview-5-dev hunspell-en-us hunspell-de-de enchant-2
    desktop-file-utils appstream libxml2-utils
    ca-certificates openssl procps iproute2
    adwaita-icon-theme hicolor-icon-theme librsvg2-common fonts-cantarell fonts-dejavu-core
    fonts-noto-core fonts-noto-color-emoji gsettings-desktop-schemas dconf-gsettings-backend
    locales-all dbus dbus-x11 at-spi2-core xvfb openbox x11-utils x11-apps xdotool imagemagick
    python3 python3-gi gir1.2-atspi-2.0 gir1.2-gtk-4.0 python3-dbus sqlite3
    gnome-keyring python3-dbusmock xdg-desktop-portal xdg-desktop-portal-gtk
    prosody prosody-modules lua-dbi-sqlite3 lua-unbound ejabberd erlang-p1-sqlite3 python3-slixmpp python3-aiohttp
)
# One command or pkg-config module for each part that a machine may lack.
commands=(gcc pkg-config git meson ninja msgfmt blueprint-compiler glib-compile-resources desktop-file-validate
    appstreamcli openssl prosody Xvfb openbox dbus-run-session import xdotool python3)

say() { printf 'stonechat: %s\n' "$*" >&2; }
fail() {
    say "$1"
    [ $# -lt 2 ] || say "  what to do: $2"
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "'$1' needs root, and sudo is not installed." "run this once as root, or install sudo"
    fi
}

# Runs a set-up step with its output in a log, which is named only when the step fails.
quietly() {
    local what=$1 log
    shift
    mkdir -p "$cache"
    log=$cache/setup.log
    say "$what …"
    "$@" >"$log" 2>&1 </dev/null || {
        tail -n 15 "$log" >&2
        fail "this failed: $what (all of its output: $log)" "see the lines above; is the network reachable?"
    }
}

machine_is_complete() {
    local c
    for c in "${commands[@]}"; do
        command -v "$c" >/dev/null || return 1
    done
    pkg-config --atleast-version=4.18 gtk4 && pkg-config --atleast-version=1.7 libadwaita-1 &&
        pkg-config --atleast-version=1.24 gstreamer-app-1.0 && pkg-config --atleast-version=0.4 libspelling-1
}

apt_has_new_libadwaita() {
    local version
    command -v apt-cache >/dev/null || return 1
    version=$(LC_ALL=C apt-cache policy libadwaita-1-dev 2>/dev/null | sed -n 's/^ *Candidate: //p')
    [ -n "$version" ] && [ "$version" != '(none)' ] && dpkg --compare-versions "$version" ge 1.7
}

apt_refresh_once() {
    [ -n "$(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -print -quit 2>/dev/null)" ] ||
        quietly "reading the package lists" as_root apt-get update -q
}

# The mirror that this machine uses already; nothing where it uses none, and mmdebstrap then takes Debian's own.
debian_mirror() {
    local uri
    uri=$(LC_ALL=C apt-get indextargets --format '$(SITE) $(CODENAME) $(ORIGIN)' 2>/dev/null |
        awk '$3 == "Debian" && $2 !~ /security/ { print $1; exit }')
    printf '%s\n' "${STONECHAT_MIRROR:-$uri}"
}

root_name() { printf '%s-%s' "$suite" "$(printf '%s ' "${packages[@]}" | sha256sum | cut -c1-12)"; }

make_root() {
    local root=$1 missing=()
    apt_refresh_once
    command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
    command -v bwrap >/dev/null || missing+=(bubblewrap)
    [ ${#missing[@]} = 0 ] || quietly "installing ${missing[*]}" as_root apt-get install -y -q --no-install-recommends "${missing[@]}"
    mkdir -p "$cache"
    local new=$root.new mirror
    mirror=$(debian_mirror)
    as_root rm -rf "$new"
    quietly "making a Debian 13 root with GTK 4.18 in $cache (once, about two minutes)" \
        as_root mmdebstrap --variant=apt --aptopt='Apt::Install-Recommends "false"' \
        --include="$(IFS=,; echo "${packages[*]}")" "$suite" "$new" ${mirror:+"$mirror"}
    as_root touch "$new/.complete"
    as_root mv "$new" "$root"
    # Roots of earlier package lists go when nobody has entered them for a while: another checkout may be at work in one.
    local old
    for old in "$cache/$suite"-*; do
        [ "$old" = "$root" ] || [ -z "$(find "$old/.complete" -mtime +7 2>/dev/null)" ] || as_root rm -rf "$old"
    done
}

# Sets `runner`: the words to put before a command so that it runs in the environment.
prepare_environment() {
    command -v cargo >/dev/null || [ -x "$HOME/.cargo/bin/cargo" ] ||
        fail "Rust is not installed." "install it with rustup (https://rustup.rs), then run this again"
    runner=()
    if [ -n "${STONECHAT_INSIDE:-}" ] || machine_is_complete; then
        return
    fi
    exec 9>"${TMPDIR:-/tmp}/stonechat-setup-$(id -u).lock"
    flock 9
    if command -v apt-get >/dev/null; then
        local root
        root=$cache/$(root_name)
        if [ ! -e "$root/.complete" ]; then
            apt_refresh_once
            if apt_has_new_libadwaita; then
                quietly "installing GTK, Prosody and the test tools" \
                    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}"
                machine_is_complete || fail "the packages are installed, but a tool is still missing." "see the list in dev/lib/environment.sh"
            else
                make_root "$root"
            fi
        fi
        machine_is_complete || enter_root "$root"
    else
        fail "GTK >= 4.18, libadwaita >= 1.7 or one of these is missing: ${commands[*]}" "install them with your system's package manager"
    fi
    flock -u 9
    exec 9>&-
}

enter_root() {
    local root=$1 path
    command -v bwrap >/dev/null || quietly "installing bubblewrap" as_root apt-get install -y -q --no-install-recommends bubblewrap
    touch "$root/.complete" 2>/dev/null || true
    # With process ids of its own, so that what was started in there ends with it, whatever happens to the scripts.
    runner=(bwrap --bind "$root" / --dev /dev --unshare-pid --proc /proc --ro-bind /sys /sys
        --tmpfs /run --tmpfs /dev/shm --bind /tmp /tmp --bind "$HOME" "$HOME" --die-with-parent
        --ro-bind-try /etc/resolv.conf /etc/resolv.conf --ro-bind-try /etc/hosts /etc/hosts
        --ro-bind-try /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
        --ro-bind-try /etc/passwd /etc/passwd --ro-bind-try /etc/group /etc/group
        --setenv STONECHAT_INSIDE 1 --setenv SSL_CERT_FILE /etc/ssl/certs/ca-certificates.crt
        --unsetenv SSL_CERT_DIR
        --setenv PATH "$HOME/.cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    # The checkout and what lies beside it, wherever that is.
    path=$(dirname "$repo")
    case $path/ in "$HOME"/* | /tmp/*) ;; *) runner+=(--bind "$path" "$path") ;; esac
    for path in "${binds[@]}" "${CARGO_HOME:-}" "${RUSTUP_HOME:-}" "${CARGO_TARGET_DIR:-}" "${XDG_RUNTIME_DIR:-}"; do
        [ -z "$path" ] || [ ! -d "$path" ] || runner+=(--bind "$path" "$path")
    done
    [ ! -d /run/dbus ] || runner+=(--ro-bind /run/dbus /run/dbus)
}

# Runs a command in the environment, in the checkout.
in_environment() {
    prepare_environment
    cd "$repo" || exit 1
    local -x STONECHAT_LOCALE_DIR=$locale_dir
    if [ ${#runner[@]} = 0 ]; then
        PATH=$HOME/.cargo/bin:$PATH "$@"
    else
        "${runner[@]}" "$@"
    fi
}

# Goes on with a script of the checkout inside the environment; returns there at once. What the script writes to TMPDIR
# is gone when it ends, and so is all it started, also when it is stopped from outside.
enter_environment() {
    [ -z "${STONECHAT_ENTERED:-}" ] || { cd "$repo" && return; }
    prepare_environment
    cd "$repo" || exit 1
    TMPDIR=$(mktemp -d /tmp/stonechat.XXXXXX)
    export TMPDIR STONECHAT_ENTERED=1 STONECHAT_LOCALE_DIR=$locale_dir
    [ ${#runner[@]} != 0 ] || PATH=$HOME/.cargo/bin:$PATH
    trap leave_environment EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    # In a process group of its own, so that one signal reaches all of it; and one comes when this script is killed.
    setsid setpriv --pdeathsig TERM "${runner[@]}" "$repo/$1" "${@:2}" <&0 &
    inside=$!
    wait "$inside"
    exit
}

leave_environment() {
    local status=$?
    trap - EXIT
    trap '' INT TERM HUP
    kill -- "-$inside" 2>/dev/null || true
    wait "$inside" 2>/dev/null || true
    rm -rf "$TMPDIR" 2>/dev/null || { sleep 0.3; rm -rf "$TMPDIR"; }
    exit "$status"
}
