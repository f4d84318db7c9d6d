# SPDX-License-Identifier: LGPL-2.1-or-later
"""Proves from the include lines that the house stands: each floor includes itself and what is below, and nothing in a circle.

test-floors.py SOURCE_FOLDER checks the library; without an argument it checks that it would find what is forbidden.
"""

import pathlib
import re
import sys
import tempfile

STANDARD_C = "assert ctype errno float inttypes limits math setjmp signal stdarg stddef stdint stdio stdlib string time".split()
STANDARD = {f"{name}.h" for name in STANDARD_C}
SYSTEM = {"unistd.h", "fcntl.h", "sys/epoll.h", "sys/socket.h", "sys/stat.h", "sys/types.h", "sys/uio.h", "sys/un.h",
          "arpa/inet.h", "linux/errqueue.h", "netinet/in.h", "netinet/tcp.h"}
# GObject and GIO are above plain GLib: of GLib's headers this one is without them. A name that ends in "/" is a folder.
GLIB = {"glib.h"}
GIO = GLIB | {"gio/", "glib-object.h", "glib-unix.h", "glib/gstdio.h"}

# Room -> (angle-bracket headers besides C's own, None for any; rooms that it may include from; single files besides).
ROOMS = {
    "protocol": (GLIB | {"zlib.h"}, {"protocol"}, set()),
    "routing": (GLIB, {"routing"}, set()),
    # GIO for its GListModel, which has no header of its own.
    "messages": (GLIB | {"glib-object.h", "gio/gio.h", "json-glib/json-glib.h"}, {"messages"}, set()),
    "transport": (GIO | SYSTEM | {"gnutls/gnutls.h", "gnutls/x509.h", "libsoup/soup.h"},
                  {"protocol", "transport"}, {"nx-enums.h"}),
    "": (None, {"", "protocol", "transport", "routing", "messages", "groups"}, set()),
    # Between websockets and the app, which is the only one at the root that knows what is private in it.
    "groups": (None, {"", "protocol", "transport", "messages", "groups"}, set()),
    # Above the app; nothing includes them but the header for all.
    "middleware": (None, {"", "protocol", "transport", "routing", "messages", "middleware"}, set()),
    "service": (None, {"", "protocol", "transport", "routing", "messages", "service"}, set()),
    "testing": (None, {"", "protocol", "transport", "routing", "messages", "testing"}, set()),
}

# The objects at the root have floors among themselves. A private header is for its own floor and those above; public
# headers are for all, since objects know each other's types.
FLOORS = [
    {"nx-version", "nx-enums", "nx-enum-types", "nx-error", "nx-guest-source", "nx-turn-watch", "nx-types", "nx-message", "nx-settings-properties", "nx-app-handle"},
    {"nx-request", "nx-web-socket", "nx-connection-list"},
    {"groups/"},
    {"nx-action", "nx-controller", "nx-rpc"},
    {"nx-route", "nx-router"},
    {"nx-admission", "nx-app", "nx-description"},
]

GENERATED = {"nx-version.h", "nx-enum-types.h"}
BELOW = {"protocol", "transport", "routing", "messages"}

# Who may speak to SoupServerMessage and to libsoup's handshake.
SOUP_MESSAGE = re.compile(r"SoupServerMessage|soup_server_message_|soup_websocket_server_")
SOUP_MESSAGE_FILES = {
    "transport/nx-handshake.c",
    "transport/nx-handshake-private.h",
    "nx-app-private.h",
    "nx-app-reception.c",
    "nx-app-unrouted.c",
    "nx-web-socket-decide.c",
    # HTTP beside the websockets.
    "service/nx-file-answer.c",
    "service/nx-file-answer-private.h",
    "service/nx-file-service.c",
    "service/nx-health.c",
    "service/nx-site.c",
    "service/nx-site-private.h",
}
# Who may touch a descriptor: transport/ alone.
DESCRIPTOR_CALL = re.compile(r"\b(recv|recvmsg|send|sendmsg|sendto|writev|readv|epoll_\w+|accept4|shutdown)\s*\(")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def room_of(path):
    return path.rsplit("/", 1)[0] if "/" in path else ""


def is_at_root(room):
    """Or in a room that is a floor among the objects there."""
    return room == "" or any(room + "/" in floor for floor in FLOORS)


