#!/usr/bin/env python3
"""Lists every crate of Cargo.lock as a source of the Flatpak build, which has no network.

    dev/lib/cargo_sources.py            writes flatpak/cargo-sources.json
    dev/lib/cargo_sources.py --check    fails when that file is not what it would write
"""

import json
import pathlib
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOCK = ROOT / "Cargo.lock"
OUTPUT = ROOT / "flatpak" / "cargo-sources.json"
VENDOR = "cargo/vendor"

CARGO_CONFIG = """\
[source.vendored-sources]
directory = "{vendor}"

[source.crates-io]
replace-with = "vendored-sources"
"""


def sources(lock):
    """Two entries for each crate: its archive, and the checksum file that makes a directory a vendored crate."""
    entries = []
    for package in lock["package"]:
        # The workspace's own crates have no source.
        if "source" not in package:
            continue
        if "checksum" not in package:
            sys.exit(f"{package['name']} {package['version']} does not come from the registry; the Flatpak can't fetch it")
        name, version, checksum = package["name"], package["version"], package["checksum"]
        folder = f"{VENDOR}/{name}-{version}"
        entries.append({
            "type": "archive",
            "archive-type": "tar-gzip",
            "url": f"https://static.crates.io/crates/{name}/{name}-{version}.crate",
            "sha256": checksum,
            "dest": folder,
        })
        entries.append({
            "type": "inline",
            "contents": json.dumps({"package": checksum, "files": {}}),
            "dest": folder,
            "dest-filename": ".cargo-checksum.json",
        })
    entries.append({
        "type": "inline",
        "contents": CARGO_CONFIG.format(vendor=VENDOR),
        "dest": "cargo",
        "dest-filename": "config.toml",
    })
    return entries


def main():
    text = json.dumps(sources(tomllib.loads(LOCK.read_text())), indent=4) + "\n"
    if sys.argv[1:] == ["--check"]:
        if not OUTPUT.exists() or OUTPUT.read_text() != text:
            sys.exit(f"{OUTPUT.relative_to(ROOT)} does not match Cargo.lock: run dev/lib/cargo_sources.py")
    else:
        OUTPUT.write_text(text)
        print(f"{OUTPUT.relative_to(ROOT)} written")


if __name__ == "__main__":
    main()
