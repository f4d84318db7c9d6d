/* exported addRequest */
// SPDX-License-Identifier: LGPL-2.1-or-later
// What a connection asked with, as the language has it: path parameters as an object, since their names are the program's own; the
// rest as maps, since theirs are a stranger's.

/** A map whose names, as those of headers, are the same in any case. */
class Headers extends Map {
    get(name) {
        return super.get(name.toLowerCase());
    }

    has(name) {
        return super.has(name.toLowerCase());
    }
}

/** A name may come several times: get() has the last one, as C's, and getAll() all of them. */
class QueryParams extends Map {
    constructor(ws) {
        super();
        this._ws = ws;
    }

    getAll(name) {
        return this._ws.get_query_param_all(name);
    }
}

// As nx_web_socket_get_query_param() takes a query apart.
function decode(text) {
    const spaced = text.replace(/\+/g, ' ');
    try {
        return decodeURIComponent(spaced);
    } catch {
        return spaced;
    }
}

function readQuery(ws) {
    const params = new QueryParams(ws);
    const query = ws.get_uri().get_query() ?? '';
    for (const pair of query.split('&')) {
        if (pair === '')
            continue;
        const name = decode(pair.split('=', 1)[0]);
        const value = ws.get_query_param(name);
        if (value !== null)
            params.set(name, value);
    }
    return params;
}

function readHeaders(ws) {
    const headers = new Headers();
    ws.get_headers().foreach((name, value) => {
        const key = name.toLowerCase();
        const before = Map.prototype.get.call(headers, key);
        headers.set(key, before === undefined ? value : `${before}${key === 'cookie' ? ';' : ','} ${value}`);
    });
    return headers;
}

function readCookies(ws) {
    const cookies = new Map();
    for (const pair of (readHeaders(ws).get('cookie') ?? '').split(';')) {
        const name = pair.split('=', 1)[0].trim();
        const value = pair.includes('=') ? ws.get_cookie(name) : null;
        if (value !== null)
            cookies.set(name, value);
    }
    return cookies;
}

/** Its names are those of the route's pattern, and of the prefixes above it. */
function readPathParams(ws) {
    return Object.freeze(Object.fromEntries(ws.get_path_param_names().map(name => [name, ws.get_path_param(name)])));
}

/** Once read they are kept, as long as somebody keeps the websocket. */
function define(prototype, name, read) {
    const key = Symbol(name);
    Object.defineProperty(prototype, name, {
        get() {
            this[key] ??= read(this);
            return this[key];
        },
    });
}

/** What C has as a function alone, under the name that a browser's WebSocket gives it, or would. */
function defineGetter(prototype, name, getter) {
    Object.defineProperty(prototype, name, {
        get() {
            return this[getter]();
        },
    });
}

function addRequest(Nx) {
    define(Nx.WebSocket.prototype, 'pathParams', readPathParams);
    define(Nx.WebSocket.prototype, 'queryParams', readQuery);
    define(Nx.WebSocket.prototype, 'headers', readHeaders);
    define(Nx.WebSocket.prototype, 'cookies', readCookies);
    defineGetter(Nx.WebSocket.prototype, 'bufferedAmount', 'get_buffered_amount');
    defineGetter(Nx.WebSocket.prototype, 'origin', 'get_origin');
    defineGetter(Nx.App.prototype, 'uris', 'get_uris');
}
