# SPDX-License-Identifier: LGPL-2.1-or-later
"""JSON-RPC with methods that are plain methods."""

import asyncio
import dataclasses
import gc
import warnings
from unittest import mock

import support
from _nexws.loop import get_loop
from nexws import InvalidDataError, NexwsTimeoutError, Nx, RpcController, RpcError, TooLargeError, WebSocketDisconnect, method, run


@dataclasses.dataclass
class Point:
    x: int


class Api(RpcController):
    @method
    def add(self, a: int, b: int = 1):
        return a + b

    @method("later")
    async def wait_for_it(self, point: Point):
        await asyncio.sleep(0.001)
        return Point(point.x + 1)

    @method
    def refuse(self):
        raise RpcError(7, "no", {"why": 1})

    @method
    def fail(self):
        raise ValueError("secret")

    @method
    async def ask(self):
        return await self.call(self.websocket, "name", who="me", timeout=5)

    @method
    def add_up(self, *numbers: float, **options: str):
        return [sum(numbers), options]

    def hidden(self):
        raise AssertionError("a peer must not get here")


class Untold(RpcController):
    """What it raises is no answer."""

    ERRORS = {
        "data": RpcError(1, "x", float("nan")),
        "object": RpcError(1, "x", object()),
        "half": RpcError(1, "\ud800"),
        "null": RpcError(1, "a\0b"),
        "big": RpcError(2**40, "x"),
        "code": RpcError("1", "x"),
        "none": RpcError(1, None),
    }

    @method
    def plain(self, name: str):
        raise self.ERRORS[name]

    @method
    async def later(self, name: str):
        await asyncio.sleep(0)
        raise self.ERRORS[name]


class Rpc(support.Case):
    def test_an_error_that_cannot_be_told_is_an_answer(self):
        self.app.add_controller("/", Untold())
        client = self.open()
        for name in Untold.ERRORS:
            for how in ("plain", "later"):
                self.assertEqual(self.ask(client, how, [name]), {"code": -32603, "message": "Internal error"})
        self.assertEqual(self.logged.count("exception in __main__.Untold"), 2 * len(Untold.ERRORS))
        client.close()

    def test_a_method_ends_after_who_called_it(self):
        notes = []

        class Slow(RpcController):
            @method
            async def wait(self):
                notes.append("began")
                try:
                    await asyncio.sleep(3600)
                finally:
                    notes.append("ended")

            @method
            async def last(self):
                try:
                    await self.websocket.receive()  # until it is over
                except WebSocketDisconnect:
                    notes.append("last words")

        self.app.add_controller("/", Slow(call_timeout=60000))
        with mock.patch("_nexws.rpc.GRACE_S", 0.001):
            client = self.open()
            client.send_json([{"jsonrpc": "2.0", "id": i, "method": "wait"} for i in range(3)])
            client.send_json({"jsonrpc": "2.0", "id": 3, "method": "last"})
            self.wait(lambda: notes.count("began") == 3)
            client.close()
            self.wait(lambda: notes.count("ended") == 3)
            self.assertIn("last words", notes)
            client = self.open()
            client.send_json({"jsonrpc": "2.0", "id": 1, "method": "wait"})
            client.advance_time(60001)
            self.assertEqual(client.receive_json()["error"]["code"], -32000)
            self.wait(lambda: notes.count("ended") == 4)
            client.close()
        self.assertEqual(self.logged, "")

    def ask(self, client, name, params=None):
        client.send_json({"jsonrpc": "2.0", "id": 1, "method": name, **({} if params is None else {"params": params})})
        answer = client.receive_json()
        return answer.get("result", answer.get("error"))

    def test_client_calls(self):
        self.app.add_controller("/", Api())
        client = self.open()
        self.assertEqual(client.call("add", 1, 2), 3)
        self.assertEqual(client.call("add", a=1), 2)
        with self.assertRaises(RpcError) as caught:
            client.call("refuse")
        self.assertEqual((caught.exception.code, caught.exception.message), (7, "no"))
        client.send_json({"jsonrpc": "2.0", "id": "x", "method": "add", "params": [1, 2]})
        client.expect_json({"result": 3, "id": "x", "jsonrpc": "2.0"})
        client.expect_nothing()

    def test_client_calls_in_a_coroutine(self):
        self.app.add_controller("/", Api())

        async def main():
            async with self.app.test_client("/") as client:
                self.assertEqual(await client.call("later", Point(1).__dict__), {"x": 2})
                client.send_json(1)
                with self.assertRaises(InvalidDataError):
                    await client.expect_text("1")
                await client.expect_nothing()

        run(main())

    def test_methods(self):
        self.app.add_controller("/", Api())
        client = self.open()
        self.assertEqual(self.ask(client, "add", [1, 2]), 3)
        self.assertEqual(self.ask(client, "add", {"a": 1}), 2)
        self.assertEqual(self.ask(client, "later", [{"x": 1}]), {"x": 2})
        self.assertEqual(self.ask(client, "refuse"), {"code": 7, "message": "no", "data": {"why": 1}})
        self.assertEqual(self.ask(client, "add", ["1"]), {"code": -32602, "message": "Invalid params", "data": 'a: "1" came, an integer is wanted'})
        self.assertEqual(self.ask(client, "add", [])["code"], -32602)
        self.assertEqual(self.ask(client, "add_up", [1, 2.5]), [3.5, {}])
        self.assertEqual(self.ask(client, "add_up", {"unit": "m"}), [0, {"unit": "m"}])
        self.assertEqual(self.ask(client, "add_up", [1, "2"])["data"], 'numbers[1]: "2" came, a number is wanted')
        self.assertEqual(self.ask(client, "add_up", {"unit": 1})["data"], "unit: 1 came, a string is wanted")
        self.assertEqual(self.ask(client, "hidden")["code"], -32601)
        self.assertEqual(self.logged, "")
        self.assertEqual(self.ask(client, "fail"), {"code": -32603, "message": "Internal error"})
        self.assertIn("secret", self.logged)
        self.assertIn("Api.fail", self.logged)

    def test_description(self):
        class Louder(Api):
            @method
            def add(self, a: int):
                return a

            @method
            def shout(self):
                return "!"

        self.app.add_controller("/", Louder())
        text = self.app.describe_as(Nx.DescriptionFormat.TYPESCRIPT)
        for name in "add", "add_up", "later", "shout":
            self.assertEqual(text.count(f'  "{name}": {{ params?:'), 1, text)
        self.assertNotIn("hidden", text)
        self.assertEqual(self.ask(self.open(), "add", [5]), 5)

    def test_the_other_way(self):
        self.app.add_controller("/", Api())
        client = self.open()
        for answer, expected in (({"result": "Ada"}, "Ada"), ({"error": {"code": 3, "message": "none"}}, {"code": 3, "message": "none"})):
            client.send_json({"jsonrpc": "2.0", "id": 1, "method": "ask"})
            question = client.receive_json()
            self.assertEqual((question["method"], question["params"]), ("name", {"who": "me"}))
            client.send_json({"jsonrpc": "2.0", "id": question["id"], **answer})
            answered = client.receive_json()
            self.assertEqual(answered.get("result", answered.get("error")), expected)


