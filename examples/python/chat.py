# SPDX-License-Identifier: LGPL-2.1-or-later
"""A chat: the page of examples/web and its WebSocket, /ws/{room}, out of one process and one port, or out of many: try --workers. What goes
over the wire stands in examples/web/README.md."""

import pathlib
import re
import time
import unicodedata
from collections import deque
from contextlib import suppress
from typing import NamedTuple

from nexws import App, Controller, NexwsError, WebSocket, action

MAX_HISTORY = 50
MAX_EMPTY_ROOMS = 32
TAKEN_OVER, NO_ROOM = 4001, 4004

# The longest text, when each of its characters is escaped, and what is around it.
app = App(max_message_size=32 * 1024, page="/")


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


class Member(NamedTuple):
    websocket: WebSocket
    name: str


class Room:
    """Who is in it, and what was said last. Its group keeps that for those who come again, and knows who is there at other processes."""

    def __init__(self, name):
        self.name = name
        self.group = app.group(fold(name), history_size=MAX_HISTORY)
        self.handler = self.group.connect("presence-changed", self.presence_changed)
        self.names = {}  # of all who are there, wherever, by the folded ones: what those here were told
        self.members = {}  # of those who are here, likewise
        self.history: deque[dict] = deque(maxlen=MAX_HISTORY)  # for those who are new

    def forget(self):
        self.group.disconnect(self.handler)
        self.group.history_size = 0  # or what it keeps would keep it

    def enter(self, websocket, name, key, after):
        folded = fold(name)
        there = self.group.presence().get(folded)
        if there is not None and (key is None or key != there["key"]):
            raise Mistake("name-taken", "Somebody here has this name already. Please choose another one.")
        # Who lost the network comes back before the server has noticed. It is the same person, so nobody else is told.
        before = self.members.get(folded)
        self.members[folded] = Member(websocket, before.name if before else name)
        self.welcome(folded, after)
        self.group.set_presence(websocket, folded, {"name": name, "id": websocket.id, "key": key})
        if before is not None:
            self.group.remove(before.websocket)
            before.websocket.close(TAKEN_OVER, "You came in by another connection")

    def welcome(self, folded, after):
        """Who comes again gets what it missed in front of this; who is new finds the last messages in it. Where they may have been said at
        other processes, they come behind it, since they are fetched."""
        websocket, name = self.members[folded]
        last = self.group.last_id
        is_new_here = after is None and app.backplane is None
        if is_new_here:
            self.group.add(websocket)
        else:
            self.group.add_after(websocket, after)
        elsewhere = [name for key, name in self.names.items() if key not in self.members]
        members = [member.name for member in self.members.values()] + elsewhere
        history = list(self.history) if is_new_here else []
        websocket.send_action("welcome", {"room": self.name, "name": name, "members": members, "history": history, "last": last})

    def leave(self, websocket):
        """False: another connection had taken the place of this one, so nobody leaves."""
        member = self.member_of(websocket)
        if member is None:
            return False
        del self.members[fold(member.name)]
        self.group.remove(websocket)
        return True

    def presence_changed(self, group, folded, there):
        """Somebody came or went, here or at another process, or is connected anew."""
        member = self.members.get(folded)
        if there is None and folded in self.names:
            self.tell_those_here("left", self.names.pop(folded))
        elif there is not None and folded not in self.names:
            self.names[folded] = there["name"]
            self.tell_those_here("joined", there["name"], excluding=member)
        # Who has come in by another process is gone from this one.
        if there is not None and member is not None and there["id"] != member.websocket.id:
            member.websocket.close(TAKEN_OVER, "You came in by another connection")

    def tell_those_here(self, what, name, excluding=None):
        """At other processes they are told there."""
        for member in list(self.members.values()):
            if member is not excluding:
                with suppress(NexwsError):  # of who has just gone, or reads too slowly
                    member.websocket.send_action(what, {"name": name, "time": now()})

    def member_of(self, websocket):
        return next((member for member in self.members.values() if member.websocket is websocket), None)

    def say(self, websocket, id, text):
        member = self.member_of(websocket)
        if member is not None:
            said = {"type": "said", "id": id, "name": member.name, "text": text, "time": now()}
            self.group.send_json(said)
            self.history.append(said)

    def note_typing(self, websocket):
        member = self.member_of(websocket)
        if member is not None:
            self.group.send_volatile({"type": "typing", "name": member.name}, excluding=websocket)


