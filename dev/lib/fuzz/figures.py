#!/usr/bin/env python3
"""Prints what a run of libFuzzer came to, as one JSON object:  figures.py TARGET LOG ARTIFACTS SINCE

Fails when it found something or did not run at all. Counted are the files in the directory ARTIFACTS that are newer than the file SINCE.
"""

import json
import pathlib
import re
import sys


def main(target, log, artifacts, since):
    text = pathlib.Path(log).read_text(encoding="utf-8", errors="replace")
    began = pathlib.Path(since).stat().st_mtime
    found = [file for file in pathlib.Path(artifacts).glob("*") if file.stat().st_mtime >= began]

    def last(pattern):
        numbers = re.findall(pattern, text)
        return int(numbers[-1]) if numbers else 0

    executions = last(r"stat::number_of_executed_units: *(\d+)")
    print(json.dumps({
        "fuzz": target,
        "executions": executions,
        "per second": last(r"stat::average_exec_per_sec: *(\d+)"),
        "edges": last(r"cov: (\d+)"),
        "peak MB": last(r"stat::peak_rss_mb: *(\d+)"),
        "findings": len(found),
    }))
    for file in found:
        print(f"found: {file}", file=sys.stderr)
    if not executions:
        print(text[-2000:], file=sys.stderr)
    return 1 if found or not executions else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
