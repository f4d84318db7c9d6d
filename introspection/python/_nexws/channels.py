# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Groups under Nexios' names: Channel, ChannelBox, and what a controller says of the connection that it handles. Beneath are the groups of
the app: one message for all, framed once. The history here is a list to be shown, and changes no message; for clients that come back
and get what they missed, see a group's own history.
"""

import enum
import heapq
import os
import time
import uuid
from collections import deque, namedtuple
from functools import partial
from weakref import WeakSet, ref

from gi.repository import GObject

from .groups import to_message
from .message import message_from_bytes, message_from_text
from .raw import Nx
from .state import current, here
from .typed import dumps

_HISTORY_OCTETS = 1024 * 1024
_ENTRY_OCTETS = 256
_DEFAULT = "default"
_connect = GObject.Object.connect

ChannelMessage = namedtuple("ChannelMessage", "payload created uuid")

_channels = {}
"""All channels of open connections, by their uuid."""

_of_sockets = {}
"""Those of one connection, by its id: so a connection itself points at none, and is not kept by them when it is over."""

_boxes = WeakSet()

_histories = {}
"""By the names of groups."""


def _text_message(payload):
    if not isinstance(payload, str):
        raise TypeError(f"a channel of text wants a str, not {type(payload).__name__}")
    return message_from_text(payload)


def _bytes_message(payload):
    if isinstance(payload, (str, int)):
        raise TypeError(f"a channel of bytes wants bytes, not {type(payload).__name__}")
    return message_from_bytes(payload)


_MAKERS = {
    "json": lambda payload: message_from_text(dumps(payload)),
    "text": _text_message,
    "bytes": _bytes_message,
    "any": to_message,
}


class PayloadTypeEnum(enum.Enum):
    """The payload types of a channel, for those who write `PayloadTypeEnum.JSON.value`."""

    JSON = "json"
    TEXT = "text"
    BYTES = "bytes"


class _Now:
    """What has been done, and may be awaited."""

    __slots__ = ("_value",)

    def __init__(self, value):
        self._value = value

    def __await__(self):
        return self._value
        yield

    def __bool__(self):
        return bool(self._value)


class _List(list):
    """A list that may be awaited, which gives itself."""

    def __await__(self):
        return self
        yield


class _Dict(dict):
    """Likewise; and what `get` returns may be awaited too."""

    def __await__(self):
        return self
        yield

    def get(self, key, default=None):
        return super().get(key, _Dict(default) if type(default) is dict else default)


class Channel:
    """A connection in groups: what is sent to it is JSON, text or bytes, and it may expire.

    `payload_type` is "json", "text", "bytes", or "any": a str as text, bytes as a binary message, anything else as JSON. `expires` is in
    seconds from now; a channel that has expired is in no group any more, while its connection goes on.
    """

    def __init__(self, websocket, payload_type="json", expires=None):
        kind = getattr(payload_type, "value", payload_type)
        if kind not in _MAKERS:
            raise ValueError(f"payload_type {payload_type!r}: one of {', '.join(_MAKERS)} is wanted")
        if not isinstance(websocket, Nx.WebSocket):
            raise TypeError(f"a Channel wants a WebSocket, not {type(websocket).__name__}")
        self.websocket = websocket
        self.payload_type = kind
        self.expires = expires
        self.created = time.time()
        self.uuid = uuid.uuid4()
        self._deadline = None if expires is None else time.monotonic() + expires
        if websocket.get_state() < Nx.State.CLOSED:
            _channels[self.uuid] = self
            _of_sockets.setdefault(websocket.get_id(), []).append(self)
            _connect(websocket, "closed", partial(_forget, self.uuid))

    def is_expired(self):
        """Whether its time is over."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def send(self, payload):
        """Sends to this one, as its payload type says."""
        return self.websocket.send_message(_MAKERS[self.payload_type](payload))

    _send = send

    def __repr__(self):
        return f"<nexws.Channel {self.uuid} of {self.payload_type}>"


def _forget(key, ws, *args):
    channel = _channels.pop(key, None)
    _of_sockets.pop(ws.get_id(), None)
    if channel is not None:
        for box in list(_boxes):
            box.drop(channel)


