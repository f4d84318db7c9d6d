# SPDX-License-Identifier: LGPL-2.1-or-later
"""nexws: a WebSocket server framework. See `App`."""

import gi

try:
    gi.require_version("Nx", "1")
except ValueError as error:
    raise ImportError(f"{error}: GI_TYPELIB_PATH has to name the folder of Nx-1.typelib (pkg-config --variable=typelibdir nexws-1)") from None
except AttributeError:  # a folder of that name is all there is
    raise ImportError("PyGObject (python3-gi) is not there for this Python") from None

from gi.repository import Nx  # noqa: E402

from _nexws.actions import action  # noqa: E402
from _nexws.calling import RpcBatch, RpcError  # noqa: E402
from _nexws.channels import Channel, ChannelBox, ChannelMessage, PayloadTypeEnum  # noqa: E402
from _nexws.errors import (  # noqa: E402
    AddressError,
    HandshakeRefusedError,
    InvalidArgumentError,
    InvalidDataError,
    InvalidStateError,
    NexwsError,
    NexwsTimeoutError,
    PatternError,
    SlowPeerError,
    TooLargeError,
    WebSocketDisconnect,
)
from _nexws.groups import Answers  # noqa: E402
from _nexws.gio import awaited as gio  # noqa: E402
from _nexws.loop import run  # noqa: E402
from _nexws.router import WebsocketRoute, WSRouter  # noqa: E402
from _nexws.rpc import method  # noqa: E402

App = Nx.App
CloseCode = Nx.CloseCode
Controller = Nx.Controller
Group = Nx.Group
Message = Nx.Message
Middleware = Nx.Middleware
Route = Nx.Route
Router = Nx.Router
RpcController = Nx.RpcController
State = Nx.State
TestClient = Nx.TestClient
Verdict = Nx.Verdict
WebSocket = Nx.WebSocket

__all__ = [
    "AddressError",
    "Answers",
    "App",
    "Channel",
    "ChannelBox",
    "ChannelMessage",
    "CloseCode",
    "Controller",
    "Group",
    "HandshakeRefusedError",
    "InvalidArgumentError",
    "InvalidDataError",
    "InvalidStateError",
    "Message",
    "Middleware",
    "NexwsError",
    "NexwsTimeoutError",
    "Nx",
    "PatternError",
    "PayloadTypeEnum",
    "Route",
    "Router",
    "RpcBatch",
    "RpcController",
    "RpcError",
    "SlowPeerError",
    "State",
    "TestClient",
    "TooLargeError",
    "Verdict",
    "WSRouter",
    "WebSocket",
    "WebSocketDisconnect",
    "WebsocketRoute",
    "action",
    "gio",
    "method",
    "run",
]
