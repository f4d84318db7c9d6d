# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Receiving in a coroutine: `await ws.receive_text()` and its like.

What these return is a future, which takes its message only when somebody takes its result: then a receive that lost a race, or whose
race was called off, gives the message back to the next one.
"""

import logging
import sys
from asyncio import CancelledError, InvalidStateError
from contextvars import copy_context
from threading import get_ident
from weakref import ref

from gi.repository import GLib, GObject

from .errors import disconnect_of, invalid, translate
from .loop import _get_running_loop, call_in, get_loop, in_context, step
from .message import data_of, message_from_text, text_of
from .raw import Nx
from .sending import watch_end
from .state import checked_state_of, complain, state_of
from .strict import loads
from .typed import Misfit, fit

log = logging.getLogger("nexws")

_try_receive = Nx.WebSocket.try_receive
_try_receive_text = Nx.WebSocket.try_receive_text
_cancel_receive = Nx.WebSocket.cancel_receive
_put_back = Nx.WebSocket.put_back
_get_plain_text = Nx.Message.get_plain_text
_connect = GObject.Object.connect

# In the order of a life.
_IDLE, _WAITING, _HELD, _LISTED, _DONE, _FAILED, _CANCELLED = range(7)


# What is received is a Message, or for those that want text a str, which costs C no object.


def to_message(message):
    """The message as it is."""
    return message_from_text(message) if type(message) is str else message


def to_text(message):
    """Text, or an error when it is binary."""
    if type(message) is str:
        return message
    text = _get_plain_text(message)
    if text is None:
        text = text_of(message)
        if text is None:
            raise invalid("A binary message came where text was expected")
    return text


def to_bytes(message):
    """Octets, or an error when it is text."""
    if type(message) is str or message.is_text:
        raise invalid("A text message came where a binary one was expected")
    return data_of(message)


def to_json(message):
    """What the text says, through Python's own json."""
    text = message if type(message) is str else text_of(message)
    if text is None:
        raise invalid("JSON comes as text, and a binary message came")
    try:
        return loads(text)
    except ValueError as error:
        raise invalid(f"Not JSON: {error}") from None


def to_binary_json(message):
    """What the octets of a binary message say."""
    try:
        return loads(to_bytes(message).decode())
    except ValueError as error:
        raise invalid(f"Not JSON: {error}") from None


def to_type(message, hint, to_value=to_json):
    """What a message says, as a dataclass or another type."""
    try:
        return fit(to_value(message), hint)
    except Misfit as error:
        raise invalid(str(error)) from None


_TEXTUAL = (to_text, to_json)
"""What is content with a str."""


def _again(error):
    """Another one like it. One that is raised knows all frames that it came through, which know the future that it stands in: that circle
    would keep the connection."""
    fresh = type(error).__new__(type(error))
    fresh.__dict__.update(error.__dict__)
    fresh.args = error.args
    return fresh


