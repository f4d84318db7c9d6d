# SPDX-License-Identifier: LGPL-2.1-or-later
"""
asyncio on the GLib main loop.

A stock asyncio loop is a guest: a GSource lets it run one round whenever it has something to do. It does not know that it is one, so
everything of asyncio works. When the thread runs an asyncio loop already, that one is used, and so is PyGObject's own (`native`), where
the program has chosen it.
"""

import asyncio
import threading
from asyncio import Task
from asyncio.events import _get_running_loop, _set_running_loop

from gi.repository import GLib

from . import native
from .raw import Nx
from .state import here

# How many rounds what is ready at the end of a program may take before it is cancelled.
_LAST_ROUNDS = 100

_local = threading.local()
_interrupt_handler = None


async def _wait(future):
    return await future


def as_coroutine(coro):
    """`asyncio.create_task (websocket.receive_text ())` is what people write, although that is a future."""
    return coro if asyncio.iscoroutine(coro) or not asyncio.isfuture(coro) else _wait(coro)


class GuestLoop(native.OnContext, asyncio.SelectorEventLoop):
    """asyncio's own loop, which tells its host when it has something to do."""

    def __init__(self):
        super().__init__()
        self._is_woken = False  # the source is ready, or this runs
        self._source = Nx.guest_source_new(self._selector.fileno())
        self._source.set_callback(self._round)
        self._source.attach(self._context)

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
    """The loop of this thread: one that runs already, else PyGObject's own if that was chosen, else the guest of the main loop."""
    return _get_running_loop() or _get_native() or _get_guest()


def _get_native():
    loop = native.find()
    if loop is not None:
        native.adopt(loop, as_coroutine, interrupt)
    return loop


def _get_guest():
    try:
        return _local.loop
    except AttributeError:
        _local.loop = GuestLoop()
        return _local.loop


def is_in_step():
    """Whether a coroutine, or what asyncio calls, is on the stack."""
    running = _get_running_loop()
    return running is not None and not native.is_between_steps(running)


def is_on_main_loop(loop):
    """Whether it lives on the main loop, and what waits for that waits for both."""
    return isinstance(loop, GuestLoop) or native.is_native(loop)


def running(quit):
    """What C runs the main loop in; `quit` ends that."""
    return native.running(_get_native(), quit)


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
    running = _get_running_loop()
    if running is not None and not native.is_between_steps(running):
        loop.call_soon(func, *args, context=context)
    else:
        step(here(), running, loop, context, func, *args)


def in_context(context, func):
    """Has another thread call it."""

    def dispatch(*data):
        func()
        return GLib.SOURCE_REMOVE

    source = GLib.Idle(GLib.PRIORITY_DEFAULT)
    source.set_callback(dispatch)
    source.attach(context)


def step(now, running, loop, context, func, *args):
    """The same where no task is running, in the thread whose `now` it is; `running` is the running loop all the same, or None."""
    outer, now.ws = now.ws, None
    now.loop = loop
    _set_running_loop(loop)
    try:
        context.run(func, *args)
    except (KeyboardInterrupt, SystemExit) as error:
        interrupt(error)
    finally:
        _set_running_loop(running)
        now.loop = None
        now.ws = outer


def start_task(coroutine):
    """A task whose first step has been made when this returns, if no other task is running."""
    loop = _get_running_loop()
    if loop is None:
        # Not the native one, which does nothing as long as it is not running; the guest lives on any main loop.
        loop = _get_guest()
    elif not native.is_between_steps(loop):
        return loop.create_task(coroutine)
    else:
        native.adopt(loop, as_coroutine, interrupt)
    # The loop is asked to make the first step soon. Instead of the loop, we make it, now.
    first = []

    def call_soon(func, *args, context=None):
        # The collector may run meanwhile, and what it ends may have something for the loop.
        if first or args or not isinstance(getattr(func, "__self__", None), Task):
            return type(loop).call_soon(loop, func, *args, context=context)
        first.append((func, context))

    loop.call_soon = call_soon
    try:
        task = Task(coroutine, loop=loop)
    finally:
        del loop.call_soon
    func, context = first[0]
    call_in(loop, context, func)
    return task


def run(main):
    """Runs a coroutine to its end on the main loop, as `asyncio.run` does on a loop of its own."""
    if is_in_step():
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
    if _get_running_loop() is None:
        for loop in (getattr(_local, "loop", None), native.find()):
            if loop is not None:
                _cancel_all(loop)


def _cancel_all(loop):
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
