# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Nx.Controller as Python has it: methods `on_connect`, `on_receive`, `on_disconnect` and `on_error`, each `def` or `async def`, of the
class or of a mixin. What C calls is made once for a class, by the kinds of its methods.
"""

import functools
import inspect
from asyncio import CancelledError
from inspect import iscoroutine
from time import perf_counter

from gi._gi import hook_up_vfunc_implementation
from gi.repository import GLib, GObject

from .actions import choose, find_actions
from .dispatch import SLOW_S, accepts, call, end_with, fail, failing, name_of, refuse_generator, report, start, tell_peer, tell_slow
from .errors import PeerFault, to_gerror, translate
from .loop import interrupt, is_ending
from .message import text_of
from .raw import Nx
from .schema import describe_actions
from .state import current, here, state_of
from .typed import is_object_type

_NAMES = ("on_connect", "on_receive", "on_text", "on_disconnect", "on_error")
_connect = GObject.Object.connect
_VFUNCS = {info.get_name(): info for info in Nx.Controller.__info__.get_vfuncs()}
_c_on_connect = Nx.Controller.do_on_connect
_c_on_error = Nx.Controller.do_on_error
_OPEN = Nx.State.OPEN
_CONNECTING = Nx.State.CONNECTING

_WANTED = {
    "on_connect": "def or async def on_connect(self, websocket)",
    "on_receive": "def or async def on_receive(self, websocket, message), or async def on_receive(self, websocket), which awaits "
    "its messages itself",
    "on_text": "def or async def on_text(self, websocket, text)",
    "on_disconnect": "def or async def on_disconnect(self, websocket, code, reason), or without the reason",
    "on_error": "def or async def on_error(self, websocket, error)",
}


# -- What a class inherits: the defaults of C, for super() --


def _on_connect(self, websocket):
    """Decides about a client. The default accepts."""
    _c_on_connect(self, websocket)


def _on_receive(self, websocket, message):
    """Handles a message that no receive waited for. The default does nothing."""


def _on_disconnect(self, websocket, code, reason):
    """An accepted connection is over. The default does nothing."""


def _on_error(self, websocket, error):
    """Handles the exception of another handler. The default logs it with its traceback and closes with 1011, before the connection was
    accepted with HTTP 500; nothing of the exception is told to the peer, but what it did wrong itself."""
    if isinstance(error, PeerFault):
        tell_peer(websocket, error)
    elif isinstance(error, GLib.Error):
        _c_on_error(self, websocket, to_gerror(error))
    else:
        report(websocket, error, failing()[1] or type(self))
        end_with(websocket, Nx.CloseCode.INTERNAL_ERROR)


_DEFAULTS = {
    "on_connect": _on_connect,
    "on_receive": _on_receive,
    "on_disconnect": _on_disconnect,
    "on_error": _on_error,
}


# -- The methods of a class --


def _is_own(func):
    return inspect.isfunction(func) or (callable(func) and not type(func).__module__.startswith("gi"))


def _without_self(method):
    """A static method or one of the class as one of an object, which is what C calls."""
    inner = method.__func__
    is_of_class = isinstance(method, classmethod)

    @functools.wraps(inner)
    def call_inner(self, *args):
        return inner(type(self), *args) if is_of_class else inner(*args)

    signature = inspect.signature(inner)
    if not is_of_class:
        own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
        parameters = [one.replace(kind=own.kind) if one.kind is one.POSITIONAL_OR_KEYWORD else one for one in signature.parameters.values()]
        signature = signature.replace(parameters=[own, *parameters])
    call_inner.__signature__ = signature
    return call_inner


def find(cls, name):
    """The method of that name, with `do_` or without it, that comes first in the order of inheritance; None: the library's own."""
    for base in cls.__mro__:
        if base is Nx.Controller:
            return None
        for spelling in (name, "do_" + name):
            func = base.__dict__.get(spelling)
            if isinstance(func, (staticmethod, classmethod)):
                func = _without_self(func)
            if func is not None and _is_own(func):
                return func
    return None


def is_async(func):
    """Whether it is an `async def`, under whatever wrapping."""
    while hasattr(func, "func"):
        func = func.func
    return inspect.iscoroutinefunction(func) or inspect.iscoroutinefunction(getattr(func, "__call__", None))


def is_pull_loop(func):
    """Whether an `on_receive` takes no message, and so awaits its messages itself."""
    return not accepts(func, 3) and accepts(func, 2)


