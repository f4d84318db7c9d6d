# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program that runs an app: signals, exits, and what goes wrong before it."""

import asyncio
import signal
import subprocess
import sys
import unittest

import websockets

PROLOGUE = """
import asyncio, os, sys, signal
from nexws import App, Controller
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
        line = self.process.stdout.readline()
        assert line.startswith("nexws: listening on "), line + self.process.stderr.read()
        return line.split()[-1] + "/"

    def wait(self):
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


class Run(unittest.TestCase):
    def test_the_first_interrupt_drains(self):
        async def stay(url, program):
            async with websockets.connect(url) as ws:
                await ws.send("x")
                assert await ws.recv() == "x"
                program.process.send_signal(signal.SIGINT)
                await asyncio.wait_for(ws.wait_closed(), 10)
                return ws.close_code

        with Program(ECHO + RUN) as program:
            self.assertEqual(asyncio.run(stay(program.read_url(), program)), 1001)
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

    def leave(self, body):
        async def say(url):
            async with websockets.connect(url) as ws:
                await ws.send("x")
                await asyncio.wait_for(ws.wait_closed(), 10)

        with Program(body + RUN) as program:
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

    def test_run_async(self):
        body = (
            "async def main():\n    status = await app.run_async(['program', '--port', '0'])\n    print('status', status, flush=True)\n"
            "import nexws\nnexws.run(main())\n"
        )
        with Program(ECHO + body) as program:
            program.read_url()
            program.process.send_signal(signal.SIGTERM)
            self.assertEqual(program.wait(), (0, "status True\n", ""))

    def test_help(self):
        with Program("from nexws import Nx\nhelp(Nx.WebSocket.send_text)\nhelp(Nx.Controller.on_error)") as program:
            code, out, err = program.wait()
            self.assertIn("Queues a text message", out)
            self.assertIn("closes with 1011", out)


unittest.main(verbosity=2)