# Who is alone in a room and loads the page anew should find again what was said. So the rooms that were left last are kept; older ones are
# forgotten, or whoever makes up names would fill the memory.
rooms: dict[str, Room] = {}  # by folded name
empty_rooms: dict[str, Room] = {}  # those of them that nobody is in, the one left first in front


def open_room(name):
    key = fold(name)
    empty_rooms.pop(key, None)
    if key not in rooms:
        rooms[key] = Room(name)
    return rooms[key]


def leave_room(room, websocket):
    if not room.leave(websocket) or room.members:
        return
    if room.history:
        empty_rooms[fold(room.name)] = room
    else:
        rooms.pop(fold(room.name)).forget()
    if len(empty_rooms) > MAX_EMPTY_ROOMS:
        oldest = next(iter(empty_rooms))
        del empty_rooms[oldest]
        rooms.pop(oldest).forget()


# -- A connection --


@app.websocket_route("/ws/{room}")
class Chat(Controller):
    encoding = "json"

    def __init__(self):
        super().__init__()
        self.room = None

    def on_connect(self, websocket):
        if is_room(websocket.path_params["room"]):
            websocket.accept()
        else:  # a close code is something that the page can read, an HTTP status is not
            websocket.accept_and_close(NO_ROOM, "A room is named with letters, digits, - and _")

    @action
    def on_join(self, websocket, join):
        name, key, after = join.get("name"), join.get("key"), join.get("after")
        if not isinstance(name, str) or ("key" in join and not is_token(key)) or ("after" in join and not isinstance(after, str)):
            raise Mistake("bad-message", '"join" has a "name" and may have a "key" and an "after"')
        if self.room is not None:
            raise Mistake("already-joined", "You are in the room already.")
        name = clean_name(name)
        if name is None:
            raise Mistake("name-invalid", "A name has 1 to 24 visible characters.")
        room = open_room(websocket.path_params["room"])
        room.enter(websocket, name, key, after)
        self.room = room

    @action
    def on_say(self, websocket, say):
        id, text = say.get("id"), say.get("text")
        if not is_token(id) or not isinstance(text, str):
            raise Mistake("bad-message", '"say" has an "id" and a "text"')
        room = self.joined()
        if not is_text(text):
            raise Mistake("text-invalid", "A message has 1 to 2000 characters.")
        room.say(websocket, id, text)

    @action
    def on_typing(self, websocket, typing):
        self.joined().note_typing(websocket)

    def on_receive(self, websocket, message):
        raise Mistake("bad-message", 'The "type" is join, say or typing')

    def joined(self):
        if self.room is None:
            raise Mistake("not-joined", "Join first.")
        return self.room

    def on_error(self, websocket, error):
        if isinstance(error, Mistake):
            websocket.send_action("error", {"code": error.code, "text": str(error)})
        else:
            super().on_error(websocket, error)

    def on_disconnect(self, websocket, code, reason):
        if self.room is not None:
            leave_room(self.room, websocket)


# -- The page --

WEB = pathlib.Path(__file__).resolve().parent.parent / "web"
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/chat.css": ("chat.css", "text/css; charset=utf-8"),
    "/chat.js": ("chat.js", "text/javascript; charset=utf-8"),
    "/connection.js": ("connection.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # The page needs nothing but its own files and its WebSocket: whatever got into it otherwise is not to run.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}


def serve_page(server, message, path, query, *data):
    file, kind = FILES.get(path, (None, "text/plain; charset=utf-8"))
    headers = dict(HEADERS)
    if file is None:
        status, body = 404, b"There is nothing here.\n"
    elif message.get_method() not in ("GET", "HEAD"):
        status, body, kind = 405, b"This can only be read.\n", "text/plain; charset=utf-8"
        headers["Allow"] = "GET, HEAD"
    else:
        status, body = 200, (WEB / file).read_bytes()
        # The page and its script have to be of one version, whichever server runs here today.
        headers["Cache-Control"] = "no-cache"
    message.set_status(status, None)
    for name, value in {"Content-Type": kind, **headers}.items():
        message.get_response_headers().append(name, value)
    message.get_response_body().append(body)


app.get_server().add_handler(None, serve_page)

if __name__ == "__main__":
    app.run()
