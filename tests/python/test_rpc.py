# SPDX-License-Identifier: LGPL-2.1-or-later
"""JSON-RPC with methods that are plain methods."""

import asyncio
import dataclasses

import support
from nexws import InvalidDataError, Nx, RpcController, RpcError, method, run


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


class Rpc(support.Case):
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


support.main()
