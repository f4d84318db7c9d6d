# SPDX-License-Identifier: LGPL-2.1-or-later
"""
asyncio on the GLib main loop.

A stock asyncio loop is a guest: a GSource that is ready when the loop has something to do, and then lets it run one round. It
does not know that it is one, so everything of asyncio works. When the thread runs an asyncio loop already, that one is used.
"""

import asyncio
import threading
from asyncio import Task, current_task
from asyncio.events import _get_running_loop, _set_running_loop

from gi.repository import GLib

_local = threading.local()
_stop_thread = None  # told about KeyboardInterrupt and SystemExit


def native_policy():
    """PyGObject 3.50's own asyncio on the main loop, or None. The one place that knows of it."""
    try:
        from gi.events import GLibEventLoopPolicy
    except ImportError:
        return None
    return GLibEventLoopPolicy()


class Guest(GLib.Source):
    """Lets `loop` run a round whenever it has something to do."""

    def __init__(self, loop):
        super().__init__()
        self.loop = loop
        self.is_busy = False
        self.tag = self.add_unix_fd(loop._selector.fileno(), GLib.IOCondition.IN)

    def prepare(self):
        loop = self.loop
        if self.is_busy:
            return False, -1
        if loop._ready:
            return True, 0
        if not loop._scheduled:
            return False, -1
        wait = loop._scheduled[0]._when - loop.time()
        return (True, 0) if wait <= 0 else (False, int(wait * 1000) + 1)

    def check(self):
        loop = self.loop
        if self.is_busy:
            return False
        if loop._ready or self.query_unix_fd(self.tag):
            return True
        return bool(loop._scheduled) and loop._scheduled[0]._when <= loop.time()

    def dispatch(self, callback, args):
        outer = _get_running_loop()
        self.is_busy = True  # a handler may iterate the main loop
        _set_running_loop(None)
        try:
            self.loop.stop()
            self.loop.run_forever()
        except (KeyboardInterrupt, SystemExit) as error:
            interrupt(error)
        finally:
            _set_running_loop(outer)
            self.is_busy = False
        return True


def _make_loop():
    policy = native_policy()
    if policy is not None:
        return policy.get_event_loop()
    loop = asyncio.SelectorEventLoop()
    guest = Guest(loop)
    guest.attach(GLib.MainContext.ref_thread_default())
    _local.guest = guest
    return loop


def get_loop():
    """The loop of this thread: one that runs already, else the guest of the main loop."""
    running = _get_running_loop()
    if running is not None:
        return running
    try:
        return _local.loop
    except AttributeError:
        _local.loop = _make_loop()
        return _local.loop


def interrupt(error):
    """KeyboardInterrupt or SystemExit was raised where only C is above: end what runs, and let that raise it."""
    global _stop_thread
    if _stop_thread is None:
        raise error
    _stop_thread(error)


def set_interrupt_handler(func):
    """What ends the app that runs; returns the one before."""
    global _stop_thread
    before, _stop_thread = _stop_thread, func
    return before


def call_in(loop, context, func, *args):
    """Calls `func` as the loop would: at once when no task is running, else in its next round."""
    running = _get_running_loop()
    if running is not None:
        loop.call_soon(func, *args, context=context)
        return
    _set_running_loop(loop)
    try:
        context.run(func, *args)
    except (KeyboardInterrupt, SystemExit) as error:
        interrupt(error)
    finally:
        _set_running_loop(None)


def start_task(coroutine):
    """A task whose first step has been made when this returns, if no other task is running."""
    running = _get_running_loop()
    if running is not None:
        return running.create_task(coroutine)
    try:
        loop = _local.loop
    except AttributeError:
        loop = get_loop()
    # The loop is asked to make the first step soon. Instead of the loop, we make it, now.
    first = []
    loop.call_soon = lambda func, *args, context=None: first.append((func, context))
    try:
        task = Task(coroutine, loop=loop)
    finally:
        del loop.call_soon
    func, context = first[0]
    _set_running_loop(loop)
    try:
        context.run(func)
    except (KeyboardInterrupt, SystemExit) as error:
        interrupt(error)
    finally:
        _set_running_loop(None)
    return task


def run(main):
    """Runs a coroutine to its end on the main loop, as `asyncio.run` does on a loop of its own."""
    if _get_running_loop() is not None:
        raise RuntimeError("nexws.run() was called from a running asyncio loop: await the coroutine instead")
    context = GLib.MainContext.ref_thread_default()
    main_loop = GLib.MainLoop.new(context, False)
    raised = []

    def stop(error):
        raised.append(error)
        main_loop.quit()

    before = set_interrupt_handler(stop)
    try:
        task = get_loop().create_task(main)
        task.add_done_callback(lambda task: main_loop.quit())
        main_loop.run()
    finally:
        set_interrupt_handler(before)
    if raised:
        raise raised[0]
    return task.result()


def cancel_all():
    """The end of a program: what still runs is cancelled, and may clean up."""
    try:
        loop = _local.loop
    except AttributeError:
        return
    tasks = asyncio.all_tasks(loop)
    if not tasks or _get_running_loop() is not None:
        return
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


__all__ = ["call_in", "cancel_all", "current_task", "get_loop", "interrupt", "run", "set_interrupt_handler", "start_task"]
