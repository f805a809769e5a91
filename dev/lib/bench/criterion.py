#!/usr/bin/env python3
"""Prints what Criterion measured, one JSON object a line:  criterion.py BENCH DIR SINCE

Takes the results under DIR that are newer than the file SINCE. A figure is the median time of one run, or, where the
benchmark says how much one run does, the rate.
"""

import json
import pathlib
import sys

RATES = {"Bytes": (1e6, "MB/s"), "BytesDecimal": (1e6, "MB/s"), "Elements": (1, "1/s")}


def main():
    bench, directory, since = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]).stat().st_mtime
    for file in sorted(directory.glob("**/new/estimates.json")):
        if file.stat().st_mtime < since:
            continue
        description = json.loads((file.parent / "benchmark.json").read_text())
        seconds = json.loads(file.read_text())["median"]["point_estimate"] / 1e9
        figure = {"bench": bench, "figure": description["full_id"], "value": float(f"{seconds:.4g}"), "unit": "s"}
        print(json.dumps(figure))
        for kind, amount in (description.get("throughput") or {}).items():
            if kind in RATES:
                scale, unit = RATES[kind]
                rate = float(f"{amount / seconds / scale:.4g}")
                print(json.dumps(figure | {"figure": description["full_id"] + " rate", "value": rate, "unit": unit}))


if __name__ == "__main__":
    main()
