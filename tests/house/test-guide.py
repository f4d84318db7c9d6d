# SPDX-License-Identifier: LGPL-2.1-or-later
"""test-guide.py SOURCE: every block of code in the guide stands, line by line, in the example that it says it is from; a line `…` leaves something out."""

import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1])
BLOCK = re.compile(r"(?:From `([^`]+)`:\n\n)?```(?:c|python|js|vala)\n(.*?)```", re.DOTALL)


def check(page, named, block):
    if not named:
        yield f"{page.name}: a block of code without `From examples/…`"
        return
    example = (source / named).read_text()
    at = 0
    for part in block.split("…\n"):
        found = example.find(part, at)
        if found < 0:
            yield f"{page.name}: this is not in {named}, or not in this order:\n{part}"
            return
        at = found + len(part)


pages = sorted((source / "doc/guide").glob("*.md"))
blocks = [(page, *match) for page in pages for match in BLOCK.findall(page.read_text())]
faults = [fault for one in blocks for fault in check(*one)]
faults += ["no block was found"] if len(blocks) < 5 else []
# Each page is in the list of pages, or gi-docgen leaves it out without a word.
listed = (source / "doc/nexws.toml.in").read_text()
faults += [f"{page.name} is not in nexws.toml.in" for page in pages if f'"{page.name}"' not in listed]
for fault in faults:
    print(fault)
print(f"{len(blocks)} blocks")
sys.exit(1 if faults else 0)
