# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nx.Group as Python has it: `app.group("lobby").send_json(…)`. A message is framed once, whoever receives it."""

from threading import get_ident

from gi.repository import GLib, Json

from .arguments import want_text, want_web_socket
from .errors import translate
from .gio import awaited
from .message import message_from_bytes, message_from_text
from .raw import Nx
from .sending import DONE
from .state import check_owner, checked_state_of
from .strict import dumps, loads

_dup_group = Nx.App.dup_group
_send_to = Nx.App.send_to
_send_to_groups = Nx.App.send_to_groups
_add = Nx.Group.add
_add_after = Nx.Group.add_after
_remove = Nx.Group.remove
_contains = Nx.Group.contains
_send_text = Nx.Group.send_text
_send_message = Nx.Group.send_message
_send_volatile = Nx.Group.send_volatile
_send_filtered = Nx.Group.send_filtered
_set_presence = Nx.Group.set_presence
_get_n_members = Nx.Group.get_n_members
_get_history_size = Nx.Group.get_property
_ASK_S = 5.0


def to_message(value):
    """A str as text, bytes as a binary message, a Message as it is, and anything else as JSON."""
    if isinstance(value, Nx.Message):
        return value
    if isinstance(value, str):
        return message_from_text(value)
    if isinstance(value, (bytes, bytearray, memoryview, GLib.Bytes)):
        return message_from_bytes(value)
    return message_from_text(dumps(value))


def _check(group, excluding=None):
    """A group lives in the thread of its app. And who is excluded is a websocket."""
    if group.__dict__.get("_nexws_thread") != get_ident():  # nearly always it is
        check_owner(group, f"The group {group.get_name()}")
    if excluding is not None:
        want_web_socket("excluding", excluding)


# -- The app's --


def group(self, name, **properties):
    """Finds a group, or makes it. `properties` are set on it, such as `history_size=100`.

    A group that nobody is in, that nobody holds and that keeps no messages is forgotten, with its properties.
    """
    if not isinstance(name, str):
        raise TypeError(f"group() wants a name, not {type(name).__name__}")
    thread = check_owner(self, "The app")
    try:
        found = _dup_group(self, name)
    except GLib.Error as error:
        raise translate(error) from None
    found._nexws_thread = thread
    for key, value in properties.items():
        found.set_property(key.replace("_", "-"), value)
    return found


def send_to(self, id, value):
    """Sends to one websocket, by its id: a str as text, bytes as a binary message, anything else as JSON. Says whether there is one that
    it may be on its way to."""
    check_owner(self, "The app")
    return _send_to(self, id, to_message(value))


def send_to_groups(self, names, value, excluding=None):
    """Sends to several groups, and to everybody in them once. A group that is not there has no members."""
    if isinstance(names, str):
        raise TypeError("send_to_groups() wants a list of names; one group is app.group(name).send(…)")
    check_owner(self, "The app")
    _send_to_groups(self, list(names), to_message(value), excluding)
    return DONE


# -- Members --


def add(self, websocket):
    """Makes an open websocket a member; it leaves by itself when it ends. Says whether it was none before."""
    _check(self)
    want_web_socket("add", websocket)
    was_in = _contains(self, websocket)
    try:
        _add(self, websocket)
    except GLib.Error as error:
        raise translate(error, websocket) from None
    return not was_in


def add_after(self, websocket, after_id=None):
    """Makes a websocket a member of a group with history, and sends exactly what it missed since `after_id`, or a marked gap."""
    _check(self)
    want_web_socket("add_after", websocket)
    try:
        _add_after(self, websocket, after_id)
    except GLib.Error as error:
        raise translate(error, websocket) from None


def remove(self, websocket):
    """Takes a member out. Says whether it was one."""
    _check(self)
    want_web_socket("remove", websocket)
    return _remove(self, websocket)


def _members(self):
    """Those who are in it now: a list of its own, so that anybody may come and go while it is looped over."""
    _check(self)
    members = self.get_members()
    return [members.get_item(i) for i in range(members.get_n_items())]


def _iterate(self):
    return iter(_members(self))


async def _iterate_async(self):
    """Whoever has left meanwhile is left out."""
    for ws in _members(self):
        if _contains(self, ws):
            yield ws


def _holds(self, websocket):
    return isinstance(websocket, Nx.WebSocket) and _contains(self, websocket)


# -- Sending --


def _send_some(group, message, excluding, filter):
    """What a filter raises is raised behind the sending: everybody is asked, and who cannot be told apart gets nothing."""
    raised = []

    def choose(group, ws, *data):
        if ws is excluding:
            return False
        try:
            return bool(filter(ws))
        except BaseException as error:
            raised.append(error)
            return False

    _send_filtered(group, message, choose)
    if raised:
        try:
            raise raised[0]
        finally:
            raised.clear()
    return DONE


def _send(group, message, excluding, filter):
    _check(group, excluding)
    if filter is not None:
        return _send_some(group, message, excluding, filter)
    if _get_history_size(group, "history-size"):
        return awaited(group.send_message_async, message, excluding)
    _send_message(group, message, excluding)
    return DONE


def _send_str(group, text, excluding, filter):
    """What nearly all is, with one call of C's."""
    if filter is not None or "\0" in text or _get_history_size(group, "history-size"):
        return _send(group, message_from_text(text), excluding, filter)
    _check(group, excluding)
    _send_text(group, text, excluding)
    return DONE


