#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two people chat, each in a tab of a real browser: one story, told in steps."""
import asyncio
import json
import os
import signal
import sys
import traceback

import websockets

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples"))

from browser import Browser, find_browser  # noqa: E402
from chat_server import ChatServer  # noqa: E402

SCREENSHOTS = os.environ["SCREENSHOTS"]
STEPS = []

INJECTION = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>&lt;b&gt;"

# Of every text that can be seen: what it is written in, and upon what. The sizes of the page are all normal text's.
POOR_CONTRASTS = """(() => {
  const luminance = ([r, g, b]) => [r, g, b].map(one => one / 255)
    .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, index) => sum + one * [0.2126, 0.7152, 0.0722][index], 0);
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const ground = element => {
    for (; element; element = element.parentElement) {
      const colour = numbers(getComputedStyle(element).backgroundColor);
      if (colour.length === 3)
        return colour;
    }
    throw new Error('no background');
  };
  const poor = [];
  for (const element of document.body.querySelectorAll('*')) {
    const hasText = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    const isEmptyField = element.placeholder && !element.value;
    if (!element.checkVisibility() || !(hasText || element.value || isEmptyField))
      continue;
    const {color} = getComputedStyle(element, isEmptyField ? '::placeholder' : null);
    const [a, b] = [numbers(color), ground(element)].map(luminance).sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5)
      poor.push(`${element.tagName}.${element.className} ${contrast.toFixed(2)}`);
  }
  return poor;
})()"""


def step(func):
    STEPS.append(func)
    return func


# -- What can be seen and done on the page --

def text_is(selector, text):
    return f"document.querySelector({json.dumps(selector)}).textContent === {json.dumps(text)}"


def has_note(text):
    return f"[...document.querySelectorAll('.note')].some(note => note.textContent.includes({json.dumps(text)}))"


def count_said(text, kind=".bubble"):
    return (f"[...document.querySelectorAll('{kind}')]"
            f".filter(one => one.querySelector('.words').textContent === {json.dumps(text)}).length")


def has_said(text):
    return f"{count_said(text, '.bubble:not(.waiting)')} === 1"


def members_are(*names):
    return ("[...document.querySelectorAll('.member')].map(one => one.textContent).join() === "
            f"{json.dumps(','.join(names))}")


IS_CONNECTED = text_is("#state", "Connected")
IS_FOCUSED = "document.activeElement?.id === {!r}".format


async def fill(tab, field, text):
    await tab.click(f"#{field}")
    await tab.evaluate(f"document.querySelector('#{field}').select()")
    await tab.write(text)


async def say(tab, text):
    await tab.wait_for(IS_FOCUSED("text"))
    await tab.write(text)
    await tab.press("Enter")
    await tab.wait_for("document.querySelector('#text').value === ''")


class Story:
    """The server, and who is there."""

    async def both(self, expression):
        await asyncio.gather(self.ada.wait_for(expression), self.bob.wait_for(expression))

    async def shoot(self, tab, name):
        await tab.shoot(os.path.join(SCREENSHOTS, f"{name}.png"))

    async def shoot_schemes(self, tab, name):
        """In light and in dark, both with enough contrast, and with nothing outside the window."""
        for scheme in "dark", "light":
            await tab.set_scheme(scheme)
            await self.shoot(tab, f"{name}-{scheme}")
            poor = await tab.evaluate(POOR_CONTRASTS)
            assert not poor, (scheme, poor)
        size = await tab.evaluate("[document.documentElement.scrollWidth - innerWidth,"
                                  " document.documentElement.scrollHeight - innerHeight]")
        assert size[0] <= 0 and size[1] <= 0, size


# -- The story --

