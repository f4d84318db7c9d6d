# SPDX-License-Identifier: LGPL-2.1-or-later
"""asking.py COMMAND…: runs it with two workers over a Redis, and sees that a question to a group is answered by the members of both.

Whoever connects is told `{"worker": N, "id": ID}`, and what comes of `ask`: `{"answers": {ID: V, …}, "missing": [], "complete": true}`."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HANDSHAKE = (b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
DEADLINE = 40


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)
        self.socket.sendall(HANDSHAKE)
        self.input = self.socket.makefile("rb")
        while self.input.readline() != b"\r\n":
            pass
        told = self.receive()
        self.worker, self.id = told["worker"], told["id"]

    def receive(self):
        head = self.input.read(2)
        size = head[1]
        if size == 126:
            size = int.from_bytes(self.input.read(2), "big")
        payload = self.input.read(size)
        if head[0] == 0x89:  # a ping
            return self.receive()
        assert head[0] == 0x81, head
        return json.loads(payload)

    def send(self, value):
        data = json.dumps(value).encode()
        assert len(data) < 126
        self.socket.sendall(bytes([0x81, 0x80 | len(data), 0, 0, 0, 0]) + data)

    def answer(self, value):
        """What comes in front of the question is not for us."""
        while True:
            question = self.receive()
            if "ask" in question.get("nx", {}):
                break
        assert question["vote"] == "?", question
        self.send({"nx": {"answer": question["nx"]["ask"]}, "v": value})

    def close(self):
        self.input.close()
        self.socket.close()


def find(port):
    """A client at each worker."""
    found, give_up = {}, time.monotonic() + DEADLINE
    while len(found) < 2:
        assert time.monotonic() < give_up, found
        client = Client(port)
        if client.worker in found:
            client.close()
        else:
            found[client.worker] = client
    return found[1], found[2]


def wait_for_other(one, two):
    """Until a worker hears the other, what is asked does not get there."""
    for speaker, listener in (one, two), (two, one):
        listener.socket.settimeout(0.1)
        while True:
            speaker.send({"say": speaker.worker})
            try:
                while listener.receive() != {"said": speaker.worker}:
                    pass
                break
            except TimeoutError:
                # What was read of a message by then is lost with it, but none is so long that it comes in two.
                listener.input = listener.socket.makefile("rb")
        listener.socket.settimeout(DEADLINE)
        listener.input = listener.socket.makefile("rb")


if shutil.which("redis-server") is None:
    print("there is no redis-server")
    sys.exit(77)
folder = tempfile.mkdtemp(prefix="nexws-redis-")
path = os.path.join(folder, "s")
redis = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "redis-server", "--port", "0", "--unixsocket", path, "--dir", folder, "--save", ""],
                         stdout=subprocess.PIPE, text=True)
server = None
try:
    while "ready to accept connections" not in redis.stdout.readline().lower():
        assert redis.poll() is None
    server = subprocess.Popen(sys.argv[1:] + ["--address", "127.0.0.1", "--port", "0", "--workers", "2",
                                              "--backplane", f"redis+unix://{path}"],
                              stdout=subprocess.PIPE, text=True)
    line = server.stdout.readline()
    assert line.startswith("nexws: listening on ws://127.0.0.1:"), line
    one, two = find(int(line.rsplit(":", 1)[1]))
    wait_for_other(one, two)
    one.send({"ask": 1})
    one.answer(1)
    two.answer(2)
    came = one.receive()
    while "answers" not in came:
        came = one.receive()
    assert came == {"answers": {one.id: 1, two.id: 2}, "missing": [], "complete": True}, came
    one.close()
    two.close()
    server.send_signal(signal.SIGTERM)
    assert server.wait(timeout=DEADLINE) == 0
finally:
    for process in filter(None, (server, redis)):
        process.kill()
        process.wait()
    shutil.rmtree(folder)
print("ok")
