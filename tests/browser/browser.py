# SPDX-License-Identifier: LGPL-2.1-or-later
"""Headless Chromium, driven by its DevTools protocol over a pair of pipes.

Over pipes rather than a port: the browser ends by itself when the pipes do, so it never outlives a test, however that ends.
"""
import asyncio
import base64
import fcntl
import itertools
import json
import os
import shutil
import tempfile

COMMAND_TIMEOUT = 60
DEADLINE = 30  # seconds for whatever is waited for in a page
POLL_INTERVAL = 0.02
LONGEST_LINE = 64 * 1024 * 1024  # a screenshot is one line

# What meson and the sanitizers set for the server is not for the browser.
UNWANTED_ENV = ("LD_PRELOAD", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "MALLOC_PERTURB_", "G_DEBUG", "G_SLICE",
                "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY")

ARGUMENTS = ("--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check", "--disable-gpu",
             "--disable-dev-shm-usage", "--disable-extensions", "--disable-sync", "--disable-component-update",
             "--disable-background-networking", "--disable-breakpad", "--password-store=basic", "--lang=en-US",
             # Both tabs count as seen, whichever was opened last.
             "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
             "--disable-renderer-backgrounding")


def find_browser():
    return shutil.which("chromium")


class ProtocolError(Exception):
    pass


class Browser:
    def __init__(self):
        self._ids = itertools.count(1)
        self._answers = {}  # id -> future
        self._tabs = {}  # session -> Tab

    async def __aenter__(self):
        self._folder = tempfile.mkdtemp(prefix="nexws-browser-")
        try:
            await self._start()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(self, *_):
        await self._end()

    async def _start(self):
        env = {name: value for name, value in os.environ.items() if name not in UNWANTED_ENV}
        env.update(HOME=self._folder, XDG_CONFIG_HOME=self._folder, XDG_CACHE_HOME=self._folder)
        arguments = [*ARGUMENTS, f"--user-data-dir={self._folder}/profile"]
        if os.getuid() == 0:
            arguments.append("--no-sandbox")
        self._log = open(os.path.join(self._folder, "log"), "wb")
        commands, self._commands_fd = make_pipe()
        answers_fd, answers = make_pipe()
        # It reads from descriptor 3 and writes to 4.
        self._process = await asyncio.create_subprocess_exec(
            "bash", "-c", f'exec "$0" "$@" 3<&{commands} 4>&{answers} {commands}<&- {answers}>&-',
            find_browser(), *arguments, "about:blank", env=env, pass_fds=(commands, answers),
            stdin=asyncio.subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        os.close(commands)
        os.close(answers)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=LONGEST_LINE)
        self._transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(answers_fd, "rb"))
        self._listening = asyncio.create_task(self._listen(reader))
        await self.send("Browser.getVersion")

    async def _end(self):
        if hasattr(self, "_listening"):
            self._listening.cancel()
            self._transport.close()
        if hasattr(self, "_process"):
            os.close(self._commands_fd)
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
            self._log.close()
        # Its children may still be writing while they notice.
        for _ in range(100):
            shutil.rmtree(self._folder, ignore_errors=True)
            if not os.path.exists(self._folder):
                break
            await asyncio.sleep(0.05)

    async def _listen(self, reader):
        try:
            while True:
                self._take(json.loads((await reader.readuntil(b"\0"))[:-1]))
        except asyncio.IncompleteReadError:
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(ProtocolError("the browser has ended"))

    def _take(self, message):
        if "id" in message:
            answer = self._answers.pop(message["id"], None)
            if answer is None or answer.done():
                return
            if "error" in message:
                answer.set_exception(ProtocolError(message["error"]["message"]))
            else:
                answer.set_result(message["result"])
        elif message.get("sessionId") in self._tabs:
            self._tabs[message["sessionId"]].take(message["method"], message["params"])

    async def send(self, method, session=None, **params):
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        command = {"id": number, "method": method, "params": params}
        if session is not None:
            command["sessionId"] = session
        data = memoryview(json.dumps(command).encode() + b"\0")
        while data:
            data = data[os.write(self._commands_fd, data):]
        try:
            return await asyncio.wait_for(answer, COMMAND_TIMEOUT)
        except asyncio.TimeoutError:
            raise ProtocolError(f"{method} was not answered") from None

    async def open_tab(self):
        """A tab of somebody else's: it shares neither cookies nor storage with the other ones."""
        context = (await self.send("Target.createBrowserContext"))["browserContextId"]
        target = (await self.send("Target.createTarget", url="about:blank", browserContextId=context,
                                  width=1100, height=760, newWindow=True))["targetId"]
        session = (await self.send("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        tab = self._tabs[session] = Tab(self, session)
        for domain in "Page", "Runtime", "Log", "Network":
            await tab.send(f"{domain}.enable")
        await tab.send("Emulation.setFocusEmulationEnabled", enabled=True)
        return tab


def make_pipe():
    """Ends with numbers that are in nobody's way."""
    ends = []
    for end in os.pipe():
        ends.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10))
        os.close(end)
    return ends


