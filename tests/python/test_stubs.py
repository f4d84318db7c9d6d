# SPDX-License-Identifier: LGPL-2.1-or-later
"""The type stubs: name what there is, take the examples, and find mistakes."""

import ast
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import nexws

ROOT = pathlib.Path(__file__).resolve().parents[2]
STUBS = ROOT / "introspection" / "python" / "nexws" / "__init__.pyi"
MYPY = [sys.executable, "-m", "mypy", "--no-incremental", "--ignore-missing-imports", "--check-untyped-defs", "--strict-optional"]
ENVIRONMENT = {**os.environ, "MYPYPATH": str(ROOT / "introspection" / "python")}

WRONG = """
from nexws import App, WebSocket
app = App()
@app.websocket_route("/")
async def handler(websocket: WebSocket) -> None:
    await websocket.accept()
    websocket.send_text(b"octets")
    websocket.sendText("x")
    number: int = await websocket.receive_text()
    right: str = await websocket.receive_text_async()
    wrong: int = await websocket.receive_text_async()
"""


def mypy(*files):
    with tempfile.TemporaryDirectory() as cache:
        return subprocess.run(
            [*MYPY, "--cache-dir", cache, *map(str, files)], capture_output=True, text=True, env=ENVIRONMENT, check=False
        )


class Stubs(unittest.TestCase):
    def test_every_name_is_there(self):
        for node in ast.parse(STUBS.read_text()).body:
            if not isinstance(node, ast.ClassDef) or node.name in ("Address", "MultiMapping") or node.name.startswith("_"):
                continue
            cls = getattr(nexws, node.name)
            for member in node.body:
                if isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    self.assertTrue(hasattr(cls, member.name), f"{node.name}.{member.name}")
        for name in nexws.__all__:
            self.assertIn(name, STUBS.read_text())

    def test_the_examples(self):
        # Those with a hyphen in their name are no modules, and would have to be checked one by one.
        paths = [path for path in sorted((ROOT / "examples" / "python").glob("*.py")) if "-" not in path.name]
        self.assertGreater(len(paths), 10)
        result = mypy(*paths)
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_they_are_right_themselves(self):
        """Nobody hears of it where they are installed, but who has them in a path of his own does."""
        result = mypy(STUBS)
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_mistakes_are_found(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "wrong.py"
            path.write_text(WRONG)
            out = mypy(path).stdout
        for part in ('wrong.py:7: error: Argument 1 to "send_text"', '"WebSocket" has no attribute "sendText"', "wrong.py:9: error", "wrong.py:11: error"):
            self.assertIn(part, out)
        self.assertNotIn("wrong.py:10", out)


unittest.main(verbosity=2)