def send_text(self, text, *, excluding=None, filter=None):
    """Sends text to all members, but for the one `excluding`, and those of whom `filter(websocket)` is not true.

    It is on its way when this returns. What is returned may be awaited or ignored; awaited in a group with history it is the id of the
    message, when that is recorded. Who reads slowly delays nobody.
    """
    if not isinstance(text, str):
        raise TypeError(f"send_text() wants a str, not {type(text).__name__}")
    return _send_str(self, text, excluding, filter)


def send_bytes(self, data, *, excluding=None, filter=None):
    """Sends a binary message: bytes, or anything that has a buffer. As to the rest, see `send_text`."""
    if isinstance(data, (str, int)):
        raise TypeError(f"send_bytes() wants bytes, not {type(data).__name__}")
    return _send(self, message_from_bytes(data), excluding, filter)


def send_json(self, value, *, excluding=None, filter=None):
    """Sends what `json.dumps` makes of a value, dataclasses as objects, as text. As to the rest, see `send_text`."""
    return _send_str(self, dumps(value), excluding, filter)


def send_message(self, message, *, excluding=None, filter=None):
    """Sends a message, which may be one that was received: it is not copied. As to the rest, see `send_text`."""
    if not isinstance(message, Nx.Message):
        raise TypeError(f"send_message() wants a Message, not {type(message).__name__}")
    return _send(self, message, excluding, filter)


def send(self, value, *, excluding=None, filter=None):
    """Sends a str as text, bytes as a binary message, a Message as it is, and anything else as JSON. See `send_text`."""
    return _send(self, to_message(value), excluding, filter)


def send_volatile(self, value, *, excluding=None):
    """Sends as `send` does, but is not kept in the history: what is of no use later, such as that somebody is typing."""
    _check(self, excluding)
    _send_volatile(self, to_message(value), excluding)
    return DONE


# -- Questions --


class Answers(dict):
    """Messages, by the ids of the websockets that they came from; `missing` has the ids of those who have not answered, and `complete`
    says whether these are all: with a backplane, there may be processes that were not heard of."""

    def __init__(self, answers, missing, complete):
        super().__init__(answers)
        self.missing = missing
        self.complete = complete


def _to_ms(timeout):
    if not isinstance(timeout, (int, float)):
        raise TypeError(f"a timeout is a number of seconds, not {type(timeout).__name__}")
    if not timeout > 0:
        raise ValueError("an answer takes time: timeout is in seconds, and more than 0")
    return max(1, min(int(timeout * 1000), 0x7FFFFFFF))


def _to_answers(finished):
    (messages, ids, missing), complete = finished
    return Answers(zip(ids, messages), list(missing), complete)


def ask(self, value, *, timeout=_ASK_S, excluding=None):
    """Asks all members. Returns an awaitable, which may be ignored: who has answered when all have, or after `timeout` seconds. See the guide
    for what a client echoes."""
    _check(self, excluding)

    def finish(result):
        # Not ask_finish(): PyGObject leaves the messages in its table to the table, which goes at once.
        return self.ask_finish_lists(result), self.ask_is_complete(result)

    return awaited(self.ask_async, to_message(value), _to_ms(timeout), excluding, finish=finish, convert=_to_answers)


def ask_socket(self, value, *, timeout=_ASK_S):
    """Asks the peer. Returns an awaitable, which may be ignored: the message that it answers with. Raises NexwsTimeoutError after `timeout`
    seconds."""
    checked_state_of(self)
    return awaited(self.ask_async, to_message(value), _to_ms(timeout))


# -- Presence --


def set_presence(self, websocket, key, meta=None):
    """Says who a member is: connections with the same key are one person. `meta` is what `json.dumps` takes; None takes it away."""
    _check(self)
    want_web_socket("set_presence", websocket)
    want_text("set_presence", "key", key)
    try:
        _set_presence(self, websocket, key, None if meta is None else Json.from_string(dumps(meta)))
    except GLib.Error as error:
        raise translate(error, websocket) from None


def presence(self):
    """Who is there: a dict of what was said of each last, by their keys."""
    _check(self)
    return loads(Json.to_string(self.dup_presence(), False))


def _repr(self):
    return f"<nexws.Group {self.get_name()!r} of {_get_n_members(self)}>"


for _function in (
    add, add_after, ask, presence, remove, send, send_bytes, send_json, send_message, send_text, send_volatile, set_presence,
):  # fmt: skip
    setattr(Nx.Group, _function.__name__, _function)
for _function in (group, send_to, send_to_groups):
    setattr(Nx.App, _function.__name__, _function)
ask_socket.__name__ = "ask"
Nx.WebSocket.ask = ask_socket
Nx.WebSocket.groups = property(Nx.WebSocket.get_groups, doc="The groups that it is in.")
Nx.Group.name = property(Nx.Group.get_name, doc="What it is called.")
Nx.Group.members = property(_members, doc=_members.__doc__)
Nx.Group.last_id = property(Nx.Group.dup_last_id, doc="The id of the last message; None without history.")
Nx.Group.__len__ = _get_n_members
Nx.Group.__bool__ = lambda self: True
Nx.Group.__iter__ = _iterate
Nx.Group.__aiter__ = _iterate_async
Nx.Group.__contains__ = _holds
Nx.Group.__repr__ = _repr
