# SPDX-License-Identifier: LGPL-2.1-or-later
"""Groups from Python, without overrides."""
import unittest

import gi

gi.require_version("Nx", "1")
gi.require_version("Json", "1.0")
from gi.repository import GLib, Json, Nx  # noqa: E402


class GroupsTest(unittest.TestCase):
    def setUp(self):
        self.app = Nx.App()
        self.websockets = []
        self.app.add_route("/", self.accept)
        self.clients = [Nx.TestClient(app=self.app) for _ in range(2)]
        for client in self.clients:
            client.open("/")
        self.group = self.app.dup_group("lobby")

    def accept(self, ws):
        ws.accept()
        self.websockets.append(ws)

    def hear(self):
        return [client.receive_text() for client in self.clients]

    def test_sending(self):
        joined = []
        self.group.connect("joined", lambda group, ws: joined.append(ws.get_id()))
        for ws in self.websockets:
            self.assertTrue(self.group.add(ws))
        self.assertEqual(joined, [ws.get_id() for ws in self.websockets])
        self.assertEqual([ws.get_id() for ws in self.group.props.members], joined)
        self.group.send_text("all", None)
        self.assertEqual(self.hear(), ["all", "all"])
        message = Nx.Message.new_text_from_bytes(GLib.Bytes.new(b"some"))
        self.group.send_filtered(message, lambda group, ws: ws == self.websockets[1])
        self.app.send_to_groups(["lobby", "nowhere"], message, self.websockets[1])
        self.assertEqual(self.hear(), ["some", "some"])
        self.assertEqual(self.websockets[0].get_groups(), [self.group])

    def test_history_and_presence(self):
        self.group.props.history_size = 5
        self.group.send_json(Json.from_string('{"n": 1}'), None)
        self.assertTrue(self.group.add_after(self.websockets[0], None))
        last = self.group.dup_last_id()
        self.assertEqual(self.clients[0].receive_text(), '{"n":1,"nx":{"group":"lobby","id":"%s"}}' % last)
        changes = []
        self.group.connect("presence-changed", lambda group, key, meta: changes.append((key, meta and Json.to_string(meta, False))))
        self.group.set_presence(self.websockets[0], "ada", Json.from_string("[1]"))
        self.assertEqual(Json.to_string(self.group.dup_presence(), False), '{"ada":[1]}')
        self.group.remove(self.websockets[0])
        self.assertEqual(changes, [("ada", "[1]"), ("ada", None)])

    def test_asking(self):
        for ws in self.websockets:
            self.group.add(ws)
        loop, got = GLib.MainLoop(), []

        def done(group, result):
            got.append(group.ask_finish(result))
            loop.quit()

        self.group.ask_async(Nx.Message.new_text_from_bytes(GLib.Bytes.new(b"?")), 10000, None, None, done)
        for client, question in zip(self.clients, self.hear()):
            number = Json.from_string(question).get_object().get_object_member("nx").get_string_member("ask")
            client.send_text('{"nx":{"answer":"%s"}}' % number)
        GLib.timeout_add_seconds(40, loop.quit)
        loop.run()
        answers, missing = got[0]
        self.assertEqual(sorted(answers), sorted(ws.get_id() for ws in self.websockets))
        self.assertEqual(missing, [])


unittest.main()
