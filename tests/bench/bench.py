# SPDX-License-Identifier: LGPL-2.1-or-later
"""Starts each server on one core and the load on the other, in turns, and compares what the kernel says they cost."""
import argparse
import os
import shutil
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = "build-bench"
PEERS = f"{BUILD}/peers/node_modules"

PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3"
BINDINGS = {"LD_LIBRARY_PATH": f"{BUILD}/nexws", "GI_TYPELIB_PATH": f"{BUILD}/introspection"}
IN_PYTHON = {**BINDINGS, "PYTHONPATH": "introspection/python"}

# name: the command and the environment beside ours
SERVERS = {
    "floor": ([f"{BUILD}/tests/bench/bench-floor"], {}),
    "nexws": ([f"{BUILD}/examples/c/echo", "--port", "0"], {}),
    "libwebsockets": ([f"{BUILD}/tests/bench/bench-lws"], {}),
    "libsoup": ([f"{BUILD}/tests/bench/bench-soup"], {}),
    "bun": ([f"{PEERS}/@oven/bun-linux-x64/bin/bun", "tests/bench/servers/bun.js"], {}),
    "ws": (["node", "tests/bench/servers/ws.js"], {"NODE_PATH": PEERS}),
}

IN_JAVASCRIPT = {**BINDINGS, "GJS_PATH": "introspection/javascript"}

# The same echo in other languages, and what it is measured against.
LANGUAGES = {
    "nexws": SERVERS["nexws"],
    "py-receive": ([PYTHON, "tests/bench/servers/receive.py", "--port", "0"], IN_PYTHON),
    "py-text": ([PYTHON, "tests/bench/servers/on_text.py", "--port", "0"], IN_PYTHON),
    "py-loop": ([PYTHON, "tests/bench/servers/loop.py", "--port", "0"], IN_PYTHON),
    "js-floor": (["gjs", "-m", "tests/bench/servers/floor.js", "--port", "0"], {**BINDINGS, "GJS_PATH": ""}),
    "js-receive": (["gjs", "-m", "examples/javascript/echo.js", "--port", "0"], IN_JAVASCRIPT),
    "js-iterate": (["gjs", "-m", "tests/bench/servers/iterate.js", "--port", "0"], IN_JAVASCRIPT),
    "js-loop": (["gjs", "-m", "tests/bench/servers/loop.js", "--port", "0"], IN_JAVASCRIPT),
    "vala": ([f"{BUILD}/examples/vala/echo", "--port", "0"], {}),
    "websockets": ([PYTHON, "tests/bench/servers/websockets_uvloop.py"], {}),
    "starlette": ([PYTHON, "tests/bench/servers/starlette_uvicorn.py"], {}),
    "ws": SERVERS["ws"],
}

# Those of them whose instructions are counted one process each. Not in GJS, whose compiler valgrind cannot run.
COUNTED = {name: LANGUAGES[name] for name in ("nexws", "vala", "py-receive", "py-text", "py-loop")}

# What else, or what instead, sends to all.
GROUP_SERVERS = {
    "floor": SERVERS["floor"],
    "nexws": ([f"{BUILD}/examples/c/broadcast", "--port", "0"], {}),
    "python": ([PYTHON, "tests/bench/servers/broadcast.py", "--port", "0"], IN_PYTHON),
    "javascript": (["gjs", "-m", "examples/javascript/broadcast.js", "--port", "0"], IN_JAVASCRIPT),
    "bun": SERVERS["bun"],
    "ws": SERVERS["ws"],
    "socket.io": (["node", "tests/bench/servers/socketio.js"], {"NODE_PATH": PEERS}),
}
# The same in two processes, which reach each other over a Redis: REDIS is the path of its socket. (The floor does without.)
CLUSTER_SERVERS = {
    "floor": SERVERS["floor"],
    "nexws": ([f"{BUILD}/examples/c/broadcast", "--port", "0"], {}),
    "socket.io": (["node", "tests/bench/servers/socketio.js"], {"NODE_PATH": PEERS}),
}
SOCKET_IO_PATH = "/socket.io/?EIO=4&transport=websocket"

BENCHMARKS = {
    "echo": "64 connections, 64 octets, one message in flight and sixteen: CPU a message",
    "languages": "the echo in Python, JavaScript and Vala, against C and their own servers",
    "instructions": "user-space instructions of the same for each message, in C, Vala and Python (valgrind)",
    "groups": "64 octets to the 500 members of a group, one message in flight and sixteen: CPU a delivery",
    "cluster": "the same with the members in two processes over a Redis, whose own CPU is not counted",
    "flat": "user-space instructions a delivery of nexws, from 10 to 10 000 members (valgrind; takes minutes)",
    "membership": "memory that a membership costs",
    "handshake": "16 handshakes at a time: CPU a handshake",
    "middleware": "a handshake without and with three middleware and a parameter: instructions",
    "idle": "5000 connections that do nothing: resident memory a connection",
}


