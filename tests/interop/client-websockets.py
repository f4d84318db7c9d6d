# SPDX-License-Identifier: LGPL-2.1-or-later
"""The websockets package of Python."""
import asyncio
import os
import ssl
import sys
import traceback

from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples"))
from ws_client import Refused, connect as connect_to, extensions_of, refusal_of, unix_connect  # noqa: E402

ENV = os.environ
SIZES = [0, 1, 125, 126, 65535, 65536, 1 << 20, 16 << 20]
LIMIT = 32 << 20
TESTS = []


def test(func):
    TESTS.append(func)
    return func


def payload(size):
    """Not all of it can be compressed."""
    noise = os.urandom(min(size, 65536) // 2)
    return (noise + b"zip" * (size // 3 + 1))[:size] if size < 65536 else (noise + bytes(32768)) * (size // 65536) + b"x" * (size % 65536)


def text(size):
    return ("Grüße " * (size // 8 + 1)).encode()[:size].decode("utf-8", "ignore").ljust(1 if size else 0, "x")


def connect(url, compression=None, extensions=None, **options):
    if url.startswith("wss:"):
        options["ssl"] = ssl.create_default_context(cafile=ENV["CERTIFICATE"])
    if extensions is not None:
        return connect_to(url, extensions=extensions, max_size=LIMIT, compression=None, **options)
    return connect_to(url, compression=compression, max_size=LIMIT, **options)


def pieces(data, n=7):
    size = max(1, -(-len(data) // n))
    return [data[i:i + size] for i in range(0, len(data), size)] or [data]


async def echo(ws):
    for size in SIZES:
        for one in (payload(size), text(size)):
            for fragmented in (False, True):
                await ws.send(iter(pieces(one)) if fragmented else one)
                assert await asyncio.wait_for(ws.recv(), 60) == one, (size, fragmented)


def add_echo(name, url, **options):
    async def func():
        async with connect(url, **options) as ws:
            assert bool(extensions_of(ws)) == (name.rsplit("_", 1)[1] != "plain"), extensions_of(ws)
            await echo(ws)
    func.__name__ = name
    test(func)


NO_TAKEOVER = [ClientPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)]
add_echo("echo_tcp_plain", ENV["PLAIN"] + "/ws")
add_echo("echo_tcp_deflate", ENV["PLAIN"] + "/ws", compression="deflate")
add_echo("echo_tcp_without_takeover_asked_deflate", ENV["PLAIN"] + "/ws", extensions=NO_TAKEOVER)
add_echo("echo_tcp_without_takeover_imposed_deflate", ENV["BARE"] + "/ws", compression="deflate")
add_echo("echo_tls_plain", ENV["TLS"] + "/ws")
add_echo("echo_tls_deflate", ENV["TLS"] + "/ws", compression="deflate")


@test
async def echo_unix():
    for compression in (None, "deflate"):
        async with unix_connect(ENV["UNIX"], "ws://localhost/ws", compression=compression, max_size=LIMIT) as ws:
            await echo(ws)


@test
async def subprotocol():
    async with connect(ENV["MORE"] + "/subprotocol", subprotocols=["v3.chat", "v2.chat"]) as ws:
        assert ws.subprotocol == "v2.chat"
    async with connect(ENV["MORE"] + "/subprotocol", subprotocols=["v3.chat"]) as ws:
        assert ws.subprotocol is None


@test
async def pings():
    async with connect(ENV["MORE"] + "/ping") as ws:
        for data in (b"", b"x" * 125):
            await asyncio.wait_for(await ws.ping(data), 60)
        await ws.send("now you")
        assert await asyncio.wait_for(ws.recv(), 60) == "pong"


@test
async def server_closes():
    async with connect(ENV["MORE"] + "/close") as ws:
        await ws.send("end")
        await asyncio.wait_for(ws.wait_closed(), 60)
        assert (ws.close_code, ws.close_reason) == (4321, "that is all"), (ws.close_code, ws.close_reason)


@test
async def client_closes():
    async with connect(ENV["MORE"] + "/listen") as ws:
        await ws.close(4123, "Grüße")
        assert ws.close_code == 4123
    async with connect(ENV["MORE"] + "/noted") as ws:
        assert await ws.recv() == "4123:Grüße"


@test
async def refusals():
    for path, status in (("/nowhere", 404), ("/forbidden", 403)):
        try:
            async with connect(ENV["MORE"] + path):
                raise AssertionError(f"{path} was accepted")
        except Refused as error:
            assert refusal_of(error)[0] == status, error


def main():
    failed = 0
    print(f"1..{len(TESTS)}", flush=True)
    for number, func in enumerate(TESTS, 1):
        try:
            asyncio.run(asyncio.wait_for(func(), 240))
            print(f"ok {number} {func.__name__}", flush=True)
        except Exception:
            failed += 1
            traceback.print_exc(file=sys.stderr)
            print(f"not ok {number} {func.__name__}", flush=True)
    return 1 if failed else 0


sys.exit(main())
