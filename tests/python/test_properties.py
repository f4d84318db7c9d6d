# SPDX-License-Identifier: LGPL-2.1-or-later
"""GObject's properties as attributes."""

import pydoc

import support
from nexws import App, Controller, Nx, RpcController


class Board(Controller):
    def on_receive(self, websocket, message):
        websocket.user = "ada"
        websocket.send_text(f"{websocket.user} {websocket.status} {websocket.buffered_amount} {websocket.origin} {self.encoding.value_nick}")


class Properties(support.Case):
    def test_reading_and_writing(self):
        app = App(max_message_size=10)
        self.assertEqual(app.max_message_size, 10)
        app.max_message_size = 20
        self.assertEqual(app.props.max_message_size, 20)
        app.allowed_origins = ["https://example.org"]
        self.assertEqual(app.allowed_origins, ["https://example.org"])
        with self.assertRaises(TypeError):
            app.ping_interval = "soon"

    def test_of_a_route(self):
        route = self.app.add_route("/a/{b}", lambda websocket: None)
        self.assertEqual((route.pattern, route.name), ("/a/{b}", None))
        route.name = "a"
        self.assertEqual(self.app.url_for("a", {"b": "c"}), "/a/c")
        route.max_message_size = 5
        self.assertEqual(route.props.max_message_size, 5)

    def test_of_a_controller(self):
        board = Board(encoding=Nx.Encoding.TEXT)
        self.assertEqual(board.encoding, Nx.Encoding.TEXT)
        board.encoding = Nx.Encoding.JSON
        self.assertEqual(board.props.encoding, Nx.Encoding.JSON)
        api = type("Api", (RpcController,), {})()
        api.call_timeout = 7
        self.assertEqual(api.props.call_timeout, 7)

    def test_what_is_only_read_may_be_hidden(self):
        self.app.add_controller("/", Board(encoding=Nx.Encoding.TEXT))
        client = self.open()
        client.send_text("")
        self.assertEqual(client.receive_text(), "ada 101 0 None text")

    def test_what_has_the_name_keeps_it(self):
        for cls, name in ((Nx.App, "listen"), (Nx.WebSocket, "client"), (Nx.WebSocket, "headers"), (Nx.Router, "mount"), (Nx.Message, "text")):
            self.assertFalse(isinstance(vars(cls).get(name), type(vars(Nx.WebSocket)["status"])), name)
        self.assertIn("guint64", vars(Nx.App)["max_message_size"].__doc__)

    def test_what_help_says(self):
        text = pydoc.plain(pydoc.render_doc(Nx.WebSocket))
        for part in "from its handshake to its end", "send_text(self, text)", "Queues a text message", "buffered_amount", "How many octets":
            self.assertIn(part, text)
        self.assertIn("Handles the connections of a route", pydoc.plain(pydoc.render_doc(Nx.Controller)))
        self.assertIsNone(Board.__doc__)

    def test_slips_are_told(self):
        """Or a limit would be none."""
        route = self.app.add_route("/", lambda websocket: None)
        for owner, name, meant in (
            (self.app, "max_mesage_size", "App.max_mesage_size sets nothing: is max_message_size meant?"),
            (self.app, "max_connection", "max_connections"),
            (route, "ping_intervall", "Route.ping_intervall sets nothing: is ping_interval meant?"),
            (self.app.group("a"), "histroy_size", "history_size"),
        ):
            self.records.clear()
            setattr(owner, name, 5)
            self.assertIn(meant, self.logged)
            self.assertEqual(getattr(owner, name), 5)

    def test_what_is_ones_own_is_not(self):
        self.app.state = self.app.database = self.app.messages = self.app._max_mesage_size = 1
        self.app.max_message_size = 5
        self.assertEqual(self.logged, "")


support.main()
