# SPDX-License-Identifier: LGPL-2.1-or-later
"""asyncio as a guest of the main loop: everything of it, in handlers."""

import asyncio
import os
import socket
import tempfile
import unittest
from unittest import mock

import gi
import nexws
import support
from _nexws import native
from _nexws.loop import get_loop, start_task
from _nexws.state import here
from gi.repository import Gio, GLib
from nexws import gio


class Asyncio(support.Case):
    def ask(self, body):
        """What a coroutine returns, run by a handler."""
        notes = []

        @self.app.websocket_route("/")
        async def handler(websocket):
            await websocket.accept()
            notes.append(await body(websocket))

        self.open()
        self.wait(lambda: notes or self.records)
        self.assertEqual(self.logged, "")
        return notes[0]

    def test_sleep_gather_queue(self):
        async def body(websocket):
            queue = asyncio.Queue()

            async def put():
                for i in range(3):
                    await asyncio.sleep(0.001)
                    await queue.put(i)

            got, _ = await asyncio.gather(self.take(queue, 3), put())
            return got

        self.assertEqual(self.ask(body), [0, 1, 2])

    def test_the_loop_that_runs_is_known(self):
        """Without asking asyncio, for which that is a system call: in steps that we make, in those of the loop, inside each other."""
        seen = []

        def look():
            try:
                running = asyncio.get_running_loop()
            except RuntimeError:
                running = None
            seen.append(here().loop is running or (native.is_native(running) and here().loop is None))  # that one has to be asked

        async def body(websocket):
            look()
            await asyncio.sleep(0)
            look()
            await asyncio.sleep(0.001)
            look()
            await websocket.receive_text()
            look()
            GLib.idle_add(look)
            self.settle()  # a main loop inside of a step: the loop goes on running there
            look()
            asyncio.get_running_loop().call_soon(look)
            GLib.idle_add(lambda: asyncio.get_running_loop().call_soon(look) and False)
            self.settle()
            await asyncio.sleep(0)
            look()
            return asyncio.get_running_loop()

        look()
        GLib.idle_add(look)
        @self.app.websocket_route("/")
        async def handler(websocket):
            await websocket.accept()
            seen.append(await body(websocket) is not None)

        client = self.open()
        client.send_text("go")
        self.wait(lambda: len(seen) >= 12 or self.records)
        look()
        self.assertEqual(self.logged, "")
        self.assertIsNone(here().loop)
        self.assertEqual(seen, [True] * len(seen))

    async def take(self, queue, n):
        return [await queue.get() for _ in range(n)]

    def test_timeout_and_task_group(self):
        async def body(websocket):
            notes = []
            try:
                async with asyncio.timeout(0.01):
                    await asyncio.sleep(10)
            except TimeoutError:
                notes.append("timeout")
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(asyncio.sleep(10))
                    group.create_task(self.fail())
            except* ValueError:
                notes.append("group")
            return notes

        self.assertEqual(self.ask(body), ["timeout", "group"])

    async def fail(self):
        raise ValueError

    def test_current_task(self):
        async def body(websocket):
            task = asyncio.current_task()
            seen = [task is asyncio.current_task()]
            await asyncio.sleep(0)
            seen.append(task is asyncio.current_task())
            await websocket.receive_text()
            seen.append(task is asyncio.current_task())
            return seen

        notes = []

        @self.app.websocket_route("/")
        async def handler(websocket):
            await websocket.accept()
            notes.append(await body(websocket))

        client = self.open()
        client.send_text("x")
        self.wait(lambda: notes)
        self.assertEqual(notes, [[True, True, True]])

    def test_threads_and_descriptors(self):
        async def body(websocket):
            loop = asyncio.get_running_loop()
            one, two = socket.socketpair()
            one.setblocking(False)
            two.setblocking(False)
            await loop.sock_sendall(one, b"abc")
            got = await loop.sock_recv(two, 3)
            one.close()
            two.close()
            return got, await asyncio.to_thread(lambda: "thread")

        self.assertEqual(self.ask(body), (b"abc", "thread"))

    def test_gio(self):
        async def body(websocket):
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "file")
                with open(path, "wb") as file:
                    file.write(b"contents")
                _, contents, _ = await gio(Gio.File.new_for_path(path).load_contents_async)
                try:
                    await gio(Gio.File.new_for_path(path + "none").load_contents_async)
                except GLib.Error as error:
                    missing = error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND)
            return bytes(contents), missing

        self.assertEqual(self.ask(body), (b"contents", True))

    @unittest.skipIf(gi.version_info < (3, 50), "PyGObject 3.50 is the first whose calls can be awaited")
    def test_gio_as_pygobject_has_it(self):
        async def body(websocket):
            with tempfile.NamedTemporaryFile() as file:
                file.write(b"contents")
                file.flush()
                _, contents, _ = await Gio.File.new_for_path(file.name).load_contents_async()
                try:
                    await Gio.File.new_for_path(file.name + "none").load_contents_async()
                except GLib.Error as error:
                    missing = error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND)
            return bytes(contents), missing

        self.assertEqual(self.ask(body), (b"contents", True))

    def test_gio_is_cancelled_with_its_task(self):
        async def body(websocket):
            connection = Gio.SocketListener()
            connection.add_inet_port(0, None) if False else connection.add_any_inet_port(None)
            task = asyncio.create_task(gio(connection.accept_async))
            await asyncio.sleep(0.01)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                return "cancelled"

        self.assertEqual(self.ask(body), "cancelled")

    def test_ping(self):
        async def body(websocket):
            return await websocket.ping()

        self.assertGreaterEqual(self.ask(body), 0)

    def test_sync_handlers_may_leave_tasks(self):
        notes = []

        async def later():
            await asyncio.sleep(0.001)
            notes.append("later")

        @self.app.websocket_route("/")
        async def handler(websocket):
            await websocket.accept()
            asyncio.get_running_loop().create_task(later())

        self.open()
        self.wait(lambda: notes)

    def test_run(self):
        async def main():
            await asyncio.sleep(0.001)
            return 7

        self.assertEqual(nexws.run(main()), 7)

        async def fail():
            raise KeyError("x")

        with self.assertRaises(KeyError):
            nexws.run(fail())

        async def leave():
            await asyncio.sleep(0.001)
            raise SystemExit(3)

        with self.assertRaises(SystemExit):
            nexws.run(leave())

    def test_what_wakes_while_a_task_is_made(self):
        """The collector may run then, and end a coroutine that sets a future."""
        loop = get_loop()
        future = loop.create_future()
        notes = []

        async def wait():
            notes.append(await future)

        class Collected(asyncio.Task):
            def __init__(self, *args, **options):
                super().__init__(*args, **options)
                future.set_result("woken")

        waiting = start_task(wait())
        with mock.patch("_nexws.loop.Task", Collected):
            start_task(asyncio.sleep(0))
        self.wait(waiting.done)
        self.assertEqual(notes, ["woken"])

    def test_stop(self):
        async def main():
            self.app.listen("127.0.0.1", 0)
            await self.app.stop()
            return len(self.app.get_uris())

        self.assertEqual(nexws.run(main()), 0)


support.main()
