# SPDX-License-Identifier: LGPL-2.1-or-later
"""
What a program gives to a call is its own mistake when it is wrong, whoever the peer is: ValueError or TypeError, at once, with what is
wanted. Here is what C could not even be given; what it does not take, it says itself (InvalidArgumentError, which is a ValueError).
"""

from .raw import Nx


def want_text(call, name, value):
    """A str that C can have: it ends where there is a U+0000."""
    if not isinstance(value, str):
        raise TypeError(f"{call}() wants a str as {name}, not {type(value).__name__}")
    if "\0" in value:
        raise ValueError(f"{call}() wants a {name} without U+0000: {value!r}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{call}() wants a {name} that can be encoded: {error}") from None
    return value


def want_web_socket(call, value):
    """A connection."""
    if not isinstance(value, Nx.WebSocket):
        raise TypeError(f"{call}() wants a WebSocket, not {type(value).__name__}")


def want_number(call, name, value):
    """An int that C can have."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{call}() wants an int as {name}, not {type(value).__name__}")
    if not 0 <= value <= 0xFFFFFFFF:
        raise ValueError(f"{call}() wants a {name} that is a positive number, not {value}")
    return value


def want_close(call, code, reason):
    """A close code and a reason; C says which codes there are, and how long a reason may be."""
    want_number(call, "code", code)
    if reason is not None:
        want_text(call, "reason", reason)
