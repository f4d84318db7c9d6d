# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nx.App as Python has it: running, and stopping."""

import asyncio
import signal
import sys
from contextlib import contextmanager

from gi.repository import GLib

from .arguments import want_number
from .errors import translate
from .gio import awaited
from .loop import _get_running_loop, cancel_all, is_in_step, is_on_main_loop, running, set_interrupt_handler
from .raw import Nx
from .state import check_owner

_run = Nx.App.run
_run_async = Nx.App.run_async
_listen = Nx.App.listen
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(self, argv=None, *, host=None, port=None):
    """Runs the app as a program until SIGINT or SIGTERM, which drains; a second one ends it at once.

    `argv` is a command line (default: this program's), see --help. `host` and `port` are where to listen unless it says so. Raises
    SystemExit when the app could not start.
    """
    if is_in_step():
        raise RuntimeError(
            "app.run() was called from a running asyncio loop, which would stand still: `await app.run_async()` there, or call it outside of coroutines"
        )
    with _ended_by_interrupts(self) as raised, running(self.quit):
        status = _run(self, _make_argv(argv, host, port))
    cancel_all()
    if raised:
        raise raised[0]
    if status:
        raise SystemExit(status)
    return status


async def run_async(self, argv=None, *, host=None, port=None):
    """Runs the app as `run` does, from a coroutine, and in this process alone. Cancelled, it ends at once: nobody is accepted any more, and who
    is there is said goodbye to, as `stop` does, without being waited for.

    The coroutine has to live on the main loop, as that of `nexws.run()` does, or on a loop of `gi.events`.
    """
    if not is_on_main_loop(_get_running_loop()):
        raise RuntimeError("app.run_async() was awaited on an asyncio loop beside the main loop, which would stand still: see nexws.run()")
    with _ended_by_interrupts(self) as raised:
        try:
            await awaited(_begin_run, self, _make_argv(argv, host, port), finish=self.run_finish)
        except asyncio.CancelledError:
            self.quit()
            _leave_now(self)
            raise
    if raised:
        raise raised[0]


def _leave_now(app):
    """Stops without taking leave first: what the port was for may begin anew at once."""
    delay, app.drain_delay = app.drain_delay, 0
    stop(app)
    app.drain_delay = delay


def _begin_run(app, argv, cancellable, done):
    _run_async(app, argv, done)


def _make_argv(argv, host, port):
    argv = list(sys.argv if argv is None else argv) or ["nexws"]
    words = []
    if host is not None:
        words += ["--address", str(host)]
    if port is not None:
        words += ["--port", str(port)]
    return argv[:1] + words + argv[1:]


@contextmanager
def _ended_by_interrupts(app):
    """What a handler raises to end the program ends the app; it is in the list then."""
    raised = []

    def stop(error):
        raised.append(error)
        app.quit()

    # C takes both signals over, and leaves them as if nobody had handled them.
    handlers = [(number, signal.getsignal(number)) for number in _SIGNALS] if _is_main_thread() else []
    before = set_interrupt_handler(stop)
    try:
        yield raised
    finally:
        set_interrupt_handler(before)
        for number, handler in handlers:
            if handler is not None:
                signal.signal(number, handler)


def _is_main_thread():
    import threading

    return threading.current_thread() is threading.main_thread()


def stop(self):
    """Awaitable: stops accepting, says goodbye to everybody and waits for them, as long as `drain-timeout` allows."""
    check_owner(self, "The app")
    return awaited(self.stop_async)


def listen(self, host="localhost", port=8000, flags=Nx.ListenFlags.DEFAULT):
    """Listens on an address, or on all of a name's; port 0 picks one, see `get_uris`."""
    want_number("listen", "port", port)
    try:
        return _listen(self, host, port, flags)
    except GLib.Error as error:
        raise translate(error) from None


def test_client(self, path=None, *, headers=None, cookies=None, subprotocols=None):
    """A client for tests, in the same process and without a port: `with` or `async with`, and where a path is given it is opened."""
    return Nx.TestClient(self, path, headers=headers, cookies=cookies, subprotocols=subprotocols)


for _function in (listen, run, run_async, stop, test_client):
    setattr(Nx.App, _function.__name__, _function)