def floor_of(path):
    """The floor of a file at the root: that of the object whose name begins its name; of one in a room, the room's."""
    for number, floor in enumerate(FLOORS):
        if room_of(path) + "/" in floor:
            return number
    stem = re.sub(r"(-private)?\.[ch]$", "", path)
    found = [(len(name), number) for number, floor in enumerate(FLOORS) for name in floor
             if stem == name or stem.startswith(name + "-")]
    return max(found)[1] if found else None


def check_angled(path, header):
    allowed = ROOMS[room_of(path)][0]
    folder = header.split("/")[0] + "/"
    if allowed is not None and not {header, folder} & (STANDARD | allowed):
        yield f"{path} includes <{header}>, which its floor may not know"


def check_quoted(path, header, files):
    room = room_of(path)
    if header == "config.h" or room not in BELOW and header in GENERATED:
        return
    if header not in files:
        yield f'{path} includes "{header}", which is no path from nexws/'
        return
    _, rooms, singles = ROOMS[room]
    if path == "nexws.h":
        if header.endswith("-private.h"):
            yield f'{path} includes "{header}", which is not for the public'
    elif room_of(header) not in rooms and header not in singles:
        yield f'{path} includes "{header}", which is not below it'
    elif is_at_root(room) and is_at_root(room_of(header)) and header.endswith("-private.h"):
        mine, its = floor_of(path), floor_of(header)
        if mine is None or its is None:
            yield f"{path} or {header} is on no floor: give it one in FLOORS"
        elif its > mine:
            yield f'{path} includes "{header}" of the floor above'


def check_circles(includes):
    """A header that includes itself by a detour."""
    done, way = set(), []

    def visit(path):
        if path in way:
            yield "a circle: " + " -> ".join(way[way.index(path):] + [path])
            return
        if path in done:
            return
        way.append(path)
        for header in includes.get(path, ()):
            yield from visit(header)
        way.pop()
        done.add(path)

    for path in sorted(includes):
        yield from visit(path)


def check_words(path, code):
    if SOUP_MESSAGE.search(code) and path not in SOUP_MESSAGE_FILES:
        yield f"{path} speaks to SoupServerMessage: {SOUP_MESSAGE.search(code).group()}"
    if room_of(path) != "transport" and DESCRIPTOR_CALL.search(code):
        yield f"{path} touches a descriptor: {DESCRIPTOR_CALL.search(code).group()}"


def check_shape(path, text):
    if "SPDX-License-Identifier: LGPL-2.1-or-later" not in text.split("\n", 1)[0]:
        yield f"{path} does not begin with its licence"
    if path.endswith(".c"):
        first = INCLUDE.search(text)
        if first is None or first.group(2) != "config.h":
            yield f"{path} does not include config.h first"


def check(folder):
    """All faults of the tree at folder, as lines."""
    texts = {file.relative_to(folder).as_posix(): file.read_text()
             for file in sorted(folder.rglob("*")) if file.suffix in (".c", ".h")}
    includes = {path: [] for path in texts}
    for path, text in texts.items():
        if room_of(path) not in ROOMS:
            yield f"{path} is in a room without a rule: give it one in ROOMS"
            continue
        yield from check_shape(path, text)
        code = COMMENT.sub(" ", text)
        yield from check_words(path, code)
        for bracket, header in INCLUDE.findall(code):
            if bracket == "<":
                yield from check_angled(path, header)
            else:
                yield from check_quoted(path, header, texts)
                if header in texts:
                    includes[path].append(header)
    yield from check_circles(includes)