def run_load(ports, path, words, pids):
    command = ["taskset", "-c", "1", f"{BUILD}/tests/bench/bench-load", ports, path, *[str(word) for word in words], pids]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed")
    return {key: float(value) for key, value in (pair.split("=") for pair in done.stdout.split())}


class Server:
    """A server process on core 0."""

    def __init__(self, servers, name, path):
        command, environment = servers[name]
        self.path = path
        self.process = subprocess.Popen(["taskset", "-c", "0", *command], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True,
                                        env={**os.environ, **environment})

    def __enter__(self):
        line = self.process.stdout.readline()
        if "listening on" not in line:
            self.process.kill()
            sys.exit(f"{self.process.args}: no server: {line!r}")
        self.port = line.strip().rsplit(":", 1)[1]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def load(self, *words):
        """Runs the load on core 1 and returns what it says, as numbers."""
        return run_load(self.port, self.path, words, str(self.process.pid))


class Cluster:
    """Two of them, and a Redis beside the load."""

    def __init__(self, servers, name, path):
        self.folder = tempfile.TemporaryDirectory()
        socket = f"{self.folder.name}/s"
        self.redis = subprocess.Popen(["taskset", "-c", "1", "redis-server", "--port", "0", "--unixsocket", socket,
                                       "--dir", self.folder.name, "--save", ""], stdout=subprocess.PIPE, text=True)
        while "ready to accept" not in self.redis.stdout.readline().lower():
            pass
        words, environment = servers[name]
        environment = {**environment, "REDIS": socket, "NEXWS_BACKPLANE": f"redis+unix://{socket}"}
        self.servers = [Server({name: (words, environment)}, name, path) for _ in range(2)]

    def __enter__(self):
        for server in self.servers:
            server.__enter__()
        time.sleep(1)  # until they have found each other
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.__exit__()
        self.redis.kill()
        self.redis.wait()
        self.folder.cleanup()

    def load(self, *words):
        return run_load(",".join(server.port for server in self.servers), self.servers[0].path, words,
                        ",".join(str(server.process.pid) for server in self.servers))


def available(servers, names):
    for name in names:
        command = servers[name][0][0]
        package = "socket.io" if name == "socket.io" else "ws"
        if os.path.exists(command) or (command == "gjs" and shutil.which(command)) or (command == "node" and os.path.isdir(f"{PEERS}/{package}")):
            yield name
        else:
            print(f"{name}: not there ({command}), left out")


def measure(names, rounds, words, servers=SERVERS, path="/ws", kind=Server):
    """Each server once a round: whatever the machine does meanwhile happens to all alike."""
    results = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            with kind(servers, name, SOCKET_IO_PATH if name == "socket.io" else path) as server:
                results[name].append(server.load(*words))
    return results


def spread(values, digits=2):
    return f"{min(values):.{digits}f} {statistics.median(values):.{digits}f} {max(values):.{digits}f}"


def report(title, results, cost, unit):
    names = list(results)
    costs = {name: [cost(one) for one in results[name]] for name in names}
    against = [name for name in ("floor", "libwebsockets", "bun", "websockets", "ws") if name in names][:3]
    if "python" in names and "nexws" in names:
        against.insert(0, "nexws")
    if "bun" not in names and "socket.io" in names:
        against.append("socket.io")
    if "floor" not in names and "nexws" in names and "nexws" not in against:
        against.insert(0, "nexws")
    print(f"\n{title}\n{unit}: min median max; ratios of the same round: min median max")
    header = f"{'':14}{unit:>22}{'rate/s':>12}" + "".join(f"{'/ ' + name:>20}" for name in against)
    print(header)
    for name in names:
        rates = [one["rate"] for one in results[name] if "rate" in one]
        row = f"{name:14}{spread(costs[name]):>22}"
        row += f"{statistics.median(rates):>12.0f}" if rates else f"{'':12}"
        for other in against:
            ratios = [a / b for a, b in zip(costs[name], costs[other])]
            row += f"{spread(ratios):>20}"
        print(row)


def count_instructions(servers, name, path, words):
    """Of a server's whole life under one load, its user-space instructions."""
    with tempfile.TemporaryDirectory() as folder:
        command, environment = servers[name]
        # Slowed down so much, the clients would be pinged in between.
        server = subprocess.Popen(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", *command,
                                   "--set", "ping-interval=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                  env={**os.environ, **environment, "PYTHONHASHSEED": "0"})
        port = server.stdout.readline().strip().rsplit(":", 1)[1]
        subprocess.run([f"{BUILD}/tests/bench/bench-load", port, path, *[str(word) for word in words]],
                       stdout=subprocess.DEVNULL, check=True)
        server.send_signal(signal.SIGTERM)
        server.wait()
        with open(f"{folder}/out", encoding="utf-8") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("summary:"))


