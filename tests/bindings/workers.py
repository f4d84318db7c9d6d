# SPDX-License-Identifier: LGPL-2.1-or-later
"""workers.py COMMAND…: runs it with two workers, and sees that both serve, that one which is killed is replaced, and that all end."""

import os
import signal
import socket
import subprocess
import sys
import time

HANDSHAKE = (b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


def ask(port):
    """(process, number) of the worker that a new client comes to."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(HANDSHAKE)
        data = b""
        while True:
            head, _, frame = data.partition(b"\r\n\r\n")
            if len(frame) >= 2 and len(frame) >= 2 + frame[1]:
                break
            more = client.recv(4096)
            assert more, data
            data += more
        assert head.startswith(b"HTTP/1.1 101 "), head
        pid, number = frame[2:2 + frame[1]].split()
        return int(pid), int(number)


def find(port):
    """The processes by their numbers."""
    found = {}
    give_up = time.monotonic() + 40
    while time.monotonic() < give_up:
        pid, number = ask(port)
        found[number] = pid
        if len(found) == 2:
            return found
    raise SystemExit(f"only {found} serve")


server = subprocess.Popen(sys.argv[1:] + ["--address", "127.0.0.1", "--port", "0", "--workers", "2"],
                          stdout=subprocess.PIPE, text=True)
try:
    line = server.stdout.readline()
    assert line.startswith("nexws: listening on ws://127.0.0.1:"), line
    port = int(line.rsplit(":", 1)[1])
    before = find(port)
    assert set(before) == {1, 2} and server.pid not in before.values(), before
    os.kill(before[1], signal.SIGKILL)
    while os.path.exists(f"/proc/{before[1]}"):  # whom it takes until then goes down with it
        time.sleep(0.001)
    after = find(port)
    while after[1] == before[1]:
        after = find(port)
    assert after[2] == before[2], (before, after)
    server.send_signal(signal.SIGTERM)
    assert server.stdout.read() == ""
    assert server.wait(timeout=30) == 0
finally:
    server.kill()
print("ok")
