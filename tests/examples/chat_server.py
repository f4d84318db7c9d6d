# SPDX-License-Identifier: LGPL-2.1-or-later
"""The chat as a process, for the tests that use it."""
import asyncio
import os
import re
import shlex
import signal

START_TIMEOUT = 30


class ChatServer:
    """Runs the chat until it is stopped; leaving the block kills what is left of it."""

    def __init__(self, port=0, *options):
        self.port = port
        self.options = options

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, *_):
        await self.kill()

    async def start(self):
        # However the test ends, the server does not outlive it.
        self.process = await asyncio.create_subprocess_exec(
            "setpriv", "--pdeathsig", "KILL", *shlex.split(os.environ["CHAT"]), "--port", str(self.port), *self.options,
            stdout=asyncio.subprocess.PIPE)
        self.lines = [await self._read_line(), await self._read_line()]
        self.port = int(re.search(r":(\d+)$", self.lines[0]).group(1))
        self.url = f"http://127.0.0.1:{self.port}/"
        self.ws_url = f"ws://127.0.0.1:{self.port}/ws/"

    async def _read_line(self):
        line = await asyncio.wait_for(self.process.stdout.readline(), START_TIMEOUT)
        return line.decode().rstrip("\n")

    async def stop(self, number=signal.SIGTERM):
        """Ends it in good order, and tells its exit status."""
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), 30)

    async def kill(self):
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
