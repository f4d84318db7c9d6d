# SPDX-License-Identifier: LGPL-2.1-or-later
"""Proves from the compiled library that its files call each other in no circle, but for those that are told here.

test-circles.py NM ARCHIVE checks the library; without an argument it checks that it would find what is forbidden.
"""

import re
import subprocess
import sys

# What a handler does may end what called it: so these call each other. See "Who calls whom" in doc/architecture.md.
ALLOWED = [
    {"nx-web-socket-close", "nx-web-socket-decide", "nx-web-socket-deliver", "nx-web-socket-fail", "nx-web-socket-life"},
]

SYMBOL = re.compile(r"[^:]*:(?P<file>[^:]+)\.c\.o:\s*[0-9a-f]*\s+(?P<kind>\w)\s+(?P<name>\S+)")
# A type is for all: whoever asks for it calls nothing of the object.
IS_TYPE = re.compile(r".*_get_type$")


def read_calls(text):
    """Of each file those that it calls, or whose data it reads, with the names."""
    defined, wanted = {}, {}
    for line in text.splitlines():
        found = SYMBOL.match(line)
        if found is None or IS_TYPE.match(found["name"]):
            continue
        file = re.sub(r".*[/_](?=nx-)", "", found["file"])
        if found["kind"] == "U":
            wanted.setdefault(file, set()).add(found["name"])
        else:
            defined[found["name"]] = file
    calls = {file: {} for file in set(defined.values()) | set(wanted)}
    for file, names in wanted.items():
        for name in names:
            if defined.get(name, file) != file:
                calls[file].setdefault(defined[name], []).append(name)
    return calls


def reach(calls, start):
    seen, todo = set(), [start]
    while todo:
        for file in calls[todo.pop()]:
            if file not in seen:
                seen.add(file)
                todo.append(file)
    return seen


def find_circles(calls):
    """The sets of files that reach each other."""
    reached = {file: reach(calls, file) for file in calls}
    return {frozenset(other for other in reached[file] if file in reached[other])
            for file in calls if file in reached[file]}


def check(text):
    calls = read_calls(text)
    if not any(calls.values()):
        yield "no call was read: is this the output of nm -A?"
    circles = find_circles(calls)
    for circle in sorted(circles - {frozenset(allowed) for allowed in ALLOWED}, key=sorted):
        yield "a circle: " + " ".join(sorted(circle))
        for file in sorted(circle):
            for other in sorted(circle & set(calls[file])):
                yield f"  {file} -> {other}: {' '.join(sorted(calls[file][other]))}"
    for allowed in ALLOWED:
        if calls.keys() & allowed and frozenset(allowed) not in circles:
            yield "is no circle any more, and need not be allowed: " + " ".join(sorted(allowed))


def check_itself():
    one, other, type_of = "lib.a:nx-one.c.o:0 T nx_one", "lib.a:rooms_nx-other.c.o:0 T nx_other", "lib.a:nx-one.c.o:0 T nx_one_get_type"
    down = "lib.a:nx-one.c.o: U nx_other"
    for lines, word in (
        ([one, other, down], None),
        ([one, other, down, type_of, "lib.a:rooms_nx-other.c.o: U nx_one_get_type"], None),
        ([one, other, down, "lib.a:rooms_nx-other.c.o: U nx_one"], "a circle: nx-one nx-other"),
        ([one, other, down, "lib.a:rooms_nx-other.c.o: U nx_third", "lib.a:nx-third.c.o:0 D nx_third", "lib.a:nx-third.c.o: U nx_one"],
         "a circle: nx-one nx-other nx-third"),
        (["lib.a:nx-web-socket-close.c.o:0 T nx_close", one, other, down], "no circle any more"),
        ([], "no call"),
    ):
        faults = list(check("\n".join(lines)))
        assert (word is None and not faults) or (word is not None and any(word in fault for fault in faults)), (lines, faults)
    print("ok: what is forbidden is found")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        check_itself()
    else:
        faults = list(check(subprocess.run([sys.argv[1], "-A", "-g", sys.argv[2]], check=True, capture_output=True, text=True).stdout))
        print("\n".join(faults) or "ok")
        sys.exit(1 if faults else 0)
