#!/usr/bin/env python3
"""Takes the examples out of the XEPs:  dev/lib/fuzz/examples.py CHECKOUT

CHECKOUT is a clone of https://github.com/xsf/xeps. Writes fuzz/examples/NNNN.txt, one file for each XEP: each example
behind a line that begins with `=== `, which is followed by its caption.
"""

import html
import pathlib
import re
import subprocess
import sys

XEPS = """0030 0045 0054 0059 0060 0066 0084 0085 0091 0092 0115 0128 0153 0163 0172 0184 0191 0198 0199 0202 0203 0264 0280 0297 0300
0308 0313 0333 0334 0352 0359 0363 0372 0377 0382 0386 0388 0393 0398 0402 0424 0425 0428 0440 0441 0444 0447 0461 0474 0478
0484 0490 0511""".split()
TARGET = pathlib.Path(__file__).resolve().parents[3] / "fuzz" / "examples"
EXAMPLE = re.compile(r"<example\b([^>]*)>(.*?)</example>", re.DOTALL)
CAPTION = re.compile(r"""caption=("[^"]*"|'[^']*')""")


def text_of(body):
    """What a reader of the XEP sees."""
    parts = re.split(r"<!\[CDATA\[(.*?)\]\]>", body, flags=re.DOTALL)
    return "".join(part if n % 2 else html.unescape(part) for n, part in enumerate(parts)).strip()


def main(checkout):
    for number in XEPS:
        source = subprocess.run(
            ["git", "-C", checkout, "show", f"HEAD:xep-{number}.xml"], capture_output=True, check=True, text=True
        ).stdout
        with open(TARGET / f"{number}.txt", "w", encoding="utf-8") as file:
            for attributes, body in EXAMPLE.findall(source):
                caption = CAPTION.search(attributes)
                title = " ".join(html.unescape(caption.group(1)[1:-1]).split()) if caption else ""
                lines = (line.rstrip() for line in text_of(body).splitlines())
                file.write(f"=== {title}\n" + "".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
