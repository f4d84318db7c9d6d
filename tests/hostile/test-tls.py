# SPDX-License-Identifier: LGPL-2.1-or-later
"""TLS by those who do not mean it, by those who do not read, and by those who show a certificate."""
import ctypes
import os
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import time

from harness import Certificate, Client, Server, expect_end, main, read_to_end, reset, test, wait_for

FOLDER = tempfile.TemporaryDirectory()
CERTIFICATE = Certificate(FOLDER.name)


def wrap(server, certificate=CERTIFICATE, context=None, sock=None):
    context = context or certificate.context()
    return context.wrap_socket(sock or server.connect(), server_hostname="localhost")


def client_hello():
    """A whole one, and no more."""
    out = ssl.MemoryBIO()
    wrapped = CERTIFICATE.context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost")
    try:
        wrapped.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


@test
def both_versions():
    with Server(tls=CERTIFICATE) as server:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = CERTIFICATE.context()
            context.minimum_version = context.maximum_version = version
            client = server.open(sock=wrap(server, context=context))
            client.echo()
            # Longer than a record, than our buffer, and than what a socket holds.
            for size in (16384, 16385, 65536, 1 << 20):
                client.send(bytes(size))
                assert client.receive() == (2, bytes(size))
            client.send("bye")
            assert client.expect_close(4000) == "as you wish"
            client.send(struct.pack("!H", 4000), opcode=8)
            # A close_notify, not just the end of TCP, which Python would complain of.
            assert client.sock.recv(1) == b""


@test
def half_tls_29():
    hello = client_hello()
    with Server(tls=CERTIFICATE) as server:
        silent = []
        for i in range(300):
            sock = server.connect(source="127.0.0.2")
            if i % 2:
                sock.sendall(hello if i % 4 == 1 else hello[:100])
            silent.append(sock)
            if i % 30 == 0:
                started = time.monotonic()
                server.open(sock=wrap(server)).echo()
                assert time.monotonic() - started < 5
        with_all = time.monotonic()
        server.open(sock=wrap(server)).echo()
        assert time.monotonic() - with_all < 5


@test
def half_tls_is_cut_29():
    hello = client_hello()
    with Server("handshake-timeout=500", tls=CERTIFICATE) as server:
        silent = [server.connect() for _ in range(60)]
        for i, sock in enumerate(silent):
            sock.sendall([b"", hello[:50], hello][i % 3])
        for sock in silent:
            expect_end(sock)
        wait_for(lambda: server.n_connections() == 0, "descriptors do not come back")


@test
def slow_reader_28():
    with Server(tls=CERTIFICATE) as server:
        honest = server.open(sock=wrap(server))
        slow = server.open("/fill?n=400", sock=wrap(server))
        # While it does not read, and after it was given up, nobody else waits for it.
        for _ in range(100):
            assert honest.echo() < 2
        slow.expect_close(1013)
        slow.send(struct.pack("!H", 1013), opcode=8)
        assert slow.sock.recv(1) == b""


@test
def slow_reader_gets_everything_28():
    with Server("slow-policy=keep", tls=CERTIFICATE) as server:
        slow = server.open("/fill?n=400", sock=wrap(server))
        honest = server.open(sock=wrap(server))
        for _ in range(20):
            honest.echo()
        for _ in range(400):
            assert slow.receive() == (2, bytes(65536))
        slow.send(struct.pack("!H", 1000), opcode=8)
        slow.expect_close(1000)
        assert slow.sock.recv(1) == b""


@test
def half_close_while_we_write_28():
    with Server("slow-policy=keep", tls=CERTIFICATE) as server:
        slow = server.open("/fill?n=100", sock=wrap(server))
        slow.sock.sendall(bytes([0x88, 0x82, 0, 0, 0, 0]) + struct.pack("!H", 1000))
        socket.socket.shutdown(slow.sock, socket.SHUT_WR)
        slow.expect_close(1000)
        assert slow.sock.recv(1) == b""


@test
def http_on_the_tls_port_30():
    with Server("handshake-timeout=500", tls=CERTIFICATE) as server:
        for garbage in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01\xff\xff" + bytes(100),
                        b"\x16\x03\x01\x00\x05" + bytes(5), os.urandom(1000), b"\x80\x80\x01\x03\x01"):
            sock = server.connect()
            sock.sendall(garbage)
            expect_end(sock)
        server.open(sock=wrap(server)).echo()


@test
def tls_on_the_plain_port_30():
    with Server() as server:
        sock = server.connect()
        sock.sendall(client_hello())
        assert b" 400 " in read_to_end(sock)
        server.open().echo()


@test
def leaving_at_every_stage_30():
    hello = client_hello()
    with Server(tls=CERTIFICATE) as server:
        for leave in (reset, socket.socket.close):
            for n in (0, 1, 5, 6, len(hello) - 1, len(hello)):
                sock = server.connect()
                sock.sendall(hello[:n])
                leave(sock)
            sock = wrap(server)
            raw = socket.socket(fileno=sock.detach())
            leave(raw)
            client = server.open(sock=wrap(server))
            client.echo()
            # No close frame and no close_notify.
            leave(socket.socket(fileno=client.sock.detach()))
        wait_for(lambda: server.n_connections() == 0, "descriptors do not come back")
        server.open(sock=wrap(server)).echo()


