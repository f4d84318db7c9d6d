# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Typed messages: dataclasses and TypedDicts out of JSON and back. What does not fit names the place, what came and what is wanted, in
the words of the library, since the peer is told.
"""

import dataclasses
import enum
import functools
import json
import types
import typing

from gi.repository import GObject

from .raw import Nx
from .strict import plain


class Misfit(ValueError):
    """Data that is not what a type says."""


class _TooDeep(Misfit):
    """Whatever else it might have been."""


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
MAX_DEPTH = 128
"""How many levels may be nested: as App.max_json_depth by default."""


@functools.lru_cache(maxsize=256)
def hints_of(hint):
    """The types of the members of a dataclass or a TypedDict. One that holds itself may stand in a function, where nobody finds its name."""
    try:
        return typing.get_type_hints(hint)
    except NameError:
        pass
    try:
        return typing.get_type_hints(hint, localns={**vars(hint), hint.__name__: hint})
    except NameError as error:
        raise TypeError(f"{hint.__module__}.{hint.__qualname__}: {error}, which a member is said to be") from None


def required_fields(hint):
    """The fields of a dataclass that are to be given, and all of them that can be."""
    fields = [field for field in dataclasses.fields(hint) if field.init]
    missing = dataclasses.MISSING
    return {field.name for field in fields if field.default is missing and field.default_factory is missing}, fields


def _name(hint):
    return _SCALARS.get(hint) or getattr(hint, "__name__", str(hint))


def _below(place, name):
    return f"{place}.{name}" if place else name


class _Fitting:
    """One value on its way into a type. `ignored`: members of the outermost object that may be there besides."""

    __slots__ = ("_depth", "_ignored", "_tried")

    def __init__(self, ignored):
        self._depth = 0
        self._ignored = ignored
        self._tried = {}

    def fit(self, value, hint, place):
        if hint is typing.Any:
            return value
        if hint is None:
            hint = type(None)
        if hint in _SCALARS:
            return self._scalar(value, hint, place)
        depth = self._depth
        try:
            return self._structure(value, hint, place)
        finally:
            self._depth = depth

    def _structure(self, value, hint, place):
        if dataclasses.is_dataclass(hint):
            return self._dataclass(value, hint, place)
        if typing.is_typeddict(hint):
            return self._members(value, place, hints_of(hint), hint.__required_keys__)
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            return self._choice(value, list(hint), place)
        origin, args = typing.get_origin(hint) or hint, typing.get_args(hint)
        if origin in (typing.Union, types.UnionType):
            return self._union(value, args, place)
        if origin is typing.Literal:
            return self._choice(value, args, place)
        if origin in (typing.Required, typing.NotRequired, typing.Annotated):
            return self.fit(value, args[0], place)
        if origin is list:
            return self._list(value, *(args or (typing.Any,)), place)
        if origin is tuple:
            return self._tuple(value, args, place)
        if origin is dict:
            return self._dict(value, args, place)
        raise TypeError(f"{hint!r} is no type that a message can hold")

    def _descend(self, value, kind, place):
        if not isinstance(value, kind):
            raise _misfit(place, value, "an object" if kind is dict else "an array")
        if self._depth == MAX_DEPTH:
            raise _TooDeep(f"nested too deep: {MAX_DEPTH} levels are allowed")
        self._depth += 1

    def _scalar(self, value, hint, place):
        good = isinstance(value, hint) and (hint is bool or not isinstance(value, bool))
        if hint is float and isinstance(value, int) and not isinstance(value, bool):
            try:
                return float(value)
            except OverflowError:
                raise Misfit(f"{place}: the number is too big" if place else "the number is too big") from None
        if not good:
            raise _misfit(place, value, _SCALARS[hint])
        return value

    def _members(self, value, place, hints, required):
        self._descend(value, dict, place)
        ignored, self._ignored = self._ignored, ()
        fitted = {}
        for name, member in value.items():
            if name in hints:
                fitted[name] = self.fit(member, hints[name], _below(place, name))
            elif name not in ignored:
                raise Misfit(f"{_below(place, name)}: there is no such member")
        for name in required:
            if name not in fitted:
                raise Misfit(f"{_below(place, name)}: it is missing")
        return fitted

    def _dataclass(self, value, hint, place):
        known = hints_of(hint)
        required, fields = required_fields(hint)
        hints = {field.name: known.get(field.name, typing.Any) for field in fields}
        members = self._members(value, place, hints, required)
        try:
            return hint(**members)
        except ValueError as error:  # of a __post_init__ that looks closer
            raise Misfit(f"{place}: {error}" if place else str(error)) from None

    def _union(self, value, hints, place):
        if isinstance(value, (dict, list)):
            able = [one for one in hints if one is not None and one not in _SCALARS]
            if len(able) == 1:  # what is wrong with it says more than that it is none of these
                return self.fit(value, able[0], place)
        for one in hints:
            # What holds itself in two ways would else be tried twice at each level, and that twice again.
            key = (id(value), id(one))
            if key not in self._tried:
                try:
                    self._tried[key] = (self.fit(value, one, place),)
                except _TooDeep:
                    raise
                except Misfit:
                    self._tried[key] = None
            if self._tried[key] is not None:
                return self._tried[key][0]
        raise _misfit(place, value, " or ".join(_name(one) for one in hints))

    def _list(self, value, element, place):
        self._descend(value, list, place)
        return [self.fit(one, element, f"{place}[{i}]") for i, one in enumerate(value)]

    def _tuple(self, value, elements, place):
        if len(elements) == 2 and elements[1] is Ellipsis:
            return tuple(self._list(value, elements[0], place))
        if not isinstance(value, list) or (elements and len(value) != len(elements)):
            raise _misfit(place, value, f"an array of {len(elements)}")
        self._descend(value, list, place)
        elements = elements or [typing.Any] * len(value)
        return tuple(self.fit(one, element, f"{place}[{i}]") for i, (one, element) in enumerate(zip(value, elements)))

    def _dict(self, value, args, place):
        self._descend(value, dict, place)
        _, element = args or (str, typing.Any)
        return {name: self.fit(one, element, _below(place, name)) for name, one in value.items()}

    def _choice(self, value, choices, place):
        for choice in choices:
            one = choice.value if isinstance(choice, enum.Enum) else choice
            if one == value and type(one) is type(value):
                return choice
        shown = [choice.value if isinstance(choice, enum.Enum) else choice for choice in choices]
        raise _misfit(place, value, "one of " + ", ".join(_show(one) for one in shown))


def fit(value, hint, place="", ignored=()):
    """A JSON value as a value of a type; `Misfit` when it is none. `ignored`: members that may be there besides."""
    try:
        return _Fitting(ignored).fit(value, hint, place)
    except RecursionError:
        raise Misfit("nested too deep") from None


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
        members = plain(value)
    if Nx.ACTION_MEMBER in members:
        raise ValueError(f"{Nx.ACTION_MEMBER!r} is where the action's name stands")
    return {Nx.ACTION_MEMBER: type_name, **members}
