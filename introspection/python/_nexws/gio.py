# SPDX-License-Identifier: LGPL-2.1-or-later
"""Awaiting what comes as a pair of `*_async` and `*_finish`, of this library and of Gio."""

import asyncio

from gi.repository import Gio, GLib

from .errors import translate
from .loop import get_loop
from .raw import Nx


def finish_name(begin):
    """The name of the `*_finish` beside a `*_async`."""
    name = getattr(begin, "__name__", "")
    if not name.endswith("_async"):
        raise TypeError(f"{begin!r} is no method that ends in _async: say with finish=… what ends it")
    return name[: -len("_async")] + "_finish"


def _translate(error, source, result):
    return translate(error, source if isinstance(source, Nx.WebSocket) else None)


class Pending(asyncio.Future):
    """A call that is on its way. Await it, or leave it: then nobody hears how it ended. When it is cancelled, so is the call."""

    def __init__(self, cancellable=None):
        super().__init__(loop=get_loop())
        self._cancellable = cancellable or Gio.Cancellable()

    def begin(self, begin, *args, finish=None, convert=None, convert_error=_translate):
        """Makes the call: see `awaited`."""
        name = None if finish is not None else finish_name(begin)

        def done(source, result):
            try:
                value = finish(result) if name is None else getattr(source, name)(result)
                if convert is not None:
                    value = convert(value)
            except GLib.Error as error:
                if error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED):
                    self.cancel()
                else:
                    self._fail(convert_error(error, source, result))
            except Exception as error:  # of who finishes or converts it
                self._fail(error)
            else:
                if not self.done():
                    self.set_result(value)

        begin(*args, self._cancellable, done)

    def cancel(self, msg=None):
        """Stops the call. Says whether it was still on its way."""
        is_cancelled = super().cancel(msg)
        if is_cancelled:
            self._cancellable.cancel()
        return is_cancelled

    def _fail(self, error):
        """Who awaits it hears of it; asyncio itself says nothing of one that nobody awaits."""
        if not self.done():
            self.set_exception(error.with_traceback(None))  # or it would know this frame, and be known by it
            self.exception()


def awaited(begin, *args, **options):
    """Calls a method that ends in `_async`, with what comes before its cancellable and callback. It has begun when this returns, and what
    is returned may be awaited or ignored: what `_finish` returns, or what `convert` makes of that.

    `finish` is needed where it does not end in `_async`, such as `gio(Gio.bus_get, Gio.BusType.SESSION, finish=Gio.bus_get_finish)`.
    When the task that awaits it is cancelled, so is the call.
    """
    pending = Pending()
    pending.begin(begin, *args, **options)
    return pending
