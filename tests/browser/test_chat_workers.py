#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two people chat, each in a tab, each served by another process: over a Redis of the test's own."""
import asyncio
import os
import re
import shutil
import signal
import sys
import tempfile

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples"))

from browser import Browser, find_browser  # noqa: E402
from chat_server import ChatServer  # noqa: E402
from test_chat import IS_CONNECTED, IS_FOCUSED, has_note, has_said, members_are, say, text_is  # noqa: E402

DEADLINE = 30


class Redis:
    async def __aenter__(self):
        self.folder = tempfile.mkdtemp(prefix="nexws-redis-")
        path = os.path.join(self.folder, "s")
        self.uri = f"redis+unix://{path}"
        self.process = await asyncio.create_subprocess_exec(
            "setpriv", "--pdeathsig", "KILL", "redis-server", "--port", "0", "--unixsocket", path, "--dir", self.folder,
            "--save", "", stdout=asyncio.subprocess.PIPE)
        while b"ready to accept connections" not in (await asyncio.wait_for(self.process.stdout.readline(), DEADLINE)).lower():
            pass
        return self

    async def __aexit__(self, *_):
        self.process.kill()
        await self.process.wait()
        shutil.rmtree(self.folder)


def find_children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def count_connections(pid, port):
    """Of a process, the established ones that it has accepted at a port."""
    inodes = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            inodes.add(os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:
            pass
    with open("/proc/net/tcp", encoding="ascii") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" and f"socket:[{row[9]}]" in inodes for row in rows)


async def open_tabs(browser, server):
    """Two tabs whose websockets are at different workers: while the first one's worker is stopped, the other one takes who comes."""
    workers = find_children(server.process.pid)
    assert len(workers) == 2, workers
    ada, bob = await browser.open_tab(), await browser.open_tab()
    await come_in(ada, server, "Ada")
    first = max(workers, key=lambda pid: count_connections(pid, server.port))
    os.kill(first, signal.SIGSTOP)
    try:
        # What browsers keep open from loading a page may be with the one that was stopped.
        await bob.go("about:blank")
        await come_in(bob, server, "Bob")
    finally:
        os.kill(first, signal.SIGCONT)
    second = next(pid for pid in workers if pid != first)
    assert count_connections(second, server.port) >= 1
    return ada, bob, first


async def come_in(tab, server, name):
    await tab.go(server.url + "#lobby")
    await tab.wait_for(IS_FOCUSED("name"))
    await tab.write(name)
    await tab.press("Enter")
    await tab.wait_for(IS_CONNECTED)


def is_allowed(problem):
    return problem.startswith("WebSocket connection to 'ws://127.0.0.1:")


async def tell(browser, server):
    ada, bob, first = await open_tabs(browser, server)
    ada.is_allowed = bob.is_allowed = is_allowed
    for tab in ada, bob:
        await tab.wait_for(text_is("#count", "2"))
    await say(ada, "Can you hear me over there?")
    for tab in ada, bob:
        await tab.wait_for(has_said("Can you hear me over there?"))
    await say(bob, "As if you were here.")
    for tab in ada, bob:
        await tab.wait_for(has_said("As if you were here."))
    await bob.write("Well")
    await ada.wait_for(text_is("#typing", "Bob is typing…"))
    await bob.press("Enter")
    await ada.wait_for(has_said("Well"))
    print("ok they talk", flush=True)

    # Ada's worker dies: she comes again, wherever, with what was said meanwhile.
    os.kill(first, signal.SIGKILL)
    await say(bob, "Are you still there?")
    await ada.wait_for(IS_CONNECTED)
    for tab in ada, bob:
        await tab.wait_for(has_said("Are you still there?"))
        await tab.wait_for(text_is("#count", "2"))
    await say(ada, "Back again.")
    await bob.wait_for(has_said("Back again."))
    for tab in ada, bob:
        await tab.wait_for("document.querySelectorAll('.bubble').length === 5")
    print("ok a worker that dies is not missed", flush=True)

    await bob.reload()
    await bob.wait_for(IS_CONNECTED)
    await bob.wait_for("document.querySelectorAll('.bubble').length === 5")
    print("ok who loads the page anew finds what was said", flush=True)

    await bob.click("#leave")
    await ada.wait_for(members_are("Ada"))
    await ada.wait_for(has_note("left"))
    print("ok who leaves is seen to leave", flush=True)
    assert ada.problems == [] and bob.problems == [], (ada.problems, bob.problems)


async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    async with Redis() as redis:
        async with ChatServer(0, "--workers", "2", "--backplane", redis.uri) as server, Browser() as browser:
            assert re.fullmatch(r"nexws: listening on ws://127\.0\.0\.1:\d+", server.lines[0]), server.lines
            assert server.lines[1] == f"nexws: open {server.url}", server.lines
            await tell(browser, server)
            assert await server.stop(signal.SIGTERM) == 0
            assert await server.process.stdout.read() == b""
            print("ok it says once where it listens, and ends in good order", flush=True)


if __name__ == "__main__":
    if find_browser() is None or shutil.which("redis-server") is None:
        print("there is no chromium, or no redis-server")
        sys.exit(77)
    asyncio.run(main())
