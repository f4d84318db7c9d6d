#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The chat without a browser: its files by HTTP, its protocol as examples/web/README.md has it, and what strangers send."""
import asyncio
import contextlib
import http.client
import json
import os
import signal
import socket
import sys
import time
import traceback

from chat_server import ChatServer
from ws_client import Refused, connect, refusal_of

WEB = os.environ["WEB"]
TESTS = []


# Together more than two kernels' buffers and the server's high-water mark.
N_TO_DEAF = 4000


def test(func):
    TESTS.append(func)
    return func


# -- By HTTP --

def request(server, method, path):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with contextlib.closing(connection):
        connection.request(method, path)
        response = connection.getresponse()
        return response, response.read()


@test
async def tells_where_it_is():
    async with ChatServer() as server:
        assert server.lines == [f"nexws: listening on ws://127.0.0.1:{server.port}",
                                f"nexws: open http://127.0.0.1:{server.port}/"], server.lines
        assert await server.stop() == 0


@test
async def serves_the_files():
    types = {"": "text/html; charset=utf-8", "chat.css": "text/css; charset=utf-8",
             "chat.js": "text/javascript; charset=utf-8", "connection.js": "text/javascript; charset=utf-8",
             "icon.svg": "image/svg+xml"}
    async with ChatServer() as server:
        for name, kind in types.items():
            with open(os.path.join(WEB, name or "index.html"), "rb") as file:
                expected = file.read()
            for method in "GET", "HEAD":
                response, body = request(server, method, "/" + name)
                assert response.status == 200, (method, name, response.status)
                assert body == (expected if method == "GET" else b""), (method, name)
                assert int(response.headers["Content-Length"]) == len(expected), (method, name)
                assert response.headers["Content-Type"] == kind, response.headers["Content-Type"]
                check_headers(response)


def check_headers(response):
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy, policy
    assert response.headers["Referrer-Policy"] == "no-referrer"


@test
async def refuses_the_rest():
    async with ChatServer() as server:
        for path in ("/index.html", "/chat.css/", "/%2e%2e/etc/passwd", "/nexws/examples/web/chat.css", "//"):
            response, body = request(server, "GET", path)
            assert response.status in (400, 404), (path, response.status)
        response, body = request(server, "GET", "/nothing")
        assert (response.status, body) == (404, b"There is nothing here.\n"), (response.status, body)
        check_headers(response)
        for method in "POST", "PUT", "DELETE", "OPTIONS":
            response, body = request(server, method, "/")
            assert response.status == 405, (method, response.status)
            assert response.headers["Allow"] == "GET, HEAD", response.headers["Allow"]
            check_headers(response)


# -- By WebSocket --

class Member:
    """Somebody in a room, who speaks the protocol."""

    def __init__(self, ws):
        self.ws = ws

    async def send(self, **message):
        await self.ws.send(json.dumps(message))

    async def hear(self, **expected):
        """The next message, which has to have these members among its own."""
        message = json.loads(await asyncio.wait_for(self.ws.recv(), 20))
        assert {k: message.get(k) for k in expected} == expected, (str(message)[:500], expected)
        return message

    async def fails(self, code, **message):
        await self.send(**message)
        return await self.hear(type="error", code=code)

    async def closed(self):
        await asyncio.wait_for(self.ws.wait_closed(), 20)
        return self.ws.close_code


@contextlib.asynccontextmanager
async def stranger(server, room="lobby"):
    async with connect(server.ws_url + room) as ws:
        yield Member(ws)


@contextlib.asynccontextmanager
async def member(server, name, room="lobby", **more):
    async with stranger(server, room) as one:
        await one.send(type="join", name=name, **more)
        one.welcome = await one.hear(type="welcome")
        yield one


def is_now(milliseconds):
    return abs(milliseconds / 1000 - time.time()) < 60


@test
async def talks():
    async with ChatServer() as server, member(server, "Ada") as ada:
        ada.welcome.pop("last", None)
        assert ada.welcome == {"type": "welcome", "room": "lobby", "name": "Ada", "members": ["Ada"], "history": []}
        async with member(server, "  Bob\u00a0 the\tSecond ") as bob:
            assert bob.welcome["members"] == ["Ada", "Bob the Second"], bob.welcome
            assert is_now((await ada.hear(type="joined", name="Bob the Second"))["time"])
            await bob.send(type="typing")
            await ada.hear(type="typing", name="Bob the Second")
            await bob.send(type="say", id="b1", text="Hi\n<b>you</b> \U0001f600")
            for one in ada, bob:
                said = await one.hear(type="said", id="b1", name="Bob the Second", text="Hi\n<b>you</b> \U0001f600")
                assert is_now(said["time"]), said
        await ada.hear(type="left", name="Bob the Second")
        said.pop("nx", None)
        async with member(server, "Eve") as eve:
            assert eve.welcome["history"] == [said], eve.welcome


