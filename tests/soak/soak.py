# SPDX-License-Identifier: LGPL-2.1-or-later
"""soak.py SERVER MINUTES: clients of all manners come and go at a server that broadcasts, and what it holds is read from /proc.

Each writes a line with what is held every ten seconds. After the first third, which fills caches and the heap, memory may not
grow: the mean of the last third is compared with that of the second. At the end no socket may be left.
"""

import asyncio
import os
import random
import signal
import struct
import sys
import time

import websockets

CLIENTS = 60
PERIOD_S = 10.0
MAX_GROWTH_KIB = 512

server, minutes = sys.argv[1], float(sys.argv[2])
counts = dict.fromkeys(("polite", "abrupt", "deaf", "rude", "silent"), 0)


class Held:
    """What a process holds."""

    def __init__(self, pid):
        self.pid = pid

    def memory_kib(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def sockets(self):
        """Not what GLib opens beside them, for good."""
        return sum(self.is_socket(number) for number in os.listdir(f"/proc/{self.pid}/fd"))

    def is_socket(self, number):
        try:
            return os.readlink(f"/proc/{self.pid}/fd/{number}").startswith("socket:")
        except FileNotFoundError:
            return False


async def polite(host, port):
    """Talks for a while, and says good-bye."""
    async with websockets.connect(f"ws://{host}:{port}/ws/broadcast", max_size=None, compression=None) as ws:
        for _ in range(random.randrange(20)):
            await ws.send(random.randbytes(random.choice((0, 1, 125, 126, 4000, 70000))))
            await ws.recv()


async def abrupt(host, port):
    """Goes without a word, often in the middle of a frame."""
    reader, writer = await connect_raw(host, port)
    writer.write(frame(2, random.randbytes(5000))[: random.randrange(5000)])
    await writer.drain()
    if random.random() < 0.5:
        writer.get_extra_info("socket").setsockopt(1, 13, struct.pack("ii", 1, 0))  # SO_LINGER: a reset
    writer.transport.abort()


async def deaf(host, port):
    """Listens to nothing for a while."""
    _, writer = await connect_raw(host, port)
    writer.transport.pause_reading()
    await asyncio.sleep(random.random() * 3)
    writer.transport.abort()


async def rude(host, port):
    """Breaks the protocol, of HTTP or of WebSocket."""
    if random.random() < 0.5:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(random.randbytes(300) + b"\r\n\r\n")
    else:
        reader, writer = await connect_raw(host, port)
        writer.write(bytearray(random.randbytes(300)))
    try:
        await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.transport.abort()


async def silent(host, port):
    """Says nothing at all."""
    _, writer = await asyncio.open_connection(host, port)
    await asyncio.sleep(random.random() * 3)
    writer.transport.abort()


def frame(opcode, payload):
    head = bytes((0x80 | opcode, 0x80 | 126)) + struct.pack(">H", len(payload))
    return head + bytes(4) + payload


async def connect_raw(host, port):
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET /ws/broadcast HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def come_and_go(host, port, until):
    while time.monotonic() < until:
        manner = random.choice((polite, polite, abrupt, deaf, rude, silent))
        try:
            await manner(host, port)
        except (OSError, EOFError, asyncio.TimeoutError, websockets.WebSocketException):
            pass  # the rude are thrown out, and the slow
        counts[manner.__name__] += 1


async def watch(held, until, samples):
    while time.monotonic() < until:
        await asyncio.sleep(PERIOD_S)
        samples.append((held.memory_kib(), held.sockets()))
        print(f"{samples[-1][0]} KiB, {samples[-1][1]} sockets; " + ", ".join(f"{n} {name}" for name, n in counts.items()),
              flush=True)


def mean(values):
    return sum(values) / len(values)


async def main():
    process = await asyncio.create_subprocess_exec(server, "--port", "0", "--set", "close-timeout=1000",
                                                   stdout=asyncio.subprocess.PIPE)
    host, port = (await process.stdout.readline()).decode().strip().rsplit("/", 1)[1].split(":")
    held, samples = Held(process.pid), []
    before = held.sockets()
    until = time.monotonic() + minutes * 60
    await asyncio.gather(watch(held, until, samples), *(come_and_go(host, port, until) for _ in range(CLIENTS)))
    deadline = time.monotonic() + 30
    while held.sockets() > before and time.monotonic() < deadline:
        await asyncio.sleep(0.1)  # the last ones linger
    left = held.sockets() - before
    process.send_signal(signal.SIGTERM)
    status = await asyncio.wait_for(process.wait(), 30)

    third = len(samples) // 3
    growth = mean([s[0] for s in samples[-third:]]) - mean([s[0] for s in samples[third:2 * third]]) if third else 0
    print(f"memory grew by {growth:.0f} KiB from the second third to the last; {left} sockets are left; it ended with {status}")
    return 0 if growth <= MAX_GROWTH_KIB and left == 0 and status == 0 else 1


sys.exit(asyncio.run(main()))
