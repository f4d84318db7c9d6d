# SPDX-License-Identifier: LGPL-2.1-or-later
"""Middleware from Python: the ready-made classes, each added with one call, and a class of one's own."""

import os

import gi

gi.require_version("Nx", "1")
gi.require_version("Soup", "3.0")
from gi.repository import GLib, Nx, Soup  # noqa: E402

TIMEOUT_S = 20
LOOP = GLib.MainLoop()


class Wrap(Nx.Middleware):
    """Sees all of a connection; drops what says so."""

    def __init__(self):
        super().__init__()
        self.log = []

    def do_handshake(self, ws):
        self.log.append(("begins", ws.get_path()))
        return Nx.Verdict.PASS

    def do_received(self, ws, message):
        self.log.append(("in", message.get_text()))
        return Nx.Verdict.REFUSE if message.get_text() == "drop" else Nx.Verdict.PASS

    def do_sent(self, ws, message):
        self.log.append(("out", message.get_text()))

    def do_closed(self, ws, code, reason):
        self.log.append(("ends", code, reason))


class Throws(Nx.Middleware):
    """Whoever throws refuses."""

    def do_handshake(self, ws):
        raise ValueError("on purpose")


def echo(ws):
    ws.connect("message", lambda ws, message: ws.send_message(message))
    ws.accept()


def run_until(condition):
    while not condition():
        LOOP.get_context().iteration(True)


def connect(uri, **headers):
    """The connection, or the status that refused it."""
    message = Soup.Message.new("GET", uri)
    for name, value in headers.items():
        message.get_request_headers().append(name.replace("_", "-"), value)
    done = []

    def connected(session, result):
        try:
            done.append(session.websocket_connect_finish(result))
        except GLib.Error:
            done.append(message.get_status())

    Soup.Session().websocket_connect_async(message, headers.get("Origin"), None, GLib.PRIORITY_DEFAULT, None, connected)
    run_until(lambda: done)
    return done[0]


def say(connection, *texts):
    got = []
    handler = connection.connect("message", lambda connection, kind, data: got.append(data.get_data().decode()))
    for text in texts:
        connection.send_text(text)
    run_until(lambda: texts[-1] in got)
    connection.disconnect(handler)
    return got


def close(connection):
    connection.close(1000, "bye")
    run_until(lambda: connection.get_state() == Soup.WebsocketState.CLOSED)


def serve(path, middleware):
    """An app with one route, whose router has this middleware; its address."""
    app = Nx.App(allowed_origins=["*"])
    app.add_route(path, echo)
    app.add_middleware(middleware)
    app.listen("127.0.0.1", 0, Nx.ListenFlags.DEFAULT)
    return app, app.get_uris()[0].to_string().rstrip("/") + path


def check_own_class():
    wrap = Wrap()
    app, uri = serve("/wrap", wrap)
    connection = connect(uri)
    assert say(connection, "drop", "x") == ["x"]
    close(connection)
    run_until(lambda: len(wrap.log) == 5)
    assert wrap.log == [("begins", "/wrap"), ("in", "drop"), ("in", "x"), ("out", "x"), ("ends", 1000, "bye")], wrap.log
    app.remove_middleware(wrap)
    app, uri = serve("/throws", Throws())
    assert connect(uri) == 403


def check_origin_filter():
    app, uri = serve("/", Nx.OriginFilter(allowed_origins=["https://example.org"]))
    assert connect(uri, Origin="https://evil.example") == 403
    close(connect(uri, Origin="https://example.org"))


def check_token_filter():
    app, uri = serve("/", Nx.TokenFilter(secret="s3cret", sources=["bearer", "query:token"]))
    assert connect(uri) == 401
    close(connect(uri + "?token=s3cret"))
    close(connect(uri, Authorization="Bearer s3cret"))


