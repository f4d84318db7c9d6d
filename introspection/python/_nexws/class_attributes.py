# SPDX-License-Identifier: LGPL-2.1-or-later
"""
What a class of controllers says by its attributes: `encoding = "json"` as other frameworks have it, and any other property. None is passed
over in silence: a value that cannot be is refused when the class is made, and what looks like a slip of the pen is named in a warning.
"""

import inspect

from gi.repository import GObject

from .arguments import nearest
from .dispatch import log
from .raw import Nx
from .receiving import to_bytes, to_json, to_text

_ENCODINGS = {None: Nx.Encoding.ANY, "any": Nx.Encoding.ANY, "text": Nx.Encoding.TEXT, "bytes": Nx.Encoding.BYTES, "json": Nx.Encoding.JSON}
_CONVERTERS = {Nx.Encoding.TEXT: to_text, Nx.Encoding.BYTES: to_bytes, Nx.Encoding.JSON: to_json}
_METHODS = ("on_connect", "on_receive", "on_text", "on_disconnect", "on_error")
_ELSEWHERE = {"on_open": "on_connect", "on_message": "on_receive", "on_data": "on_receive", "on_close": "on_disconnect"}
"""What other frameworks call them."""

_IN_CHANNELS = {
    "connect": "on_connect", "receive": "on_receive", "receive_json": "on_receive", "websocket_connect": "on_connect",
    "websocket_disconnect": "on_disconnect", "websocket_receive": "on_receive", "disconnect": "on_disconnect",
}  # fmt: skip
"""What Django Channels calls them, and so nearly like what has another meaning here that a slip is not guessed from it."""


class _Default(property):
    """A property of each object, of which the class says the first value."""

    def __init__(self, pspec, value, said):
        super().__init__(lambda self: self.get_property(pspec.name), lambda self, value: self.set_property(pspec.name, value), doc=pspec.blurb)
        self.name = pspec.name
        self.value = value
        self.said = said

    def __get__(self, instance, owner=None):
        return self.said if instance is None else super().__get__(instance, owner)


def _properties_of(cls):
    return {pspec.name.replace("-", "_"): pspec for pspec in cls.list_properties() if pspec.flags & GObject.ParamFlags.WRITABLE}


_LIMITS = {name for name in _properties_of(Nx.Route) if name in _properties_of(Nx.App)}


def _read_encoding(place, said):
    for name, value in _ENCODINGS.items():
        if (said is None or isinstance(said, (str, Nx.Encoding))) and said in (name, value):
            return value
    raise ValueError(f'{place} = {said!r}: "text", "bytes" or "json" is wanted, or None for messages of any kind')


def _read(place, pspec, said):
    if pspec.value_type == Nx.Encoding.__gtype__:
        return _read_encoding(place, said)
    value = GObject.Value()
    value.init(pspec.value_type)
    try:
        value.set_value(said)
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"{place} = {said!r}: {pspec.value_type.name} is wanted ({error})") from None
    low, high = getattr(pspec, "minimum", None), getattr(pspec, "maximum", None)
    if low is not None and not low <= said <= high:
        raise ValueError(f"{place} = {said!r}: a number from {low} to {high} is wanted")
    return said


def _tell_slip(place, name, known):
    """What is called nearly like something that has a meaning here."""
    if name in _LIMITS:
        log.warning("%s says nothing: %s is a property of a route or an app", place, name)
        return
    close = _IN_CHANNELS.get(name) or nearest(name, [*known, *_ELSEWHERE])
    if close:
        log.warning("%s says nothing to a Controller: is %s meant?", place, _ELSEWHERE.get(close, close))


def _said_in(cls, properties):
    """What a class says, and what its mixins say of properties: they are no classes of controllers, so nobody has looked at them."""
    said = dict(vars(cls))
    for base in cls.__mro__[1:]:
        if issubclass(base, GObject.Object):
            break
        said = {**{name: value for name, value in vars(base).items() if name in properties}, **said}
    return said


def take_attributes(cls, actions):
    """Makes what a class says of properties the first values of its objects'."""
    properties = _properties_of(cls)
    known = {*properties, *_METHODS}
    methods = {action.func for action in actions.values()}
    for name, said in _said_in(cls, properties).items():
        place = f"{cls.__module__}.{cls.__qualname__}.{name}"
        if name in properties:
            # Whoever computes it knows what it is.
            if not inspect.isdatadescriptor(said) and not inspect.isroutine(said):
                setattr(cls, name, _Default(properties[name], _read(place, properties[name], said), said))
        elif inspect.isfunction(said) and (said in methods or hasattr(said, "_nexws_method")):
            continue
        elif name in _IN_CHANNELS and inspect.isfunction(said):
            _tell_slip(place, name, known)
        elif not name.startswith(("_", "do_")) and name not in known and not hasattr(Nx.RpcController, name):
            _tell_slip(place, name, known)


def first_values(cls):
    """The properties that a class, or one that it is derived from, has said the first values of."""
    found = {}
    for base in reversed(cls.__mro__):
        found.update({one.name: one.value for one in vars(base).values() if isinstance(one, _Default)})
    return found


def converter_of(cls):
    """What makes of a message what its on_receive wants; None: it wants the message."""
    return _CONVERTERS.get(first_values(cls).get("encoding"))
