#!/usr/bin/env python3
"""Lays out what a fuzz target begins with:  seeds.py TARGET DIR

The examples of the XEPs and what was found before, and beside DIR a dictionary: for targets that read XML of the words that
stand in the examples, for files of the marks that their parts have. The files themselves are made by the target.
"""

import pathlib
import random
import re
import sys

FUZZ = pathlib.Path(__file__).resolve().parents[3] / "fuzz"
SCRIPTS = 64


def examples():
    for file in sorted((FUZZ / "examples").glob("*.txt")):
        for example in re.split(r"^=== .*\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            yield example.encode()


def seeds(target):
    if target == "payload":
        yield from examples()
    elif target == "stream":
        for number, example in enumerate(examples()):
            yield bytes([number % 256]) + example
    else:
        chance = random.Random(7)
        for number in range(SCRIPTS):
            # Those of `inbound` that begin so have more to say.
            yield (b"", b"\xff", b"\xfe")[number % 3] + chance.randbytes(chance.randrange(20, 400))


def dictionary():
    text = b"".join(examples()).decode()
    words = set(re.findall(r"</?[\w:-]+", text)) | set(re.findall(r"xmlns(?::\w+)?=(?:'[^']*'|\"[^\"]*\")", text))
    words |= {f"{name}='" for name in re.findall(r" ([\w:-]+)=['\"]", text)}
    words |= {"<![CDATA[", "]]>", "&lt;", "&#xd;", "&#x10FFFF;", "<!--", "-->", "<?xml version='1.0'?>", "<!DOCTYPE", "/>", "NONCE"}
    escaped = (word.replace("\\", "\\\\").replace('"', '\\"') for word in sorted(words) if word.isascii())
    return "".join(f'"{word}"\n' for word in escaped)


def marks():
    sources = sorted((FUZZ.parent / "src/engine/file/clean").glob("*.rs"))
    text = "".join(file.read_text(encoding="utf-8").split("#[cfg(test)]\nmod tests")[0] for file in sources)
    words = set(re.findall(r'(?<!\w)b"((?:[^"\\]|\\x[0-9a-f]{2}|\\0)+)"', text))
    escaped = (word.replace("\\0", "\\x00") for word in sorted(words))
    return "".join(f'"{word}"\n' for word in escaped if "\n" not in word)


def main(target, directory):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(target)):
        (directory / f"seed-{number:04}").write_bytes(seed)
    for file in sorted((FUZZ / "regressions" / target).glob("*")):
        (directory / f"found-{file.name}").write_bytes(file.read_bytes())
    if target != "inbound":
        words = marks() if target == "clean" else dictionary()
        (directory.parent / f"{target}.dict").write_text(words, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
