# SPDX-License-Identifier: LGPL-2.1-or-later
"""
asyncio on the GLib main loop.

A stock asyncio loop is a guest: a GSource lets it run one round whenever it has something to do. It does not know that it is one, so
everything of asyncio works. When the thread runs an asyncio loop already, that one is used.
"""

import asyncio
import threading
from asyncio import Task
from asyncio.events import _get_running_loop, _set_running_loop

from gi.repository import GLib

from .raw import Nx
from .state import here

# How many rounds what is ready at the end of a program may take before it is cancelled.
_LAST_ROUNDS = 100

_local = threading.local()
_interrupt_handler = None


def native_loop():
    """PyGObject 3.50's own asyncio on the main loop, or None. The one place that knows of it."""
    try:
        from gi.events import GLibEventLoopPolicy
    except ImportError:
        return None
    loop = GLibEventLoopPolicy().get_event_loop()
    loop.set_task_factory(lambda loop, coro, **options: Task(as_coroutine(coro), loop=loop, **options))
    return loop


async def _wait(future):
    return await future


def as_coroutine(coro):
    """`asyncio.create_task (websocket.receive_text ())` is what people write, although that is a future."""
    return coro if asyncio.iscoroutine(coro) or not asyncio.isfuture(coro) else _wait(coro)


class GuestLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop, which tells its host when it has something to do."""

    def __init__(self):
        super().__init__()
        self._is_woken = False  # the source is ready, or this runs
        self._source = Nx.guest_source_new(self._selector.fileno())
        self._source.set_callback(self._round)
        self._source.attach(GLib.MainContext.ref_thread_default())

    def call_soon(self, callback, *args, context=None):
        if not self._is_woken:
            self._is_woken = True
            self._source.set_ready_time(0)
        return super().call_soon(callback, *args, context=context)

    def call_at(self, when, callback, *args, context=None):
        handle = super().call_at(when, callback, *args, context=context)
        if not self._is_woken:
            self._set_deadline()
        return handle

    def create_task(self, coro, **options):
        return super().create_task(as_coroutine(coro), **options)

    def _set_deadline(self):
        """When to run again, after a round or for a new timer."""
        if self._ready:
            self._is_woken = True
            self._source.set_ready_time(0)
        elif self._scheduled:
            wait = self._scheduled[0]._when - self.time()
            self._source.set_ready_time(GLib.get_monotonic_time() + max(0, int(wait * 1e6) + 1))

    def _round(self, *data):
        now = here()
        outer, outer_ws = _get_running_loop(), now.ws
        _set_running_loop(None)
        outer_loop, now.loop = now.loop, self
        now.ws = None
        self._is_woken = True
        try:
            self.stop()
            self.run_forever()
        except (KeyboardInterrupt, SystemExit) as error:
            interrupt(error)
        finally:
            self._is_woken = False
            self._set_deadline()
            _set_running_loop(outer)
            now.loop = outer_loop
            now.ws = outer_ws
        return True

    def run_until_complete(self, future):
        # Not as a guest: the end of a program, when the main loop does not run any more.
        self._is_woken = True
        try:
            return super().run_until_complete(future)
        finally:
            self._is_woken = False
            self._set_deadline()


def get_loop():
    """The loop of this thread: one that runs already, else the guest of the main loop."""
    running = _get_running_loop()
    if running is not None:
        return running
    try:
        return _local.loop
    except AttributeError:
        _local.loop = native_loop() or GuestLoop()
        return _local.loop


def interrupt(error):
    """KeyboardInterrupt or SystemExit was raised where only C is above: end what runs, and let that raise it."""
    if _interrupt_handler is None:
        raise error
    _interrupt_handler(error)


def set_interrupt_handler(func):
    """What ends the program that runs; returns the one before."""
    global _interrupt_handler
    before, _interrupt_handler = _interrupt_handler, func
    return before


def call_in(loop, context, func, *args):
    """Calls `func` as the loop would: at once when no task is running, else in its next round."""
    if _get_running_loop() is not None:
        loop.call_soon(func, *args, context=context)
    else:
        step(here(), loop, context, func, *args)


def step(now, loop, context, func, *args):
    """The same where no task is running, in the thread whose `now` it is."""
    outer, now.ws = now.ws, None
    now.loop = loop
    _set_running_loop(loop)
    try:
        context.run(func, *args)
    except (KeyboardInterrupt, SystemExit) as error:
        interrupt(error)
    finally:
        _set_running_loop(None)
        now.loop = None
        now.ws = outer


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
    call_in(loop, context, func)
    return task


def run(main):
    """Runs a coroutine to its end on the main loop, as `asyncio.run` does on a loop of its own."""
    if _get_running_loop() is not None:
        raise RuntimeError("nexws.run() was called from a running asyncio loop: await the coroutine instead")
    main_loop = GLib.MainLoop.new(GLib.MainContext.ref_thread_default(), False)
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
        if task.done() and not task.cancelled():
            task.exception()  # it has been seen
        raise raised[0]
    return task.result()


async def _last_rounds():
    for _ in range(_LAST_ROUNDS):
        await asyncio.sleep(0)


def cancel_all():
    """The end of a program: what waited for the last connection goes on; what still runs then is cancelled, and may clean up."""
    loop = getattr(_local, "loop", None)
    if loop is None or _get_running_loop() is not None:
        return
    if asyncio.all_tasks(loop):
        loop.run_until_complete(_last_rounds())
    tasks = asyncio.all_tasks(loop)
    if tasks:
        _local.is_ending = True
        try:
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        finally:
            _local.is_ending = False


def is_end(error):
    """Whether what came out of a task is the program's end, and no fault of who raised it."""
    return isinstance(error, (KeyboardInterrupt, SystemExit)) or (isinstance(error, asyncio.CancelledError) and is_ending())


def is_ending():
    """Whether the program ends, and what still runs is being cancelled."""
    return getattr(_local, "is_ending", False)
