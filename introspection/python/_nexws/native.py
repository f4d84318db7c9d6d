# SPDX-License-Identifier: LGPL-2.1-or-later
"""
PyGObject's own asyncio loop (gi.events, from 3.50 on): all that knows of it.

A program chooses it as PyGObject wants it chosen, with `asyncio.set_event_loop_policy (GLibEventLoopPolicy ())`. It can do something only
while it is marked as running, and is the running loop then all the time, also where C calls us and nothing of asyncio's is on the stack.
"""

import asyncio
from asyncio import Task, current_task
from contextlib import contextmanager

from gi.repository import GLib

try:
    from gi.events import GLibEventLoop
except ImportError:
    GLibEventLoop = ()  # nothing is one


# Deprecated in Python 3.14, where PyGObject asks by this name as well.
_get_policy = getattr(asyncio, "_get_event_loop_policy", None) or asyncio.get_event_loop_policy


def find():
    """The one of this thread's main context, if the program has chosen it, or None."""
    find_for = getattr(_get_policy(), "get_event_loop_for_context", None) if GLibEventLoop else None
    return None if find_for is None else find_for(GLib.MainContext.ref_thread_default())


def is_native(loop):
    """Whether it is one."""
    return isinstance(loop, GLibEventLoop)


def is_between_steps(loop):
    """Whether it is one, and runs nothing now: then we may."""
    return isinstance(loop, GLibEventLoop) and current_task(loop) is None


@contextmanager
def running(loop, quit):
    """Marks it as running, if there is one, while C runs the main loop, which `quit` ends. GLib.MainLoop.run does so by itself."""
    if loop is None:
        yield
    else:
        with loop.running(quit):
            yield


class OnContext:
    """What PyGObject looks for in a loop on which it lets its own calls be awaited: `await file.load_contents_async ()`."""

    def __init__(self):
        super().__init__()
        self._context = GLib.MainContext.ref_thread_default()

    @contextmanager
    def running(self, quit):
        """Around Python's running of the main loop, in which the guest is at home anyway."""
        yield

    @contextmanager
    def paused(self):
        """Around an iteration of it."""
        yield


def adopt(loop, as_coroutine, interrupt):
    """Has it take what our own loop takes, and hand on what ends a program: where PyGObject calls it that would be printed, and no more."""
    if hasattr(loop, "_nexws_run_once"):
        return
    loop._nexws_run_once = run_once = loop._run_once

    def guarded():
        try:
            run_once()
        except (KeyboardInterrupt, SystemExit) as error:
            interrupt(error)

    loop._run_once = guarded
    loop.set_task_factory(lambda loop, coro, **options: Task(as_coroutine(coro), loop=loop, **options))