@step
async def the_first_comes_in(story):
    ada = story.ada
    await ada.go(story.server.url)
    await ada.wait_for(IS_FOCUSED("name"))
    await story.shoot_schemes(ada, "entry")
    await ada.press("Enter")
    await ada.wait_for(text_is("#entry-problem", "Please say who you are."))
    await ada.write("Ada")
    await fill(ada, "room", "no/room")
    await ada.press("Enter")
    await ada.wait_for("document.querySelector('#room').getAttribute('aria-invalid') === 'true'")
    await ada.wait_for("document.querySelector('#room').value === 'no/room'")
    await fill(ada, "room", "the kitchen")
    await ada.press("Enter")
    await ada.wait_for(IS_CONNECTED)
    await ada.wait_for("location.hash === '#the-kitchen' && document.title.startsWith('the-kitchen')")
    await ada.wait_for(members_are("Ada"))


@step
async def the_second_follows_a_link_and_learns_that_a_name_is_taken(story):
    bob = story.bob
    await bob.go(story.server.url + "#the-kitchen")
    await bob.wait_for("document.querySelector('#room').value === 'the-kitchen'")
    await bob.wait_for(IS_FOCUSED("name"))
    await bob.write("ADA")
    await bob.press("Enter")
    await bob.wait_for("document.querySelector('#entry-problem').textContent.includes('name already')")
    await story.shoot_schemes(bob, "name-taken")
    await fill(bob, "name", "Bob")
    await bob.press("Enter")
    await bob.wait_for(IS_CONNECTED)


@step
async def both_are_seen(story):
    await story.both(members_are("Ada", "Bob"))
    await story.both(text_is("#count", "2"))
    await story.ada.wait_for(has_note("came in"))


@step
async def they_talk(story):
    await say(story.ada, "Good morning, Bob!")
    await story.both(has_said("Good morning, Bob!"))
    await say(story.bob, "Hi Ada. Have you seen https://www.gnome.org/ today?")
    await story.both(has_said("Hi Ada. Have you seen https://www.gnome.org/ today?"))
    await story.ada.wait_for("document.querySelector('.words a').href === 'https://www.gnome.org/'")
    await story.ada.wait_for("document.querySelectorAll('.bubble.mine').length === 1")
    await say(story.bob, "שלום — and نعم, from the right to the left")
    await story.both(has_said("שלום — and نعم, from the right to the left"))


@step
async def shift_and_enter_is_a_new_line(story):
    await story.ada.write("One line")
    await story.ada.press("Enter", shift=True)
    await say(story.ada, "and another.")
    await story.both(has_said("One line\nand another."))


@step
async def typing_is_noticed_and_forgotten(story):
    await story.bob.write("I am")
    await story.ada.wait_for(text_is("#typing", "Bob is typing…"))
    await story.shoot(story.ada, "typing")
    await story.ada.wait_for(text_is("#typing", ""))
    # It also ends when it is said. A notice is sent every 3 seconds at most; the last one is older than that.
    await story.bob.write(" not sure")
    await story.ada.wait_for(text_is("#typing", "Bob is typing…"))
    await story.bob.press("Enter")
    await story.ada.wait_for(has_said("I am not sure"))
    assert await story.ada.evaluate(text_is("#typing", ""))


@step
async def what_is_said_is_only_text(story):
    await say(story.ada, INJECTION)
    await story.both(has_said(INJECTION))
    async with websockets.connect(story.server.ws_url + "the-kitchen") as eve:
        name = "<img src=x onerror=a()>"
        await eve.send(json.dumps({"type": "join", "name": name}))
        await story.both(members_are("<img src=x onerror=a()>", "Ada", "Bob"))
        await eve.send(json.dumps({"type": "typing"}))
        await story.both(text_is("#typing", f"{name} is typing…"))
        await eve.send(json.dumps({"type": "say", "id": "constructor", "text": "javascript:alert(1) http://x\"onclick=y"}))
        await story.both(has_said("javascript:alert(1) http://x\"onclick=y"))
    await story.both(members_are("Ada", "Bob"))
    await story.both("document.querySelectorAll('#chat img, #chat script, #log [onclick]').length === 0")
    await story.both("!document.title.includes('owned')")