class Receive:
    """One message to come. Await it, or do with it what can be done with a future; `create_task` takes it as well."""

    __slots__ = ("_asyncio_future_blocking", "_ws", "_convert", "_state", "_value", "_first", "_callbacks", "__weakref__")

    def __init__(self, ws, convert):
        self._ws = ws
        self._convert = convert
        self._state = _IDLE
        self._value = None
        self._asyncio_future_blocking = False

    # -- Awaiting --

    def __await__(self):
        try:
            if self._state == _IDLE:
                ws = self._ws
                try:
                    state = ws._nexws
                except AttributeError:
                    state = state_of(ws)
                if state.thread != get_ident():
                    complain(ws)
                if not state.waiting:
                    try:
                        message = _try_receive_text(ws) if self._convert in _TEXTUAL else _try_receive(ws)
                    except GLib.Error as error:
                        self._fail(translate(error, ws))
                        yield  # who fails in a loop leaves the others a turn
                        return self.result()
                    if message is not None:
                        self._state = _DONE
                        self._value = value = self._convert(message)
                        return value
                    state.armed = True
                self._wait(state)
            if self._state < _HELD:
                self._asyncio_future_blocking = True
                yield self
            return self._value if self._state == _DONE else self.result()
        except BaseException:
            if self._state < _DONE:
                self._abandon()
            raise
        finally:
            # An exception knows this frame, and must not find itself in it: that circle would keep the connection.
            self = ws = state = message = None

    # -- The future --

    def done(self):
        """Whether a message has come, or will not."""
        return self._state >= _HELD

    def cancelled(self):
        """Whether it was cancelled."""
        return self._state == _CANCELLED

    def cancel(self, msg=None):
        """Stops waiting; what came for it goes to the next one."""
        if self._state > _LISTED:
            return False
        for func, context, loop in self._abandon():
            loop.call_soon(func, self, context=context)  # never inside of who cancels
        return True

    def result(self):
        """What came. From now on it is taken."""
        if self._state == _LISTED:
            self._release()
            self._state = _HELD
        if self._state == _HELD:
            try:
                self._value = value = self._convert(self._value)
                self._state = _DONE
                return value
            except Exception as error:
                self._fail(error)
        if self._state == _DONE:
            return self._value
        state, error = self._state, self._value
        try:
            if state == _FAILED:
                raise _again(error)
            if state == _CANCELLED:
                raise CancelledError
            raise InvalidStateError("No message has come yet")
        finally:
            self = error = None  # as above

    def exception(self):
        """What went wrong, or None."""
        if self._state == _FAILED:
            return self._value
        if self._state == _CANCELLED:
            raise CancelledError
        if self._state < _HELD:
            raise InvalidStateError("No message has come yet")
        return None

    def get_loop(self):
        """The loop whose tasks may await it."""
        return state_of(self._ws).now.loop or get_loop()

    def add_done_callback(self, func, *, context=None):
        """Calls `func` with this when it is done."""
        if context is None:
            context = copy_context()
        if self._state == _IDLE:
            self._begin()
        loop = self.get_loop()
        if self._state >= _HELD:
            loop.call_soon(func, self, context=context)
            return
        if self._first is None:
            self._first = (func, context, loop)
        else:
            self._callbacks = (self._callbacks or []) + [(func, context, loop)]

    def remove_done_callback(self, func):
        """Does not call it; says how often it would have."""
        if self._state != _WAITING:
            return 0
        before = self._take_callbacks()
        kept = [entry for entry in before if entry[0] != func]
        self._first = kept[0] if kept else None
        self._callbacks = kept[1:] or None
        return len(before) - len(kept)

    def _make_cancelled_error(self):
        return CancelledError()

    # -- Inside --

    def _begin(self):
        """Waits, whoever is going to ask for the result."""
        state = checked_state_of(self._ws)
        self._wait(state)
        if not state.armed and state.waiting[0] is self:
            serve(self._ws, state)

    def _wait(self, state):
        if not state.connected:
            listen(self._ws, state)
        self._first = self._callbacks = None
        self._state = _WAITING
        state.waiting.append(self)

    def _list(self):
        """Its message has come, and nobody has taken it at once."""
        state = state_of(self._ws)
        if state.held is None:
            state.held = []
        state.held.append(ref(self))
        self._state = _LISTED

    def _fail(self, error):
        self._state = _FAILED
        self._value = error

    def _abandon(self):
        """Nobody wants it any more. Returns who is to be told."""
        state = self._state
        self._state = _CANCELLED
        if state == _WAITING:
            ws = self._ws
            inner = state_of(ws)
            inner.waiting.remove(self)
            if not inner.waiting and inner.armed:
                inner.armed = False
                _cancel_receive(ws)
            return self._take_callbacks()
        if state in (_HELD, _LISTED):
            self._give_back()
        return []

    def _release(self):
        """It is not among those any more that hold a message."""
        held = state_of(self._ws).held
        if held:
            held[:] = [other for other in held if other() not in (self, None)]

    def _give_back(self):
        """Those that came later get the message of the one before them, so that the order stays; the last one's goes back."""
        message, self._value = self._value, None
        held = state_of(self._ws).held or []
        later = False
        for other in [entry() for entry in held]:
            if other is self or other is None:  # the collector has taken the reference to this one away before it calls it
                later = True
            elif later and other is not None:
                message, other._value = other._value, message
        self._release()
        _put_back(self._ws, to_message(message))

    def _take_callbacks(self):
        callbacks = [self._first] if self._first is not None else []
        if self._callbacks is not None:
            callbacks += self._callbacks
        self._first = self._callbacks = None
        return callbacks

    def _call(self, callbacks):
        for func, context, loop in callbacks:
            call_in(loop, context, func, self)

    def __del__(self):
        if self._state in (_HELD, _LISTED):
            self._state = _CANCELLED
            state = state_of(self._ws)
            if state.thread == get_ident():
                self._give_back()
            else:  # the collector runs in any thread
                in_context(state.now.context, self._give_back)
        elif self._state == _IDLE:
            # This runs where the last reference went: as a rule in the function that forgot to await.
            try:
                caller = sys._getframe(1)
            except ValueError:
                return
            if caller.f_globals.get("__name__", "").startswith("_nexws."):  # it went with the exception of its function
                ws = self._ws
                log.warning("Connection %s to %.128s: a receive was called and not awaited: nothing was received", ws.get_id(), ws.get_path())
                return
            log.warning(
                "%s (%s:%d) called a receive and did not await it: nothing was received",
                caller.f_code.co_qualname,
                caller.f_code.co_filename,
                caller.f_lineno,
            )


def _deliver(receive, message, now):
    """A function of its own, so that nothing of it is left when the next one gets its message."""
    receive._value = message
    receive._state = _HELD
    if receive._first is None or receive._callbacks is not None or _get_running_loop() is not None:
        callbacks = receive._take_callbacks()  # kept until it is listed: they may hold an earlier one, which gives back in that order
        receive._call(callbacks)
    else:
        # What nearly always happens: a task waits for it, and makes its next step now.
        func, context, loop = receive._first
        receive._first = None
        step(now, None, loop, context, func, receive)
    if receive._state == _HELD:
        receive._list()


def serve(ws, state):
    """Gives what is there to those who wait."""
    waiting = state.waiting
    while waiting and not state.armed:
        try:
            message = None
            if waiting[0]._convert in _TEXTUAL:
                message = _try_receive_text(ws)
            if message is None:  # what is no text for a string of C may be there
                message = _try_receive(ws)
        except GLib.Error:
            break
        if message is None:
            state.armed = True
            return
        _deliver(waiting.popleft(), message, state.now)
    else:
        return
    end(ws, state)


def on_readable(ws):
    """The handler of `readable`, for all connections."""
    state = ws._nexws
    state.armed = False
    serve(ws, state)


def end(ws, state):
    """No message will come."""
    while state.waiting:
        receive = state.waiting.popleft()
        receive._fail(disconnect_of(ws))
        receive._call(receive._take_callbacks())


def on_finished(ws):
    """The handler of `finished`, for all connections: what still runs is cancelled."""
    state = ws._nexws
    state.finished = True
    for task in list(state.tasks):
        task.cancel()
    state.tasks.clear()


def listen(ws, state):
    """Connects to what the connection tells, when somebody first waits for it."""
    state.connected = True
    if state.now.context is None:
        state.now.context = GLib.MainContext.ref_thread_default()
    _connect(ws, "readable", on_readable)
    _connect(ws, "finished", on_finished)
    if not state.watched:
        watch_end(ws)