class Calling(support.Case):
    """The peer's methods, one by one and in batches."""

    def setUp(self):
        super().setUp()
        self.kept = []

        class Desk(RpcController):
            def on_connect(this, websocket):
                websocket.accept()
                self.kept[:] = [this, websocket]

        self.app.add_ws_route(Desk())
        self.client = self.open()
        self.desk, self.websocket = self.kept
        # Whoever warns of what is ignored, warns the tests as well.
        self.warnings = warnings.catch_warnings(record=True)
        self.warned = self.warnings.__enter__()
        warnings.simplefilter("always")
        get_loop().set_exception_handler(lambda loop, context: self.warned.append(context["message"]))

    def tearDown(self):
        gc.collect()
        self.settle()
        self.warnings.__exit__()
        get_loop().set_exception_handler(None)
        self.assertEqual([str(one) for one in self.warned], [])
        super().tearDown()

    def answer(self, request, **answer):
        return {"jsonrpc": "2.0", "id": request["id"], **answer}

    def test_it_acts_when_it_is_called(self):
        self.desk.call(self.websocket, "ignored", 1)
        self.desk.notify_peer(self.websocket, "told", a=1)
        self.assertEqual(self.client.receive_json()["method"], "ignored")
        self.client.expect_json({"method": "told", "params": {"a": 1}, "jsonrpc": "2.0"})

    def test_what_is_ignored_may_end_badly(self):
        self.desk.call(self.websocket, "one")
        self.desk.call(self.websocket, "two", timeout=1000)
        self.client.send_json(self.answer(self.client.receive_json(), error={"code": 1, "message": "no"}))
        self.client.close()
        self.assertEqual(self.logged, "")

    def test_what_it_comes_to(self):
        async def main():
            pending = [self.desk.call(self.websocket, "name", i) for i in range(3)]
            requests = [await self.client.receive_json() for _ in pending]
            self.client.send_json(self.answer(requests[2], error={"code": 7, "message": "no", "data": {"why": [1]}}))
            self.client.send_json(self.answer(requests[0], result={"a": 1.5}))
            self.assertEqual(await pending[0], {"a": 1.5})
            self.assertEqual(await pending[0], {"a": 1.5})
            with self.assertRaises(RpcError) as caught:
                await pending[2]
            self.assertEqual((caught.exception.code, caught.exception.message, caught.exception.data), (7, "no", {"why": [1]}))
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(pending[1], 0.01)
            self.assertTrue(pending[1].cancelled())
            with self.assertRaises(NexwsTimeoutError):
                await self.desk.call(self.websocket, "slow", timeout=0.001)
            last = self.desk.call(self.websocket, "last")
            await self.client.close(4000, "bye")
            with self.assertRaises(WebSocketDisconnect) as caught:
                await last
            self.assertEqual((caught.exception.code, caught.exception.reason), (4000, "bye"))

        run(main())

    def test_gather_and_task_group(self):
        async def main():
            async with asyncio.TaskGroup() as group:
                one, two = (group.create_task(self.desk.call(self.websocket, name)) for name in ("a", "b"))
                for _ in range(2):
                    request = await self.client.receive_json()
                    self.client.send_json(self.answer(request, result=request["method"]))
            return one.result(), two.result(), await asyncio.gather(self.websocket.ping(), self.websocket.ping())

        self.assertEqual(run(main())[:2], ("a", "b"))

    def test_batch(self):
        async def main():
            async with self.desk.batch(self.websocket) as batch:
                total = batch.call("add", 1, 2)
                batch.notify("log", text="x")
                batch.call("ignored")
                await self.client.expect_nothing()
                name = batch.call("name")
                dropped = batch.call("dropped")
                dropped.cancel()
            requests = await self.client.receive_json()
            self.assertEqual([one["method"] for one in requests], ["add", "log", "ignored", "name"])
            self.assertEqual((requests[0]["params"], requests[1]["params"], "id" in requests[1]), ([1, 2], {"text": "x"}, False))
            await self.client.expect_nothing()
            self.client.send_json([self.answer(requests[3], error={"code": 1, "message": "no"}), self.answer(requests[0], result=3)])
            self.assertEqual(await total, 3)
            with self.assertRaises(RpcError):
                await name

        run(main())

    def test_batch_in_a_plain_function(self):
        with self.desk.batch(self.websocket) as batch:
            answer = batch.call("a")
            self.desk.call(self.websocket, "in between")
        self.assertEqual(self.client.receive_json()["method"], "in between")
        (request,) = self.client.receive_json()
        self.client.send_json([self.answer(request, result=1)])
        self.wait(answer.done)
        self.assertEqual(answer.result(), 1)
        with self.desk.batch(self.websocket):
            pass
        self.client.expect_nothing()
        with self.assertRaises(RuntimeError) as caught:
            batch.call("late")
        self.assertIn("has been sent", str(caught.exception))

    def test_a_block_that_raises_sends_nothing(self):
        async def main():
            with self.assertRaises(ZeroDivisionError):
                async with self.desk.batch(self.websocket) as batch:
                    answer = batch.call("a")
                    batch.notify("b")
                    1 / 0
            self.assertTrue(answer.cancelled())
            await self.client.expect_nothing()
            with self.assertRaises(TypeError):
                async with self.desk.batch(self.websocket) as batch:
                    batch.call("a")
                    batch.call("b", object())
            await self.client.expect_nothing()

        run(main())

    def test_waiting_inside_is_told(self):
        """Else it would be for ever."""

        async def main():
            for wait in (lambda one: one, asyncio.gather, lambda one: asyncio.wait_for(one, 5)):
                with self.assertRaises(RuntimeError) as caught:
                    async with self.desk.batch(self.websocket) as batch:
                        await wait(batch.call("a"))
                self.assertIn("await it behind", str(caught.exception))

        run(main())

    def test_calls_behind_a_notification_that_cannot_be(self):
        self.client.close(4000)

        async def main():
            with self.assertRaises(WebSocketDisconnect):
                with self.desk.batch(self.websocket) as batch:
                    batch.notify("a")
                    answer = batch.call("b")
            with self.assertRaises(WebSocketDisconnect):
                await answer

        run(main())

    def test_batch_of_one_that_has_gone(self):
        self.client.close(4000)

        async def main():
            async with self.desk.batch(self.websocket) as batch:
                answer = batch.call("a")
            with self.assertRaises(WebSocketDisconnect) as caught:
                await answer
            self.assertEqual(caught.exception.code, 4000)
            with self.assertRaises(WebSocketDisconnect):
                async with self.desk.batch(self.websocket) as batch:
                    batch.notify("b")

        run(main())

    def test_too_many(self):
        self.desk.max_pending_calls = 1

        async def main():
            async with self.desk.batch(self.websocket) as batch:
                batch.call("a")
                more = batch.call("b")
            with self.assertRaises(TooLargeError):
                await more
            self.assertEqual(len(await self.client.receive_json()), 1)

        run(main())


support.main()
