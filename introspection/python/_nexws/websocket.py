# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nx.WebSocket as Python has it: what acts, and what can be awaited."""

import sys
from collections import namedtuple
from threading import get_ident

from gi.repository import Gio, GLib, GObject

from .arguments import want_close, want_number, want_text
from .dispatch import fail
from .errors import InvalidArgumentError, translate, WebSocketDisconnect
from .gio import awaited
from .loop import is_in_step
from .message import message_from_bytes, message_from_text
from .raw import Nx
from .receiving import Receive, to_binary_json, to_bytes, to_json, to_message, to_text, to_type
from .request import Cookies, Headers, PathParams, QueryParams
from .sending import DONE, Failed, Over, Sent, watch_end
from .state import checked_state_of, complain, state_of
from .strict import dumps
from .typed import make_action

_accept = Nx.WebSocket.accept
_accept_and_close = Nx.WebSocket.accept_and_close
_reject = Nx.WebSocket.reject
_close = Nx.WebSocket.close
_pause = Nx.WebSocket.pause
_resume = Nx.WebSocket.resume
_set_response_header = Nx.WebSocket.set_response_header
_set_subprotocol = Nx.WebSocket.set_subprotocol
_send_action = Nx.WebSocket.send_action
_send_text_counted = Nx.WebSocket.send_text_counted
_send_message = Nx.WebSocket.send_message
_CLOSED = Nx.State.CLOSED

Address = namedtuple("Address", "host port")


def failed(ws, error):
    """What a call that failed does: raises, or in a coroutine hands its error to whoever awaits it. A wrong argument is raised where it stands."""
    error = translate(error, ws)
    if isinstance(error, InvalidArgumentError) or not is_in_step():
        raise error from None
    frame = sys._getframe(2)
    while frame.f_globals.get("__name__", "").startswith("_nexws.") and frame.f_back is not None:  # send_json() calls send_text()
        frame = frame.f_back
    caller = frame.f_code
    return Failed(error, lambda error: fail(ws, error, caller))


def _sent(ws, may_wait=True):
    state = state_of(ws)
    sent = state.sent
    if sent is None:
        state.sent = Sent(ws)
        if not state.watched:
            watch_end(ws)
        sent = state.sent
    sent.may_wait = may_wait
    return sent


def send_text(self, text):
    """Queues a text message, which leaves at the end of this turn of the main loop.

    Returns an awaitable, which may be ignored: it waits while more is unsent than the low-water mark allows, and raises WebSocketDisconnect
    once the peer has ended its side and all that it sent has been received. When the connection itself has ended, the call raises that,
    in a coroutine to whoever awaits it.
    """
    try:
        state = self._nexws
    except AttributeError:
        state = state_of(self)
    if state.thread != get_ident():
        complain(self)
    try:
        if "\0" in text:
            _send_message(self, message_from_text(text))
            return _sent(self)
        unsent = _send_text_counted(self, text)
        try:
            state.sent.may_wait = unsent
        except AttributeError:
            return _sent(self, unsent)
        return state.sent
    except GLib.Error as error:
        return failed(self, error)
    except TypeError:
        raise TypeError(f"send_text() wants a str, not {type(text).__name__}") from None


def send_bytes(self, data):
    """Queues a binary message: bytes, or anything that has a buffer. As to the rest, see `send_text`."""
    try:
        message = message_from_bytes(data)
    except TypeError:
        raise TypeError(f"send_bytes() wants bytes, not {type(data).__name__}") from None
    if isinstance(data, (str, int)):
        raise TypeError(f"send_bytes() wants bytes, not {type(data).__name__}")
    return send_message(self, message)


def _is_binary(mode):
    if mode not in ("text", "binary"):
        raise ValueError(f'mode {mode!r}: "text" or "binary" is wanted')
    return mode == "binary"


def send_json(self, value, mode="text"):
    """Queues what `json.dumps` makes of a value: dataclasses as objects, no NaN and infinity, which JSON does not have. As text, or with
    `mode="binary"` as a binary message."""
    if mode != "text" and _is_binary(mode):
        return send_bytes(self, dumps(value, ensure_ascii=True).encode())
    text = dumps(value)
    try:
        return send_text(self, text)
    except UnicodeEncodeError:  # half a surrogate pair, which another peer may have sent in JSON: there it is an escape
        return send_text(self, dumps(value, ensure_ascii=True))


