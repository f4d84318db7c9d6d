# SPDX-License-Identifier: LGPL-2.1-or-later
"""run.py CLIENT…: starts the servers, and then a client that we did not write, which finds them in its environment.

PLAIN, UNIX, TLS: the echo, with compression and takeover of its context; BARE: without takeover; MORE: tests/interop/server.c.
CERTIFICATE: whom to trust.
"""
import os
import signal
import subprocess
import sys
import tempfile

ECHO, MORE = os.environ["ECHO"], os.environ["MORE_SERVER"]
OPTIONS = ["--set", "max-message-size=33554432", "--set", "compression=true", "--set", "drain-timeout=500"]
TAKEOVER = ["--set", "compression-context-takeover=true"]


class Server:
    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def url(self):
        line = self.process.stdout.readline().decode()
        assert line.startswith("nexws: listening on "), line
        return line.split()[-1]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=60)
        sys.stderr.write(err.decode())
        return self.process.returncode == 0 and b"CRITICAL" not in err and b"WARNING" not in err


def make_certificate(folder):
    paths = [os.path.join(folder, name) for name in ("certificate.pem", "key.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", paths[0],
                    "-keyout", paths[1]], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return paths


def main():
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = make_certificate(folder)
        path = os.path.join(folder, "socket")
        tcp = ["--address", "127.0.0.1", "--port", "0"]
        plain = Server(ECHO, *tcp, "--unix", path, *OPTIONS, *TAKEOVER)
        tls = Server(ECHO, *tcp, "--tls-certificate", certificate, "--tls-key", key, *OPTIONS, *TAKEOVER)
        bare = Server(ECHO, *tcp, *OPTIONS)
        more = Server(MORE, *tcp)
        urls = [plain.url(), plain.url()]
        env = dict(os.environ, CERTIFICATE=certificate, UNIX=path, TLS=tls.url(), BARE=bare.url(), MORE=more.url(),
                   PLAIN=next(url for url in urls if url.startswith("ws://")))
        status = subprocess.run(sys.argv[1:], env=env).returncode
        good = [server.end() for server in (plain, tls, bare, more)]
    return status or not all(good)


sys.exit(main())
