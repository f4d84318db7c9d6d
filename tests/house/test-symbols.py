# SPDX-License-Identifier: LGPL-2.1-or-later
"""test-symbols.py LIBRARY HEADER…: the library exports just what the public headers declare and mark, no more and no less."""

import re
import subprocess
import sys

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DIRECTIVE = re.compile(r"^#(?:[^\n]*\\\n)*[^\n]*$", re.MULTILINE)
MARK = r"(NX_AVAILABLE_IN_ALL\s+)?"
DECLARED_TYPE = re.compile(MARK + r"G_DECLARE_\w+_TYPE\s*\(\s*\w+\s*,\s*(\w+)\s*,")
FUNCTION = re.compile(MARK + r"(?:const\s+)?\w+[\s*]+(?:const\s*\*\s*)?(nx_\w+)\s*\(")


def exported_by(library):
    lines = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    names = {line.split()[-1].split("@")[0] for line in lines.splitlines()}
    # Names with an underscore in front are the compiler's and the linker's own.
    return {name for name in names if not name.startswith("_")}


def declared_in(header):
    """(name, is it marked as public?) of every function."""
    with open(header, encoding="utf-8") as file:
        text = DIRECTIVE.sub("", COMMENT.sub(" ", file.read()))
    for mark, prefix in DECLARED_TYPE.findall(text):
        yield f"{prefix}_get_type", bool(mark)
    for mark, name in FUNCTION.findall(text):
        yield name, bool(mark)


library, headers = sys.argv[1], sys.argv[2:]
declared = dict(pair for header in headers for pair in declared_in(header))
exported = exported_by(library)
faults = [f"{name} is exported but in no public header" for name in sorted(exported - set(declared))]
faults += [f"{name} is declared but not exported" for name in sorted(set(declared) - exported)]
faults += [f"{name} is declared without NX_AVAILABLE_IN_ALL" for name, mark in sorted(declared.items()) if not mark]
faults += ["no symbol was found: does this test read the right files?"] if len(declared) < 20 else []
for fault in faults:
    print(fault)
print(f"{len(exported)} exported, {len(declared)} declared")
sys.exit(1 if faults else 0)
