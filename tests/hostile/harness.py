# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the Python tests share: a server process that is looked at from outside, clients over raw sockets, and a runner."""
import contextlib
import os
import select
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time
import traceback

SERVER = os.environ.get("HOSTILE_SERVER", "")
SANITIZED = os.environ.get("SANITIZED") == "yes"
TIMEOUT = float(os.environ.get('HOSTILE_TIMEOUT', 60))
HANDSHAKE = ("GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n")
TESTS = []


def test(func):
    TESTS.append(func)
    return func


def main():
    """Runs the tests whose names hold the first argument, or all."""
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    tests = [one for one in TESTS if only in one.__name__]
    failed = 0
    print(f"1..{len(tests)}", flush=True)
    for number, func in enumerate(tests, 1):
        started = time.monotonic()
        try:
            func()
            print(f"ok {number} {func.__name__} # {time.monotonic() - started:.2f} s", flush=True)
        except Exception:
            failed += 1
            print(f"# after {time.monotonic() - started:.2f} s")
            traceback.print_exc()
            print(f"not ok {number} {func.__name__}", flush=True)
    sys.exit(1 if failed else 0)


class Server:
    """A process on a port of its own; at the end it has to leave in good order, with nothing said that was not awaited."""

    def __init__(self, *settings, tls=None, unix=None, arguments=(), env=None, awaited=(), **popen):
        self.arguments = [SERVER, *arguments]
        if unix is None:
            self.arguments += ["--address", "127.0.0.1", "--port", "0"]
        else:
            self.arguments += ["--unix", unix]
        # Clients that the end of a test leaves open do not answer a close.
        for setting in ("drain-timeout=200", *settings):
            self.arguments += ["--set", setting]
        if tls is not None:
            self.arguments += ["--tls-certificate", tls.certificate, "--tls-key", tls.key]
        self.env = dict(os.environ, **(env or {}))
        self.awaited = awaited
        self.popen = popen
        self.said = ""

    def __enter__(self):
        self.process = subprocess.Popen(self.arguments, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        **self.popen)
        self.pid = self.process.pid
        line = self.read_line()
        assert line.startswith("nexws: listening on "), (line, self.process.stderr.read().decode())
        self.url = line.split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1]) if "unix" not in self.url else None
        return self

    def read_line(self):
        assert select.select([self.process.stdout], [], [], TIMEOUT)[0], "the server says nothing"
        return self.process.stdout.readline().decode()

    def signal(self, number):
        self.process.send_signal(number)

    def finish(self):
        out, err = self.process.communicate(timeout=TIMEOUT)
        self.said = out.decode() + err.decode()
        return self.process.returncode

    def __exit__(self, kind, *_):
        if self.process.returncode is None:
            # In this order: at its exit the leak checker does not take a SIGCONT well.
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
            try:
                self.finish()
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise
        if kind is None:
            assert self.process.returncode == 0, (self.process.returncode, self.said)
            for line in self.said.splitlines():
                loud = any(word in line for word in ("WARNING", "CRITICAL", "ERROR"))
                assert not loud or any(text in line for text in self.awaited), line

    # -- Looking at it --

    def status(self, name):
        """A size from /proc/PID/status, in octets."""
        with open(f"/proc/{self.pid}/status") as file:
            for line in file:
                if line.startswith(name + ":"):
                    return int(line.split()[1]) * 1024
        raise KeyError(name)

    def memory(self):
        return self.status("VmRSS")

    def peak(self):
        return self.status("VmHWM")

    def forget_peak(self):
        with open(f"/proc/{self.pid}/clear_refs", "w") as file:
            file.write("5")

    def n_descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def n_connections(self):
        """Sockets beside the listening one."""
        folder = f"/proc/{self.pid}/fd/"
        n = -1
        for fd in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):
                n += os.readlink(folder + fd).startswith("socket:")
        return n

    def cpu(self):
        """Seconds of CPU so far."""
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # -- Talking to it --

    def connect(self, source="127.0.0.1"):
        sock = socket.socket()
        sock.settimeout(TIMEOUT)
        sock.bind((source, 0))
        sock.connect(("127.0.0.1", self.port))
        return sock

    def open(self, path="/echo", sock=None, more=""):
        client = Client(sock or self.connect())
        client.handshake(path, more)
        return client


def wait_for(condition, what):
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.005)


def read_to_end(sock):
    """What comes until the peer ends, which must not be a reset."""
    data = b""
    while chunk := sock.recv(65536):
        data += chunk
    return data


def expect_end(sock):
    with contextlib.suppress(ConnectionResetError):
        read_to_end(sock)


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def frame(opcode, payload=b"", fin=True, rsv1=False):
    first = bytes([(0x80 if fin else 0) | (0x40 if rsv1 else 0) | opcode])
    n = len(payload)
    if n < 126:
        length = bytes([0x80 | n])
    elif n < 65536:
        length = struct.pack("!BH", 0x80 | 126, n)
    else:
        length = struct.pack("!BQ", 0x80 | 127, n)
    return first + length + b"\0\0\0\0" + payload


class Client:
    """Frames by hand; the mask is zero."""

    def __init__(self, sock):
        self.sock = sock
        self.data = b""

    def handshake(self, path, more=""):
        self.sock.sendall(HANDSHAKE.format(path=path, more=more).encode())
        self.head = self.read_until(b"\r\n\r\n")
        self.status = int(self.head.split()[1])
        return self.status

    def read_until(self, mark):
        while mark not in self.data:
            self.more()
        head, self.data = self.data.split(mark, 1)
        return head

    def more(self):
        chunk = self.sock.recv(1 << 16)
        if not chunk:
            raise EOFError
        self.data += chunk

    def take(self, n):
        while len(self.data) < n:
            self.more()
        taken, self.data = self.data[:n], self.data[n:]
        return taken

    def receive(self):
        """A frame: its opcode and payload."""
        first, second = self.take(2)
        n = second
        if n == 126:
            n, = struct.unpack("!H", self.take(2))
        elif n == 127:
            n, = struct.unpack("!Q", self.take(8))
        return first & 0xf, self.take(n)

    def send(self, payload, opcode=None):
        self.sock.sendall(frame(opcode or (1 if isinstance(payload, str) else 2),
                                payload.encode() if isinstance(payload, str) else payload))

    def echo(self, text="hello"):
        started = time.monotonic()
        self.send(text)
        assert self.receive() == (1, text.encode())
        return time.monotonic() - started

    def expect_close(self, code):
        """Passes over what comes before the close frame."""
        while True:
            opcode, payload = self.receive()
            if opcode == 8:
                got, = struct.unpack("!H", payload[:2])
                assert got == code, got
                return payload[2:].decode()

    def close(self):
        self.sock.close()


class Certificate:
    """Made by openssl, for this run alone. Signed by @issuer, or by itself."""

    def __init__(self, folder, name="localhost", issuer=None):
        self.certificate = os.path.join(folder, name + ".pem")
        self.key = os.path.join(folder, name + ".key")
        request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                   "-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", self.key,
                   "-out", self.certificate]
        if issuer is not None:
            request += ["-CA", issuer.certificate, "-CAkey", issuer.key, "-addext", "basicConstraints=critical,CA:FALSE"]
        subprocess.run(request, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def context(self, client=None):
        context = ssl.create_default_context(cafile=self.certificate)
        if client is not None:
            context.load_cert_chain(client.certificate, client.key)
        return context