@step
async def who_comes_again_sees_what_was_said(story):
    before = await story.bob.evaluate("[...document.querySelectorAll('.words')].map(one => one.textContent)")
    assert len(before) == 7, before
    await story.bob.reload()
    await story.bob.wait_for(IS_CONNECTED)
    after = await story.bob.wait_for("[...document.querySelectorAll('.words')].map(one => one.textContent)")
    assert after == before, after
    assert await story.bob.evaluate("[...document.querySelectorAll('time')].every(one => /\\d:\\d\\d/.test(one.textContent))")
    await story.both(members_are("Ada", "Bob"))
    assert await story.bob.evaluate("document.querySelectorAll('.bubble.mine').length") == 3


@step
async def a_server_that_is_killed_is_waited_for(story):
    await story.server.kill()
    await story.both(text_is("#state", "Reconnecting…"))
    await say(story.ada, "Written while nobody listened")
    await story.ada.wait_for(f"{count_said('Written while nobody listened', '.waiting')} === 1")
    await story.shoot_schemes(story.ada, "reconnecting")
    await story.server.start()
    await story.both(IS_CONNECTED)
    await story.both(has_said("Written while nobody listened"))
    await story.both(members_are("Ada", "Bob"))
    await say(story.bob, "There we are again.")
    await story.both(has_said("There we are again."))
    await story.both("document.querySelectorAll('.waiting').length === 0")
    # Nothing is shown twice, and nothing of before has gone.
    await story.both(has_said("Good morning, Bob!"))


@step
async def a_server_that_ends_in_good_order_is_waited_for(story):
    assert await story.server.stop(signal.SIGTERM) == 0
    await story.both(text_is("#state", "Reconnecting…"))
    await say(story.bob, "First")
    await say(story.bob, "Second")
    # Who leaves and comes back finds again what waits.
    await story.bob.click("#leave")
    await story.bob.click("#recent-list a")
    await story.bob.wait_for("document.querySelectorAll('.waiting').length === 2")
    await story.server.start()
    await story.both(IS_CONNECTED)
    await story.both(f"{has_said('First')} && {has_said('Second')}")
    await story.ada.wait_for("[...document.querySelectorAll('.words')].slice(-2).map(one => one.textContent).join() === 'First,Second'")


@step
async def it_can_be_used_with_the_keyboard_and_heard(story):
    ada = story.ada
    await ada.wait_for(IS_FOCUSED("text"))
    # The link that Bob sent, and the list's handle, have no id.
    for before in "", "log", "", "leave", "copy", "skip":
        await ada.press("Tab", shift=True)
        await ada.wait_for(IS_FOCUSED(before))
    await story.shoot(ada, "skip-link")
    await ada.press("Enter")
    await ada.wait_for(IS_FOCUSED("text"))
    nodes = (await ada.send("Accessibility.getFullAXTree"))["nodes"]
    named = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]]
    for expected in ("log", "Messages"), ("textbox", "Message"), ("button", "Send"), ("list", "Who is here"):
        assert expected in named, (expected, named)
    nameless = [role for role, name in named if role in ("button", "textbox", "link") and not name.strip()]
    assert not nameless, nameless


@step
async def who_reads_above_is_told_of_what_is_new(story):
    await story.ada.evaluate("document.querySelector('#log').scrollTop = 0")
    await story.ada.wait_for("document.querySelector('#log').scrollTop === 0")
    await say(story.bob, "Are you still there?")
    await story.ada.wait_for("document.querySelector('#newer').checkVisibility()")
    assert await story.ada.evaluate("document.querySelector('#log').scrollTop") == 0
    await story.shoot_schemes(story.ada, "newer")
    await story.ada.click("#newer")
    await story.ada.wait_for("!document.querySelector('#newer').checkVisibility()")
    await story.shoot_schemes(story.ada, "chat")


