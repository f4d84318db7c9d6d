# SPDX-License-Identifier: LGPL-2.1-or-later
"""Errors as classes: what the library reports, and what becomes of an exception on its way into it."""

from gi.repository import GLib

from .raw import Nx

DOMAIN = "nx-error-quark"
PYTHON_DOMAIN = "nexws-python-exception-quark"

_DISCONNECTED = int(Nx.Error.DISCONNECTED)


class NexwsError(GLib.Error):
    """What the library reports. Each kind has a class of its own."""

    def __str__(self):
        return self.message


class WebSocketDisconnect(NexwsError):
    """The connection has ended, or is about to: `code` and `reason` say how."""

    def __init__(self, code=1000, reason=None):
        text = f"The connection has ended with code {code}" + (f": {reason}" if reason else "")
        super().__init__(text, DOMAIN, _DISCONNECTED)
        self.code = code
        self.reason = reason or ""

    def matches(self, domain, code):
        """As `GLib.Error.matches` does, although `code` is the close code here."""
        if not isinstance(domain, str):
            domain = GLib.quark_to_string(domain)
        return domain == DOMAIN and code == _DISCONNECTED


class HandshakeRefusedError(NexwsError):
    """A test's client was not let in: `status`, `headers` and `body` are what it was answered with."""

    def __init__(self, text, domain, code, status, headers, body):
        super().__init__(text, domain, code)
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self):
        """The body, as text."""
        return self.body.decode(errors="replace")


class InvalidStateError(NexwsError):
    """Not possible now, such as accepting twice."""


class InvalidArgumentError(NexwsError, ValueError):
    """What was given to a call is not what it takes: the program's own mistake, whoever the peer is."""


class InvalidDataError(NexwsError, ValueError):
    """What came is not what it should be."""


class TooLargeError(NexwsError):
    """Over a limit; the message says which."""


class NexwsTimeoutError(NexwsError, TimeoutError):
    """It took too long."""


class AddressError(NexwsError):
    """An address that cannot be listened on."""


class PatternError(NexwsError):
    """A path pattern that is malformed, or means the same as another."""


class SlowPeerError(NexwsError):
    """The policy for slow peers did not take the message."""


_CLASSES = {
    int(Nx.Error.INVALID_STATE): InvalidStateError,
    int(Nx.Error.INVALID_ARGUMENT): InvalidArgumentError,
    int(Nx.Error.INVALID_DATA): InvalidDataError,
    int(Nx.Error.TOO_LARGE): TooLargeError,
    int(Nx.Error.TIMEOUT): NexwsTimeoutError,
    int(Nx.Error.ADDRESS): AddressError,
    int(Nx.Error.PATTERN): PatternError,
    int(Nx.Error.SLOW_PEER): SlowPeerError,
}


def invalid(text):
    """An error about what a peer sent."""
    return InvalidDataError(text, DOMAIN, int(Nx.Error.INVALID_DATA))


class PeerFault(InvalidDataError):
    """What the peer itself did wrong: it is told, with this close code, and nobody is alarmed."""

    def __init__(self, close_code, text):
        super().__init__(text, DOMAIN, int(Nx.Error.INVALID_DATA))
        self.close_code = close_code


PEER_MADE = (WebSocketDisconnect, InvalidDataError, TooLargeError, NexwsTimeoutError, SlowPeerError)
"""What any peer can bring about, as often as it likes."""


def disconnect_of(ws):
    """How `ws` ended. While it is closing nobody knows yet, and the code is 1006."""
    return WebSocketDisconnect(ws.get_close_code() or 1006, ws.get_close_reason())


def translate(error, ws=None):
    """The class for an error of the library; any other error as it is."""
    if type(error) is not GLib.Error or error.domain != DOMAIN:
        return error
    if error.code == _DISCONNECTED:
        return disconnect_of(ws) if ws is not None else WebSocketDisconnect(1006)
    cls = _CLASSES.get(error.code, NexwsError)
    return cls(error.message, error.domain, error.code)


def encodable(text):
    """Text as C can have it: half a surrogate pair, which a peer can say in JSON, and U+0000 are shown as escapes."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")


def _describe(error):
    try:
        return encodable(f"{type(error).__name__}: {error}")
    except Exception:  # of a __str__
        return type(error).__name__


def to_gerror(error):
    """What C is told about an exception. The exception itself travels beside it."""
    if isinstance(error, WebSocketDisconnect):
        return GLib.Error(encodable(error.message), DOMAIN, _DISCONNECTED)
    if isinstance(error, GLib.Error):
        return GLib.Error(encodable(error.message), error.domain, error.code)
    return GLib.Error(_describe(error), PYTHON_DOMAIN, 0)
