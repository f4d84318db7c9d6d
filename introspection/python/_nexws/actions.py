# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Actions by name: `def on_move(self, websocket, move: Move)` handles `{"type": "move", …}`, where Move is a dataclass or a TypedDict.
Only a parameter of such a type, or `@action`, makes a method one: what peers can call is never an accident.
"""

import inspect
import typing

from .errors import PeerFault
from .message import text_of
from .methods import as_function, own_name
from .raw import Nx
from .strict import loads
from .typed import Misfit, fit, is_message_type

_LIFE = ("on_connect", "on_receive", "on_text", "on_disconnect", "on_error")
_INVALID = int(Nx.CloseCode.INVALID_DATA)
_UNSUPPORTED = int(Nx.CloseCode.UNSUPPORTED_DATA)


def action(name=None):
    """Decorates a method that handles an action, under its own name without `on_`, or under the given one."""
    if name is not None and not isinstance(name, str):  # classmethod makes nothing that can be called
        return action()(name)

    def decorate(func):
        func._nexws_action = name or own_name(func, "action").removeprefix("on_")
        return func

    return decorate


class Action:
    """A method that peers can call, and what it takes."""

    __slots__ = ("name", "func", "hint")

    def __init__(self, name, func, hint):
        self.name = name
        self.func = func
        self.hint = hint

    def read(self, value):
        """The arguments behind the websocket, or a PeerFault."""
        try:
            if self.hint is None:
                if len(value) > 1:
                    raise Misfit(f"there are members besides {Nx.ACTION_MEMBER}, and no others are wanted")
                return ()
            return (fit(value, self.hint, ignored=(Nx.ACTION_MEMBER,)),)
        except Misfit as error:
            raise PeerFault(_INVALID, f"{self.name}: {error}") from None


def _hint_of(func):
    """The type of the parameter behind the websocket; None: there is no such parameter."""
    parameters = list(inspect.signature(func).parameters.values())
    if len(parameters) < 3:
        return None
    try:
        hints = typing.get_type_hints(func)
    except NameError as error:
        raise TypeError(f"{func.__module__}.{func.__qualname__}: {error}, which a parameter of an action is said to be") from None
    return hints.get(parameters[2].name, typing.Any)


def _as_action(base, name, func):
    told = getattr(func, "_nexws_action", None)
    if name in _LIFE or (told is None and not inspect.isfunction(func)):
        return None
    if told is not None:
        func = as_function(func, base, name)
        return Action(told, func, _hint_of(func))
    if not name.startswith("on_") or not func.__annotations__:
        return None
    parameters = list(inspect.signature(func).parameters.values())
    if len(parameters) != 3 or parameters[2].annotation is inspect.Parameter.empty:
        return None
    hint = _hint_of(func)
    return Action(name.removeprefix("on_"), func, hint) if is_message_type(hint) else None


def find_actions(cls):
    """The actions of a class by name, its bases' included."""
    actions = {}
    for base in reversed(cls.__mro__):
        if base is object or base.__module__.startswith("gi."):
            continue
        for name, func in vars(base).items():
            found = _as_action(base, name, func)
            if found is not None:
                actions[found.name] = found
    return actions


def choose(actions, message, has_receive):
    """The action that a message is for, with its arguments; None: it is for on_receive. A PeerFault when it is for neither."""
    text = text_of(message)
    value = None
    if text is not None:
        try:
            value = loads(text)
        except ValueError:
            pass
    name = value.get(Nx.ACTION_MEMBER) if isinstance(value, dict) else None
    found = actions.get(name) if isinstance(name, str) else None
    if found is not None:
        return found.func, found.read(value)
    if has_receive:
        return None
    if text is None:
        raise PeerFault(_UNSUPPORTED, "a binary message came, and actions are text")
    if not isinstance(name, str):
        raise PeerFault(_INVALID, f'a JSON object with a "{Nx.ACTION_MEMBER}" is wanted')
    shown = name if len(name) <= 32 else name[:31] + "…"
    raise PeerFault(_INVALID, f'{Nx.ACTION_MEMBER}: "{shown}" came, one of {", ".join(sorted(actions))} is wanted')
