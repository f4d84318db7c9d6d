# SPDX-License-Identifier: LGPL-2.1-or-later
"""The client of Python's `websockets`, as it is called up to 13 (Debian 12 has 10.4) and since (Debian 13 has 15.0)."""
import websockets

try:
    from websockets.asyncio.client import connect as _connect, unix_connect
    from websockets.exceptions import InvalidStatus as Refused

    def connect(url, headers=None, **options):
        """Is entered with `async with`; raises Refused when the handshake is."""
        return _connect(url, additional_headers=headers, **options)

    def refusal_of(error):
        """Of a Refused: its status and its header fields."""
        return error.response.status_code, error.response.headers

    def headers_of(ws):
        """The header fields that it was accepted with."""
        return ws.response.headers

    def extensions_of(ws):
        """What was agreed to."""
        return ws.protocol.extensions

except ImportError:
    from websockets import InvalidStatusCode as Refused, unix_connect  # noqa: F401

    def connect(url, headers=None, **options):
        return websockets.connect(url, extra_headers=headers, **options)

    def refusal_of(error):
        return error.status_code, error.headers

    def headers_of(ws):
        return ws.response_headers

    def extensions_of(ws):
        return ws.extensions
