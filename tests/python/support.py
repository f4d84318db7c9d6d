# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the Python package share: a whole service and its client in one process, without a port."""

import asyncio
import faulthandler
import logging
import os
import unittest

import nexws
from _nexws.loop import running
from gi.repository import GLib
from nexws import Nx

faulthandler.dump_traceback_later(int(os.environ.get("NEXWS_TEST_TIMEOUT", "100")), exit=True)


def close_frame(code=None, reason=""):
    """A client's close frame, for send_raw: nothing waits for an answer."""
    payload = b"" if code is None else code.to_bytes(2, "big") + reason.encode()
    return GLib.Bytes.new(bytes([0x88, 0x80 | len(payload), 0, 0, 0, 0]) + payload)


# PyGObject's own loop instead of a guest, as a program chooses it.
if os.environ.get("NEXWS_TEST_LOOP") == "gi.events":
    from gi.events import GLibEventLoopPolicy

    asyncio.set_event_loop_policy(GLibEventLoopPolicy())

_context = GLib.MainContext.default()


def iterate(may_block):
    """As C does: where Python iterates, PyGObject keeps its loop from running."""
    return super(GLib.MainContext, _context).iteration(may_block)


class Case(unittest.TestCase):
    """Has an app, clients of it, and what was logged."""

    heeds_slowness = False

    def run(self, result=None):
        with running(lambda: None):
            super().run(result)

    def setUp(self):
        self.app = nexws.App()
        self.records = []
        self.handler = logging.Handler()
        self.handler.emit = self.note
        logging.getLogger("nexws").addHandler(self.handler)
        logging.getLogger("nexws").propagate = False

    def note(self, record):
        # A machine that has much else to do holds any handler up.
        if self.heeds_slowness or "held the loop" not in record.msg:
            self.records.append(record)

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
        while not condition():
            iterate(True)

    def settle(self):
        """Lets everything happen that can happen now."""
        for _ in range(20):
            while iterate(False):
                pass

    @property
    def logged(self):
        return "\n".join(logging.Formatter().format(record) for record in self.records)


def main():
    unittest.main(verbosity=2)
