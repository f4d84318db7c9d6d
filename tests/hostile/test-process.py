# SPDX-License-Identifier: LGPL-2.1-or-later
"""The process as a whole: its signals, its descriptors, and what it was handed at its start."""
import os
import resource
import signal
import socket
import struct
import subprocess
import tempfile
import time

from harness import SERVER, Client, Server, expect_end, main, read_to_end, reset, test, wait_for


# -- Signals --

@test
def drain_tells_everybody_40():
    with Server("drain-timeout=60000") as server:
        clients = [server.open() for _ in range(20)]
        half = server.connect()
        half.sendall(b"GET / HTTP/1.1\r\n")
        undecided = server.connect()
        undecided.sendall(b"GET /undecided HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        clients[0].echo()
        server.signal(signal.SIGTERM)
        for client in clients:
            client.expect_close(1001)
            client.send(struct.pack("!H", 1001), opcode=8)
            expect_end(client.sock)
            client.close()
        assert b" 503 " in read_to_end(undecided)
        undecided.close()
        expect_end(half)
        assert server.finish() == 0


@test
def second_sigterm_does_not_wait_40():
    with Server("drain-timeout=3600000", "close-timeout=3600000", "slow-policy=keep") as server:
        clients = [server.open() for _ in range(5)]
        full = server.open("/fill?n=1000")
        mute = server.connect()
        undecided = server.connect()
        undecided.sendall(b"GET /undecided HTTP/1.1\r\nHost: localhost\r\n")
        for client in clients:
            client.echo()
        server.signal(signal.SIGTERM)
        for client in clients:
            client.expect_close(1001)
        server.signal(signal.SIGTERM)
        assert server.finish() == 0
        for sock in [full.sock, mute, undecided]:
            expect_end(sock)


@test
def full_queue_still_gets_its_close_40():
    with Server("slow-policy=keep", "drain-timeout=60000") as server:
        full = server.open("/fill?n=400")
        server.signal(signal.SIGTERM)
        full.expect_close(1001)
        full.send(struct.pack("!H", 1001), opcode=8)
        full.close()
        assert server.finish() == 0


@test
def deadline_ends_a_drain_that_nobody_answers_40():
    with Server("drain-timeout=300") as server:
        silent = server.open()
        server.signal(signal.SIGTERM)
        silent.expect_close(1001)
        assert server.finish() == 0
        expect_end(silent.sock)


@test
def sigpipe_is_harmless_40():
    with Server() as server:
        for _ in range(20):
            leaver = server.open("/fill?n=8")
            reset(leaver.sock)
        plain = server.connect()
        plain.sendall(b"GET /http HTTP/1.1\r\nHost: localhost\r\n\r\n")
        reset(plain)
        server.signal(signal.SIGPIPE)
        server.open().echo()


@test
def stopped_for_a_while_35():
    with Server("ping-interval=300", "pong-timeout=1500") as server:
        clients = [server.open() for _ in range(300)]
        for client in clients:
            assert client.receive() == (9, b"")
        # All of them answer while the server cannot look, and it wakes up behind every deadline.
        server.signal(signal.SIGSTOP)
        time.sleep(2)
        for client in clients:
            client.send(b"", opcode=10)
        server.signal(signal.SIGCONT)
        for client in clients:
            client.send("hello")
            while client.receive() != (1, b"hello"):
                pass


# -- Descriptors --

def limit_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))


@test
def out_of_descriptors_31():
    with Server(awaited=["Cannot accept connections"], preexec_fn=limit_descriptors) as server:
        clients = []
        while server.n_descriptors() < 40:
            clients.append(server.connect())
            if len(clients) > 5:
                wait_for(lambda: server.n_descriptors() >= min(40, len(clients)), "nobody accepts")
        waiting = [server.connect() for _ in range(20)]
        before = server.cpu()
        time.sleep(2)
        assert server.cpu() - before < 0.2, server.cpu() - before
        for client in clients:
            client.close()
        for sock in waiting:
            server.open(sock=sock).echo()
            sock.close()
    assert server.said.count("Cannot accept connections") == 1, server.said