@test
def key_update_flood_30():
    with Server(tls=CERTIFICATE) as server:
        attacker = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_3", "-CAfile", CERTIFICATE.certificate],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(200):
                attacker.stdin.write(b"K\n")
                attacker.stdin.flush()
                time.sleep(0.001)
        except BrokenPipeError:
            pass
        honest = server.open(sock=wrap(server))
        honest.echo()
        attacker.kill()
        attacker.communicate()
        assert server.cpu() < 5


class OpenSSL:
    """A client that can ask for new keys, which Python's own cannot."""

    lib = ctypes.CDLL("libssl.so.3")
    for name in ("TLS_client_method", "SSL_CTX_new", "SSL_new"):
        getattr(lib, name).restype = ctypes.c_void_p

    def __init__(self, sock):
        sock.settimeout(None)
        self.sock = sock
        method = ctypes.c_void_p(self.lib.TLS_client_method())
        self.context = ctypes.c_void_p(self.lib.SSL_CTX_new(method))
        self.ssl = ctypes.c_void_p(self.lib.SSL_new(self.context))
        self.lib.SSL_set_fd(self.ssl, sock.fileno())
        assert self.lib.SSL_connect(self.ssl) == 1

    def sendall(self, data):
        assert self.lib.SSL_write(self.ssl, data, len(data)) == len(data)

    def recv(self, n):
        data = ctypes.create_string_buffer(n)
        n = self.lib.SSL_read(self.ssl, data, n)
        return data.raw[:max(n, 0)]

    def ask_for_new_keys(self):
        assert self.lib.SSL_key_update(self.ssl, 1) == 1
        assert self.lib.SSL_do_handshake(self.ssl) == 1


@test
def key_updates_while_output_waits_30():
    with Server("slow-policy=keep", tls=CERTIFICATE) as server:
        sock = server.connect()
        client = server.open("/fill?n=400", sock=OpenSSL(sock))
        # Behind what one socket holds: the rest waits in the server.
        wait_for(lambda: select.select([sock], [], [], 0)[0], "nothing comes")
        for _ in range(3):
            client.sock.ask_for_new_keys()
            server.open(sock=wrap(server)).echo()
        for _ in range(400):
            assert client.receive() == (2, bytes(65536))


@test
def garbage_inside_30():
    with Server(tls=CERTIFICATE) as server:
        for garbage in (b"\x17\x03\x03\x00\x20" + bytes(32), b"\x17\x03\x03\xff\xff", b"GET / HTTP/1.1\r\n\r\n"):
            client = server.open(sock=wrap(server))
            client.echo()
            raw = socket.socket(fileno=client.sock.detach())
            raw.settimeout(60)
            raw.sendall(garbage)
            expect_end(raw)
        server.open(sock=wrap(server)).echo()


# -- Who is who --

def refused(server, context):
    """TLS 1.3 tells the client after its own handshake: at the first read."""
    try:
        client = server.open(sock=wrap(server, context=context))
    except (ssl.SSLError, ConnectionError, EOFError):
        return True
    raise AssertionError(f"let in: {client.head}")


def subject(server, context):
    return server.open("/who", sock=wrap(server, context=context)).receive()[1].decode()


@test
def client_certificates():
    with tempfile.TemporaryDirectory() as folder:
        ours = Certificate(folder, "authority")
        friend = Certificate(folder, "friend", issuer=ours)
        stranger = Certificate(folder, "stranger")
        for mode in ("required", "requested"):
            env = {"CLIENT_CA": ours.certificate, "CLIENT_AUTH": mode}
            with Server(tls=CERTIFICATE, env=env) as server:
                for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                    contexts = [CERTIFICATE.context(client=one) for one in (None, friend, stranger)]
                    for context in contexts:
                        context.minimum_version = context.maximum_version = version
                    nobody, friendly, strange = contexts
                    if mode == "required":
                        refused(server, nobody)
                    else:
                        assert subject(server, nobody) == "nobody"
                    assert subject(server, friendly) == "CN=friend"
                    refused(server, strange)


@test
def certificate_replaced_while_running_40():
    with tempfile.TemporaryDirectory() as folder:
        old, new = Certificate(folder, "old"), Certificate(folder, "new")
        shown = [os.path.join(folder, name) for name in ("shown.pem", "shown.key")]

        def show(certificate):
            shutil.copy(certificate.certificate, shown[0])
            shutil.copy(certificate.key, shown[1])

        show(old)
        env = {"TLS_CERTIFICATE": shown[0], "TLS_KEY": shown[1]}
        with Server(tls=old, env=env) as server:
            early = server.open(sock=wrap(server, old))
            show(new)
            server.signal(signal.SIGHUP)
            assert server.read_line() == "reloaded: good\n"
            server.open(sock=wrap(server, new)).echo()
            early.echo()

            with open(shown[0], "w") as file:
                file.write("no certificate")
            server.signal(signal.SIGHUP)
            assert server.read_line() == "reloaded: bad\n"
            server.open(sock=wrap(server, new)).echo()
            early.echo()


@test
def certificate_taken_away_40():
    env = {"TLS_CERTIFICATE": CERTIFICATE.certificate, "TLS_KEY": CERTIFICATE.key}
    with Server(tls=CERTIFICATE, env=env, awaited=["certificate is left as it was"]) as server:
        server.signal(signal.SIGUSR1)
        assert server.read_line() == "taken away\n"
        server.open(sock=wrap(server)).echo()
    assert server.said.count("certificate is left as it was") == 1


main()