def check_token_verifier():
    """One that takes its time; one that throws refuses."""

    def verify(token_filter, ws, token):
        if token == "throw":
            raise ValueError("on purpose")
        ws.defer()
        GLib.idle_add(lambda: ws.proceed() if token == "good" else token_filter.refuse(ws))
        return Nx.Verdict.PASS

    token_filter = Nx.TokenFilter(close_code=3000)
    token_filter.connect("verify", verify)
    app, uri = serve("/", token_filter)
    close(connect(uri, Authorization="Bearer good"))
    for token in "bad", "throw":
        connection = connect(uri, Authorization="Bearer " + token)
        run_until(lambda: connection.get_state() == Soup.WebsocketState.CLOSED)
        assert connection.get_close_code() == 3000


def check_credentials_filter():
    """Over the network nobody vouches for anybody."""
    credentials_filter = Nx.CredentialsFilter()
    credentials_filter.allow_user(os.getuid())
    app, uri = serve("/", credentials_filter)
    assert connect(uri) == 403


def check_rate_limiter():
    limiter = Nx.RateLimiter(messages_per_second=0.01, message_burst=2, outcome=Nx.LimitOutcome.CLOSE)
    app, uri = serve("/", limiter)
    connection = connect(uri)
    assert say(connection, "1", "2") == ["1", "2"]
    connection.send_text("3")
    run_until(lambda: connection.get_state() == Soup.WebsocketState.CLOSED)
    assert connection.get_close_code() == 1008
    assert limiter.props.n_limited == 1


def check_request_log():
    """Its line goes to the standard error of this test."""
    app, uri = serve("/", Nx.RequestLog())
    close(connect(uri))


def check_http_auth():
    """Whom libsoup's own domain accepts is the websocket's user."""
    users = []
    app, uri = serve("/", Nx.RequestLog())
    app.connect("middleware", lambda router, ws: users.append((ws.get_user(), ws.props.user)) or Nx.Verdict.PASS)
    domain = Soup.AuthDomainBasic(realm="nexws")
    domain.add_path("/")
    domain.set_auth_callback(lambda domain, message, user, password: (user, password) == ("ada", "lovelace"))
    app.get_server().add_auth_domain(domain)
    assert connect(uri) == 401
    assert connect(uri, Authorization="Basic YWRhOndyb25n") == 401  # ada:wrong
    close(connect(uri, Authorization="Basic YWRhOmxvdmVsYWNl"))  # ada:lovelace
    assert users == [("ada", "ada")], users


def get(uri, method="GET"):
    """Status and body of a plain request."""
    message = Soup.Message.new(method, uri.replace("ws:", "http:"))
    done = []
    Soup.Session().send_and_read_async(
        message, GLib.PRIORITY_DEFAULT, None, lambda session, result: done.append(session.send_and_read_finish(result)))
    run_until(lambda: done)
    return message.get_status(), done[0].get_data() or b""


def check_http_beside():
    app, uri = serve("/ws", Nx.RequestLog())
    service = app.serve_directory("/tests", os.path.dirname(os.path.abspath(__file__)))
    service.props.cache_control = "max-age=60"
    app.serve_health("/healthz")
    app.serve_readiness("/readyz")
    base = uri.removesuffix("/ws")
    with open(__file__, "rb") as file:
        assert get(base + "/tests/middleware.py") == (200, file.read())
    assert get(base + "/tests/nothing")[0] == 404
    assert get(base + "/tests/middleware.py", "DELETE")[0] == 405
    assert get(base + "/healthz") == (200, b"ok\n") == get(base + "/readyz")
    for serve_what, where in (app.serve_directory, "/nowhere"), (app.serve_resources, "/org/nowhere"):
        try:
            serve_what("/x", where)
        except GLib.Error:
            pass
        else:
            raise AssertionError("what is not there was served")


def fail_in_time():
    print("not done after", TIMEOUT_S, "s", flush=True)
    os._exit(1)


GLib.timeout_add_seconds(TIMEOUT_S, fail_in_time)
check_own_class()
check_origin_filter()
check_token_filter()
check_token_verifier()
check_credentials_filter()
check_rate_limiter()
check_request_log()
check_http_auth()
check_http_beside()