def _check(cls, name, func):
    refuse_generator(func, _WANTED[name])
    n = {"on_connect": 2, "on_receive": 3, "on_text": 3, "on_disconnect": 4, "on_error": 3}[name]
    if name == "on_receive" and is_pull_loop(func):
        if not is_async(func):
            raise TypeError(
                f"{name_of(func)} takes no message, so it has to await its messages, and only an async def can; wanted: {_WANTED[name]}"
            )
        return
    if not accepts(func, n) and not (name == "on_disconnect" and accepts(func, n - 1)):
        raise TypeError(f"{name_of(func)} cannot be called with {n - 1} arguments besides self; wanted: {_WANTED[name]}")


# -- What C calls --


def _make_connect(func, pull):
    """`on_connect`, and behind it the loop of an `on_receive` that awaits its messages."""
    func = func or _on_connect

    async def connect_and_pull(self, ws, result):
        if result is not None:
            await result
        if ws.get_state() == _OPEN:
            await pull(self, ws)

    def pull_later(ws, self):
        call(ws, pull, self, ws)

    def on_connect(self, ws):
        state_of(ws)  # from here on the wrapper stays, and knows its thread
        vars(self)  # likewise: once it has a dictionary, this wrapper is not dropped to be made again for each message
        now = here()
        outer, now.ws = now.ws, ws
        try:
            result = func(self, ws)
            if not iscoroutine(result):
                result = None
            if pull is None:
                if result is not None:
                    start(ws, result, func)
            elif result is not None or ws.get_state() == _OPEN:
                start(ws, connect_and_pull(self, ws, result), pull)
            elif ws.get_state() == _CONNECTING:
                _connect(ws, "opened", pull_later, self)
        except BaseException as error:
            fail(ws, error, func)
        finally:
            now.ws = outer

    return on_connect


def _make_receive(func):
    """What takes a message is called with its text where there is one: then nothing of C's is asked for that."""
    if is_async(func):

        def on_receive(self, ws, message, text=None):
            # The reference is the coroutine's own: the message that C lends goes when this returns.
            try:
                message = message.ref()
                if text is not None:
                    message._text = text
                start(ws, func(self, ws, message), func)
            except BaseException as error:
                fail(ws, error, func)

        return on_receive
    return _make_taker(func)


def _make_taker(func):
    """What is called for each message, and so does as little as can be. `on_text` gets a str, and no object of C's around it."""

    def take(self, ws, message, text=None):
        now = ws._nexws.now
        outer = now.ws
        now.ws = ws
        began = perf_counter()
        try:
            if text is not None:
                message._text = text
            result = func(self, ws, message)
            if result is not None and iscoroutine(result):
                start(ws, result, func)
        except BaseException as error:
            fail(ws, error, func)
        finally:
            now.ws = outer
        if perf_counter() - began > SLOW_S:
            tell_slow(func, perf_counter() - began)

    return take


def _make_rest(on_text, on_receive):
    """What C does not have as a string: text with U+0000, and what is binary."""

    def receive(self, ws, message, text=None):
        text = text_of(message)
        if text is not None:
            on_text(self, ws, text)
        elif on_receive is not None:
            on_receive(self, ws, message)
        else:
            ws.close(Nx.CloseCode.UNSUPPORTED_DATA, "text expected")

    return receive


def _make_actions(actions, receive):
    """Actions, and behind them what no action is for."""

    def on_receive(self, ws, message, text=None):
        if text is not None:
            message._text = text
        func = receive or _on_receive
        try:
            found = choose(actions, message, receive is not None)
            func, args = found or (receive, (message,))
        except Exception as error:
            fail(ws, error, func)
            return
        if is_async(func) and found is None:
            args = (message.ref(),)
        call(ws, func, self, ws, *args)

    return on_receive


def _make_bound(func):
    """An action whose object C reads."""

    def on_action(self, ws, value, *data):
        call(ws, func, self, ws, value)

    return on_action


def _make_disconnect(func):
    if not accepts(func, 4):  # as Starlette and Nexios have it

        def on_disconnect(self, ws, code, reason):
            call(ws, func, self, ws, code, is_last=True)

        return on_disconnect

    def on_disconnect(self, ws, code, reason):
        call(ws, func, self, ws, code, reason, is_last=True)

    return on_disconnect