def send_action(self, type, value=None):
    """Queues a JSON object that has the members of a value and `"type": type`: a dict, a dataclass or a GObject."""
    want_text("send_action", "type", type)
    if isinstance(value, GObject.Object):
        checked_state_of(self)
        try:
            _send_action(self, type, value)
        except GLib.Error as error:
            return failed(self, error)
        return _sent(self)
    return send_json(self, make_action(type, value))


def send_message(self, message):
    """Queues a message, which may be one that was received: it is not copied. As to the rest, see `send_text`."""
    checked_state_of(self)
    try:
        _send_message(self, message)
    except GLib.Error as error:
        return failed(self, error)
    except TypeError:
        raise TypeError(f"send_message() wants a Message, not {type(message).__name__}") from None
    return _sent(self)


def send(self, value):
    """Queues a str as text, bytes as a binary message, a Message as it is, and anything else as JSON."""
    if isinstance(value, str):
        return send_text(self, value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return send_bytes(self, value)
    if isinstance(value, Nx.Message):
        return send_message(self, value)
    return send_json(self, value)


def _pairs(headers):
    """Fields as a mapping, or as pairs of str or of octets."""
    pairs = headers.items() if hasattr(headers, "items") else headers
    return [[part.decode("latin-1") if isinstance(part, bytes) else part for part in pair] for pair in pairs]


def accept(self, subprotocol=None, headers=None):
    """Accepts the connection: messages can be sent from now on. Returns an awaitable, which may be ignored.

    `subprotocol` is one of those that the client offers; `headers` are more fields for the answer, a mapping or pairs.
    """
    checked_state_of(self)
    try:
        if subprotocol is not None:
            _set_subprotocol(self, want_text("accept", "subprotocol", subprotocol))
        for name, value in _pairs(headers or ()):
            _set_response_header(self, want_text("accept", "header name", name), want_text("accept", "header value", value))
        _accept(self)
    except GLib.Error as error:
        return failed(self, error)
    return DONE


def set_subprotocol(self, name):
    """Chooses the subprotocol, one of those that the client offers, before the handshake is decided; None: none. See `accept`."""
    checked_state_of(self)
    try:
        return _set_subprotocol(self, None if name is None else want_text("set_subprotocol", "name", name))
    except GLib.Error as error:
        raise translate(error, self) from None


def set_response_header(self, name, value):
    """Sets a header field of the answer to the handshake, whichever that will be; `Set-Cookie` is added to those before it."""
    checked_state_of(self)
    want_text("set_response_header", "name", name)
    want_text("set_response_header", "value", value)
    try:
        return _set_response_header(self, name, value)
    except GLib.Error as error:
        raise translate(error, self) from None


class _Closing:
    """Waits for the end of a connection."""

    __slots__ = ("_ws",)

    def __init__(self, ws):
        self._ws = ws

    def __await__(self):
        ws = self._ws
        if ws.get_state() != _CLOSED:
            yield from awaited(ws.close_async, 1000, None).__await__()


def close(self, code=1000, reason=None):
    """Starts the closing handshake; before the connection was accepted, refuses it with HTTP 403.

    Returns an awaitable, which may be ignored: it waits until the connection is over. Raises ValueError for a code that must not be sent
    (1000 to 1003, 1007 to 1014 and 3000 to 4999 may), and for a reason of more than 123 octets.
    """
    checked_state_of(self)
    want_close("close", code, reason)
    try:
        _close(self, code, reason)
    except GLib.Error as error:
        return failed(self, error)
    return _Closing(self)


def accept_and_close(self, code, reason=None):
    """Refuses with a close code, which a browser can read where it does not show an HTTP status."""
    checked_state_of(self)
    want_close("accept_and_close", code, reason)
    try:
        _accept_and_close(self, code, reason)
    except GLib.Error as error:
        return failed(self, error)
    return _Closing(self)


def reject(self, status=403, body=None):
    """Refuses the handshake with an HTTP status, from 300 to 599. Returns an awaitable, which may be ignored."""
    checked_state_of(self)
    want_number("reject", "status", status)
    if body is not None:
        want_text("reject", "body", body)
    try:
        _reject(self, status, body)
    except GLib.Error as error:
        return failed(self, error)
    return DONE


def is_connected(self):
    """Whether it was accepted and neither side has begun to close it."""
    return self.get_state() == Nx.State.OPEN


def pause(self):
    """Stops the delivery of messages to handlers, until `resume` was called as often. A receive still gets its message."""
    checked_state_of(self)
    _pause(self)


def resume(self):
    """Takes one `pause` back."""
    checked_state_of(self)
    _resume(self)


def drain(self):
    """Awaitable, which may be ignored: no more is unsent than the low-water mark allows."""
    sent = checked_state_of(self).sent
    return sent if type(sent) is Over else Sent(self)


def receive(self):
    """Awaitable: the next Message, of either kind. Raises WebSocketDisconnect when the connection has ended and none is left."""
    return Receive(self, to_message)


def receive_text(self):
    """Awaitable: the next message, which must be text. See `receive`."""
    return Receive(self, to_text)


def receive_bytes(self):
    """Awaitable: the next message, which must be binary. See `receive`."""
    return Receive(self, to_bytes)


def receive_json(self, type=None, mode="text"):
    """Awaitable: the value that the next message says in JSON, or what a dataclass or TypedDict makes of it. With `mode="binary"` the
    message has to be binary. See `receive`."""
    if mode != "text" and _is_binary(mode):
        return Receive(self, to_binary_json if type is None else lambda message: to_type(message, type, to_binary_json))
    return Receive(self, to_json if type is None else lambda message: to_type(message, type))


async def _iterate(ws, convert):
    try:
        while True:
            yield await Receive(ws, convert)
    except WebSocketDisconnect:
        return


def iter_text(self):
    """`async for` over text messages, until the connection ends."""
    return _iterate(self, to_text)


def iter_bytes(self):
    """`async for` over binary messages, until the connection ends."""
    return _iterate(self, to_bytes)


def iter_json(self):
    """`async for` over JSON values, until the connection ends."""
    return _iterate(self, to_json)


def messages(self):
    """`async for` over messages of either kind, until the connection ends. `async for message in ws` does the same."""
    return _iterate(self, to_message)


def ping(self):
    """Sends a ping. Returns an awaitable, which may be ignored: the time of the round trip, in seconds."""
    checked_state_of(self)
    return awaited(self.ping_async, convert=lambda microseconds: microseconds / 1e6)


def _client(ws):
    address = ws.get_remote_address()
    if not isinstance(address, Gio.InetSocketAddress):
        return None
    return Address(address.get_address().to_string(), address.get_port())


for _function in (
    accept, accept_and_close, close, drain, is_connected, iter_bytes, iter_json, iter_text, messages, pause, ping, receive, receive_bytes, receive_json,
    receive_text, reject, resume, send, send_action, send_bytes, send_json, send_message, send_text, set_response_header, set_subprotocol,
):  # fmt: skip
    setattr(Nx.WebSocket, _function.__name__, _function)

Nx.WebSocket.__aiter__ = messages
Nx.WebSocket.app = property(Nx.WebSocket.get_app, doc="The app that the client came to; None once that has gone.")
Nx.WebSocket.client = property(_client, doc="The client's address: (host, port); None where it has none.")
Nx.WebSocket.close_code = property(Nx.WebSocket.get_close_code, doc="Why it ended; 0 before it did.")
Nx.WebSocket.close_reason = property(Nx.WebSocket.get_close_reason, doc="The words that came with the close code, or None.")
Nx.WebSocket.cookies = property(Cookies, doc="The cookies of the request, by name.")
Nx.WebSocket.headers = property(Headers, doc="The header fields of the request, by name in any case.")
Nx.WebSocket.id = property(Nx.WebSocket.get_id, doc="What tells this connection from all others of the app.")
Nx.WebSocket.path = property(Nx.WebSocket.get_path, doc="The path of the request, as it came.")
Nx.WebSocket.path_params = property(PathParams, doc="The parameters of the path, by name.")
Nx.WebSocket.query_params = property(QueryParams, doc="The parameters of the query, by name; the last where one is repeated.")
Nx.WebSocket.state = property(Nx.WebSocket.get_state, doc="Where it is in its life: an Nx.State.")
Nx.WebSocket.subprotocol = property(Nx.WebSocket.get_subprotocol, doc="The subprotocol that was chosen, or None.")
Nx.WebSocket.url = property(lambda self: self.get_uri().to_string(), doc="The URL of the request, as the client saw it.")