# What must be found: a file, a line that it gets, a word of the fault.
FORBIDDEN = [
    ("protocol/nx-a.c", "#include <gio/gio.h>", "may not know"),
    ("protocol/nx-a.c", "#include <glib-object.h>", "may not know"),
    ("protocol/nx-a.c", "#include <sys/socket.h>", "may not know"),
    ("protocol/nx-a.c", '#include "transport/nx-b-private.h"', "not below"),
    ("protocol/nx-a.c", '#include "nx-enums.h"', "not below"),
    ("routing/nx-c.c", "#include <gio/gio.h>", "may not know"),
    ("routing/nx-c.c", '#include "protocol/nx-a-private.h"', "not below"),
    ("transport/nx-b.c", '#include "nx-app.h"', "not below"),
    ("transport/nx-b.c", '#include "routing/nx-c-private.h"', "not below"),
    ("transport/nx-b.c", '#include "nx-b-private.h"', "no path"),
    ("messages/nx-d.c", "#include <libsoup/soup.h>", "may not know"),
    ("nx-message.c", '#include "nx-app-private.h"', "floor above"),
    ("nx-thing.c", '#include "nx-app-private.h"', "on no floor"),
    ("nx-app.c", "static SoupServerMessage *message;", "speaks to"),
    ("nx-app.c", "static int f (void) { return recv (1, 0, 0, 0); }", "descriptor"),
    ("nx-app.c", '#include "testing/nx-f.h"', "not below"),
    ("nx-app.c", '#include "middleware/nx-g.h"', "not below"),
    ("nexws.h", '#include "nx-app-private.h"', "not for the public"),
    ("nx-app.c", '#include "service/nx-h.h"', "not below"),
    ("middleware/nx-g.c", '#include "service/nx-h.h"', "not below"),
    ("service/nx-h.c", '#include "middleware/nx-g.h"', "not below"),
    ("service/nx-h.c", "static SoupServerMessage *message;", "speaks to"),
    ("groups/nx-i.c", '#include "nx-app-private.h"', "floor above"),
    ("nx-message.c", '#include "groups/nx-i-private.h"', "floor above"),
    ("groups/nx-i.c", '#include "middleware/nx-g.h"', "not below"),
    ("protocol/nx-a.c", '#include "groups/nx-i-private.h"', "not below"),
    ("elsewhere/nx-e.c", "", "without a rule"),
    ("nx-app.h", '#include "nx-app-private.h"', "circle"),
]
SOUND = {
    "protocol/nx-a.c": '#include "protocol/nx-a-private.h"\n#include <string.h>\n',
    "protocol/nx-a-private.h": "#include <glib.h>\n",
    "transport/nx-b.c": '#include "transport/nx-b-private.h"\n#include "protocol/nx-a-private.h"\n#include "nx-enums.h"\n',
    "transport/nx-b-private.h": "#include <gio/gio.h>\n",
    "routing/nx-c.c": '#include "routing/nx-c-private.h"\n',
    "routing/nx-c-private.h": "#include <glib.h>\n",
    "messages/nx-d.c": "#include <json-glib/json-glib.h>\n",
    "nx-enums.h": "#include <glib.h>\n",
    "nx-message.c": '/* Not #include "nx-app-private.h". */\n',
    "nx-thing.c": "",
    "nx-app.h": "",
    "nx-app-private.h": '#include "nx-app.h"\n',
    "testing/nx-f.c": '#include "testing/nx-f.h"\n#include "nx-app-private.h"\n#include "transport/nx-b-private.h"\n',
    "testing/nx-f.h": '#include "nx-app.h"\n',
    "middleware/nx-g.c": '#include "middleware/nx-g.h"\n#include "nx-app-private.h"\n#include "nx-enum-types.h"\n',
    "middleware/nx-g.h": '#include "nx-app.h"\n',
    "service/nx-h.c": '#include "service/nx-h.h"\n#include "nx-app-private.h"\n#include "routing/nx-c-private.h"\n',
    "service/nx-h.h": '#include "nx-app.h"\n',
    "nexws.h": '#include "nx-app.h"\n#include "middleware/nx-g.h"\n#include "testing/nx-f.h"\n',
    "groups/nx-i.c": '#include "groups/nx-i-private.h"\n#include "nx-web-socket-private.h"\n',
    "groups/nx-i-private.h": '#include "nx-message.h"\n',
    "nx-message.h": "",
    "nx-web-socket-private.h": "",
    "nx-app.c": '#include "groups/nx-i-private.h"\n#include "nx-app-private.h"\n#include "transport/nx-b-private.h"\n',
}


def write(folder, path, body):
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    config = '#include "config.h"\n' if path.endswith(".c") else ""
    file.write_text("/* SPDX-License-Identifier: LGPL-2.1-or-later */\n" + config + body)


def check_checker():
    """Faults in the checks themselves."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for path, body in SOUND.items():
            write(folder, path, body)
        yield from (f"found in a sound tree: {fault}" for fault in check(folder))
        for path, line, word in FORBIDDEN:
            write(folder, path, SOUND.get(path, "") + line + "\n")
            if not any(word in fault for fault in check(folder)):
                yield f"not found in {path}: {line or 'itself'}"
            if path in SOUND:
                write(folder, path, SOUND[path])
            else:
                (folder / path).unlink()


faults = list(check(pathlib.Path(sys.argv[1])) if len(sys.argv) > 1 else check_checker())
for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
