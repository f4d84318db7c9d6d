# SPDX-License-Identifier: LGPL-2.1-or-later
"""Groups: members, sending, questions, presence; and the same under Nexios' names."""

import asyncio
import gc
import os
import threading
import unittest.mock
import uuid
import weakref

import nexws
import support
from _nexws.message import message_from_text
from nexws import Channel, ChannelBox, Controller, InvalidArgumentError, InvalidStateError, NexwsTimeoutError, WebSocketDisconnect


class Groups(support.Case):
    def setUp(self):
        super().setUp()
        self.sockets = []

        @self.app.websocket_route("/{group}")
        async def handler(websocket):
            self.sockets.append(websocket)
            await websocket.accept()
            self.app.group(websocket.path_params["group"]).add(websocket)

    def test_members(self):
        group = self.app.group("a")
        self.assertTrue(group)
        self.assertEqual((group.name, len(group), list(group)), ("a", 0, []))
        one, two = self.open("/a"), self.open("/a")
        self.open("/b")
        self.assertEqual(len(group), 2)
        self.assertEqual(list(group), self.sockets[:2])
        self.assertEqual(group.members, self.sockets[:2])
        self.assertIn(self.sockets[0], group)
        self.assertNotIn(self.sockets[2], group)
        self.assertNotIn("x", group)
        self.assertEqual(self.sockets[0].groups, [group])
        self.assertFalse(group.add(self.sockets[0]))
        self.assertTrue(group.add(self.sockets[2]))
        self.assertTrue(group.remove(self.sockets[2]))
        self.assertFalse(group.remove(self.sockets[2]))
        one.close(1000, None)
        self.assertEqual(list(group), [self.sockets[1]])
        two.close(1000, None)
        with self.assertRaises(WebSocketDisconnect):
            group.add(self.sockets[0])

    def test_looping_while_they_leave(self):
        self.open("/a"), self.open("/a"), self.open("/a")
        group = self.app.group("a")
        seen = []
        for ws in group:
            seen.append(ws)
            for other in group.members:
                group.remove(other)
        self.assertEqual(len(seen), 3)
        seen.clear()

        async def loop():
            for ws in self.sockets:
                group.add(ws)
            async for ws in group:
                seen.append(ws)
                group.remove(self.sockets[1])

        nexws.run(loop())
        self.assertEqual(len(seen), 2)

    def test_sending(self):
        one, two = self.open("/a"), self.open("/a")
        group = self.app.group("a")
        group.send_text("te\0xt")
        group.send_bytes(b"\0\1")
        group.send_json({"ü": [1, None]})
        group.send(memoryview(b"x"))
        group.send("s")
        group.send([1])
        group.send_volatile({"typing": True})
        group.send_text("not for the first", excluding=self.sockets[0])
        group.send_json("only for the second", filter=lambda ws: ws is self.sockets[1])
        group.send("nobody's", excluding=self.sockets[1], filter=lambda ws: ws is self.sockets[1])
        group.send_message(message_from_text("end"))
        common = ["te\0xt", b"\0\1", '{"ü":[1,null]}', b"x", "s", "[1]", '{"typing":true}']
        for client, more in ((one, []), (two, ["not for the first", '"only for the second"'])):
            for wanted in [*common, *more, "end"]:
                message = client.receive()
                self.assertEqual(message.text if message.is_text else message.data, wanted)

    def test_sending_is_awaitable(self):
        client = self.open("/a")

        async def main():
            self.assertIsNone(await self.app.group("a").send_text("x"))
            self.assertIsNone(await self.app.send_to_groups(["a", "none"], {"n": 1}))

        nexws.run(main())
        self.assertEqual(client.receive_text(), "x")
        self.assertEqual(client.receive_json(), {"n": 1})
        with self.assertRaises(TypeError):
            self.app.send_to_groups("a", "x")

    def test_one_by_id(self):
        client = self.open("/a")
        self.assertTrue(self.app.send_to(self.sockets[0].id, {"for": "you"}))
        self.assertEqual(client.receive_json(), {"for": "you"})
        self.assertFalse(self.app.send_to("nobody", "x"))

    def test_several_groups_once(self):
        client = self.open("/a")
        self.app.group("b").add(self.sockets[0])
        self.app.send_to_groups(["a", "b"], "once")
        self.app.group("b").send("end")
        self.assertEqual(client.receive_text(), "once")
        self.assertEqual(client.receive_text(), "end")

    def test_a_filter_that_raises(self):
        one, two = self.open("/a"), self.open("/a")

        def choose(ws):
            if ws is self.sockets[0]:
                raise KeyError("lost")
            return True

        group = self.app.group("a")
        with self.assertRaisesRegex(KeyError, "lost"):
            group.send("x", filter=choose)
        group.send("end")
        self.assertEqual(one.receive_text(), "end")
        self.assertEqual(two.receive_text(), "x")

    def test_wrong_arguments(self):
        self.open("/a")
        group = self.app.group("a")
        for call in (
            lambda: group.send_text(b"x"),
            lambda: group.send_bytes("x"),
            lambda: group.send_bytes(5),
            lambda: group.send_json(object()),
            lambda: group.send_message("x"),
            lambda: group.send_text("x", excluding="me"),
            lambda: group.add("me"),
            lambda: self.app.group(5),
        ):
            with self.assertRaises(TypeError):
                call()
        for name in ("x" * 300, ""):
            with self.assertRaises(InvalidArgumentError):
                self.app.group(name)

    def test_another_thread(self):
        self.open("/a")
        group = self.app.group("a")
        raised = []

        def other():
            for call in (lambda: group.send("x"), lambda: group.add(self.sockets[0]), lambda: self.app.group("a")):
                try:
                    call()
                except RuntimeError as error:
                    raised.append(str(error))

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        self.assertEqual(len(raised), 3)
        self.assertIn("another thread", raised[0])

    def test_history(self):
        group = self.app.group("a", history_size=2)
        self.assertEqual(group.props.history_size, 2)
        client = self.open("/a")

        async def main():
            group.send("ignored")
            return [await group.send({"n": n}) for n in range(2)]

        ids = nexws.run(main())
        self.assertEqual(ids[1], group.last_id)
        self.assertLess(ids[0], ids[1])
        self.assertEqual(client.receive_json()["text"], "ignored")
        self.assertEqual([client.receive_json()["nx"]["id"] for _ in ids], ids)
        late = self.open("/b")
        group.add_after(self.sockets[1], ids[0])
        self.assertEqual(late.receive_json()["nx"]["id"], ids[1])
        with self.assertRaises(InvalidStateError):
            group.add_after(self.sockets[1])

    def test_asking(self):
        one, two = self.open("/a"), self.open("/a")
        self.open("/a")
        group = self.app.group("a")

        async def main():
            asked = asyncio.ensure_future(group.ask({"vote": "?"}, timeout=0.2, excluding=self.sockets[2]))
            question = await one.receive_json()
            await one.send_json({"nx": {"answer": question["nx"]["ask"]}, "vote": "yes"})
            return await asked

        answers = nexws.run(main())
        gc.collect()
        self.assertEqual({key: value.json()["vote"] for key, value in answers.items()}, {self.sockets[0].id: "yes"})
        self.assertEqual(answers.missing, [self.sockets[1].id])
        self.assertTrue(answers.complete)
        self.assertEqual(two.receive_json()["vote"], "?")

    def test_asking_one(self):
        client = self.open("/a")

        async def main():
            asked = asyncio.ensure_future(self.sockets[0].ask({"ready": None}))
            question = await client.receive_json()
            await client.send_json({"nx": {"answer": question["nx"]["ask"]}, "ready": 1})
            answer = await asked
            with self.assertRaises(NexwsTimeoutError):
                await self.sockets[0].ask("?", timeout=0.01)
            with self.assertRaises(ValueError):
                await self.sockets[0].ask("?", timeout=0)
            return answer

        self.assertEqual(nexws.run(main()).json()["ready"], 1)

    def test_presence_comes_as_plain_values(self):
        group = self.app.group("a")
        self.open("/a")
        notes = []

        def plain(group, key, meta):
            notes.append((key, meta))

        async def late(group, key, meta):
            await asyncio.sleep(0)
            notes.append((key, meta))

        group.connect("presence-changed", plain)
        group.connect("presence-changed", late)
        group.set_presence(self.sockets[0], "ada", {"colour": ["rød", 1.5, None]})
        group.set_presence(self.sockets[0], "ada", None)
        self.wait(lambda: len(notes) == 4)
        self.assertEqual(notes, [("ada", {"colour": ["rød", 1.5, None]}), ("ada", None)] * 2)

    def test_presence_and_signals(self):
        group = self.app.group("a")
        seen = []
        group.connect("joined", lambda group, ws: seen.append("joined"))

        async def left(group, ws):
            await asyncio.sleep(0)
            seen.append("left")

        group.connect("left", left)
        client = self.open("/a")
        group.set_presence(self.sockets[0], "ada", {"colour": "rød"})
        self.assertEqual(group.presence(), {"ada": {"colour": "rød"}})
        group.set_presence(self.sockets[0], "ada", None)
        self.assertEqual(group.presence(), {})
        client.close(1000, None)
        self.wait(lambda: seen == ["joined", "left"])
        with self.assertRaises(InvalidStateError):
            group.set_presence(self.sockets[0], "ada", {})

    def test_an_empty_group_is_forgotten(self):
        group = self.app.group("a")
        self.assertIs(self.app.find_group("a"), group)
        del group
        self.assertIsNone(self.app.find_group("a"))


