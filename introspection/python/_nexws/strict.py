# SPDX-License-Identifier: LGPL-2.1-or-later
"""JSON as RFC 8259 has it, through Python's own json: no NaN and no infinity, neither way. `ValueError` says what is wrong."""

import dataclasses
import enum
import json
import math


def _refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


def _read_float(digits):
    value = float(digits)
    if math.isinf(value):
        shown = digits if len(digits) <= 32 else digits[:31] + "…"
        raise ValueError(f"{shown} is beyond what a number can be")
    return value


# Made once: json.loads() and json.dumps() make one each time that they are asked for anything unusual.
_read = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_read_float).decode


def loads(text):
    """A JSON value; `ValueError` for what is none, and for what is nested beyond all bounds."""
    try:
        return _read(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def plain(value):
    """What json.dumps makes nothing of by itself: a dataclass or an enum."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON: {value!r}")


def _make_writer(ensure_ascii):
    return json.JSONEncoder(ensure_ascii=ensure_ascii, allow_nan=False, separators=(",", ":"), default=plain).encode


_write = _make_writer(False)
_write_ascii = _make_writer(True)


def dumps(value, ensure_ascii=False):
    """Compact JSON of what `json.dumps` takes, and of dataclasses and enums in it; never NaN and infinity, nor what holds itself."""
    try:
        return (_write_ascii if ensure_ascii else _write)(value)
    except RecursionError:
        raise ValueError("This cannot be sent as JSON: it is nested too deep") from None
    except ValueError as error:
        raise ValueError(f"This cannot be sent as JSON: {error}") from None