@test
async def keeps_rooms_apart():
    async with ChatServer() as server, member(server, "Ada", "a") as ada, member(server, "Ada", "b") as other:
        await ada.send(type="say", id="1", text="here")
        await other.send(type="say", id="2", text="there")
        await ada.hear(type="said", id="1")
        await other.hear(type="said", id="2")


@test
async def keeps_the_last_fifty():
    async with ChatServer() as server:
        async with member(server, "Ada") as ada:
            for number in range(60):
                await ada.send(type="say", id=f"n{number}", text=str(number))
            for number in range(60):
                await ada.hear(type="said", text=str(number))
        # The room is empty now, and still knows them.
        async with member(server, "Bob", "LOBBY") as bob:
            assert [said["text"] for said in bob.welcome["history"]] == [str(n) for n in range(10, 60)]
            assert bob.welcome["room"] == "lobby", bob.welcome


async def said_to(one, token):
    """Goes through what comes, such as who came and left, until this is said."""
    while (message := await one.hear())["type"] != "said" or message["id"] != token:
        pass


@test
async def sends_what_was_missed():
    async with ChatServer() as server, member(server, "Ada") as ada:
        async with member(server, "Bob", key="b") as bob:
            last = bob.welcome.get("last")
            if last is None:
                return  # this server does not number what is said
            await ada.send(type="say", id="1", text="1")
            seen = (await bob.hear(type="said", id="1"))["nx"]["id"]
        for number in range(2, 5):
            await ada.send(type="say", id=str(number), text=str(number))
            await said_to(ada, str(number))
        for after, expected in (seen, "234"), (last, "1234"):
            async with stranger(server, "lobby") as bob:
                await bob.send(type="join", name="Bob", key="b", after=after)
                for number in expected:
                    await bob.hear(type="said", id=number)
                assert (await bob.hear(type="welcome"))["history"] == []
        # More than is kept, and an id of another life.
        for number in range(60):
            await ada.send(type="say", id=f"n{number}", text=str(number))
            await said_to(ada, f"n{number}")
        for after in seen, "1-1":
            async with stranger(server, "lobby") as bob:
                await bob.send(type="join", name="Bob", key="b", after=after)
                assert "gap" in (await bob.hear())["nx"]
                for number in range(10, 60):
                    await bob.hear(type="said", id=f"n{number}")
                await bob.hear(type="welcome")


async def has_history(server, room):
    async with member(server, "Visitor", room) as visitor:
        return visitor.welcome["history"] != []


@test
async def forgets_the_rooms_left_first():
    async with ChatServer() as server:
        for number in range(33):
            async with member(server, "Ada", f"room-{number}") as ada:
                await ada.send(type="say", id="1", text="here")
                await ada.hear(type="said")
        # Whoever sees the room empty comes after the one who left: so wait for that.
        for _ in range(100):
            if not await has_history(server, "room-0"):
                break
            await asyncio.sleep(0.05)
        assert not await has_history(server, "room-0")
        assert await has_history(server, "room-32")


@test
async def takes_a_name_once():
    async with ChatServer() as server, member(server, "Ada", key="secret") as ada, stranger(server) as other:
        for name in "Ada", "ADA", "\uff21da", " ada ":
            error = await other.fails("name-taken", type="join", name=name)
            assert "name already" in error["text"], error
        await other.fails("name-taken", type="join", name="Ada", key="guessed")
        await other.send(type="join", name="Bob")
        await other.hear(type="welcome", members=["Ada", "Bob"])
        await ada.hear(type="joined", name="Bob")


@test
async def gives_the_place_back():
    async with ChatServer() as server, member(server, "Bob") as bob:
        async with member(server, "Ada", key="secret") as old:
            await bob.hear(type="joined", name="Ada")
            async with member(server, "ada", key="secret") as new:
                assert new.welcome["name"] == "Ada", new.welcome
                assert new.welcome["members"] == ["Bob", "Ada"], new.welcome
                assert await old.closed() == 4001
                await new.send(type="say", id="1", text="back")
                await bob.hear(type="said", name="Ada", text="back")
        await bob.hear(type="left", name="Ada")


@test
async def refuses_strange_rooms():
    async with ChatServer() as server:
        for room in ("a%20b", "a%2Fb", "%3Cscript%3E", "x" * 33, "%E2%80%AE"):
            async with stranger(server, room) as one:
                assert await one.closed() == 4004, (room, one.ws.close_code)
        for room in ("x" * 32, "caf%C3%A9", "%E0%A4%B9%E0%A4%BF", "a-b_c"):
            async with member(server, "Ada", room):
                pass
        for path in "", "a/b":
            try:
                async with stranger(server, path):
                    raise AssertionError(path)
            except Refused as error:
                assert refusal_of(error)[0] == 404, error


