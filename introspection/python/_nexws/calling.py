# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calling a peer's methods by JSON-RPC: `await controller.call(websocket, "name", …)`, and several at once in a batch."""

from gi.repository import GLib, Json

from . import controller  # noqa: F401  whose metaclass is RpcController's, if it is there before that
from .arguments import want_text, want_web_socket
from .errors import translate
from .gio import Pending
from .raw import Nx
from .state import checked_state_of
from .strict import dumps, loads
from .websocket import drain, failed

RPC_DOMAIN = GLib.quark_to_string(Nx.rpc_error_quark())
_MAX_TIMEOUT_S = 0x7FFFFFFF // 1000
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


def to_node(value):
    return Json.from_string(dumps(value))


def from_node(node):
    return None if node is None else loads(Json.to_string(node, False))


def to_params(args, kwargs):
    """By position, or by name; None without any."""
    params = list(args) if args else kwargs or None
    return None if params is None else to_node(params)


def _to_ms(timeout):
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
        self._args = (websocket, want_text("call", "name", name), to_params(args, kwargs), _to_ms(timeout))

    def begin(self, pending):
        pending.begin(self._controller.call_async, *self._args, convert=from_node, convert_error=self._convert)
        return pending

    def _convert(self, error, source, result):
        if error.domain == RPC_DOMAIN:
            return RpcError(error.code, error.message, from_node(self._controller.get_error_data(result)))
        return translate(error, self._args[0])


def call(self, websocket, name, *args, timeout=0, **kwargs):
    """Calls a method of the peer, by position or by name. `timeout` is in seconds; 0: none.

    The call is on its way when this returns. What is returned may be awaited or ignored: the result. Raises RpcError when that is what the
    peer answers, NexwsTimeoutError, and WebSocketDisconnect.
    """
    return _Call(self, websocket, name, args, kwargs, timeout).begin(Pending())


def notify_peer(self, websocket, name, *args, **kwargs):
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
        told = None
        try:
            for step in steps:
                try:
                    step()
                except GLib.Error as error:  # of a notification; the calls behind it would else be awaited for ever
                    told = told or error
        finally:
            if is_open:
                _end_batch(self._controller, self._websocket)
        if told is not None:
            raise told

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        self.__exit__(*error)


def batch(self, websocket):
    """`async with controller.batch(websocket) as batch:`, or `with`: what `batch.call` and `batch.notify` say goes out as one message."""
    want_web_socket("batch", websocket)
    checked_state_of(websocket)
    return RpcBatch(self, websocket)


for _function in (batch, call, notify_peer):
    setattr(Nx.RpcController, _function.__name__, _function)
