# SPDX-License-Identifier: LGPL-2.1-or-later
"""
JSON-RPC with methods that are plain methods: `@method` on one of a subclass of RpcController makes it one that peers can call, by
position or by name, `def` or `async def`; what it returns is the result. And `await controller.call(websocket, "name", …)` the other way,
several at once in a batch.
"""

import inspect
import typing

from gi._gi import hook_up_vfunc_implementation
from gi.repository import GLib, Json

from .arguments import want_text, want_web_socket
from .controller import further
from .dispatch import log, name_of, watch
from .errors import to_gerror, translate
from .gio import Pending
from .loop import interrupt, is_end, start_task
from .raw import Nx
from .state import checked_state_of, current
from .strict import dumps, loads
from .typed import Misfit, fit
from .websocket import drain, failed

_INVALID_PARAMS = -32602
_INTERNAL = -32603
_TIMED_OUT = -32000
_MAX_TIMEOUT_S = 0x7FFFFFFF // 1000
_on_call_info = next(info for info in Nx.RpcController.__info__.get_vfuncs() if info.get_name() == "on_call")
RPC_DOMAIN = GLib.quark_to_string(Nx.rpc_error_quark())
_c_on_error = Nx.RpcController.do_on_error
_c_on_call = Nx.RpcController.do_on_call
_send_notification = Nx.RpcController.send_notification
_begin_batch = Nx.RpcController.begin_batch
_end_batch = Nx.RpcController.end_batch


class RpcError(Exception):
    """What a method answers instead of a result, and what a call of the peer's method raises."""

    def __init__(self, code, message, data=None):
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


def method(name=None):
    """Decorates a method that peers can call, under its own name or the given one."""
    if callable(name):
        return method()(name)

    def decorate(func):
        func._nexws_method = name or func.__name__
        return func

    return decorate


def _to_node(value):
    return Json.from_string(dumps(value))


def from_node(node):
    return None if node is None else loads(Json.to_string(node, False))


def to_params(args, kwargs):
    """By position, or by name; None without any."""
    params = list(args) if args else kwargs or None
    return None if params is None else _to_node(params)


def _fit_argument(value, hint, parameter):
    """The annotation of `*numbers: float` and `**options: str` is that of each one."""
    name = parameter.name
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        return tuple(fit(one, hint, f"{name}[{i}]") for i, one in enumerate(value))
    if parameter.kind is inspect.Parameter.VAR_KEYWORD:
        return {key: fit(one, hint, key) for key, one in value.items()}
    return fit(value, hint, name)


def _bind(self, func, params):
    """The arguments, each as its annotation says."""
    signature = inspect.signature(func)
    args, kwargs = (params, {}) if isinstance(params, list) else ([], params or {})
    try:
        bound = signature.bind(self, *args, **kwargs)
        hints = typing.get_type_hints(func)
        for name, value in list(bound.arguments.items())[1:]:
            if name in hints:
                bound.arguments[name] = _fit_argument(value, hints[name], signature.parameters[name])
    except (TypeError, Misfit) as error:
        raise RpcError(_INVALID_PARAMS, "Invalid params", str(error)) from None
    return bound


def _fail(call, error, func):
    if isinstance(error, RpcError):
        call.return_error(error.code, error.message, None if error.data is None else _to_node(error.data))
        return
    log.error("Connection %s: exception in %s", call.get_web_socket().get_id(), name_of(func), exc_info=error)
    if isinstance(error, TimeoutError) or (isinstance(error, GLib.Error) and error.matches(Nx.error_quark(), Nx.Error.TIMEOUT)):
        call.return_error(_TIMED_OUT, "Timed out", None)
    else:
        call.return_error(_INTERNAL, "Internal error", None)


async def _drive(call, coroutine, func):
    current.set(call.get_web_socket())
    try:
        call.return_json(_to_node(await watch(coroutine, func)))
    except BaseException as error:
        if is_end(error):
            raise
        _fail(call, error, func)


def _make_on_call(methods):
    def on_call(self, call):
        func = methods.get(call.get_method())
        if func is None:
            _c_on_call(self, call)
            return
        try:
            bound = _bind(self, func, from_node(call.get_params()))
            result = func(*bound.args, **bound.kwargs)
            if inspect.iscoroutine(result):
                start_task(_drive(call, result, func))
            else:
                call.return_json(_to_node(result))
        except (KeyboardInterrupt, SystemExit) as error:
            interrupt(error)
        except BaseException as error:
            _fail(call, error, func)

    return on_call


def _never(self, call, params):
    raise AssertionError(f"{call.get_method()} came past on_call")


def _implement(cls):
    """Gives a class what C calls."""
    if not issubclass(cls, Nx.RpcController):
        return
    methods = {}
    for base in reversed(cls.__mro__):
        for func in vars(base).values():
            name = getattr(func, "_nexws_method", None)
            if name is not None:
                methods[name] = func
    if methods:
        # Never called, since on_call comes first: it is for --describe.
        for name in methods:
            cls.bind_method(name, Json.Node, Json.Node, _never)
        hook_up_vfunc_implementation(_on_call_info, cls.__gtype__, _make_on_call(methods))


