# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `from gi.repository import Nx` loads beside the typelib. What is done stands in `_nexws`, one idea a file."""

from _nexws import app, channels, controller, groups, message, router, rpc, signals, testing, typed, websocket  # noqa: F401

# The last, since what has a name already keeps it.
from _nexws import awaitable, documented, properties  # noqa: F401

__all__ = []
