#!/usr/bin/env bash
# Runs a command beside the person's desktop, never on it:  dev/lib/headless.sh CMD…
#
# The command gets an X display of its own with a window manager, a session bus that can start nothing but the
# accessibility bus (no keyring, no portal, no settings of whoever sits here), an empty home and runtime directory.
# All of it is gone when the command ends. STONECHAT_SCREEN sets the display's size.
set -euo pipefail

dir=$(mktemp -d "${TMPDIR:-/tmp}/stonechat-headless.XXXXXX")
pids=()
# The command's process group: one signal ends it and all that it started.
command=

finish() {
    trap - EXIT
    trap '' INT TERM
    local pid
    [ -z "$command" ] || kill -- "-$command" 2>/dev/null || true
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$dir" 2>/dev/null || { sleep 0.2; rm -rf "$dir" || true; }
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Rust's own directories stay where they are.
export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
export HOME=$dir/home XDG_RUNTIME_DIR=$dir/run
export XDG_DATA_HOME=$HOME/.local/share XDG_CONFIG_HOME=$HOME/.config XDG_CACHE_HOME=$HOME/.cache
mkdir -p "$XDG_DATA_HOME" "$XDG_CONFIG_HOME" "$XDG_CACHE_HOME"
mkdir -m 700 "$XDG_RUNTIME_DIR"

# Xvfb chooses a free display itself and says which; a number of our own would clash on quick reuse.
mkfifo "$dir/display"
Xvfb -displayfd 8 -screen 0 "${STONECHAT_SCREEN:-1280x900}x24" -dpi 96 -nolisten tcp -fbdir "$dir" 8>"$dir/display" >"$dir/xvfb.log" 2>&1 &
pids+=($!)
read -r -t 20 display <"$dir/display" || { cat "$dir/xvfb.log" >&2; echo "headless: Xvfb did not start" >&2; exit 1; }
# What is on the screen can be read from this file, in xwd format, without asking the server.
export DISPLAY=:$display STONECHAT_FRAMEBUFFER=$dir/Xvfb_screen0
unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS AT_SPI_BUS_ADDRESS XDG_CURRENT_DESKTOP

export GDK_BACKEND=x11 GSK_RENDERER=cairo GSETTINGS_BACKEND=memory
export ADW_DISABLE_PORTAL=1 GDK_DEBUG=no-portals GTK_USE_PORTAL=0
export LC_ALL=${STONECHAT_LOCALE:-C.UTF-8} LANG=${STONECHAT_LOCALE:-C.UTF-8} NO_AT_BRIDGE=0
unset LANGUAGE

openbox --sm-disable >"$dir/openbox.log" 2>&1 &
pids+=($!)
for _ in $(seq 200); do
    xprop -root _NET_SUPPORTING_WM_CHECK 2>/dev/null | grep -q 'window id' && break
    sleep 0.02
done

mkdir "$dir/services"
cp /usr/share/dbus-1/services/org.a11y.*.service "$dir/services/"
cat >"$dir/bus.conf" <<XML
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <syslog/>
  <listen>unix:dir=$dir/run</listen>
  <auth>EXTERNAL</auth>
  <servicedir>$dir/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
XML

mkfifo "$dir/address"
dbus-daemon --nofork --config-file="$dir/bus.conf" --print-address=8 8>"$dir/address" >"$dir/bus.log" 2>&1 &
pids=($! "${pids[@]}")
read -r -t 20 DBUS_SESSION_BUS_ADDRESS <"$dir/address" || { cat "$dir/bus.log" >&2; echo "headless: dbus-daemon did not start" >&2; exit 1; }
export DBUS_SESSION_BUS_ADDRESS
# Neither does the machine's own system bus reach the command: what sleeps and wakes up there is not what is tested.
export DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS

# In the background, so that a signal to this script is handled at once and not when the command ends.
setsid "$@" <&0 &
command=$!
status=0
wait "$command" || status=$?
exit "$status"
