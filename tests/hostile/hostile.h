/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of this folder share: request heads in pieces, and an app that notes what reaches it. */
#pragma once

#include "fixture.h"

#define GET_ROOT "GET / HTTP/1.1\r\n"
#define HOST "Host: localhost\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define HANDSHAKE GET_ROOT HOST UPGRADE KEY VERSION

/* Sends @text as it is. */
Client *say (Fixture *f, const char *text);

/* A controller at "/" that echoes, and notes connect, each message as TEXT or SIZE, and gone:CODE. */
void serve_echo (Fixture *f);

/* What came behind the head of an HTTP answer. */
const char *get_body (Client *client);

guint get_uint (Fixture *f, const char *property);
