# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program that runs an app: signals, exits, and what goes wrong before it."""

import asyncio
import os
import signal
import subprocess
import sys
import unittest

import websockets

PROLOGUE = """
import asyncio, os, sys, signal
from nexws import App, Controller
if os.environ.get("NEXWS_TEST_LOOP") == "gi.events":
    from gi.events import GLibEventLoopPolicy
    asyncio.set_event_loop_policy(GLibEventLoopPolicy())
app = App()
"""
ECHO = """
@app.websocket_route("/")
async def echo(websocket):
    await websocket.accept()
    try:
        async for message in websocket:
            await websocket.send(message)
    finally:
        print("left", flush=True)
"""
WRAPPED = """
async def wrap(websocket, call_next):
    await asyncio.gather(call_next())
    print("wrapped", flush=True)
app.add_ws_middleware(wrap)
"""
RUN = """
app.run(["program", "--port", "0"])
print("after", flush=True)
"""
RUN_ASYNC = """
import nexws
async def main():
    before = signal.getsignal(signal.SIGINT)
    await app.run_async(["program", "--port", "0"])
    print("after", signal.getsignal(signal.SIGINT) is before, flush=True)
nexws.run(main())
"""
CANCELLED = """
import nexws
async def main():
    app.drain_delay = 60000
    app.connect("stopping", lambda app: print("stopping", flush=True))
    gone = asyncio.Event()
    @app.websocket_route("/")
    async def route(websocket):
        await websocket.accept()
        await websocket.receive()
        task.cancel()
        async for message in websocket:
            pass
        gone.set()
    task = asyncio.create_task(app.run_async(["program", "--port", "0"]))
    await asyncio.sleep(0)
    port = app.uris[0].get_port()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled", flush=True)
    App().listen(port=port)
    print("free", app.drain_delay, flush=True)
    await gone.wait()
nexws.run(main())
"""
# How a coroutine is run where PyGObject's own loop was chosen.
NATIVE_RUNS = (
    "asyncio.get_event_loop_policy().get_event_loop().run_until_complete(main())",
    "asyncio.run(main(), loop_factory=asyncio.get_event_loop_policy().get_event_loop)",
)
IS_NATIVE = os.environ.get("NEXWS_TEST_LOOP") == "gi.events"


class Program:
    """A program of the tests' own."""

    def __init__(self, text):
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", PROLOGUE + text], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def read_url(self):
        # Octet by octet: what a buffer reads ahead, communicate() would not see.
        line = b""
        while not line.endswith(b"\n") and (octet := os.read(self.process.stdout.fileno(), 1)):
            line += octet
        line = line.decode()
        assert line.startswith("nexws: listening on "), line + self.process.stderr.read()
        return line.split()[-1] + "/"

    def wait(self):
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


async def stay_until_interrupted(url, program):
    """A client that is there when the program gets a SIGINT. Returns the code that it was closed with."""
    async with websockets.connect(url) as ws:
        await ws.send("x")
        assert await ws.recv() == "x"
        program.process.send_signal(signal.SIGINT)
        await asyncio.wait_for(ws.wait_closed(), 10)
        return ws.close_code


