# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nx.Message: what came, as Python's own types."""

from gi.repository import GLib

from .raw import Nx
from .typed import fit, loads

_get_plain_text = Nx.Message.get_plain_text
_get_data = Nx.Message.get_data
_get_kind = Nx.Message.get_kind
_get_bytes = Nx.Message.get_bytes
_new_bytes = Nx.Message.new_bytes
_new_text_from_bytes = Nx.Message.new_text_from_bytes
_TEXT = Nx.MessageKind.TEXT


def text_of(message):
    """The text of a message, U+0000 and all; None for a binary one."""
    try:
        return message._text  # C may have said so already
    except AttributeError:
        pass
    text = _get_plain_text(message)
    if text is None and _get_kind(message) == _TEXT:
        return bytes(_get_data(message)).decode()
    return text


def data_of(message):
    """The octets of a message of either kind."""
    return bytes(_get_data(message))


def message_from_text(text):
    """A message of any text, U+0000 and all."""
    return _new_text_from_bytes(GLib.Bytes.new(text.encode()))


def message_from_bytes(data):
    """A binary message of anything that has a buffer."""
    if not isinstance(data, GLib.Bytes):
        data = GLib.Bytes.new(bytes(data))
    return _new_bytes(data)


def _view(self):
    """The octets, read-only."""
    return memoryview(data_of(self))


def _json_of(self, type=None):
    """What the text says, through Python's own json, or what a dataclass or TypedDict makes of it; `ValueError` when it is no JSON or does
    not fit."""
    text = text_of(self)
    if text is None:
        raise ValueError("JSON comes as text, and this message is binary")
    value = loads(text)
    return value if type is None else fit(value, type)


def _repr(self):
    text = text_of(self)
    if text is None:
        return f"<nexws.Message of {self.get_size()} octets>"
    return f"<nexws.Message {text[:60]!r}{'…' if len(text) > 60 else ''}>"


Nx.Message.text = property(text_of, doc="The text, or None for a binary message.")
Nx.Message.data = property(data_of, doc="The octets, of either kind.")
Nx.Message.view = property(_view, doc=_view.__doc__)
Nx.Message.json = _json_of
Nx.Message.is_text = property(lambda self: _get_kind(self) == _TEXT, doc="Whether it is text.")
Nx.Message.__repr__ = _repr
Nx.Message.__bytes__ = data_of