@test
def descriptors_come_back():
    with Server() as server:
        for n in range(100):
            client = server.open()
            if n % 2:
                reset(client.sock)
            else:
                client.send(struct.pack("!H", 1000), opcode=8)
                client.expect_close(1000)
                client.close()
        wait_for(lambda: server.n_connections() == 0, "descriptors do not come back")


# -- Activation --

class Activated(Server):
    """Gets a socket as systemd passes it."""

    def __init__(self, listener, *settings, **options):
        super().__init__(*settings, **options)
        self.listener = listener

        def pass_on():
            os.dup2(listener.fileno(), 3)
            os.set_inheritable(3, True)
            os.environ["LISTEN_PID"] = str(os.getpid())

        at = self.arguments.index("--address")
        del self.arguments[at:at + 4]
        # LISTEN_PID is known only in the child: a shell tells itself.
        self.arguments = ["/bin/sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh", *self.arguments]
        self.popen = {"preexec_fn": pass_on, "close_fds": False}


def listen():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


@test
def activation():
    with listen() as listener, Activated(listener) as server:
        assert server.port == listener.getsockname()[1]
        server.open().echo()
        with open(f"/proc/{server.pid}/fdinfo/3") as file:
            flags = [line.split()[1] for line in file if line.startswith("flags:")]
        assert int(flags[0], 8) & os.O_CLOEXEC, "children inherit the socket"


@test
def activated_socket_is_left_alone_at_the_end():
    with listen() as listener:
        with Activated(listener) as server:
            server.open().echo()
        with Activated(listener) as server:
            server.open().echo()


@test
def activation_with_tls():
    import ssl
    from harness import Certificate
    with tempfile.TemporaryDirectory() as folder, listen() as listener:
        certificate = Certificate(folder)
        with Activated(listener, tls=certificate) as server:
            sock = certificate.context().wrap_socket(server.connect(), server_hostname="localhost")
            server.open(sock=sock).echo()
            assert isinstance(sock, ssl.SSLSocket)


# -- Unix sockets --

def connect_unix(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(60)
    sock.connect(path)
    return sock


@test
def unix_socket():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        with Server(unix=path) as server:
            server.open(sock=connect_unix(path)).echo()
            client = server.open("/who", sock=connect_unix(path))
            assert client.receive() == (1, str(os.getpid()).encode())
            # A name that a browser could be brought to use does not matter here: browsers do not come this way.
            client = Client(connect_unix(path))
            client.sock.sendall(b"GET /http HTTP/1.1\r\nHost: anything.example\r\n\r\n")
            assert b" 200 " in read_to_end(client.sock)
        assert not os.path.exists(path)


@test
def stale_unix_socket():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(path)
        stale.close()
        with Server(unix=path) as server:
            server.open(sock=connect_unix(path)).echo()


@test
def unix_socket_in_use():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        with Server(unix=path) as server:
            second = subprocess.run([SERVER, "--unix", path], capture_output=True, timeout=60)
            assert second.returncode == 1 and b"Cannot listen" in second.stderr, second
            server.open(sock=connect_unix(path)).echo()


@test
def file_in_the_way_of_a_unix_socket():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "precious")
        with open(path, "w") as file:
            file.write("data")
        second = subprocess.run([SERVER, "--unix", path], capture_output=True, timeout=60)
        assert second.returncode == 1 and b"Cannot listen" in second.stderr, second
        with open(path) as file:
            assert file.read() == "data"


@test
def successor_keeps_its_unix_socket():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        with Server("drain-timeout=600000", unix=path) as first:
            os.rename(path, path + ".old")
            with Server(unix=path) as second:
                first.signal(signal.SIGTERM)
                assert first.finish() == 0
                second.open(sock=connect_unix(path)).echo()


main()
