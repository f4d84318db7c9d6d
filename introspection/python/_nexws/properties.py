# SPDX-License-Identifier: LGPL-2.1-or-later
"""
GObject's properties as attributes: `app.max_message_size = 65536`, which would else set an attribute that nobody looks at. What has that
name already stays. One that can only be read may be hidden by a connection's own attribute: `websocket.user = …` is what middleware does.
"""

from gi.repository import GObject

from .arguments import nearest
from .dispatch import log
from .raw import Nx

_CLOSE_ENOUGH = 0.85
"""`app.database` is somebody's own, and no `tls_database`."""


class _ReadOnly:
    """Gives way to what somebody sets on the object, as a property does not."""

    def __init__(self, getter, doc):
        self._getter = getter
        self.__doc__ = doc

    def __get__(self, instance, owner=None):
        return self if instance is None else self._getter(instance)


def _get_default(pspec):
    """As an attribute up to PyGObject 3.48, which those of objects have no longer, and the others only in C's terms."""
    return pspec.get_default_value() if hasattr(pspec, "get_default_value") else pspec.default_value


def _make(pspec):
    name, flags = pspec.name, pspec.flags
    doc = f"GObject's property `{name}`, of the type {pspec.value_type.name}, by default {_get_default(pspec)!r}."
    if not flags & GObject.ParamFlags.WRITABLE or flags & GObject.ParamFlags.CONSTRUCT_ONLY:
        return _ReadOnly(lambda self: self.get_property(name), doc)
    return property(lambda self: self.get_property(name), lambda self, value: self.set_property(name, value), doc=doc)


def _add(cls):
    for pspec in cls.list_properties():
        attribute = pspec.name.replace("-", "_")
        if pspec.owner_type == cls.__gtype__ and pspec.flags & GObject.ParamFlags.READABLE and not hasattr(cls, attribute):
            setattr(cls, attribute, _make(pspec))


for _name in dir(Nx):
    _class = getattr(Nx, _name)
    if isinstance(_class, type) and issubclass(_class, GObject.Object):
        _add(_class)

def _tell_slips(cls):
    """An attribute of one's own is welcome; one that is called nearly like a setting is told, or a limit would be none."""
    settings = {pspec.name.replace("-", "_") for pspec in cls.list_properties() if pspec.flags & GObject.ParamFlags.WRITABLE}
    set_attribute = cls.__setattr__

    def set_and_tell(self, name, value):
        if not hasattr(type(self), name) and not name.startswith("_"):
            close = nearest(name, settings, _CLOSE_ENOUGH)
            if close is not None:
                log.warning("%s.%s sets nothing: is %s meant?", cls.__name__, name, close)
        set_attribute(self, name, value)

    cls.__setattr__ = set_and_tell


for _class in (Nx.App, Nx.Group, Nx.Route):
    _tell_slips(_class)

# What C has as functions alone.
Nx.App.uris = _ReadOnly(Nx.App.get_uris, "Where it listens: a list of GLib.Uri.")
Nx.WebSocket.buffered_amount = _ReadOnly(Nx.WebSocket.get_buffered_amount, "How many octets the kernel has not taken yet.")
Nx.WebSocket.origin = _ReadOnly(Nx.WebSocket.get_origin, "The page that it comes from; None from what is no browser.")
