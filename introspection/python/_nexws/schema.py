# SPDX-License-Identifier: LGPL-2.1-or-later
"""
What a dataclass or a TypedDict says, as JSON Schema: for `--describe`, and the same that `typed.fit` looks at. What holds itself stands
under `$defs`, by its name, and everywhere else a reference to it.
"""

import dataclasses
import enum
import json
import types
import typing
from weakref import WeakKeyDictionary

from gi.repository import GObject, Json

from .raw import Nx
from .typed import hints_of, is_object_type, required_fields

_SCALARS = {int: "integer", float: "number", str: "string", bool: "boolean", type(None): "null"}
_raw_declare_sent = Nx.Controller.__dict__["declare_sent"]
_names = WeakKeyDictionary()


def _name_of(hint):
    """A type has one name in all schemas, and no other type has it: so the library knows where the same is meant."""
    if hint not in _names:
        taken = set(_names.values())
        name, number = hint.__name__, 2
        while name in taken:
            name, number = f"{hint.__name__}{number}", number + 1
        _names[hint] = name
    return _names[hint]


def _members_of(hint):
    """The types of an object's members, and which of them have to be there; None of what is no object."""
    if dataclasses.is_dataclass(hint):
        known = hints_of(hint)
        required, fields = required_fields(hint)
        return {field.name: known.get(field.name, typing.Any) for field in fields}, required
    if typing.is_typeddict(hint):
        return hints_of(hint), hint.__required_keys__
    return None


def _inside(hint):
    """The types that one is made of."""
    members = _members_of(hint)
    return list(members[0].values()) if members is not None else typing.get_args(hint)


def _holds_itself(hint):
    seen, rest = [], list(_inside(hint))
    while rest:
        one = rest.pop()
        if one is hint:
            return True
        if one not in seen:
            seen.append(one)
            rest += _inside(one)
    return False


class _Writer:
    """Makes schemas, and gathers what they refer to."""

    def __init__(self):
        self.definitions = {}

    def object_of(self, hints, required):
        return {
            "type": "object",
            "properties": {name: self.of(hint) for name, hint in hints.items()},
            "required": [name for name in hints if name in required],
            "additionalProperties": False,
        }

    def _refer(self, hint, members):
        name = _name_of(hint)
        if name not in self.definitions:
            self.definitions[name] = None  # from here on it can be referred to
            self.definitions[name] = self.object_of(*members)
        return {"$ref": f"#/$defs/{name}"}

    def _of_container(self, origin, args):
        if origin is list:
            return {"type": "array", "items": self.of(args[0]) if args else {}}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.of(args[1]) if args else {}}
        if not args:
            return {"type": "array", "items": {}}
        if len(args) == 2 and args[1] is Ellipsis:
            return {"type": "array", "items": self.of(args[0])}
        return {"type": "array", "prefixItems": [self.of(one) for one in args], "minItems": len(args), "maxItems": len(args)}

    def of(self, hint):
        """The schema of a type."""
        if hint is None:
            hint = type(None)
        if hint in _SCALARS:
            return {"type": _SCALARS[hint]}
        members = _members_of(hint)
        if members is not None:
            return self._refer(hint, members) if _holds_itself(hint) else self.object_of(*members)
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            return {"enum": _plain(hint)}
        origin, args = typing.get_origin(hint) or hint, typing.get_args(hint)
        if origin in (typing.Union, types.UnionType):
            return {"anyOf": [self.of(one) for one in args]}
        if origin is typing.Literal:
            return {"enum": _plain(args)}
        if origin in (typing.Required, typing.NotRequired, typing.Annotated):
            return self.of(args[0])
        return self._of_container(origin, args) if origin in (list, dict, tuple) else {}


def _plain(choices):
    return [choice.value if isinstance(choice, enum.Enum) else choice for choice in choices]


def schema_of(hint):
    """The schema of what a message holds besides its name: an object, whatever the type is."""
    writer = _Writer()
    members = _members_of(hint)
    schema = writer.object_of(*members) if members is not None else writer.of(hint)
    if schema.get("type") != "object":
        schema = {"type": "object"}
    if writer.definitions:
        schema["$defs"] = writer.definitions
    return schema


def to_node(hint):
    """The schema of the members of an action: None is one without any."""
    return Json.from_string(json.dumps(_Writer().object_of({}, ()) if hint is None else schema_of(hint)))


def describe_actions(cls, actions, takes_other):
    """Tells C of the actions that a class reads by itself."""
    for name, action in actions.items():
        cls.describe_received(name, to_node(action.hint))
    if actions and not takes_other:
        cls.set_takes_other(False)


def declare_sent(cls, type, message_type=None):
    """Declares that controllers of this class send such actions, for `--describe`: with the members of a dataclass, a TypedDict or a
    GObject, or without any."""
    if message_type is None or isinstance(message_type, GObject.GType) or is_object_type(message_type):
        _raw_declare_sent.__get__(None, cls)(type, message_type or GObject.TYPE_NONE)
    else:
        cls.describe_sent(type, to_node(message_type))


Nx.Controller.declare_sent = classmethod(declare_sent)
