# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a client asked with, as mappings. Each reads the request when it is asked: nothing is kept."""

from collections.abc import Mapping
from urllib.parse import parse_qsl


class _Mapping(Mapping):
    __slots__ = ("_ws",)

    def __init__(self, ws):
        self._ws = ws

    def _get(self, name):
        raise NotImplementedError

    def _pairs(self):
        raise NotImplementedError

    def __getitem__(self, name):
        value = self._get(name) if isinstance(name, str) else None
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self):
        return iter(dict(self._pairs()))

    def __len__(self):
        return len(dict(self._pairs()))

    def getlist(self, name):
        """All values of that name, in the order in which they came."""
        return [value for key, value in self._pairs() if key == name]

    def __repr__(self):
        return f"{type(self).__name__}({dict(self)!r})"


class QueryParams(_Mapping):
    """The parameters of the query, decoded."""

    __slots__ = ()

    def _get(self, name):
        return self._ws.get_query_param(name)

    def _pairs(self):
        return parse_qsl(self._ws.get_uri().get_query() or "", keep_blank_values=True)


class Headers(_Mapping):
    """The header fields; those of one name are joined with commas."""

    __slots__ = ()

    def _get(self, name):
        return self._ws.get_header(name)

    def _pairs(self):
        pairs = []
        self._ws.get_headers().foreach(lambda name, value, data: pairs.append((name.lower(), value)), None)
        return pairs

    def getlist(self, name):
        return super().getlist(name.lower())


class Cookies(_Mapping):
    """The cookies; the first where a name is repeated."""

    __slots__ = ()

    def _get(self, name):
        return self._ws.get_cookie(name)

    def _pairs(self):
        names = [part.partition("=")[0].strip() for part in (self._ws.get_header("Cookie") or "").split(";")]
        return [(name, value) for name in names if (value := self._ws.get_cookie(name)) is not None]


class PathParams(_Mapping):
    """The parameters of the path, decoded."""

    __slots__ = ()

    def _get(self, name):
        return self._ws.get_path_param(name)

    def _pairs(self):
        return [(name, self._ws.get_path_param(name)) for name in self._ws.get_path_param_names()]