@test
async def answers_each_mistake():
    async with ChatServer() as server, stranger(server) as one:
        await one.fails("not-joined", type="say", id="1", text="x")
        await one.fails("not-joined", type="typing")
        for bad in ({}, {"type": "unknown"}, {"type": 5}, {"type": None}, {"type": []}, {"type": "join"},
                    {"type": "join", "name": 5}, {"type": "join", "name": ["Ada"]}, {"type": "join", "name": None},
                    {"type": "join", "name": "Ada", "key": 5}, {"type": "join", "name": "Ada", "key": ""},
                    {"type": "join", "name": "Ada", "key": "x" * 65}, {"type": "join", "name": "Ada", "key": "\u00e9"},
                    {"type": "say"}, {"type": "say", "id": "1"}, {"type": "say", "text": "x"},
                    {"type": "say", "id": 1, "text": "x"}, {"type": "say", "id": "1", "text": {}},
                    {"type": "say", "id": "", "text": "x"}, {"type": "say", "id": "a b", "text": "x"}):
            await one.fails("bad-message", **bad)
        for bad in "[]", '"join"', "null", "5", "true", '[{"type": "join"}]':
            await one.ws.send(bad)
            await one.hear(type="error", code="bad-message")
        for name in "", "   ", "\n", "x" * 25, "a\u0007b", "a\u202eb", "a\u200bb", "\ue000" * 25:
            await one.fails("name-invalid", type="join", name=name)
        await one.send(type="join", name="x" * 24)
        await one.hear(type="welcome")
        await one.fails("already-joined", type="join", name="Other")
        for text in "", " \n\t ", "x" * 2001, "a\u001bb", "\u00a0":
            await one.fails("text-invalid", type="say", id="1", text=text)
        await one.send(type="say", id="1", text="\U0001f600" * 2000)
        await one.hear(type="said", text="\U0001f600" * 2000)


@test
async def closes_on_what_is_no_message():
    cases = [("{", 1007), ("", 1007), ("\ufeff{}", 1007), ('{"type": "say", "id": "1", "text": "\\u0000"}', 1007),
             ('{"type": "say", "id": "1", "text": "\\ud800"}', 1007), ("[" * 200 + "]" * 200, 1007),
             ('{"type": "join", "type": "say"}', 1007), (b"{}", 1003), (json.dumps({"type": "x" * 40000}), 1009)]
    async with ChatServer() as server, member(server, "Ada") as ada:
        for data, code in cases:
            async with member(server, "Bob") as bob:
                await bob.ws.send(data)
                assert await bob.closed() == code, (data[:80], bob.ws.close_code)
            await ada.hear(type="joined", name="Bob")
            await ada.hear(type="left", name="Bob")
        await ada.send(type="say", id="1", text="still here")
        await ada.hear(type="said", text="still here")
        assert await server.stop() == 0


@contextlib.asynccontextmanager
async def deaf_member(server, name):
    """Somebody who joins and never reads, with little room in the kernel for what is sent."""
    sock = socket.create_connection(("127.0.0.1", server.port))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    async with connect(server.ws_url + "lobby", sock=sock, close_timeout=0.1) as ws:
        await ws.send(json.dumps({"type": "join", "name": name}))
        ws.transport.pause_reading()
        yield
        ws.transport.abort()


@test
async def goes_on_without_who_is_slow_or_gone():
    async with ChatServer() as server, member(server, "Ada") as ada:
        async with member(server, "Gone") as gone:
            await ada.hear(type="joined", name="Gone")
            gone.ws.transport.abort()
            await ada.hear(type="left", name="Gone")
        async with deaf_member(server, "Deaf"):
            await ada.hear(type="joined", name="Deaf")
            # The closing handshake has 5 s, which nobody notices but who waits for it: on a slow machine it is over before we are through.
            is_gone = False
            for number in range(N_TO_DEAF):
                await ada.send(type="say", id=str(number), text="x" * 2000)
                message = await ada.hear()
                if message["type"] == "left":
                    assert not is_gone and message["name"] == "Deaf", message
                    is_gone, message = True, await ada.hear()
                assert (message["type"], message["id"]) == ("said", str(number)), str(message)[:500]
            if not is_gone:
                await ada.hear(type="left", name="Deaf")
        await ada.send(type="say", id="end", text="on we go")
        await ada.hear(type="said", id="end")


@test
async def ends_in_good_order():
    for number in signal.SIGTERM, signal.SIGINT:
        async with ChatServer() as server, member(server, "Ada") as ada, member(server, "Bob", "other") as bob, \
                stranger(server) as nobody:
            assert await server.stop(number) == 0
            for one in ada, bob, nobody:
                assert await one.closed() == 1001, one.ws.close_code


def main():
    failed = 0
    print(f"1..{len(TESTS)}")
    for number, func in enumerate(TESTS, 1):
        try:
            asyncio.run(asyncio.wait_for(func(), 60))
            print(f"ok {number} {func.__name__}", flush=True)
        except Exception:
            failed += 1
            traceback.print_exc()
            print(f"not ok {number} {func.__name__}", flush=True)
    return 1 if failed else 0


sys.exit(main())
