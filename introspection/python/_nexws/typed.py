# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Typed messages: dataclasses and TypedDicts out of JSON and back. What does not fit names the place, what came and what is wanted, in
the words of the library, since the peer is told.
"""

import dataclasses
import enum
import json
import types
import typing

from gi.repository import GObject

from .raw import Nx


class Misfit(ValueError):
    """Data that is not what a type says."""


def _refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


def loads(text):
    """A JSON value; `ValueError` for what is none, and for what is nested beyond all bounds."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _plain(value):
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON: {value!r}")


def dumps(value, ensure_ascii=False):
    """Compact JSON of what `json.dumps` takes, and of dataclasses and enums in it; never NaN and infinity."""
    return json.dumps(value, ensure_ascii=ensure_ascii, allow_nan=False, separators=(",", ":"), default=_plain)


# -- Fitting a value to a type --


def _show(value):
    if value is None or isinstance(value, (bool, int, float, str)):
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= 40 else text[:39] + "…"
    return "an object" if isinstance(value, dict) else "an array"


def _misfit(place, value, wanted):
    prefix = f"{place}: " if place else ""
    return Misfit(f"{prefix}{_show(value)} came, {wanted} is wanted")


_SCALARS = {int: "an integer", float: "a number", str: "a string", bool: "true or false", type(None): "null"}


def _fit_scalar(value, hint, place):
    good = isinstance(value, hint) and (hint is bool or not isinstance(value, bool))
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not good:
        raise _misfit(place, value, _SCALARS[hint])
    return value


def _fit_members(value, place, hints, required, ignored):
    if not isinstance(value, dict):
        raise _misfit(place, value, "an object")
    prefix = f"{place}." if place else ""
    fitted = {}
    for name, member in value.items():
        if name in hints:
            fitted[name] = fit(member, hints[name], prefix + name)
        elif name not in ignored:
            raise Misfit(f"{prefix}{name}: there is no such member")
    for name in required:
        if name not in fitted:
            raise Misfit(f"{prefix}{name}: it is missing")
    return fitted


def _fit_dataclass(value, hint, place, ignored):
    fields = [field for field in dataclasses.fields(hint) if field.init]
    known = typing.get_type_hints(hint)
    missing = dataclasses.MISSING
    required = [field.name for field in fields if field.default is missing and field.default_factory is missing]
    hints = {field.name: known.get(field.name, typing.Any) for field in fields}
    members = _fit_members(value, place, hints, required, ignored)
    try:
        return hint(**members)
    except ValueError as error:  # of a __post_init__ that looks closer
        raise Misfit(f"{place}: {error}" if place else str(error)) from None


def _fit_union(value, hint, place):
    for one in typing.get_args(hint):
        try:
            return fit(value, one, place)
        except Misfit:
            continue
    raise _misfit(place, value, " or ".join(_name(one) for one in typing.get_args(hint)))


def _fit_list(value, hint, place):
    if not isinstance(value, list):
        raise _misfit(place, value, "an array")
    (element,) = typing.get_args(hint) or (typing.Any,)
    return [fit(one, element, f"{place}[{i}]") for i, one in enumerate(value)]


def _fit_tuple(value, hint, place):
    elements = typing.get_args(hint)
    if len(elements) == 2 and elements[1] is Ellipsis:
        return tuple(_fit_list(value, list[elements[0]], place))
    if not isinstance(value, list) or (elements and len(value) != len(elements)):
        raise _misfit(place, value, f"an array of {len(elements)}")
    return tuple(fit(one, element, f"{place}[{i}]") for i, (one, element) in enumerate(zip(value, elements or [typing.Any] * len(value))))


def _fit_dict(value, hint, place):
    if not isinstance(value, dict):
        raise _misfit(place, value, "an object")
    _, element = typing.get_args(hint) or (str, typing.Any)
    return {name: fit(one, element, f"{place}.{name}" if place else name) for name, one in value.items()}


def _fit_choice(value, choices, place):
    for choice in choices:
        plain = choice.value if isinstance(choice, enum.Enum) else choice
        if plain == value and type(plain) is type(value):
            return choice
    plain = [choice.value if isinstance(choice, enum.Enum) else choice for choice in choices]
    raise _misfit(place, value, "one of " + ", ".join(_show(one) for one in plain))


def _name(hint):
    return _SCALARS.get(hint) or getattr(hint, "__name__", str(hint))


def fit(value, hint, place="", ignored=()):
    """A JSON value as a value of a type; `Misfit` when it is none. `ignored`: members that may be there besides."""
    if hint is typing.Any:
        return value
    if hint is None:
        hint = type(None)
    if hint in _SCALARS:
        return _fit_scalar(value, hint, place)
    if dataclasses.is_dataclass(hint):
        return _fit_dataclass(value, hint, place, ignored)
    if typing.is_typeddict(hint):
        return _fit_members(value, place, typing.get_type_hints(hint), hint.__required_keys__, ignored)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _fit_choice(value, list(hint), place)
    origin = typing.get_origin(hint) or hint
    if origin in (typing.Union, types.UnionType):
        return _fit_union(value, hint, place)
    if origin is typing.Literal:
        return _fit_choice(value, typing.get_args(hint), place)
    if origin in (typing.Required, typing.NotRequired, typing.Annotated):
        return fit(value, typing.get_args(hint)[0], place)
    for kind, func in ((list, _fit_list), (tuple, _fit_tuple), (dict, _fit_dict)):
        if origin is kind:
            return func(value, hint, place)
    raise TypeError(f"{hint!r} is no type that a message can hold")


def is_object_type(hint):
    """Whether it is a GObject's, which the library itself reads and describes."""
    return isinstance(hint, type) and issubclass(hint, GObject.Object)


def is_message_type(hint):
    """Whether a parameter of this type makes a method an action."""
    return is_object_type(hint) or dataclasses.is_dataclass(hint) or typing.is_typeddict(hint)


def make_action(type_name, value):
    """A JSON object that is `value` with the action's name in it."""
    if value is None:
        members = {}
    elif isinstance(value, dict):
        members = value
    else:
        members = _plain(value)
    if Nx.ACTION_MEMBER in members:
        raise ValueError(f"{Nx.ACTION_MEMBER!r} is where the action's name stands")
    return {Nx.ACTION_MEMBER: type_name, **members}
