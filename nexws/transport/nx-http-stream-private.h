/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxHttpStream: a plain HTTP request on its way to SoupServer, as a GIOStream: the head that the gate screened, then as much
 * body as the head announced, and nothing else. It never blocks, and a peer that neither sends its body nor reads its
 * answer is cut after a while.
 */
#pragma once

#include <gio/gio.h>

#include "transport/nx-lingerer-private.h"
#include "transport/nx-pollable-stream-private.h"

G_BEGIN_DECLS

#define NX_TYPE_HTTP_STREAM (nx_http_stream_get_type ())
G_DECLARE_FINAL_TYPE (NxHttpStream, nx_http_stream, NX, HTTP_STREAM, NxPollableStream)

/* Takes @stream. @data: the head, and what has come of the body; copied. @body_length: octets behind the head. */
GIOStream *nx_http_stream_new (NxStream *stream,
                               NxLingerer *lingerer,
                               const guint8 *data,
                               gsize length,
                               guint64 missing_length,
                               guint timeout_ms);

G_END_DECLS
