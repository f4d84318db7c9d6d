#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Starts each example, in one language, and uses it as its first lines say.

COMMAND starts one, `{name}` standing for it; NAMES are those that there are in this language. ALIASES: name=other, where a file has another name."""
import asyncio
import hashlib
import json
import os
import re
import shlex
import signal
import sys
import tempfile
import traceback
import urllib.error
import urllib.request

from ws_client import Refused, connect, headers_of, refusal_of, unix_connect

COMMAND = os.environ["COMMAND"]
NAMES = os.environ["NAMES"].split()
ALIASES = dict(pair.split("=") for pair in os.environ.get("ALIASES", "").split())
TESTS = []


def command(name):
    name = ALIASES.get(name, name)
    return shlex.split(COMMAND.replace("{name}", name))


def example(name):
    def register(func):
        TESTS.append((name, func))
        return func
    return register


class Server:
    """An example that runs; at the end it has to leave in good order."""

    def __init__(self, name, *words, environment=None):
        self.name = name
        self.words = words or ("--port", "0")
        self.environment = {**os.environ, **(environment or {})}

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            *command(self.name), *self.words,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=self.environment)
        self.lines = []
        line = await asyncio.wait_for(self.process.stdout.readline(), 30)
        assert line.startswith(b"nexws: listening on ws"), line
        self.url = line.decode().split()[-1]
        return self

    async def __aexit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        out, err = await asyncio.wait_for(self.process.communicate(), 30)
        self.out, self.err = out.decode(), err.decode()
        assert self.process.returncode == 0, (self.process.returncode, self.err)
        assert "CRITICAL" not in self.err, self.err

    def connect(self, path, **options):
        return connect(self.url + path, **options)


async def talk(server, path, say, expect):
    async with server.connect(path) as ws:
        for one in say:
            await ws.send(one)
        got = [await asyncio.wait_for(ws.recv(), 10) for _ in expect]
        assert got == expect, got


async def takes_no_octets(server, path):
    async with server.connect(path) as ws:
        await ws.send(b"octets")
        await asyncio.wait_for(ws.wait_closed(), 10)
        assert ws.close_code in (1003, 1007), ws.close_code


async def refused(server, path, status, **options):
    try:
        async with server.connect(path, **options):
            raise AssertionError(f"{path} was accepted")
    except Refused as error:
        seen, headers = refusal_of(error)
        assert seen == status, seen
        return headers


@example("echo")
async def echo():
    async with Server("echo") as server:
        await talk(server, "/ws", ["Hello", b"\0\1"], ["Hello", b"\0\1"])
        await refused(server, "/nowhere", 404)


@example("controller")
async def controller():
    async with Server("controller") as server:
        await talk(server, "/ws", ["a", "b"], ["Welcome", "Message 1: a", "Message 2: b"])
        # Each connection has a controller of its own, which counts for itself.
        await talk(server, "/ws", ["c"], ["Welcome", "Message 1: c"])
        async with server.connect("/ws") as ws:
            await ws.recv()
            await ws.send(b"octets")
            await asyncio.wait_for(ws.wait_closed(), 10)
            assert ws.close_code == 1003, ws.close_code
    assert "left with code 1000 after 2 messages" in server.out, server.out
    assert "left with code 1003 after 0 messages" in server.out, server.out


async def answers(name):
    async with Server(name) as server:
        await talk(server, "/ws", ["a", "b"], ["Message text was: a", "Message text was: b"])
        await takes_no_octets(server, "/ws")
    assert "Client disconnected with code 1000" in server.out, server.out


@example("endpoint")
async def endpoint():
    await answers("endpoint")


@example("iterating")
async def iterating():
    await answers("iterating")


@example("pulling")
async def pulling():
    async with Server("pulling") as server:
        async with server.connect("/") as one, server.connect("/") as two:
            await one.send("1")
            await two.send("2")
            assert await two.recv() == "You said: 2"
            assert await one.recv() == "You said: 1"
    assert server.out.count("Client connected") == 2, server.out
    assert server.out.count("Client disconnected with code 1000") == 2, server.out
    assert server.err == "", server.err


@example("caught")
async def caught():
    async with Server("caught") as server:
        await talk(server, "/ws", ["a"], ["Received: a"])
        async with server.connect("/ws") as ws:
            await ws.send("")
            assert json.loads(await ws.recv()) == {"error": "Empty messages are not allowed"}
            await asyncio.wait_for(ws.wait_closed(), 10)
            assert (ws.close_code, ws.close_reason) == (1011, "Server error")
    assert server.err == "", server.err


@example("both")
async def both():
    async with Server("both") as server:
        await talk(server, "/ws/chat?token=secret", ["a"], ["You said: a"])
        await takes_no_octets(server, "/ws/chat?token=secret")
        async with server.connect("/ws/chat") as ws:
            await asyncio.wait_for(ws.wait_closed(), 10)
            assert (ws.close_code, ws.close_reason) == (1008, "Unauthorized")
        await talk(server, "/ws/public/notifications", [], ["You have no new notifications"])
    for path in "/ws/chat", "/ws/public/notifications":
        assert f"{path} begins" in server.out and f"{path} ends" in server.out, server.out


@example("actions")
async def actions():
    async with Server("actions") as server:
        async with server.connect("/ws") as ws:
            for message in {"type": "move", "x": 3}, {"type": "where-am-i"}:
                await ws.send(json.dumps(message))
            assert json.loads(await ws.recv()) == {"type": "moved", "x": 3}
            assert json.loads(await ws.recv()) == {"type": "here", "x": 3}
            await ws.send("that")
            assert await ws.recv() == "What is that?"


@example("json")
async def json_():
    async with Server("json") as server:
        async with server.connect("/ws") as ws:
            await ws.send('{"add": [1, 2, 3.5]}')
            assert json.loads(await ws.recv()) == {"sum": 6.5}
            for other in "[]", "5", '{"add": 5}', '{"add": [1, "x"]}', '{"add": [null]}', '{"add": [[1]]}', '{"add": [true]}', '{"add": {}}':
                await ws.send(other)
                assert "error" in json.loads(await ws.recv()), other
            await ws.send("{")
            await asyncio.wait_for(ws.wait_closed(), 10)
            assert ws.close_code == 1007, ws.close_code


@example("broadcast")
async def broadcast():
    async with Server("broadcast") as server:
        async with server.connect("/ws/broadcast") as one, server.connect("/ws/broadcast") as two:
            await one.send("to all")
            assert await one.recv() == "to all"
            assert await two.recv() == "to all"
        await talk(server, "/ws/broadcast", [b"alone"], [b"alone"])


@example("connections")
async def connections():
    async with Server("connections") as server:
        async with server.connect("/ws/broadcast") as one:
            async with server.connect("/ws/broadcast") as two:
                await one.send("to all")
                assert await one.recv() == "Broadcast: to all"
                assert await two.recv() == "Broadcast: to all"
            await one.send("who is left")
            assert await one.recv() == "Broadcast: who is left"


@example("errors")
async def errors():
    async with Server("errors") as server:
        async with server.connect("/ws") as ws:
            await ws.send("2.25")
            assert await ws.recv() == "1.5"
            await ws.send("two")
            assert await ws.recv() == '"two" is no number'
            await ws.send("-1")
            await asyncio.wait_for(ws.wait_closed(), 10)
            assert (ws.close_code, ws.close_reason) == (1011, "")
        async with server.connect("/ws") as ws:
            await ws.send(b"2.25")
            await asyncio.wait_for(ws.wait_closed(), 10)
            assert ws.close_code == 1003
    assert "-1 has no root" in server.err, server.err
    assert "Disconnected with code 1011" in server.out, server.out


@example("auth")
async def auth():
    async with Server("auth") as server:
        await refused(server, "/ws", 403)
        await refused(server, "/ws?token=wrong", 403)
        await talk(server, "/ws?token=secret", ["x"], ["Authenticated", "x"])
        async with server.connect("/ws/polite?token=wrong") as ws:
            await asyncio.wait_for(ws.wait_closed(), 10)
            assert (ws.close_code, ws.close_reason) == (1008, "Unauthorized")
        await talk(server, "/ws/polite?token=secret", [], ["Authenticated"])


@example("router")
async def router():
    async with Server("router") as server:
        await talk(server, "/ws/chat/kitchen", ["hi"], ["[kitchen] hi"])
        await takes_no_octets(server, "/ws/chat/kitchen")
        await talk(server, "/ws/notifications", [], ["You have no new notifications"])
        await refused(server, "/ws", 404)
        await refused(server, "/chat/kitchen", 404)


@example("typed")
async def typed():
    async with Server("typed") as server:
        async with server.connect("/ws") as ws:
            await ws.send('{"type": "move", "x": 3}')
            assert json.loads(await ws.recv()) == {"type": "moved", "x": 3}
            await ws.send('{"type": "move", "x": 10}')
            await asyncio.wait_for(ws.wait_closed(), 10)
            assert ws.close_code == 1007, ws.close_code
            assert ws.close_reason == "move: x: 10 came, an integer from 0 to 9 is wanted", ws.close_reason
    process = await asyncio.create_subprocess_exec(
        *command("typed"), "--describe", "typescript", stdout=asyncio.subprocess.PIPE)
    text = (await process.communicate())[0].decode()
    assert process.returncode == 0 and '({ type: "move" } & BoardMove)' in text, text


@example("rpc")
async def rpc():
    async with Server("rpc") as server:
        async with server.connect("/rpc") as ws:
            async def ask(method, *params, id=1):
                await ws.send(json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))

            async def receive():
                message = json.loads(await ws.recv())
                assert message.pop("jsonrpc") == "2.0"
                return message

            await ask("wake", id="late")
            await ask("add", 1, 2)
            assert await receive() == {"id": 1, "result": 3.0}
            assert await receive() == {"id": "late", "result": "good morning"}
            await ask("add", "x")
            assert (await receive())["error"]["code"] == -32602
            await ask("greet")
            question = await receive()
            assert question == {"id": question["id"], "method": "name"}, question
            await ws.send(json.dumps({"jsonrpc": "2.0", "id": question["id"], "result": "Ada"}))
            assert await receive() == {"id": 1, "result": "Hello, Ada"}
            await ask("greet")
            await ws.send(json.dumps({"jsonrpc": "2.0", "id": (await receive())["id"], "result": [1]}))
            assert (await receive())["error"] == {"code": 1, "message": "That is no name"}
    process = await asyncio.create_subprocess_exec(
        *command("rpc"), "--describe", "typescript", stdout=asyncio.subprocess.PIPE)
    text = (await process.communicate())[0].decode()
    assert process.returncode == 0 and '"add": { params?:' in text, text


@example("middleware")
async def middleware():
    async with Server("middleware") as server:
        async with server.connect("/ws") as ws:
            assert headers_of(ws)["X-Visit"] == "1"
            await ws.send("x")
            assert await ws.recv() == "x"
        headers = await refused(server, "/ws?banned", 403)
        assert headers["X-Visit"] == "2"
    assert server.out.count("asks for /ws") == 2, server.out


@example("guarded-router")
async def guarded_router():
    async with Server("guarded-router") as server:
        await refused(server, "/admin/status", 401)
        await talk(server, "/admin/status?token=secret", [], ["Hello, admin"])
        await talk(server, "/public", [], ["Hello, stranger"])
    assert server.out.count("/admin/status") == 2, server.out


@example("origins")
async def origins():
    async with Server("origins") as server:
        for path, origin in [("/public", "https://anywhere.example"), ("/admin/ws", "https://admin.example.org")]:
            async with server.connect(path, origin=origin) as ws:
                assert await ws.recv() == f"Hello, {origin}"
        await talk(server, "/admin/ws", [], ["Hello, no browser"])
        await refused(server, "/admin/ws", 403, origin="https://anywhere.example")


@example("tokens")
async def tokens():
    async with Server("tokens") as server:
        headers = await refused(server, "/ws", 401)
        assert headers["WWW-Authenticate"] == 'Bearer realm="nexws"'
        await refused(server, "/ws?token=unknown", 401)
        await talk(server, "/ws?token=secret", [], ["Hello, operator"])
        await talk(server, "/ws?token=ada-815", [], ["Hello, ada"])
        async with server.connect("/ws", headers={"Authorization": "Bearer bob-816"}) as ws:
            assert await ws.recv() == "Hello, bob"


def digest(user, password, uri, challenge, count):
    """RFC 7616 section 3.4.1."""
    def md5(*words):
        return hashlib.md5(":".join(words).encode()).hexdigest()
    given = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    number = f"{count:08x}"
    response = md5(md5(user, given["realm"], password), given["nonce"], number, "abc", "auth", md5("GET", uri))
    return (f'Digest username="{user}", realm="{given["realm"]}", nonce="{given["nonce"]}", uri="{uri}", '
            f'qop=auth, nc={number}, cnonce="abc", response="{response}"')


@example("http-auth")
async def http_auth():
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("grace:hopper\n")
        file.flush()
        async with Server("http-auth", environment={"USERS": file.name}) as server:
            await talk(server, "/ws", [], ["Hello, stranger"])
            headers = await refused(server, "/basic/ws", 401)
            assert headers["WWW-Authenticate"].startswith("Basic realm="), headers
            with_user = server.url.replace("://", "://grace:{}@") + "/basic/ws"
            async with connect(with_user.format("hopper")) as ws:
                assert await ws.recv() == "Hello, grace"
            try:
                async with connect(with_user.format("wrong")):
                    raise AssertionError("a wrong password was accepted")
            except Refused as error:
                assert refusal_of(error)[0] == 401, error
            challenge = (await refused(server, "/digest/ws", 401))["WWW-Authenticate"]
            for count, password in (1, "hopper"), (2, "hopper"), (3, "wrong"):
                credentials = {"Authorization": digest("grace", password, "/digest/ws", challenge, count)}
                if password == "wrong":
                    await refused(server, "/digest/ws", 401, headers=credentials)
                    continue
                async with server.connect("/digest/ws", headers=credentials) as ws:
                    assert await ws.recv() == "Hello, grace"


@example("timing")
async def timing():
    async with Server("timing") as server:
        await talk(server, "/ws", ["a", "b"], ["a", "b"])
        await refused(server, "/closed", 403)
        async with server.connect("/ws") as ws:
            ws.transport.abort()
    assert re.search(r"(\S+) begins at /ws\n\1 opened after \d+ ms\n\1 closed with 1000 after 2 messages and \d+ ms\n0 sessions",
                     server.out), server.out
    assert re.search(r"(\S+) begins at /closed\n\1 refused with 403\n0 sessions are open\n", server.out), server.out
    assert re.search(r"closed with 1006 after 0 messages and \d+ ms\n0 sessions are open\n$", server.out), server.out


@example("rate-limit")
async def rate_limit():
    async with Server("rate-limit") as server:
        # The burst, and what is beyond it: slowed down, dropped, or closed.
        loop = asyncio.get_running_loop()
        began = loop.time()
        await talk(server, "/slow/ws", [str(i) for i in range(16)], [str(i) for i in range(16)])
        assert loop.time() - began >= 0.2, loop.time() - began
        await talk(server, "/lossy/ws", [str(i) for i in range(100)], [str(i) for i in range(10)])
        async with server.connect("/strict/ws") as ws:
            for i in range(11):
                await ws.send(str(i))
            await asyncio.wait_for(ws.wait_closed(), 10)
            assert (ws.close_code, ws.close_reason) == (1008, "Rate limit exceeded")


@example("request-log")
async def request_log():
    async with Server("request-log") as server:
        await talk(server, "/ws?token=private", ["Hello"], ["Hello"])
        await refused(server, "/closed", 403)
        await refused(server, "/nowhere", 404)
    lines = [line for line in server.err.splitlines() if "HTTP/1.1" in line]
    assert len(lines) == 3, server.err
    assert '"GET /nowhere HTTP/1.1" 404 0 close=-' in lines[2], lines
    assert '"GET /ws HTTP/1.1" 101 5 close=1000' in lines[0] and "in=1/5 out=1/5" in lines[0], lines
    assert '"GET /closed HTTP/1.1" 403 0 close=1006' in lines[1], lines
    assert "private" not in server.err


@example("credentials")
async def credentials():
    async with Server("credentials") as server:
        # Over the network nobody vouches for anybody.
        await refused(server, "/ws", 403)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        async with Server("credentials", "--unix", path):
            async with unix_connect(path, "ws://localhost/ws") as ws:
                assert await ws.recv() == f"Hello, user {os.getuid()}"


def get(server, path, **headers):
    """Status, headers and body of a plain request."""
    request = urllib.request.Request(server.url.replace("ws://", "http://") + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


@example("files")
async def files():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "index.html"), "w", encoding="utf-8") as file:
            file.write("<p>Hello")
        async with Server("files", "--port", "0", environment={"DIRECTORY": folder}) as server:
            status, headers, body = await asyncio.to_thread(get, server, "/")
            assert (status, headers["Content-Type"], body) == (200, "text/html; charset=utf-8", "<p>Hello")
            status, _, body = await asyncio.to_thread(get, server, "/", **{"If-None-Match": headers["ETag"]})
            assert (status, body) == (304, "")
            status, _, _ = await asyncio.to_thread(get, server, "/%2e%2e/etc/passwd")
            assert status == 404
            await talk(server, "/ws", ["x"], ["x"])


@example("rooms")
async def rooms():
    async def hears(ws, text):
        # Presence is announced in between.
        while text not in await asyncio.wait_for(ws.recv(), 10):
            pass

    async with Server("rooms") as server:
        async with server.connect("/rooms/a?name=ada") as ada, server.connect("/rooms/a?name=bob") as bob:
            async with server.connect("/rooms/b?name=eve") as eve:
                await ada.send('"to the room"')
                for one in ada, bob:
                    await hears(one, "to the room")
                await eve.send('"elsewhere"')
                await hears(eve, "elsewhere")
            await ada.send('{"vote": "pizza?"}')
            for one in ada, bob:
                while True:
                    question = json.loads(await asyncio.wait_for(one.recv(), 10))
                    if "vote" in question:
                        break
                await one.send(json.dumps({"nx": {"answer": question["nx"]["ask"]}, "vote": "yes"}))
            await hears(bob, "2 have answered, 0 have not")
            await ada.send('"the last one"')
            while True:
                last = json.loads(await asyncio.wait_for(ada.recv(), 10))
                if "id" in last["nx"]:
                    seen = last["nx"]["id"]
                    if last.get("value") == "the last one":
                        break
            await bob.send('"missed"')
            await hears(bob, "missed")
        async with server.connect(f"/rooms/a?name=ada&after={seen}") as ada:
            missed = json.loads(await asyncio.wait_for(ada.recv(), 10))
            assert missed["value"] == "missed", missed


@example("health")
async def health():
    async with Server("health") as server:
        for path in "/healthz", "/readyz":
            status, _, body = await asyncio.to_thread(get, server, path)
            assert (status, body) == (200, "ok\n")
        await talk(server, "/ws", [], ["Hello"])


def main():
    failed = 0
    tests = [(name, func) for name, func in TESTS if name in NAMES]
    missing = set(NAMES) - {name for name, _ in tests}
    assert not missing, f"nobody tries {missing}"
    print(f"1..{len(tests)}")
    for number, (name, func) in enumerate(tests, 1):
        try:
            asyncio.run(func())
            print(f"ok {number} {name}")
        except Exception:
            failed += 1
            traceback.print_exc()
            print(f"not ok {number} {name}")
    return 1 if failed else 0


sys.exit(main())
