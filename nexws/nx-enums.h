/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include <glib.h>

G_BEGIN_DECLS

/**
 * NxState:
 * @NX_STATE_CONNECTING: the handshake has come and is not decided yet
 * @NX_STATE_OPEN: accepted: messages go both ways
 * @NX_STATE_CLOSING: a close frame is on its way; nothing more can be sent
 * @NX_STATE_CLOSED: over, or refused
 *
 * Where a [class@WebSocket] is in its life.
 *
 * Since: 0.1
 */
typedef enum {
  NX_STATE_CONNECTING,
  NX_STATE_OPEN,
  NX_STATE_CLOSING,
  NX_STATE_CLOSED,
} NxState;

/**
 * NxMessageKind:
 * @NX_MESSAGE_TEXT: UTF-8 text (RFC 6455 section 5.6)
 * @NX_MESSAGE_BINARY: octets
 *
 * The two kinds of a [struct@Message].
 *
 * Since: 0.1
 */
typedef enum {
  NX_MESSAGE_TEXT,
  NX_MESSAGE_BINARY,
} NxMessageKind;

/**
 * NxVerdict:
 * @NX_VERDICT_REFUSE: the handshake ends here
 * @NX_VERDICT_PASS: the next one may look at it
 *
 * What a handler of [signal@Router::middleware] answers.
 *
 * Refusing is zero, so that a handler that throws, or forgets to answer, refuses.
 *
 * Since: 0.1
 */
typedef enum {
  NX_VERDICT_REFUSE = 0,
  NX_VERDICT_PASS = 1,
} NxVerdict;

/**
 * NxEncoding:
 * @NX_ENCODING_ANY: text and binary messages
 * @NX_ENCODING_TEXT: text messages only
 * @NX_ENCODING_BYTES: binary messages only
 * @NX_ENCODING_JSON: text messages that hold one JSON value each
 *
 * What a [class@Controller] takes.
 *
 * Another kind of message closes the connection with 1003, malformed JSON with 1007.
 *
 * Since: 0.1
 */
typedef enum {
  NX_ENCODING_ANY,
  NX_ENCODING_TEXT,
  NX_ENCODING_BYTES,
  NX_ENCODING_JSON,
} NxEncoding;

/**
 * NxSlowPolicy:
 * @NX_SLOW_POLICY_CLOSE: close the connection with 1013 (try again later)
 * @NX_SLOW_POLICY_DROP_NEW: do not send the new message
 * @NX_SLOW_POLICY_DROP_OLDEST: forget the oldest messages that wait
 * @NX_SLOW_POLICY_KEEP: keep everything, however much memory it takes
 *
 * What happens to a message for a peer that does not read as fast as it is sent to: when at least the high-water mark
 * of octets was waiting before it.
 *
 * Since: 0.1
 */
typedef enum {
  NX_SLOW_POLICY_CLOSE,
  NX_SLOW_POLICY_DROP_NEW,
  NX_SLOW_POLICY_DROP_OLDEST,
  NX_SLOW_POLICY_KEEP,
} NxSlowPolicy;

/**
 * NxListenFlags:
 * @NX_LISTEN_DEFAULT: plain
 * @NX_LISTEN_TLS: speak TLS with [property@App:tls-certificate]
 * @NX_LISTEN_REUSE_PORT: let other processes listen on the same port (`SO_REUSEPORT`)
 *
 * How an [class@App] listens.
 *
 * Since: 0.1
 */
typedef enum /*< flags >*/ {
  NX_LISTEN_DEFAULT = 0,
  NX_LISTEN_TLS = 1 << 0,
  NX_LISTEN_REUSE_PORT = 1 << 1,
} NxListenFlags;

/**
 * NxTestTransport:
 * @NX_TEST_TRANSPORT_TCP: a plain TCP connection
 * @NX_TEST_TRANSPORT_TLS: TLS, so that the request is one for `wss:`
 * @NX_TEST_TRANSPORT_UNIX: a unix socket, with [property@TestClient:credentials]
 *
 * What a [class@TestClient] seems to have connected over; in truth it is memory.
 *
 * Since: 0.1
 */
typedef enum {
  NX_TEST_TRANSPORT_TCP,
  NX_TEST_TRANSPORT_TLS,
  NX_TEST_TRANSPORT_UNIX,
} NxTestTransport;