def _fail_in_on_error(ws, error, func):
    report(ws, error, func)
    end_with(ws, Nx.CloseCode.INTERNAL_ERROR)


async def _guard(ws, coroutine, func):
    try:
        await coroutine
    except (KeyboardInterrupt, SystemExit):
        raise
    except CancelledError as error:
        if state_of(ws).finished or is_ending():
            raise
        _fail_in_on_error(ws, error, func)
    except BaseException as error:  # or it would come here again, and again
        _fail_in_on_error(ws, error, func)


def _make_error(func):
    func = func or _on_error

    def on_error(self, ws, gerror):
        error, where = failing()
        now = here()
        outer, now.ws = now.ws, ws
        try:
            result = func(self, ws, translate(gerror, ws) if error is None else error)
            if iscoroutine(result):
                start(ws, _guard(ws, result, func), func)
        except (KeyboardInterrupt, SystemExit) as error:
            interrupt(error)
        except BaseException as error:
            _fail_in_on_error(ws, error, func)
        finally:
            now.ws = outer

    return on_error


def _implement(cls):
    """Gives a class what C calls."""
    funcs = {name: find(cls, name) for name in _NAMES}
    for name, func in funcs.items():
        if func is not None:
            _check(cls, name, func)
    if getattr(cls, "middleware", None):  # a guard that nobody asks would be worse than none
        raise TypeError(f"{cls.__qualname__}.middleware: middleware belongs on a WSRouter: router.add_ws_middleware(…), and mount the router")
    receive = funcs["on_receive"]
    pull = receive if receive is not None and is_pull_loop(receive) else None
    made = {"on_error": _make_error(funcs["on_error"])}
    made["on_connect"] = _make_connect(funcs["on_connect"], pull)
    actions = find_actions(cls)
    for name in [name for name, one in actions.items() if is_object_type(one.hint)]:
        bound = actions.pop(name)
        cls.bind_action(name, bound.hint.__gtype__, _make_bound(bound.func))
    describe_actions(cls, actions, receive is not None)
    if actions and pull is not None:
        raise TypeError(f"{cls.__qualname__} has actions ({', '.join(sorted(actions))}), and an on_receive that awaits all messages itself")
    if actions:
        made["on_receive"] = _make_actions(actions, receive)
    elif receive is not None and pull is None:
        made["on_receive"] = _make_receive(receive)
    text = funcs["on_text"]
    if text is not None:
        if actions or pull is not None:
            raise TypeError(f"{name_of(text)} would get what the {'actions are' if actions else 'on_receive without a message is'} for")
        made["on_text"] = _make_taker(text)
        made["on_receive"] = _make_rest(made["on_text"], made.get("on_receive"))
    if "on_receive" in made:
        made["on_receive_text"] = made["on_receive"]
    if funcs["on_disconnect"] is not None:
        made["on_disconnect"] = _make_disconnect(funcs["on_disconnect"])
    for name, func in made.items():
        hook_up_vfunc_implementation(_VFUNCS[name], cls.__gtype__, func)


further = []
"""What else looks at each class that is made."""


class ControllerMeta(type(Nx.Controller)):
    """Finds a class's methods when it is made."""

    def __init__(cls, name, bases, namespace):
        super().__init__(name, bases, namespace)
        if not cls.__module__.startswith("gi.repository"):
            _implement(cls)
            for implement in further:
                implement(cls)


Nx.Controller.__class__ = ControllerMeta
for _name, _func in _DEFAULTS.items():
    _func.__name__ = _name
    _func.__qualname__ = f"Controller.{_name}"
    setattr(Nx.Controller, _name, _func)


# -- Answering the connection that is being handled --


def _current():
    ws = here().ws or current.get()
    if ws is None:
        raise RuntimeError("No connection is being handled here: call send_text() and its like on a websocket")
    return ws


def _make_sender(name):
    def send(self, *args, **kwargs):
        return getattr(_current(), name)(*args, **kwargs)

    send.__name__ = name
    send.__qualname__ = f"Controller.{name}"
    send.__doc__ = f"`{name}` of the connection whose handler runs."
    return send


for _name in ("send", "send_action", "send_text", "send_bytes", "send_json", "send_message"):
    setattr(Nx.Controller, _name, _make_sender(_name))
Nx.Controller.app = property(Nx.Controller.get_app, doc="The app that this controller serves; None until its first connection.")
Nx.Controller.websocket = property(lambda self: _current(), doc="The connection whose handler runs.")
