/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxHead: the screening of an HTTP/1.1 request head (RFC 9110, RFC 9112) and of the handshake in it
 * (RFC 6455 section 4.2.1). It stands between strangers and a parser that takes nearly everything:
 * what two readers could understand in two ways is refused here, and behind it there is nothing
 * left to be lenient about.
 *
 * The verdict depends on the octets alone, never on how they were cut into pieces.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  NX_HEAD_INCOMPLETE, /* all is well so far: come again with more */
  NX_HEAD_PLAIN,      /* a request for the HTTP server */
  NX_HEAD_UPGRADE,    /* a WebSocket handshake without a fault */
  NX_HEAD_REFUSED,    /* answer with the status, and close */
} NxHeadVerdict;

/* So that an offset and a number of lines fit into the one number that the caller keeps. */
#define NX_HEAD_SIZE_MAX 65535
#define NX_HEAD_LINES_MAX 65535

typedef struct
{
  gsize max_size;  /* octets, the empty line at the end included; at most NX_HEAD_SIZE_MAX */
  guint max_lines; /* the request line and the header lines together; at most NX_HEAD_LINES_MAX */
} NxHeadLimits;

/*
 * A status of 426 goes out with `Upgrade: websocket` (RFC 9110 section 15.5.22) and
 * `Sec-WebSocket-Version: 13` (RFC 6455 section 4.4).
 */
typedef struct
{
  NxHeadVerdict verdict;
  guint status;    /* REFUSED: 400, 411, 413, 426, 431, 501 or 505 */
  const char *why; /* REFUSED: static, what was wrong; quotes nothing of what the peer sent */
  gsize length;    /* PLAIN, UPGRADE: octets of the head with its empty line */
  gsize
      body_length; /* PLAIN: octets of the body; 0 without Content-Length (RFC 9112 section 6.3) */
  gboolean has_body; /* PLAIN: whether there is a Content-Length at all, even 0 */
} NxHead;

/*
 * @data is all that came so far. @scanned is the caller's memory of how far the search for the end
 * got, so that a head that drips costs linear time in all: 0 at the first call, otherwise opaque.
 * @data may move between calls, but must not change;
 * @limits may, to no good: what is over them is refused. @max_body is the longest body of a plain
 * request, in octets.
 */
void nx_request_head_screen (const char *data,
                             gsize length,
                             const NxHeadLimits *limits,
                             gsize *scanned,
                             guint64 max_body,
                             NxHead *out);

/*
 * For heads that passed; @length is NxHead.length. No table is built: a head is looked into a few
 * times at most.
 */

/* The first field of that name (any case); its value comes without white space around it and is not
 * NUL-terminated. */
gboolean nx_request_head_find (const char *head,
                               gsize length,
                               const char *name,
                               const char **value,
                               gsize *value_length);

/* Takes every field of that name out, in place. Returns the new length. */
gsize nx_request_head_strip (char *head, gsize length, const char *name);

G_END_DECLS
