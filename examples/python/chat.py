# SPDX-License-Identifier: LGPL-2.1-or-later
"""A chat: the page of examples/web and its WebSocket, /ws/{room}, out of one process and one port. What goes over the wire stands in
examples/web/README.md."""

import pathlib
import re
import time
import unicodedata
from collections import deque

from gi.repository import GLib
from nexws import App, Controller, NexwsError, Nx

WEB = pathlib.Path(__file__).resolve().parent.parent / "web"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FILES = {"/": "index.html", **{f"/{name}": name for name in ("chat.css", "chat.js", "connection.js", "icon.svg")}}
# The page needs nothing but its own files and its WebSocket: whatever got into it otherwise is not to run.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MAX_EMPTY_ROOMS = 32
TAKEN_OVER, NO_ROOM = 4001, 4004

app = App(max_message_size=32 * 1024)


class Mistake(Exception):
    """What somebody did wrong: told to them, and nothing else has happened."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


# -- Words --


def fold(words):
    """Two names, or two rooms, are the same when this is."""
    return unicodedata.normalize("NFKC", words).casefold()


def clean_name(name):
    """The name as others see it; None when it is none."""
    name = " ".join(name.split())
    bad = any(unicodedata.category(c)[0] == "C" for c in name)
    return None if bad or not 1 <= len(name) <= 24 else name


def is_room(room):
    return 1 <= len(room) <= 32 and all(c in "-_" or unicodedata.category(c)[0] in "LNM" for c in room)


def is_text(text):
    control = any(unicodedata.category(c) == "Cc" and c not in "\t\n" for c in text)
    return len(text) <= 2000 and text.strip() != "" and not control


def is_token(token):
    return isinstance(token, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", token) is not None


def now():
    return int(time.time() * 1000)


# -- A room --


class Member:
    def __init__(self, websocket, name, key):
        self.websocket = websocket
        self.name = name
        self.key = key


class Room:
    def __init__(self, name):
        self.name = name
        self.members = {}  # folded name -> Member
        self.history: deque[dict] = deque(maxlen=50)

    def tell_all(self, value, excluded=None):
        # Who has just gone, or reads too slowly, must not keep the others from it.
        for member in list(self.members.values()):
            if member.websocket is not excluded:
                try:
                    member.websocket.send_json(value)
                except NexwsError:
                    pass

    def member_of(self, websocket):
        return next((member for member in self.members.values() if member.websocket is websocket), None)

    def welcome(self, member):
        names = [one.name for one in self.members.values()]
        member.websocket.send_action(
            "welcome", {"room": self.name, "name": member.name, "members": names, "history": list(self.history)}
        )

    def enter(self, websocket, name, key):
        member = self.members.get(fold(name))
        if member is None:
            self.tell_all({"type": "joined", "name": name, "time": now()})
            member = self.members[fold(name)] = Member(websocket, name, key)
        elif key is not None and key == member.key:
            # The same person again, before the server has noticed that the old connection is dead.
            member.websocket.close(TAKEN_OVER, "You came in by another connection")
            member.websocket = websocket
        else:
            raise Mistake("name-taken", "Somebody here has this name already. Please choose another one.")
        self.welcome(member)

    def leave(self, websocket):
        member = self.member_of(websocket)
        if member is not None:
            del self.members[fold(member.name)]
            self.tell_all({"type": "left", "name": member.name, "time": now()})

    def say(self, websocket, id, text):
        member = self.member_of(websocket)
        if member is not None:
            said = {"type": "said", "id": id, "name": member.name, "text": text, "time": now()}
            self.tell_all(said)
            self.history.append(said)

    def note_typing(self, websocket):
        member = self.member_of(websocket)
        if member is not None:
            self.tell_all({"type": "typing", "name": member.name}, excluded=websocket)


rooms: dict[str, Room] = {}  # folded name -> Room
empty_rooms: dict[str, Room] = {}  # those of them that nobody is in, the one left first in front


def open_room(name):
    empty_rooms.pop(fold(name), None)
    return rooms.setdefault(fold(name), Room(name))


def leave_room(room, websocket):
    room.leave(websocket)
    if room.members:
        return
    key = fold(room.name)
    if room.history:
        empty_rooms[key] = room
    else:
        rooms.pop(key, None)
    if len(empty_rooms) > MAX_EMPTY_ROOMS:
        oldest = next(iter(empty_rooms))
        del empty_rooms[oldest], rooms[oldest]


# -- A connection --


@app.websocket_route("/ws/{room}")
class Chat(Controller):
    def __init__(self):
        super().__init__(encoding=Nx.Encoding.JSON)
        self.room = None

    def on_connect(self, websocket):
        if is_room(websocket.path_params["room"]):
            websocket.accept()
        else:  # a close code is something that the page can read, an HTTP status is not
            websocket.accept_and_close(NO_ROOM, "A room is named with letters, digits, - and _")

    def on_receive(self, websocket, message):
        value = message.json()
        kind = value.get("type") if isinstance(value, dict) else None
        if kind == "join":
            self.join(websocket, value)
        elif kind == "say":
            self.say(websocket, value)
        elif kind == "typing":
            self.joined().note_typing(websocket)
        else:
            raise Mistake("bad-message", 'The "type" is join, say or typing')

    def joined(self):
        if self.room is None:
            raise Mistake("not-joined", "Join first.")
        return self.room

    def join(self, websocket, value):
        name = value.get("name")
        if not isinstance(name, str) or ("key" in value and not is_token(value["key"])):
            raise Mistake("bad-message", '"join" has a "name" and may have a "key"')
        if self.room is not None:
            raise Mistake("already-joined", "You are in the room already.")
        name = clean_name(name)
        if name is None:
            raise Mistake("name-invalid", "A name has 1 to 24 visible characters.")
        room = open_room(websocket.path_params["room"])
        room.enter(websocket, name, value.get("key"))
        self.room = room

    def say(self, websocket, value):
        if not is_token(value.get("id")) or not isinstance(value.get("text"), str):
            raise Mistake("bad-message", '"say" has an "id" and a "text"')
        room = self.joined()
        if not is_text(value["text"]):
            raise Mistake("text-invalid", "A message has 1 to 2000 characters.")
        room.say(websocket, value["id"], value["text"])

    def on_error(self, websocket, error):
        if isinstance(error, Mistake):
            websocket.send_action("error", {"code": error.code, "text": str(error)})
        else:
            super().on_error(websocket, error)

    def on_disconnect(self, websocket, code, reason):
        if self.room is not None:
            leave_room(self.room, websocket)


# -- The page --


def serve_page(server, message, path, query, *data):
    headers = message.get_response_headers()
    headers.append("X-Content-Type-Options", "nosniff")
    headers.append("Content-Security-Policy", POLICY)
    headers.append("Referrer-Policy", "no-referrer")
    name = FILES.get(path)
    if name is None:
        answer(message, 404, "text/plain; charset=utf-8", b"There is nothing here.\n")
    elif message.get_method() not in ("GET", "HEAD"):
        headers.append("Allow", "GET, HEAD")
        answer(message, 405, "text/plain; charset=utf-8", b"This can only be read.\n")
    else:
        # The page and its script have to be of one version, whichever server runs here today.
        headers.append("Cache-Control", "no-cache")
        kind = TYPES[pathlib.PurePath(name).suffix]
        charset = "" if "svg" in kind else "; charset=utf-8"
        answer(message, 200, kind + charset, (WEB / name).read_bytes())


def answer(message, status, kind, body):
    message.set_status(status, None)
    message.get_response_headers().set_content_type(kind, None)
    message.get_response_body().append(body)


def tell_page():
    for uri in app.get_uris():
        if uri.get_host() is not None:
            host = "localhost" if uri.get_host() in ("0.0.0.0", "::") else uri.get_host()
            scheme = "https" if uri.get_scheme().startswith("wss") else "http"
            print(f"nexws: open {scheme}://{f'[{host}]' if ':' in host else host}:{uri.get_port()}/", flush=True)
            break


app.get_server().add_handler(None, serve_page)
GLib.idle_add(tell_page)

if __name__ == "__main__":
    app.run()