def run_flat():
    """The difference between many bursts and few: so start and handshakes do not count. A further delivery: without what a message costs once."""
    print(f"{'members':>8}{'in flight':>10}{'instructions a delivery':>26}{'a further delivery':>20}")
    for in_flight in (1, 16):
        before = None
        for n_members in (10, 100, 1000, 10000):
            few, many = [count_instructions(GROUP_SERVERS, "nexws", "/ws/broadcast",
                                            ["fanout", n_members, in_flight, 64, f"n{n_members * in_flight * n_bursts}"])
                         for n_bursts in ((2, 12) if n_members >= 1000 else (20, 220))]
            one = (many - few) / (in_flight * (10 if n_members >= 1000 else 200))
            further = f"{(one - before[1]) / (n_members - before[0]):>20.1f}" if before else ""
            before = (n_members, one)
            print(f"{n_members:>8}{in_flight:>10}{one / n_members:>26.1f}{further}", flush=True)


def run_instructions(names):
    """What the second two thousand messages cost."""
    print(f"{'':14}{'in flight':>10}{'instructions a message':>26}")
    for in_flight in (1, 16):
        for name in names:
            few, many = [count_instructions(LANGUAGES, name, "/ws", ["text", 16, in_flight, 64, f"n{n}"]) for n in (2000, 4000)]
            print(f"{name:14}{in_flight:>10}{(many - few) / 2000:>26.0f}", flush=True)


def cpu(one):
    return one["user_us"] + one["system_us"]


def count_of_program(*words):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *words],
                          stderr=subprocess.PIPE, text=True, check=True, env={**os.environ, "G_SLICE": "always-malloc"})
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


def compare_middleware():
    """What the second thousand costs: starting up is not in it."""
    costs = {}
    for mode in "bare", "full":
        counts = [count_of_program(f"{BUILD}/tests/bench/bench-middleware", mode, str(n)) for n in (1000, 2000)]
        costs[mode] = (counts[1] - counts[0]) / 1000
    print(f"instructions a handshake, its end included: without middleware, at /ws: {costs['bare']:.0f}")
    print(f"with three middleware, at /rooms/{{room}}: {costs['full']:.0f}, {costs['full'] / costs['bare']:.3f} times as many")


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    parser.add_argument("name", nargs="?", default="echo", choices=BENCHMARKS)
    parser.add_argument("--list", action="store_true", help="name the benchmarks")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--servers", help="of " + ", ".join(SERVERS | GROUP_SERVERS | LANGUAGES))
    words = parser.parse_args()
    if words.list:
        for name, text in BENCHMARKS.items():
            print(f"{name:12}{text}")
        return
    servers = {"instructions": COUNTED, "groups": GROUP_SERVERS, "cluster": CLUSTER_SERVERS, "languages": LANGUAGES}.get(words.name, SERVERS)
    wanted = words.servers.split(",") if words.servers else servers
    names = list(available(servers, wanted)) if words.name not in ("middleware", "flat", "membership") else []
    if words.name in ("echo", "languages"):
        for in_flight in (1, 16):
            results = measure(names, words.rounds, ["text" if words.name == "languages" else "echo", 64, in_flight, 64, words.seconds], servers)
            report(f"echo, 64 connections, 64 octets, {in_flight} in flight", results, cpu, "CPU us a message")
    elif words.name == "groups":
        for in_flight in (1, 16):
            results = measure(names, words.rounds, ["fanout", 500, in_flight, 64, words.seconds], servers, "/ws/broadcast")
            report(f"fan-out to 500 members, 64 octets, {in_flight} in flight", results, cpu, "CPU us a delivery")
    elif words.name == "cluster":
        for in_flight in (1, 16):
            results = measure(names, words.rounds, ["fanout", 500, in_flight, 64, words.seconds], servers, "/ws/broadcast",
                              Cluster)
            report(f"fan-out to 500 members in two processes, 64 octets, {in_flight} in flight", results, cpu,
                   "CPU us a delivery")
    elif words.name == "instructions":
        run_instructions(names)
    elif words.name == "flat":
        run_flat()
    elif words.name == "membership":
        subprocess.run([f"{BUILD}/tests/bench/bench-membership"], check=True)
    elif words.name == "handshake":
        report("handshakes, 16 at a time", measure(names, words.rounds, ["handshake", 16, 0, 0, words.seconds]), cpu,
               "CPU us a handshake")
    elif words.name == "middleware":
        compare_middleware()
    elif words.name == "idle":
        report("5000 idle connections", measure(names, words.rounds, ["idle", 5000, 0, 0, 0]),
               lambda one: one["kib"], "KiB a connection")


main()
