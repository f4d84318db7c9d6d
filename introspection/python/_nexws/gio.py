# SPDX-License-Identifier: LGPL-2.1-or-later
"""Awaiting what comes as a pair of `*_async` and `*_finish`, of this library and of Gio."""

from asyncio import CancelledError

from gi.repository import Gio, GLib

from .errors import translate
from .loop import get_loop


def _finish_of(begin):
    """The `*_finish` beside a `*_async`."""
    owner = getattr(begin, "__self__", None)
    name = getattr(begin, "__name__", "")
    if owner is None or not name.endswith("_async"):
        raise TypeError(f"{begin!r} is no method that ends in _async")
    finish = getattr(owner, name[: -len("_async")] + "_finish", None)
    if finish is None:
        raise TypeError(f"{begin!r} has no _finish beside it")
    return owner, finish


def awaited(begin, *args):
    """Calls a method that ends in `_async`, with what comes before its cancellable and callback. Awaitable: what `_finish` returns.

    When the task that awaits it is cancelled, so is the call.
    """
    owner, finish = _finish_of(begin)
    future = get_loop().create_future()
    cancellable = Gio.Cancellable()

    def done(source, result):
        try:
            value = finish(result)
        except GLib.Error as error:
            if not future.done():
                if error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED):
                    future.cancel()
                else:
                    future.set_exception(translate(error, owner if hasattr(owner, "get_close_code") else None))
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
