# SPDX-License-Identifier: LGPL-2.1-or-later
"""The methods of a class of controllers: what there is under a name, whatever it was made with, and whether it can be called."""

import functools
import inspect

from .dispatch import accepts, name_of, refuse_generator
from .raw import Nx

WANTED = {
    "on_connect": "def or async def on_connect(self, websocket)",
    "on_receive": "def or async def on_receive(self, websocket, message), or async def on_receive(self, websocket), which awaits "
    "its messages itself",
    "on_text": "def or async def on_text(self, websocket, text)",
    "on_disconnect": "def or async def on_disconnect(self, websocket, code, reason), or without the reason",
    "on_error": "def or async def on_error(self, websocket, error)",
}


def _wanted(name):
    return WANTED.get(name.removeprefix("do_"), "a method")


def _with_self(inner, owner=None):
    """What Python calls without the object, as C calls it: with the object, which it does not get, or with its class."""

    @functools.wraps(inner)
    def call_inner(self, *args, **kwargs):
        return inner(*args, **kwargs) if owner is None else inner(type(self), *args, **kwargs)

    try:
        signature = inspect.signature(inner)
    except ValueError:  # something built in, which does not say
        return call_inner
    if owner is None:
        own = inspect.Parameter("_self", inspect.Parameter.POSITIONAL_ONLY)
        signature = signature.replace(parameters=[own, *signature.parameters.values()])
    call_inner.__signature__ = signature
    return call_inner


def _bound_later(descriptor, owner, name):
    """A method that is made for each object: functools.partialmethod, singledispatchmethod, a property."""

    def call_inner(self, *args, **kwargs):
        return descriptor.__get__(self, type(self))(*args, **kwargs)

    call_inner.__module__, call_inner.__qualname__ = owner.__module__, f"{owner.__qualname__}.{name}"
    unbound = descriptor.__get__(None, owner)
    if callable(unbound):
        try:
            call_inner.__signature__ = inspect.signature(unbound)
        except ValueError as error:
            wanted = _wanted(name)
            raise TypeError(f"{owner.__module__}.{owner.__qualname__}.{name} could never be called: {error}; wanted: {wanted}") from None
    if isinstance(descriptor, functools.partialmethod):
        call_inner.func = call_inner.__wrapped__ = descriptor.func
        call_inner.__annotations__ = getattr(descriptor.func, "__annotations__", {})
    return call_inner


def as_function(found, owner, name):
    """What stands in a class under the name of a method, as a function of the object; None: it is C's own."""
    if inspect.isfunction(found):
        return found
    if isinstance(found, staticmethod):
        return _with_self(found.__func__)
    if isinstance(found, classmethod):
        return _with_self(found.__func__, owner)
    if type(found).__module__.startswith("gi"):
        return None
    if hasattr(type(found), "__get__"):
        return _bound_later(found, owner, name)
    if callable(found):
        return _with_self(found)
    raise TypeError(f"{owner.__module__}.{owner.__qualname__}.{name} is {found!r}, and cannot be called; wanted: {_wanted(name)}")


def own_name(func, decorator):
    """What a method is called where nothing else is said."""
    name = getattr(func, "__name__", None)
    if name is None:
        raise TypeError(f'{func!r} has no name of its own: write {decorator}("name")(…)')
    return name


def find(cls, name):
    """The method of that name, with `do_` or without it, that comes first in the order of inheritance; None: the library's own."""
    for base in cls.__mro__:
        if base is Nx.Controller:
            return None
        for spelling in (name, "do_" + name):
            if spelling in vars(base):
                func = as_function(vars(base)[spelling], base, spelling)
                if func is not None:
                    return func
    return None


def is_async(func):
    """Whether it is an `async def`, under whatever wrapping."""
    while hasattr(func, "func"):
        func = func.func
    return inspect.iscoroutinefunction(func) or inspect.iscoroutinefunction(getattr(func, "__call__", None))


def is_pull_loop(func):
    """Whether an `on_receive` takes no message, and so awaits its messages itself."""
    return not accepts(func, 3) and accepts(func, 2)


def _tell(cls, name, func):
    """Where it stands, and what it is made of where that has another name."""
    place, told = f"{cls.__qualname__}.{name}", name_of(func)
    return told if place in told else f"{place}, which is {told},"


def check(cls, name, func):
    """Raises TypeError where what is found under a name could never be called."""
    refuse_generator(func, WANTED[name])
    n = {"on_connect": 2, "on_receive": 3, "on_text": 3, "on_disconnect": 4, "on_error": 3}[name]
    if name == "on_receive" and is_pull_loop(func):
        if not is_async(func):
            raise TypeError(
                f"{_tell(cls, name, func)} takes no message, so it has to await its messages, and only an async def can; wanted: {WANTED[name]}"
            )
        return
    if not accepts(func, n) and not (name == "on_disconnect" and accepts(func, n - 1)):
        raise TypeError(f"{_tell(cls, name, func)} cannot be called with {n - 1} arguments besides self; wanted: {WANTED[name]}")