class Box(support.Case):
    """As Nexios' guide has it."""

    def setUp(self):
        super().setUp()
        ChannelBox.flush_groups()
        ChannelBox.flush_history()
        self.channels = []

        @self.app.websocket_route("/{kind}")
        async def handler(websocket):
            await websocket.accept()
            channel = Channel(websocket=websocket, payload_type=websocket.path_params["kind"])
            self.channels.append(channel)
            await ChannelBox.add_channel_to_group(channel, group_name="chat")
            try:
                while True:
                    data = await websocket.receive_json()
                    await ChannelBox.group_send(group_name="chat", payload={"message": data["text"]}, save_history=True)
            finally:
                await ChannelBox.remove_channel_from_group(channel, group_name="chat")

    def test_the_guide(self):
        one, two = self.open("/json"), self.open("/json")
        one.send_json({"text": "hi"})
        for client in (one, two):
            self.assertEqual(client.receive_json(), {"message": "hi"})

        async def main():
            groups = await ChannelBox.show_groups()
            self.assertEqual(list(groups), ["chat"])
            self.assertEqual(set(groups["chat"]), {channel.uuid for channel in self.channels})
            self.assertEqual(len(await ChannelBox.show_groups().get("chat", {})), 2)
            self.assertEqual(await ChannelBox.show_groups().get("none", {}), {})
            history = await ChannelBox.show_history("chat")
            self.assertEqual([entry.payload for entry in history[-10:]], [{"message": "hi"}])
            self.assertEqual(list(await ChannelBox.show_history()), ["chat"])
            self.assertFalse(await ChannelBox.show_history("none"))
            self.assertTrue(await ChannelBox.send_to(channel_id=self.channels[1].uuid, payload={"secret": 1}))
            self.assertTrue(await ChannelBox.send_to(str(self.channels[1].uuid), {"secret": 2}))
            self.assertTrue(await ChannelBox.send_to(self.channels[1].websocket.id, {"secret": 3}))
            self.assertFalse(await ChannelBox.send_to(uuid.uuid4(), {}))
            self.assertFalse(await ChannelBox.send_to("nobody", {}))
            self.assertFalse(await ChannelBox.add_channel_to_group(self.channels[0], "chat"))

        nexws.run(main())
        self.assertEqual([two.receive_json() for _ in range(3)], [{"secret": 1}, {"secret": 2}, {"secret": 3}])
        one.close(1000, None)
        self.wait(lambda: len(ChannelBox.show_groups()["chat"]) == 1)
        ChannelBox.flush_history()
        self.assertEqual(ChannelBox.show_history("chat"), [])
        ChannelBox.close_all_connections()
        two.expect_close(1001, None)
        self.assertEqual(ChannelBox.show_groups(), {})

    def test_each_has_an_identifier_of_its_own(self):
        self.open("/json"), self.open("/json")
        one, two = self.channels
        self.assertNotEqual(one.uuid, two.uuid)
        self.assertLessEqual(one.created, two.created)

    def test_payload_types(self):
        clients = {kind: self.open(f"/{kind}") for kind in ("json", "text")}
        ChannelBox.group_send("chat", "words")
        self.assertEqual(clients["json"].receive_text(), '"words"')
        self.assertEqual(clients["text"].receive_text(), "words")
        # What one of them cannot be told goes to none of them.
        with self.assertRaisesRegex(TypeError, "a channel of text wants a str, not dict"):
            ChannelBox.group_send("chat", {"a": 1})
        ChannelBox.group_send("chat", "end")
        self.assertEqual(clients["json"].receive_text(), '"end"')
        for wrong in ("xml", None):
            with self.assertRaisesRegex(ValueError, "one of json, text, bytes, any"):
                Channel(self.channels[0].websocket, payload_type=wrong)
        with self.assertRaises(TypeError):
            Channel("websocket")

    def test_bytes(self):
        client = self.open("/bytes")
        ChannelBox.group_send("chat", b"\0\1")
        self.assertEqual(client.receive_bytes(), b"\0\1")
        with self.assertRaisesRegex(TypeError, "wants bytes"):
            ChannelBox.group_send("chat", "words")

    def test_the_oldest_history_goes(self):
        self.open("/any")
        with unittest.mock.patch.dict(os.environ, {"CHANNEL_BOX_HISTORY_SIZE": "1000"}):
            for n in range(10):
                ChannelBox.group_send("chat", str(n), save_history=True)
        kept = [entry.payload for entry in ChannelBox.show_history("chat")]
        self.assertEqual(kept, ["7", "8", "9"])

    def test_expiry(self):
        client = self.open("/json")
        ws = self.channels[0].websocket
        with unittest.mock.patch("_nexws.channels.time.monotonic") as clock:
            clock.return_value = 100.0
            short = Channel(ws, "json", expires=10)
            ChannelBox.add_channel_to_group(short, "short")
            self.assertFalse(short.is_expired())
            ChannelBox.group_send("short", 1)
            clock.return_value = 110.0
            self.assertTrue(short.is_expired())
            ChannelBox.group_send("short", 2)
            self.assertNotIn("short", ChannelBox.show_groups())
            self.assertFalse(ChannelBox.send_to(short.uuid, 3))
        ChannelBox.group_send("chat", "end")
        self.assertEqual(client.receive_json(), 1)
        self.assertEqual(client.receive_json(), "end")

    def test_nothing_is_kept(self):
        gc.collect()
        gc.disable()
        try:
            client = self.open("/json")
            channel = weakref.ref(self.channels.pop())
            client.close(1000, None)
            self.settle()
            self.assertIsNone(channel())
            app = weakref.ref(self.app)
            del client
            self.app = None
            self.settle()
            self.assertIsNone(app())
        finally:
            gc.enable()