KEYS = {"Enter": 13, "Tab": 9}


class Tab:
    def __init__(self, browser, session):
        self._browser = browser
        self._session = session
        self.problems = []  # what the page logged that it should not have
        self.is_allowed = lambda problem: False

    def take(self, method, params):
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self._note(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self._note(" ".join(str(one.get("value", one.get("description"))) for one in params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self._note(params["entry"]["text"] + " " + params["entry"].get("url", ""))

    def _note(self, problem):
        if not self.is_allowed(problem):
            self.problems.append(problem)

    async def send(self, method, **params):
        return await self._browser.send(method, self._session, **params)

    async def go(self, url):
        await self.send("Page.navigate", url=url)

    async def reload(self):
        await self.send("Page.reload")

    async def evaluate(self, expression):
        result = await self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise ProtocolError(f"{expression}: {result['exceptionDetails']['exception'].get('description')}")
        return result["result"].get("value")

    async def wait_for(self, expression, deadline=DEADLINE):
        """Asks until the expression is true; meanwhile the page may be another one."""
        value = error = None
        end = asyncio.get_running_loop().time() + deadline
        while asyncio.get_running_loop().time() < end:
            try:
                value, error = await self.evaluate(expression), None
            except ProtocolError as one:
                error = one
            if value and error is None:
                return value
            await asyncio.sleep(POLL_INTERVAL)
        raise AssertionError(f"not within {deadline} s: {expression}: {error or value}")

    async def wait_to_log(self, words, deadline=DEADLINE):
        end = asyncio.get_running_loop().time() + deadline
        while not any(words in problem for problem in self.problems):
            assert asyncio.get_running_loop().time() < end, (words, self.problems)
            await asyncio.sleep(POLL_INTERVAL)

    async def write(self, text):
        await self.send("Input.insertText", text=text)

    async def press(self, key, shift=False):
        common = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key], "modifiers": 8 if shift else 0}
        text = {"text": "\r"} if key == "Enter" else {}
        await self.send("Input.dispatchKeyEvent", type="keyDown", **common, **text)
        await self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    async def click(self, selector):
        """With the mouse, so that what is covered or outside the window cannot be clicked."""
        x, y = await self.wait_for(f"""(() => {{
            const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();
            const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
            const hit = document.elementFromPoint(x, y)?.closest({json.dumps(selector)});
            return box.width > 0 && hit ? [x, y] : null;
        }})()""")
        for kind in "mousePressed", "mouseReleased":
            await self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def set_size(self, width, height, is_mobile=False):
        await self.send("Emulation.setDeviceMetricsOverride", width=width, height=height,
                        deviceScaleFactor=2 if is_mobile else 1, mobile=is_mobile)

    async def set_scheme(self, scheme):
        await self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    async def shoot(self, path):
        image = await self.send("Page.captureScreenshot", format="png")
        with open(path, "wb") as file:
            file.write(base64.b64decode(image["data"]))
