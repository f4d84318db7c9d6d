# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Nx.TestClient as Python has it: in a plain test its methods wait by themselves, in a coroutine they are awaited. When that coroutine
runs on an asyncio loop of somebody else's, as pytest-asyncio's tests do, a task keeps our main loop going inside it.
"""

import asyncio

from gi.repository import GLib

from .arguments import want_close
from .calling import RPC_DOMAIN, RpcError, from_node, to_params
from .errors import DOMAIN, HandshakeRefusedError, NexwsError, translate
from .gio import awaited
from .loop import is_in_step, is_on_main_loop
from .message import message_from_bytes, message_from_text
from .raw import Nx
from .request import Headers
from .receiving import to_bytes, to_json, to_text, to_type
from .sending import DONE
from .strict import dumps
from .typed import make_action

_raw = {
    name: getattr(Nx.TestClient, name)
    for name in (
        "advance_time", "call", "close", "expect_close", "expect_json", "expect_nothing", "expect_refusal", "expect_text", "open", "ping", "receive",
        "request", "send_message",
    )
}
_OPEN = Nx.State.OPEN
_SWITCHING = 101  # of HTTP: it was let in
_PUMP_S = 0.001


async def _pump():
    """Our main loop, as a guest of somebody else's."""
    context = GLib.MainContext.ref_thread_default()
    while True:
        worked = context.iteration(False)
        await asyncio.sleep(0 if worked else _PUMP_S)


class _Answer:
    """Where Headers reads the answer to a handshake, which is the client's until its next one."""

    def __init__(self, headers):
        self.get_headers = lambda: headers
        self.get_header = headers.get_list


def _translate(error, client, name):
    """A refused handshake says more than that there is no connection."""
    if name == "call" and error.domain == RPC_DOMAIN:
        return RpcError(error.code, error.message)
    if name == "open" and error.domain == DOMAIN and client.get_status() not in (0, _SWITCHING):
        headers = Headers(_Answer(client.get_response_headers()))
        body = client.get_response_body()
        return HandshakeRefusedError(
            error.message, error.domain, error.code, client.get_status(), headers, b"" if body is None else body.get_data() or b""
        )
    if name in ("open", "expect_refusal", "request"):
        return NexwsError(error.message, error.domain, error.code) if error.domain == DOMAIN else error
    return translate(error, client)


def _make(name, doc, convert=None):
    call = _raw[name]

    def method(self, *args):
        if is_in_step():
            return _later(self, name, args, convert)
        try:
            result = call(self, *args)
        except GLib.Error as error:
            raise _translate(error, self, name) from None
        return convert(result) if convert is not None else result

    method.__name__ = name
    method.__doc__ = doc + " In a coroutine, await it."
    return method


async def _later(client, name, args, convert):
    pump = None
    loop = asyncio.get_running_loop()
    if not is_on_main_loop(loop) and getattr(client, "_nexws_pump", None) is None:
        pump = loop.create_task(_pump())
    try:
        result = await awaited(getattr(client, name + "_async"), *args, convert_error=lambda error, source, result: _translate(error, client, name))
    finally:
        if pump is not None:
            pump.cancel()
    return convert(result) if convert is not None else result


_receive = _make("receive", "The next message, of either kind.")
_open = _make("open", "Connects to a path. Raises HandshakeRefusedError, which has the answer, when it is not let in.")
_expect_refusal = _make("expect_refusal", "Connects to a path, and is refused with an HTTP status.")
_request = _make("request", "A plain HTTP request; returns the status.")
_close_client = _make("close", "Closes, and waits for the end.")
_expect_json = _make("expect_json", "The next message, which must say this in JSON.")
_call = _make("call", "Calls a method by JSON-RPC.", from_node)
_expect_close = _make("expect_close", "Waits until the app has closed, with this code.")


def _converted(convert, doc):
    def method(self, *args):
        if not is_in_step():
            return convert(_receive(self), *args)

        async def later():
            return convert(await _receive(self), *args)

        return later()

    method.__doc__ = doc + " In a coroutine, await it."
    return method