class _History:
    """The last payloads of a group. Of what is too much the oldest go, never all."""

    def __init__(self):
        self._entries = deque()
        self._n_octets = 0

    def append(self, payload, size):
        self._entries.append((ChannelMessage(payload, time.time(), uuid.uuid4()), size + _ENTRY_OCTETS))
        self._n_octets += size + _ENTRY_OCTETS
        limit = int(os.environ.get("CHANNEL_BOX_HISTORY_SIZE") or _HISTORY_OCTETS)
        while self._n_octets > limit and self._entries:
            self._n_octets -= self._entries.popleft()[1]

    def list(self):
        return _List(entry for entry, _ in self._entries)


class _Box:
    """The channels of an app, by the names of their groups; it stands in the app's dictionary."""

    def __init__(self, app):
        self._app = ref(app)
        self.groups = {}  # name -> uuid -> Channel
        self._deadlines = []  # with the numbers of the uuids
        _boxes.add(self)

    @property
    def app(self):
        return self._app()

    def add(self, channel, name):
        self.expire()
        self.app.group(name).add(channel.websocket)
        channels = self.groups.setdefault(name, {})
        is_new = channel.uuid not in channels
        channels[channel.uuid] = channel
        if channel._deadline is not None and is_new:
            heapq.heappush(self._deadlines, (channel._deadline, channel.uuid.int))
        return is_new

    def remove(self, channel, name):
        channels = self.groups.get(name, {})
        if channels.pop(channel.uuid, None) is None:
            return False
        if not channels:
            del self.groups[name]
        app = self.app
        group = app.find_group(name) if app is not None else None
        if group is not None and all(other.websocket is not channel.websocket for other in channels.values()):
            group.remove(channel.websocket)
        return True

    def drop(self, channel):
        for name in [name for name, channels in self.groups.items() if channel.uuid in channels]:
            self.remove(channel, name)

    def expire(self):
        while self._deadlines and self._deadlines[0][0] <= time.monotonic():
            channel = _channels.get(uuid.UUID(int=heapq.heappop(self._deadlines)[1]))
            if channel is not None:
                self.drop(channel)

    def send(self, name, payload, messages):
        """`messages`: what has been made of the payload, by kinds."""
        self.expire()
        group = self.app.find_group(name)
        if group is None:
            return
        kinds = {}
        for channel in self.groups.get(name, {}).values():
            kinds.setdefault(channel.payload_type, set()).add(channel.websocket.get_id())
        # First all of them: what cannot be said to one is said to nobody.
        for kind in kinds or ("json",):
            if kind not in messages:
                messages[kind] = _MAKERS[kind](payload)
        if len(kinds) <= 1:
            group.send_message(next(iter(messages[kind] for kind in kinds or ("json",))))
            return
        for kind, ids in kinds.items():
            group.send_message(messages[kind], filter=lambda ws, ids=ids: ws.get_id() in ids)


def _box_of(app):
    try:
        return app._nexws_box
    except AttributeError:
        app._nexws_box = _Box(app)
        return app._nexws_box


def _app_of(channel):
    app = channel.websocket.get_app()
    if app is None:
        raise RuntimeError("This connection serves no app any more")
    return app


def _add(channel, name):
    return _box_of(_app_of(channel)).add(channel, name)


def _group_send(boxes, name, payload, save_history):
    messages = {}
    for box in boxes:
        box.send(name, payload, messages)
    if save_history:
        size = max((message.get_size() for message in messages.values()), default=0) or len(repr(payload))
        _histories.setdefault(name, _History()).append(payload, size)


