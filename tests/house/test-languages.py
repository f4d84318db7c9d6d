# SPDX-License-Identifier: LGPL-2.1-or-later
"""test-languages.py SOURCE: each example is there in all four languages, is run by the tests of each, and is named in the guide's table; the few
that need not be in all of them say why."""

import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1])
ENDINGS = {"c": "c", "python": "py", "javascript": "js", "vala": "vala"}
OTHER_NAMES = {("python", "json"): "receive_json"}  # json.py would hide Python's own module
READY_MADE = "a ready-made class, which is made alike in each language"
PLAIN_HTTP = "plain HTTP beside the websockets, in one call of the app's"
NOT_EVERYWHERE = {
    "credentials": READY_MADE,
    "files": PLAIN_HTTP,
    "health": PLAIN_HTTP,
    "http-auth": "libsoup's own classes",
    "iterating": "a loop over what comes, which C and Vala have not",
    "origins": READY_MADE,
    "rate-limit": READY_MADE,
    "request-log": READY_MADE,
    "timing": "a subclass of Middleware; Python and JavaScript wrap a connection in a function (middleware)",
    "tokens": READY_MADE,
}
# Who runs them: one list of Meson for all, and what a language has beside it. What runs by itself has a test of its own.
EVERYWHERE = ("examples/meson.build", "examples_everywhere = [")
LISTS = {
    "c": ("examples/c/meson.build", "examples_everywhere + ["),
    "python": ("tests/python/meson.build", "examples_everywhere + ["),
    "javascript": ("tests/javascript/meson.build", "examples_everywhere + ["),
    "vala": ("examples/vala/meson.build", "vala_examples = examples_everywhere\n"),
}
BY_THEMSELVES = {"chat", "testing"}


def names_of(language):
    folder = source / "examples" / language
    found = {path.stem for path in folder.glob(f"*.{ENDINGS[language]}")} | {path.name for path in folder.iterdir() if path.is_dir()}
    found -= {"__pycache__"}
    for (other, name), stem in OTHER_NAMES.items():
        if other == language and stem in found:
            found = found - {stem} | {name}
    return found


def listed(file, start):
    text = (source / file).read_text()
    begin = text.index(start) + len(start)
    return set(re.findall(r"'([a-z-]+)'", text[begin : text.index("]", begin)])) if start.endswith("[") else set()


def run_in(language):
    return listed(*EVERYWHERE) | listed(*LISTS[language])


def table_of(page):
    """Name of an example -> the languages that its row ticks, in the order of ENDINGS."""
    rows = re.findall(r"^\| `([a-z-]+)` \|[^|]*\|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|$", page.read_text(), re.MULTILINE)
    return {name: {language for language, cell in zip(ENDINGS, cells) if cell.strip()} for name, *cells in rows}


there = {language: names_of(language) for language in ENDINGS}
faults = []
for name in sorted(set.union(*there.values())):
    missing = [language for language in ENDINGS if name not in there[language]]
    if missing and name not in NOT_EVERYWHERE:
        faults.append(f"{name} is not there in {', '.join(missing)}")
    if not missing and name in NOT_EVERYWHERE:
        faults.append(f"{name} is there in all languages: it needs no excuse in {sys.argv[0]}")
faults += [f"{name}, which has an excuse, is not there at all" for name in NOT_EVERYWHERE if not any(name in found for found in there.values())]
for language, found in there.items():
    for name in sorted((found ^ run_in(language)) - BY_THEMSELVES):
        faults.append(f"{name} in {language} is not run by a test, or is listed and not there")
table = table_of(source / "doc/guide/side-by-side.md")
for name in sorted(set.union(set(table), *there.values())):
    wanted = {language for language in ENDINGS if name in there[language]}
    if table.get(name, set()) != wanted:
        faults.append(f"{name}: the table of side-by-side.md says {sorted(table.get(name, []))}, there is {sorted(wanted)}")
for fault in faults:
    print(fault)
print(f"{len(set.union(*there.values()))} examples")
sys.exit(1 if faults else 0)