def to_ms(timeout):
    """0: no limit."""
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        raise TypeError(f"timeout is a number of seconds, not {type(timeout).__name__}")
    if not 0 <= timeout <= _MAX_TIMEOUT_S:
        raise ValueError(f"timeout is a number of seconds, at most {_MAX_TIMEOUT_S} and 0 for none, and not {timeout}")
    return int(timeout * 1000) or (1 if timeout else 0)


class _Call:
    """A call of the peer's method, which is not made yet: whatever the caller does wrong is told before."""

    def __init__(self, controller, websocket, name, args, kwargs, timeout):
        want_web_socket("call", websocket)
        checked_state_of(websocket)
        self._controller = controller
        self._args = (websocket, want_text("call", "name", name), to_params(args, kwargs), to_ms(timeout))

    def begin(self, pending):
        pending.begin(self._controller.call_async, *self._args, convert=from_node, convert_error=self._convert)
        return pending

    def _convert(self, error, source, result):
        if error.domain == RPC_DOMAIN:
            return RpcError(error.code, error.message, from_node(self._controller.get_error_data(result)))
        return translate(error, self._args[0])


def _call(self, websocket, name, *args, timeout=0, **kwargs):
    """Calls a method of the peer, by position or by name. `timeout` is in seconds; 0: none.

    The call is on its way when this returns. What is returned may be awaited or ignored: the result. Raises RpcError when that is what the
    peer answers, NexwsTimeoutError, and WebSocketDisconnect.
    """
    return _Call(self, websocket, name, args, kwargs, timeout).begin(Pending())


def _notify(self, websocket, name, *args, **kwargs):
    """Tells the peer something, by position or by name, to which there is no answer. Returns an awaitable, which may be ignored."""
    want_web_socket("notify_peer", websocket)
    checked_state_of(websocket)
    params = to_params(args, kwargs)
    try:
        _send_notification(self, websocket, want_text("notify_peer", "name", name), params)
    except GLib.Error as error:
        return failed(websocket, error)
    return drain(websocket)


class _Gathered(Pending):
    """A call that is made at the end of a block, and could be waited for inside it for ever."""

    is_made = False

    def _check(self):
        if not self.is_made:
            raise RuntimeError("This call is made when the block of its batch is over: await it behind that")

    def __await__(self):
        self._check()
        return super().__await__()

    def add_done_callback(self, func, *, context=None):  # what gather() does, and wait_for()
        self._check()
        super().add_done_callback(func, context=context)


class RpcBatch:
    """Calls and notifications that go to the peer in one message, when the block is over; none of them when that raises."""

    def __init__(self, controller, websocket):
        self._controller = controller
        self._websocket = websocket
        self._steps = []
        self._calls = []

    def call(self, name, *args, timeout=0, **kwargs):
        """As `RpcController.call`, but for the websocket. The result is awaited behind the block, or ignored."""
        call, pending = _Call(self._controller, self._websocket, name, args, kwargs, timeout), _Gathered()
        self._take(lambda: pending.cancelled() or call.begin(pending))
        self._calls.append(pending)
        return pending

    def notify(self, name, *args, **kwargs):
        """As `RpcController.notify_peer`, but for the websocket."""
        want_text("notify", "name", name)
        params = to_params(args, kwargs)
        self._take(lambda: _send_notification(self._controller, self._websocket, name, params))

    def _take(self, step):
        if self._steps is None:
            raise RuntimeError("The block of this batch is over, and it has been sent")
        self._steps.append(step)

    def __enter__(self):
        return self

    def __exit__(self, kind, *error):
        steps, self._steps = self._steps, None
        for pending in self._calls:
            pending.is_made = True
            if kind is not None:
                pending.cancel()
        if kind is not None:
            return
        try:
            self._send(steps)
        except GLib.Error as error:
            raise translate(error, self._websocket) from None

    def _send(self, steps):
        # Where there is no connection each call says so by itself.
        is_open = self._websocket.get_state() == Nx.State.OPEN
        if is_open:
            _begin_batch(self._controller, self._websocket)
        try:
            for step in steps:
                step()
        finally:
            if is_open:
                _end_batch(self._controller, self._websocket)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        self.__exit__(*error)


def _on_error(self, websocket, error):
    """As that of Controller. What goes wrong with a call of a peer's is its answer, and ends no connection."""
    if isinstance(error, GLib.Error):
        _c_on_error(self, websocket, to_gerror(error))
    else:
        Nx.Controller.on_error(self, websocket, error)


def _batch(self, websocket):
    """`async with controller.batch(websocket) as batch:`, or `with`: what `batch.call` and `batch.notify` say goes out as one message."""
    want_web_socket("batch", websocket)
    checked_state_of(websocket)
    return RpcBatch(self, websocket)


further.append(_implement)
Nx.RpcController.on_error = _on_error
Nx.RpcController.call = _call
Nx.RpcController.batch = _batch
Nx.RpcController.notify_peer = _notify