class Run(unittest.TestCase):
    def test_the_first_interrupt_drains(self):
        with Program(ECHO + RUN) as program:
            self.assertEqual(asyncio.run(stay_until_interrupted(program.read_url(), program)), 1001)
            code, out, err = program.wait()
            self.assertEqual((code, out, err), (0, "left\nafter\n", ""))

    def test_what_waited_for_the_last_connection_goes_on(self):
        async def stay(url, program):
            async with websockets.connect(url) as ws:
                program.process.send_signal(signal.SIGTERM)
                await asyncio.wait_for(ws.wait_closed(), 10)

        with Program(WRAPPED + ECHO + RUN) as program:
            asyncio.run(stay(program.read_url(), program))
            code, out, err = program.wait()
            self.assertEqual((code, sorted(out.split()), err), (0, ["after", "left", "wrapped"], ""))

    def test_the_second_ends_it(self):
        async def stay(url, program):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1].strip("/")))
            writer.write(
                b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            await reader.readuntil(b"\r\n\r\n")
            program.process.send_signal(signal.SIGINT)
            await reader.readexactly(2)  # the close frame, which nobody answers
            program.process.send_signal(signal.SIGINT)
            code = await asyncio.to_thread(program.wait)
            writer.close()
            return code

        with Program(ECHO + RUN) as program:
            code, out, err = asyncio.run(stay(program.read_url(), program))
            self.assertEqual(err, "", err)
            self.assertEqual(code, 0)
            self.assertIn("after", out)
            self.assertIn("left", out)  # `finally` has run

    def test_interrupts_are_python_s_again_afterwards(self):
        with Program(RUN + "print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)") as program:
            program.read_url()
            program.process.send_signal(signal.SIGTERM)
            self.assertEqual(program.wait()[:2], (0, "after\nTrue\n"))

    def leave(self, body, run=RUN):
        async def say(url):
            async with websockets.connect(url) as ws:
                await ws.send("x")
                await asyncio.wait_for(ws.wait_closed(), 10)

        with Program(body + run) as program:
            asyncio.run(say(program.read_url()))
            return program.wait()

    def test_system_exit_in_a_handler(self):
        for handler in (
            "class C(Controller):\n    def on_receive(self, ws, message):\n        sys.exit(3)\napp.add_ws_route(C())\n",
            "class C(Controller):\n    async def on_receive(self, ws, message):\n        await asyncio.sleep(0)\n        sys.exit(3)\n"
            "app.add_ws_route(C())\n",
            "@app.websocket_route('/')\nasync def r(ws):\n    await ws.accept()\n    await ws.receive()\n    sys.exit(3)\n",
        ):
            code, out, err = self.leave(handler)
            self.assertEqual((code, out), (3, ""), err)

    def test_run_async(self):
        with Program(ECHO + RUN_ASYNC) as program:
            self.assertEqual(asyncio.run(stay_until_interrupted(program.read_url(), program)), 1001)
            self.assertEqual(program.wait(), (0, "left\nafter True\n", ""))

    def test_run_async_ends_as_it_should(self):
        with Program(RUN_ASYNC.replace("await ", "task = asyncio.create_task(", 1).replace('"0"])', '"0"]))\n    await asyncio.sleep(0)\n'
                     '    task.cancel()\n    await asyncio.wait([task])\n    print(task.cancelled())')) as program:
            program.read_url()
            self.assertEqual(program.wait(), (0, "True\nafter True\n", ""))
        code, out, err = self.leave(
            "@app.websocket_route('/')\nasync def r(ws):\n    await ws.accept()\n    await ws.receive()\n    sys.exit(3)\n", RUN_ASYNC
        )
        self.assertEqual((code, out), (3, ""), err)
        with Program(RUN_ASYNC.replace('"0"', '"70000"')) as program:
            code, out, err = program.wait()
            self.assertEqual((code, out), (1, ""))
            self.assertIn("70000 is not a port", err)

    def test_run_async_cancelled_leaves_nothing(self):
        """The port is free for who comes next, and who is there is told to go."""

        async def stay(url, program):
            async with websockets.connect(url) as ws:
                await ws.send("cancel")
                await asyncio.wait_for(ws.wait_closed(), 10)
                return ws.close_code

        with Program(CANCELLED) as program:
            self.assertEqual(asyncio.run(stay(program.read_url(), program)), 1001)
            self.assertEqual(program.wait(), (0, "stopping\ncancelled\nfree 60000\n", ""))

    @unittest.skipUnless(IS_NATIVE, "PyGObject's own loop was not chosen")
    def test_run_async_on_the_native_loop(self):
        for run in NATIVE_RUNS:
            text = RUN_ASYNC.replace("nexws.run(main())", run)
            with Program(ECHO + text) as program:
                self.assertEqual(asyncio.run(stay_until_interrupted(program.read_url(), program)), 1001)
                self.assertEqual(program.wait(), (0, "left\nafter True\n", ""))
            code, out, err = self.leave(
                "@app.websocket_route('/')\nasync def r(ws):\n    assert type(asyncio.get_running_loop()).__name__ == 'GLibEventLoop'\n"
                "    await ws.accept()\n    await ws.receive()\n    await asyncio.sleep(0.01)\n    sys.exit(3)\n", text
            )
            self.assertEqual((code, out), (3, ""), err)

    @unittest.skipIf(IS_NATIVE, "there is no other loop then")
    def test_run_async_needs_the_main_loop(self):
        with Program("asyncio.run(app.run_async(['program', '--port', '0']))") as program:
            code, out, err = program.wait()
            self.assertEqual((code, out), (1, ""))
            self.assertIn("see nexws.run()", err)

    def test_keyboard_interrupt_in_a_handler(self):
        code, out, err = self.leave(
            "class C(Controller):\n    def on_receive(self, ws, message):\n        raise KeyboardInterrupt\napp.add_ws_route(C())\n"
        )
        self.assertEqual(out, "")
        self.assertIn("KeyboardInterrupt", err)
        self.assertNotEqual(code, 0)

    def test_what_cannot_start(self):
        with Program("app.run(['program', '--port', '70000'])\nprint('not here')") as program:
            code, out, err = program.wait()
            self.assertEqual((code, out), (1, ""))
            self.assertIn("70000 is not a port", err)

    def test_an_exception_at_import(self):
        with Program("@app.websocket_route('/{')\nasync def broken(websocket): pass\n" + RUN) as program:
            code, out, err = program.wait()
            self.assertEqual((code, out), (1, ""))
            self.assertIn("PatternError", err)

    def test_host_and_port(self):
        with Program("app.run(['program'], host='127.0.0.1', port=0)") as program:
            self.assertTrue(program.read_url().startswith("ws://127.0.0.1:"))
            program.process.send_signal(signal.SIGTERM)
            self.assertEqual(program.wait()[0], 0)

    def test_help(self):
        with Program("from nexws import Nx\nhelp(Nx.WebSocket.send_text)\nhelp(Nx.Controller.on_error)") as program:
            code, out, err = program.wait()
            self.assertIn("Queues a text message", out)
            self.assertIn("closes with 1011", out)


unittest.main(verbosity=2)
