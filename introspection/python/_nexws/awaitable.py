# SPDX-License-Identifier: LGPL-2.1-or-later
"""
`await websocket.close_async(1000, None)`: a method that ends in `_async` and is given no callback returns an awaitable, as PyGObject has it from
3.50 on. There are shorter names for nearly all of them.
"""

import functools

from gi.repository import GObject

from .gio import Pending, finish_name
from .raw import Nx
from .state import checked_state_of


def _wrap(cls, method):
    names = [argument.get_name() for argument in method.get_arguments()]
    place = names.index("callback")
    has_cancellable = place > 0 and names[place - 1] == "cancellable"
    finish = finish_name(method)
    # PyGObject leaves the objects in a table to the table, which goes at once.
    finish = f"{finish}_lists" if hasattr(cls, f"{finish}_lists") else finish

    @functools.wraps(method)
    def call(self, *args, **kwargs):
        if isinstance(self, Nx.WebSocket):
            checked_state_of(self)
        if len(args) > place or "callback" in kwargs:
            return method(self, *args, **kwargs)
        own = kwargs.pop("cancellable", None)
        if has_cancellable and len(args) == place:
            *args, own = args

        def begin(cancellable, done):
            if has_cancellable:
                kwargs["cancellable"] = cancellable
            method(self, *args, callback=done, **kwargs)

        pending = Pending(own)
        pending.begin(begin, finish=getattr(self, finish))
        return pending

    return call


for _name in dir(Nx):
    _class = getattr(Nx, _name)
    if isinstance(_class, type) and issubclass(_class, GObject.Object):
        for _key, _method in list(vars(_class).items()):
            if _key.endswith("_async") and hasattr(_method, "get_arguments"):  # else Python has made it one of its own
                setattr(_class, _key, _wrap(_class, _method))
