# SPDX-License-Identifier: LGPL-2.1-or-later
"""A backplane that is written in Python, as somebody would who has NATS or PostgreSQL at hand."""

import gi

gi.require_version("Nx", "1")
from gi.repository import GLib, Nx  # noqa: E402


class Backplane(Nx.Backplane):
    def __init__(self):
        super().__init__()
        self.calls = []

    def do_start(self):
        self.calls.append("start")
        self.set_state(Nx.BackplaneState.CONNECTED)

    def do_stop(self):
        self.calls.append("stop")


app = Nx.App.new()
backplane = Backplane()
states = []
backplane.connect("notify::state", lambda b, _: states.append(b.get_state()))
app.props.backplane = backplane
assert backplane.calls == ["start"], backplane.calls
assert states == [Nx.BackplaneState.CONNECTED], states
assert len(backplane.get_node()) == 16, backplane.get_node()
assert backplane.props.max_waiting == 1024
assert backplane.props.n_published == 0

# What did not come from one of ours, or is not waited for, is no reason to fall.
backplane.received("lobby", None, GLib.Bytes.new(b"nonsense"))
backplane.received("lobby", "1", GLib.Bytes.new(b""))
backplane.published(42, "1")
backplane.delivered(42, 3)
backplane.failed(42, GLib.Error.new_literal(GLib.quark_from_string("x"), "y", 1))
backplane.subscribed("lobby", None)
backplane.gap("lobby")
backplane.presence("lobby", "me", None)
backplane.fetched(42, [Nx.BackplaneEntry.new("1", GLib.Bytes.new(b"a"))], False)
entry = Nx.BackplaneEntry.new("7", GLib.Bytes.new(b"a"))
assert entry.get_id() == "7" and entry.get_envelope().get_data() == b"a"

backplane.set_state(Nx.BackplaneState.LOST)
assert app.props.backplane.get_state() == Nx.BackplaneState.LOST
app.props.backplane = None
assert backplane.calls == ["start", "stop"], backplane.calls
assert backplane.get_state() == Nx.BackplaneState.CONNECTING

try:
    Nx.RedisBackplane.new("redis://:secret@host/x")
    raise SystemExit("that URI was taken")
except GLib.Error as error:
    assert error.domain == "nx-error-quark", error.domain
    assert "secret" not in error.message, error.message
print("ok")
