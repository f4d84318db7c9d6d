# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many at once, and much at once: what it costs the server, and what the others notice."""
import resource
import struct
import zlib

from harness import SANITIZED, Server, expect_end, frame, main, test, wait_for

MIB = 1 << 20
# A sanitizer keeps what was freed, and its shadow: sizes of memory say nothing there.
ROOM = 1 << 40 if SANITIZED else MIB


def raise_descriptor_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@test
def silent_tcp_01():
    n = min(5000, raise_descriptor_limit() // 2 - 200)
    with Server("max-pending-handshakes=500", "handshake-timeout=60000") as server:
        honest = server.open()
        memory = server.memory()
        silent = []
        for i in range(n):
            silent.append(server.connect())
            if i % 100 == 0:
                honest.echo()
                server.open().echo()
        wait_for(lambda: server.n_connections() <= 1 + 500 + n // 100 + 1, "all of them are kept")
        assert server.memory() - memory < 8 * ROOM, server.memory() - memory
        for sock in silent:
            sock.close()
        wait_for(lambda: server.n_connections() <= 1 + n // 100 + 1, "descriptors do not come back")


@test
def silent_until_the_deadline_01():
    with Server("handshake-timeout=300") as server:
        for sock in [server.connect() for _ in range(200)]:
            expect_end(sock)


@test
def huge_headers_03():
    with Server("max-pending-handshakes=50") as server:
        memory = server.memory()
        attackers = []
        for _ in range(1000):
            sock = server.connect()
            sock.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 16000)
            attackers.append(sock)
        server.open().echo()
        assert server.memory() - memory < 8 * ROOM, server.memory() - memory


@test
def upload_with_the_upgrade_06():
    with Server() as server:
        sock = server.connect()
        memory = server.memory()
        sock.sendall(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                     b"Content-Length: 209715200\r\n\r\n")
        chunk = bytes(MIB)
        try:
            for _ in range(200):
                sock.sendall(chunk)
        except OSError:
            pass
        assert server.memory() - memory < 8 * ROOM, server.memory() - memory
        server.open().echo()


@test
def declared_lengths_17():
    with Server() as server:
        clients = [server.open() for _ in range(300)]
        data = server.status("VmData")
        for client in clients:
            client.sock.sendall(frame(2, bytes(MIB))[:20])
        clients[0].sock.sendall(bytes(MIB - 6))
        assert clients[0].receive() == (2, bytes(MIB))
        assert server.status("VmData") - data < 60 * ROOM, server.status("VmData") - data


@test
def fragments_for_ever_19():
    with Server("max-fragments=4294967295") as server:
        memory = server.memory()
        client = server.open()
        client.sock.sendall(frame(2, b"", fin=False))
        chunk = frame(0, b"", fin=False) * 10000
        for _ in range(100):
            client.sock.sendall(chunk)
        assert server.memory() - memory < 8 * ROOM, server.memory() - memory
        client.sock.sendall(frame(0, b"end"))
        assert client.receive() == (2, b"end")


def deflated(size):
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    data = b"".join(packer.compress(bytes(16 * MIB)) for _ in range(size // (16 * MIB)))
    return (data + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


@test
def inflation_bomb_22():
    # Small enough not to be refused for its own size.
    bomb = deflated(256 * MIB)
    assert len(bomb) < MIB
    with Server("compression=true") as server:
        server.open().echo()
        server.forget_peak()
        memory = server.memory()
        for payloads in [[bomb], [bomb[:1000], bomb[1000:]]]:
            client = server.open(more="Sec-WebSocket-Extensions: permessage-deflate\r\n")
            for i, payload in enumerate(payloads):
                client.sock.sendall(frame(0 if i else 2, payload, fin=i == len(payloads) - 1, rsv1=i == 0))
            client.expect_close(1009)
        assert server.peak() - memory < 8 * ROOM, server.peak() - memory
        server.open().echo()


@test
def slow_readers_27():
    with Server("close-timeout=60000") as server:
        slow = [server.open("/lobby") for _ in range(10)]
        talker = server.open("/lobby")
        memory = server.memory()
        payload = bytes(64 * 1024)
        for _ in range(500):
            talker.send(payload)
            assert talker.receive() == (2, payload)
        assert server.memory() - memory < 40 * ROOM, server.memory() - memory
        for client in slow:
            client.expect_close(1013)


@test
def control_flood_21():
    with Server() as server:
        client = server.open()
        pings = frame(9, b"x") * 1000
        client.sock.sendall(pings)
        client.expect_close(1008)


@test
def many_leave_at_once():
    with Server() as server:
        clients = [server.open("/lobby") for _ in range(300)]
        talker = server.open("/lobby")
        for client in clients[::2]:
            client.close()
        for client in clients[1::2]:
            client.send(struct.pack("!H", 1000), opcode=8)
            client.close()
        talker.echo()
        wait_for(lambda: server.n_connections() == 1, "descriptors do not come back")


main()
