# SPDX-License-Identifier: LGPL-2.1-or-later
"""Awaiting what comes as a pair of `*_async` and `*_finish`, of this library and of Gio."""

from asyncio import CancelledError

from gi.repository import Gio, GLib

from .errors import translate
from .loop import get_loop
from .raw import Nx


def _finish_name(begin):
    """The name of the `*_finish` beside a `*_async`."""
    name = getattr(begin, "__name__", "")
    if not name.endswith("_async"):
        raise TypeError(f"{begin!r} is no method that ends in _async: say with finish=… what ends it")
    return name[: -len("_async")] + "_finish"


def _translate(error, source):
    return translate(error, source if isinstance(source, Nx.WebSocket) else None)


def awaited(begin, *args, finish=None, convert_error=_translate):
    """Calls a method that ends in `_async`, with what comes before its cancellable and callback. Awaitable: what `_finish` returns.

    `finish` is needed where it does not end in `_async`, such as `gio(Gio.bus_get, Gio.BusType.SESSION, finish=Gio.bus_get_finish)`.
    When the task that awaits it is cancelled, so is the call.
    """
    name = None if finish is not None else _finish_name(begin)
    future = get_loop().create_future()
    cancellable = Gio.Cancellable()

    def done(source, result):
        try:
            value = finish(result) if name is None else getattr(source, name)(result)
        except GLib.Error as error:
            if not future.done():
                if error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED):
                    future.cancel()
                else:
                    future.set_exception(convert_error(error, source))
            return
        if not future.done():
            future.set_result(value)

    begin(*args, cancellable, done)
    return _wait(future, cancellable)


async def _wait(future, cancellable):
    try:
        return await future
    except CancelledError:
        cancellable.cancel()
        raise
