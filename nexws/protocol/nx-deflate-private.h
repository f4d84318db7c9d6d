/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * permessage-deflate (RFC 7692): what was negotiated, and the two codecs over zlib. The contexts
 * live only while in use unless takeover was negotiated: it is their owner who frees them after a
 * message, or keeps them for the next.
 */
#pragma once

#include <glib.h>

#include "protocol/nx-fault-private.h"
#include "protocol/nx-frame-private.h"

G_BEGIN_DECLS

/* As the accepted answer states them (RFC 7692 section 7.1). Bits are 9 to 15 for what we compress,
 * 8 to 15 for what we inflate. */
typedef struct
{
  gboolean server_no_context_takeover;
  gboolean client_no_context_takeover;
  guint8 server_max_window_bits;
  guint8 client_max_window_bits;
} NxDeflateParams;

typedef struct _NxInflater NxInflater;
typedef struct _NxDeflater NxDeflater;

/* @window_bits: 8 to 15. NULL when there is no memory. */
NxInflater *nx_inflater_new (guint window_bits);
void nx_inflater_free (NxInflater *self);

/*
 * Inflates a piece of a message and appends what comes out to @out, a growing frame that is made
 * when it is NULL. Stops with NX_FAULT_MESSAGE_TOO_BIG when the next octet would be the one beyond
 * @limit; NX_FAULT_DEFLATE, NX_FAULT_NO_MEMORY otherwise. What came out before a fault is in @out.
 * After a fault the inflater can only be freed.
 */
NxFault nx_inflater_push (NxInflater *self,
                          const guint8 *data,
                          gsize length,
                          gsize limit,
                          NxFrame **out);
/* The message's end. */
NxFault nx_inflater_finish (NxInflater *self, gsize limit, NxFrame **out);

/* @window_bits: 9 to 15. NULL when there is no memory. */
NxDeflater *nx_deflater_new (guint window_bits);
void nx_deflater_free (NxDeflater *self);

/*
 * A message's compressed payload, in a frame that is not finished yet; NULL when it would not be
 * smaller or there is no memory. With the same window bits and a new context the same message
 * always gives the same octets.
 */
NxFrame *nx_deflater_deflate (NxDeflater *self, const guint8 *data, gsize length);
/* What follows refers to nothing that came before: for when something that was compressed is not
 * sent. */
void nx_deflater_restart (NxDeflater *self);

G_END_DECLS