/**
 * NxLimitOutcome:
 * @NX_LIMIT_SLOW_DOWN: nothing more is read of the connection until it is within the limit again; nothing is lost
 * @NX_LIMIT_DROP: the message is dropped
 * @NX_LIMIT_CLOSE: the connection is closed with 1008
 *
 * What a [class@RateLimiter] does to a connection that sends too much.
 *
 * Since: 0.1
 */
typedef enum {
  NX_LIMIT_SLOW_DOWN,
  NX_LIMIT_DROP,
  NX_LIMIT_CLOSE,
} NxLimitOutcome;

/**
 * NxCloseCode:
 * @NX_CLOSE_NORMAL: the purpose is fulfilled
 * @NX_CLOSE_GOING_AWAY: the server shuts down, or the page is left
 * @NX_CLOSE_PROTOCOL_ERROR: the peer broke the protocol
 * @NX_CLOSE_UNSUPPORTED_DATA: a kind of message that is not taken here
 * @NX_CLOSE_NO_STATUS: never sent: the close frame that came had no code
 * @NX_CLOSE_ABNORMAL: never sent: the connection ended without a close frame
 * @NX_CLOSE_INVALID_DATA: data that is not what its kind promises, such as text that is not UTF-8
 * @NX_CLOSE_POLICY_VIOLATION: against a policy of this server
 * @NX_CLOSE_TOO_BIG: a message too big to process
 * @NX_CLOSE_EXTENSION_REQUIRED: the client wanted an extension that was not negotiated
 * @NX_CLOSE_INTERNAL_ERROR: the server met something unexpected
 * @NX_CLOSE_SERVICE_RESTART: the server restarts
 * @NX_CLOSE_TRY_AGAIN_LATER: the server is, or the peer was, too slow
 * @NX_CLOSE_BAD_GATEWAY: a server behind this one failed
 * @NX_CLOSE_TLS_HANDSHAKE: never sent: the TLS handshake failed
 *
 * The registered close codes (RFC 6455 section 7.4.1 and IANA's registry), as constants.
 *
 * Functions take a plain number, since 3000 to 4999 are for libraries and applications.
 *
 * Since: 0.1
 */
typedef enum {
  NX_CLOSE_NORMAL = 1000,
  NX_CLOSE_GOING_AWAY = 1001,
  NX_CLOSE_PROTOCOL_ERROR = 1002,
  NX_CLOSE_UNSUPPORTED_DATA = 1003,
  NX_CLOSE_NO_STATUS = 1005,
  NX_CLOSE_ABNORMAL = 1006,
  NX_CLOSE_INVALID_DATA = 1007,
  NX_CLOSE_POLICY_VIOLATION = 1008,
  NX_CLOSE_TOO_BIG = 1009,
  NX_CLOSE_EXTENSION_REQUIRED = 1010,
  NX_CLOSE_INTERNAL_ERROR = 1011,
  NX_CLOSE_SERVICE_RESTART = 1012,
  NX_CLOSE_TRY_AGAIN_LATER = 1013,
  NX_CLOSE_BAD_GATEWAY = 1014,
  NX_CLOSE_TLS_HANDSHAKE = 1015,
} NxCloseCode;

/**
 * NxDescriptionFormat:
 * @NX_DESCRIPTION_ASYNCAPI: an AsyncAPI 3.0 document, as JSON
 * @NX_DESCRIPTION_JSONSCHEMA: a JSON Schema (2020-12) with a definition for each type, and for the messages of each route
 * @NX_DESCRIPTION_TYPESCRIPT: TypeScript declarations for a client
 *
 * How [method@App.describe_as] describes a service.
 *
 * Since: 0.1
 */
typedef enum {
  NX_DESCRIPTION_ASYNCAPI,
  NX_DESCRIPTION_JSONSCHEMA,
  NX_DESCRIPTION_TYPESCRIPT,
} NxDescriptionFormat;

/**
 * NxBackplaneState:
 * @NX_BACKPLANE_STATE_CONNECTING: not there yet
 * @NX_BACKPLANE_STATE_CONNECTED: messages go both ways
 * @NX_BACKPLANE_STATE_LOST: it was there, and is not any more; it is tried again
 *
 * Whether a [class@Backplane] reaches the other processes.
 *
 * Since: 0.1
 */
typedef enum {
  NX_BACKPLANE_STATE_CONNECTING,
  NX_BACKPLANE_STATE_CONNECTED,
  NX_BACKPLANE_STATE_LOST,
} NxBackplaneState;

G_END_DECLS
