# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the Python package share: a whole service and its client in one process, without a port."""

import faulthandler
import logging
import os
import unittest

import nexws
from gi.repository import GLib
from nexws import Nx

faulthandler.dump_traceback_later(int(os.environ.get("NEXWS_TEST_TIMEOUT", "100")), exit=True)


def close_frame(code=None, reason=""):
    """A client's close frame, for send_raw: nothing waits for an answer."""
    payload = b"" if code is None else code.to_bytes(2, "big") + reason.encode()
    return GLib.Bytes.new(bytes([0x88, 0x80 | len(payload), 0, 0, 0, 0]) + payload)


class Case(unittest.TestCase):
    """Has an app, clients of it, and what was logged."""

    def setUp(self):
        self.app = nexws.App()
        self.records = []
        self.handler = logging.Handler()
        self.handler.emit = self.records.append
        logging.getLogger("nexws").addHandler(self.handler)
        logging.getLogger("nexws").propagate = False

    def tearDown(self):
        logging.getLogger("nexws").removeHandler(self.handler)

    def open(self, path="/", **headers):
        client = Nx.TestClient.new(self.app)
        for name, value in headers.items():
            client.set_header(name.replace("_", "-"), value)
        client.open(path)
        return client

    def wait(self, condition):
        """Iterates the main loop until it holds."""
        context = GLib.MainContext.default()
        while not condition():
            context.iteration(True)

    def settle(self):
        """Lets everything happen that can happen now."""
        context = GLib.MainContext.default()
        for _ in range(20):
            while context.iteration(False):
                pass

    @property
    def logged(self):
        return "\n".join(logging.Formatter().format(record) for record in self.records)


def main():
    unittest.main(verbosity=2)
