# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Nx.Controller as Python has it: methods `on_connect`, `on_receive`, `on_disconnect` and `on_error`, each `def` or `async def`, of the
class or of a mixin. What C calls is made once for a class, by the kinds of its methods.
"""

import inspect
from asyncio import CancelledError
from inspect import iscoroutine
from time import perf_counter

from gi._gi import hook_up_vfunc_implementation
from gi.repository import GLib, GObject

from .actions import choose, find_actions
from .class_attributes import converter_of, first_values, take_attributes
from .dispatch import SLOW_S, accepts, call, end_with, fail, failing, name_of, report, start, tell_peer, tell_slow
from .errors import PeerFault, to_gerror, translate
from .loop import interrupt, is_ending
from .message import text_of
from .methods import check, find, is_async, is_pull_loop
from .raw import Nx
from .schema import describe_actions
from .state import current, here, state_of
from .typed import is_object_type

_NAMES = ("on_connect", "on_receive", "on_text", "on_disconnect", "on_error")
_connect = GObject.Object.connect
_VFUNCS = {info.get_name(): info for info in Nx.Controller.__info__.get_vfuncs()}
_c_init = Nx.Controller.__init__
_c_on_connect = Nx.Controller.do_on_connect
_c_on_error = Nx.Controller.do_on_error
_OPEN = Nx.State.OPEN
_CONNECTING = Nx.State.CONNECTING

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


def _make_converted(func, convert):
    """An on_receive that gets what a message says, in the encoding of the class."""
    run = _make_taker(func)

    def on_receive(self, ws, message, text=None):
        try:
            value = convert(message if text is None else text)
        except Exception as error:
            fail(ws, error, func)
            return
        run(self, ws, value)

    return on_receive


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


def _make_actions(actions, receive, convert):
    """Actions, and behind them what no action is for."""

    def on_receive(self, ws, message, text=None):
        if text is not None:
            message._text = text
        func = receive or _on_receive
        try:
            found = choose(actions, message, receive is not None)
            func, args = found or (receive, (message if convert is None else convert(message),))
        except Exception as error:
            fail(ws, error, func)
            return
        if is_async(func) and found is None and convert is None:
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


def _refuse_contradictions(cls, text, pull, actions, convert):
    """What would each get what another one is for."""
    encoding = first_values(cls).get("encoding")
    if actions and pull is not None:
        raise TypeError(f"{cls.__qualname__} has actions ({', '.join(sorted(actions))}), and an on_receive that awaits all messages itself")
    if text is not None and (actions or pull is not None):
        raise TypeError(f"{name_of(text)} would get what the {'actions are' if actions else 'on_receive without a message is'} for")
    if convert is not None and pull is not None:
        raise TypeError(f"{name_of(pull)} receives by itself, as what it calls says, and {cls.__qualname__}.encoding says nothing to it")
    if encoding == Nx.Encoding.BYTES and (actions or text is not None):
        raise TypeError(f"{cls.__qualname__}.encoding takes bytes alone, and {name_of(text) if text is not None else 'its actions'} would never be called")


def _implement(cls):
    """Gives a class what C calls."""
    funcs = {name: find(cls, name) for name in _NAMES}
    for name, func in funcs.items():
        if func is not None:
            check(cls, name, func)
    if getattr(cls, "middleware", None):  # a guard that nobody asks would be worse than none
        raise TypeError(f"{cls.__qualname__}.middleware: middleware belongs on a WSRouter: router.add_ws_middleware(…), and mount the router")
    receive, text = funcs["on_receive"], funcs["on_text"]
    pull = receive if receive is not None and is_pull_loop(receive) else None
    made = {"on_error": _make_error(funcs["on_error"])}
    made["on_connect"] = _make_connect(funcs["on_connect"], pull)
    actions = find_actions(cls)
    take_attributes(cls, actions)
    convert = converter_of(cls)
    for name in [name for name, one in actions.items() if is_object_type(one.hint)]:
        bound = actions.pop(name)
        cls.bind_action(name, bound.hint.__gtype__, _make_bound(bound.func))
    describe_actions(cls, actions, receive is not None)
    _refuse_contradictions(cls, text, pull, actions, convert)
    if actions:
        made["on_receive"] = _make_actions(actions, receive, convert)
    elif receive is not None and pull is None:
        made["on_receive"] = _make_receive(receive) if convert is None else _make_converted(receive, convert)
    if text is not None:
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


    def __call__(cls, *args, **kwargs):
        made = super().__call__(*args, **kwargs)
        try:
            made.__grefcount__
        except TypeError:  # as PyGObject says it without a name
            raise TypeError(f"{cls.__module__}.{cls.__qualname__}.__init__() has to call super().__init__() first") from None
        return made


def _init(self, **properties):
    _c_init(self, **{**first_values(type(self)), **properties})


Nx.Controller.__class__ = ControllerMeta
Nx.Controller.__init__ = _init
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