class Consumer(support.Case):
    def test_a_controller(self):
        notes = []

        class Chat(Controller):
            async def on_connect(self, websocket):
                await websocket.accept()
                notes.append(await self.join_group("lobby"))
                notes.append(await self.join_group("lobby"))

            async def on_receive(self, websocket, message):
                await asyncio.sleep(0)
                value = message.json()
                if "to" in value:
                    await self.send_to(value["to"], {"secret": value["text"]})
                else:
                    await self.broadcast({"from": str(self.channel.uuid), "text": value["text"]}, group_name="lobby", save_history=True)

            async def on_disconnect(self, websocket, code, reason):
                notes.append(await self.leave_group("lobby"))
                await self.broadcast({"left": len(await self.group("lobby"))}, "lobby")

        self.app.add_ws_route("/", Chat())
        one, two = self.open(), self.open()
        self.assertEqual(notes, [True, False, True, False])
        one.send_json({"text": "hi"})
        value = one.receive_json()
        self.assertEqual(value["text"], "hi")
        self.assertEqual(two.receive_json(), value)
        self.assertEqual([entry.payload for entry in ChannelBox.show_history("lobby")], [value])
        two.send_json({"to": value["from"], "text": "psst"})
        self.assertEqual(one.receive_json(), {"secret": "psst"})
        one.close(1000, None)
        self.assertEqual(two.receive_json(), {"left": 1})
        self.assertEqual(self.logged, "")

    def test_outside_of_a_handler(self):
        class Chat(Controller):
            pass

        with self.assertRaisesRegex(RuntimeError, "No connection is being handled"):
            Chat().join_group("x")


support.main()
