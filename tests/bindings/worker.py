# SPDX-License-Identifier: LGPL-2.1-or-later
"""A service that tells each client which process it has come to."""

import os
import sys

import gi

gi.require_version("Nx", "1")
from gi.repository import Nx  # noqa: E402


def endpoint(ws, *rest):
    ws.accept()
    ws.send_text(f"{os.getpid()} {app.props.worker_number}")


app = Nx.App.new()
app.add_route("/", endpoint)
sys.exit(app.run(sys.argv))