class ChannelBox:
    """The groups of channels of this process' apps. What is done here is done when it is called; it may be awaited."""

    @classmethod
    def add_channel_to_group(cls, channel, group_name=_DEFAULT):
        """Has a channel in a group, until it leaves, expires or its connection ends. True: it was not in it."""
        return _Now(_add(channel, group_name))

    @classmethod
    def remove_channel_from_group(cls, channel, group_name=_DEFAULT):
        """Takes a channel out. True: it was in it."""
        return _Now(any([box.remove(channel, group_name) for box in list(_boxes)]))

    @classmethod
    def group_send(cls, group_name=_DEFAULT, payload=None, save_history=False):
        """Sends to all channels of a group, at once. With `save_history`, `show_history` has it from now on."""
        _group_send(list(_boxes), group_name, payload, save_history)
        return _Now(None)

    @classmethod
    def send_to(cls, channel_id, payload):
        """Sends to one channel, by its uuid, or to a websocket by its id. True: there was one."""
        return _Now(_send_to(channel_id, payload))

    @classmethod
    def show_groups(cls):
        """The channels of all groups, by their names and uuids."""
        shown = _Dict()
        for box in list(_boxes):
            box.expire()
            for name, channels in box.groups.items():
                shown.setdefault(name, _Dict()).update(channels)
        return shown

    @classmethod
    def flush_groups(cls):
        """Takes all channels out of all groups."""
        for box in list(_boxes):
            for channel in {channel for channels in box.groups.values() for channel in channels.values()}:
                box.drop(channel)
        return _Now(None)

    @classmethod
    def show_history(cls, group_name=None):
        """What was sent to a group with `save_history`, the oldest first; without a name a dict of all groups'."""
        if group_name is not None:
            found = _histories.get(group_name)
            return _List() if found is None else found.list()
        return _Dict((name, found.list()) for name, found in _histories.items())

    @classmethod
    def flush_history(cls, group_name=None):
        """Forgets what was sent, to one group or to all."""
        if group_name is None:
            _histories.clear()
        else:
            _histories.pop(group_name, None)
        return _Now(None)

    @classmethod
    def close_all_connections(cls):
        """Closes every connection that has a channel, as when the server goes (1001)."""
        for channel in list(_channels.values()):
            if channel.websocket.get_state() < Nx.State.CLOSING:
                channel.websocket.close(Nx.CloseCode.GOING_AWAY)
        return _Now(None)


def _send_to(channel_id, payload):
    if isinstance(channel_id, str):
        for box in list(_boxes):
            if box.app.send_to(channel_id, payload):
                return True
        try:
            channel_id = uuid.UUID(channel_id)
        except ValueError:
            return False
    channel = _channels.get(channel_id)
    if channel is None or channel.is_expired():
        return False
    channel.send(payload)
    return True


# -- A controller's --


def _current_channel(controller):
    """The channel of the connection whose handler runs, made when it is first asked for."""
    ws = here().ws or current.get()
    if ws is None:
        raise RuntimeError("No connection is being handled here: make a Channel of a websocket, and call ChannelBox")
    for channel in _of_sockets.get(ws.get_id(), ()):
        if channel._is_handled:
            return channel
    kind = _KINDS[controller.get_encoding()]
    channel = Channel(ws, kind)
    channel._is_handled = True
    return channel


Channel._is_handled = False
_KINDS = {Nx.Encoding.ANY: "any", Nx.Encoding.TEXT: "text", Nx.Encoding.BYTES: "bytes", Nx.Encoding.JSON: "json"}


def join_group(self, group_name=_DEFAULT):
    """Has the connection whose handler runs in a group, until it leaves or ends. True: it was not in it."""
    return _Now(_add(_current_channel(self), group_name))


def leave_group(self, group_name=_DEFAULT):
    """Takes the connection whose handler runs out of a group. True: it was in it; one that has ended has left by itself."""
    return _Now(_box_of(self.app).remove(_current_channel(self), group_name))


def group(self, group_name=_DEFAULT):
    """The channels that are in a group. The group itself is `self.app.group(name)`."""
    box = _box_of(self.app)
    box.expire()
    return _List(box.groups.get(group_name, {}).values())


def broadcast(self, payload, group_name=_DEFAULT, save_history=False):
    """Sends to all channels of a group of this controller's app, at once."""
    _group_send([_box_of(self.app)], group_name, payload, save_history)
    return _Now(None)


def send_to(self, channel_id, payload):
    """Sends to one channel, by its uuid, or to a websocket by its id. True: there was one."""
    return _Now((isinstance(channel_id, str) and self.app.send_to(channel_id, payload)) or _send_to(channel_id, payload))


for _function in (broadcast, group, join_group, leave_group, send_to):
    setattr(Nx.Controller, _function.__name__, _function)
Nx.Controller.channel = property(_current_channel, doc="The channel of the connection whose handler runs.")
