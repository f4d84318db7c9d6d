# SPDX-License-Identifier: LGPL-2.1-or-later
"""
What Python keeps for a connection: an object in the wrapper's dictionary, which also keeps the wrapper as long as the websocket
lives. It never points back, or a connection that is over would wait for the garbage collector.
"""

from collections import deque
from contextvars import ContextVar
from threading import get_ident, local

current = ContextVar("nexws-current-websocket", default=None)
"""The connection whose coroutine runs: what a controller's `send_*` answer."""


class Now:
    """What a thread does at the moment. The State of a connection knows that of its thread, which is cheaper than to ask for it."""

    __slots__ = ("context", "failing", "loop", "ws")

    def __init__(self):
        self.failing = []  # exceptions on their way through C, each with the function that it came out of, the innermost last
        # The asyncio loop that runs through us, as the running loop is. To ask asyncio is a system call each time, for the process's id.
        self.loop = None
        self.context = None  # the thread's own, once somebody has waited for a message in it
        # The connection whose handler runs, for a plain function. It comes before `current`, and is taken away while a coroutine runs
        # inside.
        self.ws = None


class _Here(local):
    def __init__(self):
        self.now = Now()


_here = _Here()


def here():
    """What this thread does at the moment."""
    return _here.now


class State:
    """See `state_of`."""

    __slots__ = ("armed", "connected", "finished", "held", "now", "sent", "tasks", "thread", "waiting", "watched")

    def __init__(self):
        self.thread = get_ident()
        self.now = _here.now
        self.waiting = deque()  # of Receive, in their order
        self.armed = False  # `readable` is going to be emitted
        self.connected = False  # to the signals
        self.held = None  # of weak references to Receive
        self.sent = None
        self.tasks = set()  # handlers that have not come back
        self.finished = False
        self.watched = False  # by who looks out for the end


def complain(ws):
    """Nothing here may be touched by two threads at once."""
    raise RuntimeError(
        f"Connection {ws.get_id()} lives in another thread: have that one do it, with loop.call_soon_threadsafe() or GLib.idle_add()"
    )


def check_owner(owner, name):
    """An app, and its groups, live in the thread that first does something with them."""
    thread = owner.__dict__.setdefault("_nexws_thread", get_ident())
    if thread != get_ident():
        raise RuntimeError(f"{name} lives in another thread: have that one do it, with loop.call_soon_threadsafe() or GLib.idle_add()")
    return thread


def checked_state_of(ws):
    """The same, where the caller is in the right thread."""
    state = state_of(ws)
    if state.thread != get_ident():
        complain(ws)
    return state


def state_of(ws):
    """The state of `ws`, made when it is first asked for."""
    try:
        return ws._nexws
    except AttributeError:
        ws._nexws = State()
        return ws._nexws
