# SPDX-License-Identifier: LGPL-2.1-or-later
"""What help() says of the classes, which else is a list of their constructors: PyGObject asks a function for it."""

from gi.docstring import get_doc_string_generator, set_doc_string_generator

from .raw import Nx

_WORDS = {
    "App": "A service: the outermost router, with what it listens on and its limits. Each property may be given here: `App(max_message_size=65536)`.",
    "Controller": "Handles the connections of a route: override on_connect, on_receive, on_disconnect and on_error, each `def` or `async def`.",
    "Group": "Websockets by a name, which are sent to all at once. An app makes them.",
    "Message": "A text or some octets, which are never changed.",
    "Middleware": "Sees the handshake, each message and the end of each connection of a router that it is added to.",
    "Route": "A pattern of paths, and what handles them; with limits of its own, which are its properties.",
    "Router": "Routes, middleware and further routers.",
    "RpcCall": "A call of JSON-RPC that waits for its answer.",
    "RpcController": "A controller that speaks JSON-RPC 2.0: methods decorated with `method` can be called by the peer, and `call` calls the peer's.",
    "TestClient": "A client in the same process, without a port: in a plain function its methods wait by themselves, in a coroutine they are awaited.",
    "WebSocket": "A connection, from its handshake to its end. A handler gets it; there is no other way to make one.",
}

_before = get_doc_string_generator()


def _generate(info):
    if info.get_namespace() == "Nx" and info.get_name() in _WORDS:
        return f"{_WORDS[info.get_name()]}\n{_before(info)}"
    return _before(info)


set_doc_string_generator(_generate)
# Their metaclass is ours, which asks nobody.
for _name in "Controller", "RpcController":
    getattr(Nx, _name).__doc__ = _WORDS[_name]
