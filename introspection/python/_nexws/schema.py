# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a dataclass or a TypedDict says, as JSON Schema: for `--describe`, and the same that `typed.fit` looks at."""

import dataclasses
import enum
import json
import types
import typing

from gi.repository import GObject, Json

from .raw import Nx
from .typed import is_object_type

_SCALARS = {int: "integer", float: "number", str: "string", bool: "boolean", type(None): "null"}
_raw_declare_sent = Nx.Controller.__dict__["declare_sent"]


def _object(hints, required, above):
    return {
        "type": "object",
        "properties": {name: schema_of(hint, above) for name, hint in hints.items()},
        "required": [name for name in hints if name in required],
        "additionalProperties": False,
    }


def _of_dataclass(hint, above):
    missing = dataclasses.MISSING
    fields = [field for field in dataclasses.fields(hint) if field.init]
    known = typing.get_type_hints(hint)
    required = {field.name for field in fields if field.default is missing and field.default_factory is missing}
    return _object({field.name: known.get(field.name, typing.Any) for field in fields}, required, above)


def _of_container(origin, args, above):
    if origin is list:
        return {"type": "array", "items": schema_of(args[0], above) if args else {}}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(args[1], above) if args else {}}
    if not args:
        return {"type": "array", "items": {}}
    if len(args) == 2 and args[1] is Ellipsis:
        return {"type": "array", "items": schema_of(args[0], above)}
    return {"type": "array", "prefixItems": [schema_of(one, above) for one in args], "minItems": len(args), "maxItems": len(args)}


def _plain(choices):
    return [choice.value if isinstance(choice, enum.Enum) else choice for choice in choices]


def schema_of(hint, above=()):
    """The schema of a type. Whatever a type holds of its own kind, it says nothing of: `above` are those that it stands in."""
    if hint is None:
        hint = type(None)
    if hint in _SCALARS:
        return {"type": _SCALARS[hint]}
    if hint in above:
        return {}
    if dataclasses.is_dataclass(hint):
        return _of_dataclass(hint, (*above, hint))
    if typing.is_typeddict(hint):
        return _object(typing.get_type_hints(hint), hint.__required_keys__, (*above, hint))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"enum": _plain(hint)}
    origin, args = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [schema_of(one, above) for one in args]}
    if origin is typing.Literal:
        return {"enum": _plain(args)}
    if origin in (typing.Required, typing.NotRequired, typing.Annotated):
        return schema_of(args[0], above)
    return _of_container(origin, args, above) if origin in (list, dict, tuple) else {}


def to_node(hint):
    """The schema of the members of an action: None is one without any, and what is no object may be any."""
    if hint is None:
        schema = _object({}, (), ())
    else:
        schema = schema_of(hint)
        if schema.get("type") != "object":
            schema = {"type": "object"}
    return Json.from_string(json.dumps(schema))


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
