# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nx.App as Python has it: running, and stopping."""

import signal
import sys

from gi.repository import GLib

from .errors import translate
from .gio import awaited
from .loop import _get_running_loop, cancel_all, set_interrupt_handler
from .raw import Nx
from .testing import make_client

_run = Nx.App.run
_listen = Nx.App.listen
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(self, argv=None, *, host=None, port=None):
    """Runs the app as a program until SIGINT or SIGTERM, which drains; a second one ends it at once.

    `argv` is a command line (default: this program's), see --help. `host` and `port` are where to listen unless it says so. Raises
    SystemExit when the app could not start.
    """
    if _get_running_loop() is not None:
        raise RuntimeError("app.run() was called from a running asyncio loop, which would stand still: call it outside of coroutines")
    argv = list(sys.argv if argv is None else argv) or ["nexws"]
    words = []
    if host is not None:
        words += ["--address", str(host)]
    if port is not None:
        words += ["--port", str(port)]
    raised = []

    def stop(error):
        raised.append(error)
        self.quit()

    # C takes both signals over, and leaves them as if nobody had handled them.
    handlers = [(number, signal.getsignal(number)) for number in _SIGNALS] if _is_main_thread() else []
    before = set_interrupt_handler(stop)
    try:
        status = _run(self, argv[:1] + words + argv[1:])
    finally:
        set_interrupt_handler(before)
        for number, handler in handlers:
            if handler is not None:
                signal.signal(number, handler)
    cancel_all()
    if raised:
        raise raised[0]
    if status:
        raise SystemExit(status)
    return status


def _is_main_thread():
    import threading

    return threading.current_thread() is threading.main_thread()


def stop(self):
    """Awaitable: stops accepting, says goodbye to everybody and waits for them, as long as `drain-timeout` allows."""
    return awaited(self.stop_async)


def listen(self, host="localhost", port=8000, flags=Nx.ListenFlags.DEFAULT):
    """Listens on an address, or on all of a name's; port 0 picks one, see `get_uris`."""
    try:
        return _listen(self, host, port, flags)
    except GLib.Error as error:
        raise translate(error) from None


def test_client(self, path=None, *, headers=None, cookies=None, subprotocols=None):
    """A client for tests, in the same process and without a port: `with` or `async with`, and where a path is given it is opened."""
    return make_client(self, path, headers=headers, cookies=cookies, subprotocols=subprotocols)


for _function in (listen, run, stop, test_client):
    setattr(Nx.App, _function.__name__, _function)