@step
async def it_fits_a_telephone(story):
    ada = story.ada
    await ada.set_size(360, 640, True)
    await ada.reload()
    await ada.wait_for(IS_CONNECTED)
    await ada.wait_for(has_said("Are you still there?"))
    await story.shoot_schemes(ada, "narrow")
    box = await ada.evaluate("""(() => {
        const box = document.querySelector('#say').getBoundingClientRect();
        return [document.documentElement.scrollWidth, innerWidth, box.bottom, innerHeight,
                document.querySelector('#log').getBoundingClientRect().height];
    })()""")
    assert box[0] <= box[1] and box[2] <= box[3] and box[4] > 300, box
    await ada.click("#people summary")
    await ada.wait_for("document.querySelector('#members').checkVisibility()")
    await story.shoot(ada, "narrow-people")
    await say_by_button(ada, "From the road")
    await story.both(has_said("From the road"))


async def say_by_button(tab, text):
    await tab.click("#text")
    await tab.write(text)
    await tab.click("#say button")


@step
async def who_leaves_is_seen_to_leave(story):
    await story.bob.click("#leave")
    await story.bob.wait_for("location.hash === '' && document.querySelector('#entry').checkVisibility()")
    await story.ada.wait_for(members_are("Ada"))
    await story.ada.wait_for(has_note("left"))
    await story.shoot_schemes(story.bob, "left")
    # The rooms that one was in lead back.
    await story.bob.click("#recent-list a")
    await story.bob.wait_for(IS_CONNECTED)
    await story.both(members_are("Ada", "Bob"))


@step
async def who_comes_in_elsewhere_is_told_here(story):
    """A tab that was duplicated has the same key."""
    key = await story.bob.evaluate("sessionStorage.getItem('key')")
    async with websockets.connect(story.server.ws_url + "the-kitchen") as other:
        await other.send(json.dumps({"type": "join", "name": "Bob", "key": key}))
        await story.bob.wait_for("document.querySelector('#entry-problem').textContent.includes('another window')")
        await story.ada.wait_for(members_are("Ada", "Bob"))


@step
async def a_script_that_got_in_would_not_run(story):
    bob = story.bob
    assert bob.problems == [], bob.problems
    await bob.evaluate("""(() => {
        const script = document.createElement('script');
        script.textContent = 'window.isOwned = true';
        document.body.append(script);
        const image = document.createElement('img');
        image.src = 'http://127.0.0.1:9/';
        document.body.append(image);
    })()""")
    await bob.wait_to_log("script")
    await bob.wait_to_log("http://127.0.0.1:9/")
    assert all("Content Security Policy" in problem for problem in bob.problems), bob.problems
    assert not await bob.evaluate("window.isOwned")
    bob.problems.clear()


@step
async def the_pages_logged_nothing(story):
    assert story.ada.problems == [] and story.bob.problems == [], (story.ada.problems, story.bob.problems)


# -- All together --

def is_allowed(problem):
    """While the server is away, the browser says so: it is killed here, which may be just as the browser fetches the icon again."""
    return (problem.startswith("WebSocket connection to 'ws://127.0.0.1:")
            or (problem.endswith("/icon.svg")
                and any(f"net::ERR_CONNECTION_{how}" in problem for how in ("REFUSED", "RESET"))))


async def tell(story):
    for func in STEPS:
        try:
            await func(story)
        except BaseException:
            print(f"not ok {func.__name__}; logged: {story.ada.problems + story.bob.problems}", flush=True)
            await story.shoot(story.ada, "failed-ada")
            await story.shoot(story.bob, "failed-bob")
            raise
        print(f"ok {func.__name__}", flush=True)


async def main():
    os.makedirs(SCREENSHOTS, exist_ok=True)
    print(f"screenshots: {SCREENSHOTS}", flush=True)
    # A test that takes too long is ended by a signal, and still has to end what it started.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    story = Story()
    async with ChatServer() as story.server, Browser() as browser:
        story.ada = await browser.open_tab()
        story.bob = await browser.open_tab()
        story.ada.is_allowed = story.bob.is_allowed = is_allowed
        await tell(story)


if __name__ == "__main__":
    if find_browser() is None:
        print("skipped: there is no chromium; tests/run installs it on Debian")
        sys.exit(77)
    try:
        asyncio.run(main())
    except (Exception, asyncio.CancelledError):
        traceback.print_exc()
        sys.exit(1)
