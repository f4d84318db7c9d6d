# SPDX-License-Identifier: LGPL-2.1-or-later
"""With pytest-asyncio an `async def` is a test as it is, on an asyncio loop of its own."""

import asyncio

import pytest
from nexws import App

app = App()


@app.websocket_route("/echo")
async def echo(websocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        await asyncio.sleep(0)
        await websocket.send_text(text.upper())


@pytest.mark.asyncio
async def test_a_conversation():
    async with app.test_client("/echo") as client:
        for word in ("one", "two"):
            await client.send_text(word)
            assert await asyncio.wait_for(client.receive_text(), 10) == word.upper()
        await client.close()


@pytest.mark.asyncio
async def test_two_at_once():
    async with app.test_client("/echo") as one, app.test_client("/echo") as two:
        one.send_text("a")
        two.send_text("b")
        assert await asyncio.gather(one.receive_text(), two.receive_text()) == ["A", "B"]


@pytest.mark.asyncio
async def test_a_refusal():
    client = app.test_client()
    await client.expect_refusal("/nowhere", 404)