def _send(client, message):
    try:
        _raw["send_message"](client, message)
    except GLib.Error as error:
        raise translate(error, client) from None
    return DONE


def _send_text(self, text):
    """Sends text."""
    return _send(self, message_from_text(text))


def _send_bytes(self, data):
    """Sends octets."""
    return _send(self, message_from_bytes(data))


def _send_json(self, value):
    """Sends what `json.dumps` makes of a value."""
    return _send_text(self, dumps(value))


def _send_action(self, type, value=None):
    """Sends a value's members, and `"type": type`."""
    return _send_json(self, make_action(type, value))


def _expect_value(self, value):
    """The next message, which must say what `json.dumps` makes of a value. In a coroutine, await it."""
    return _expect_json(self, dumps(value))


def _call_method(self, name, *args, **kwargs):
    """Calls a method by JSON-RPC, by position or by name. Its result, or raises RpcError. In a coroutine, await it."""
    return _call(self, name, to_params(args, kwargs))


def _open_path(self, path="/"):
    return _open(self, path)


def _close(self, code=1000, reason=None):
    want_close("close", code, reason)
    return _close_client(self, code, reason)


def _expect(self, code=1000, reason=None):
    return _expect_close(self, code, reason)


def _http(self, method, path, body=None):
    return _request(self, method, path, None if body is None else GLib.Bytes.new(body))


def _enter(self):
    if self._nexws_path is not None:
        _open(self, self._nexws_path)
    return self


def _exit(self, *error):
    if self.get_state() == _OPEN:
        _close_client(self, 1000, None)


async def _aenter(self):
    loop = asyncio.get_running_loop()
    if not is_on_main_loop(loop):
        self._nexws_pump = loop.create_task(_pump())
    if self._nexws_path is not None:
        await _open(self, self._nexws_path)
    return self


async def _aexit(self, *error):
    try:
        if self.get_state() == _OPEN:
            await _close_client(self, 1000, None)
    finally:
        pump, self._nexws_pump = getattr(self, "_nexws_pump", None), None
        if pump is not None:
            pump.cancel()


def make_client(app, path=None, *, headers=None, cookies=None, subprotocols=None):
    """See `App.test_client`."""
    client = Nx.TestClient.new(app)
    client._nexws_path = path
    for name, value in (headers or {}).items():
        client.set_header(name, value)
    for name, value in (cookies or {}).items():
        client.set_cookie(name, value)
    if subprotocols is not None:
        client.set_subprotocols(list(subprotocols))
    return client


_METHODS = {
    "advance_time": _make("advance_time", "Turns the app's clock by so many milliseconds."),
    "call": _call_method,
    "close": _close,
    "expect_close": _expect,
    "expect_json": _expect_value,
    "expect_nothing": _make("expect_nothing", "Lets everything happen that can, and expects that no message has come of it."),
    "expect_refusal": _expect_refusal,
    "expect_text": _make("expect_text", "The next message, which must be this text."),
    "open": _open_path,
    "ping": _make("ping", "Sends a ping, and waits for its pong."),
    "receive": _receive,
    "receive_bytes": _converted(to_bytes, "The next message, which must be binary."),
    "receive_json": _converted(lambda message, type=None: to_json(message) if type is None else to_type(message, type), "What the next message says in JSON."),
    "receive_text": _converted(to_text, "The next message, which must be text."),
    "request": _http,
    "send_action": _send_action,
    "send_bytes": _send_bytes,
    "send_json": _send_json,
    "send_text": _send_text,
    "__enter__": _enter,
    "__exit__": _exit,
    "__aenter__": _aenter,
    "__aexit__": _aexit,
}
for _name, _method in _METHODS.items():
    _method.__name__ = _name
    _method.__qualname__ = f"TestClient.{_name}"
    setattr(Nx.TestClient, _name, _method)
Nx.TestClient._nexws_path = None
Nx.TestClient.close_code = property(Nx.TestClient.get_close_code, doc="The code that the app closed with; 0 before.")
Nx.TestClient.close_reason = property(Nx.TestClient.get_close_reason, doc="The words with it, or None.")
